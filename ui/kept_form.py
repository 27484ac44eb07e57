"""A form as it is filled in, kept when its page is left: Streamlit forgets widgets that are not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from ui import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class KeptForm:
    """
    A form; a session that has none yet takes over what the last job was asked for.

    Parameters
    ----------
    path
        The workspace's file.
    name
        Of the form, unlike any other's.
    job
        Kind of the job that it fills in.
    defaults
        What stands in fields that nobody has touched.
    """

    def __init__(self, path: str, name: str, *, job: str, defaults: Mapping[str, Any]) -> None:
        self.path = path
        self.name = name
        self.defaults = defaults
        last = jobs.current(path, job)
        first = {} if last is None else dict(last.order.form)
        self.kept: dict[str, Any] = st.session_state.setdefault(f"{name} form {path}", first)

    def key(
        self,
        name: str,
        default: Any = None,
        *,
        among: Sequence[Any] | None = None,
        within: tuple[float, float] | None = None,
    ) -> str:
        """
        Return the key of a widget, filled in as it was left.

        Parameters
        ----------
        among, within
            The options, or the least and the greatest number, that it may hold: what is outside is put right
            where everybody sees it. Streamlit's own limits leave the number on the screen and keep another.
        """
        key = f"{self.name} {self.path} {name}"
        value = st.session_state.get(key, self.kept.get(name, self.defaults.get(name, default)))
        if among is not None:
            value = _among(value, among)
        if within is not None:
            value = min(max(type(within[0])(value or 0), within[0]), within[1])
        st.session_state[key] = self.kept[name] = value
        return key

    def set(self, name: str, value: Any) -> None:
        """Fill in a field, before its widget is made."""
        st.session_state[f"{self.name} {self.path} {name}"] = self.kept[name] = value

    def note(self, name: str, value: Any) -> Any:
        """Keep what a widget holds, and return it."""
        self.kept[name] = value
        return value

    def get(self, name: str) -> Any:
        """Return what is filled in."""
        return self.kept.get(name, self.defaults.get(name))


def _among(value: Any, options: Sequence[Any]) -> Any:
    if isinstance(value, list):
        known = set(options)
        return [one for one in value if one in known]
    return value if value in options else options[0]
