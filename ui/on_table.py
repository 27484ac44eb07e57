"""Which plan is on a page's table, and which of the page's views is shown: both in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from ui.place import Place

# In the address: a reload comes back to the same plan and view.
PLAN, VIEW = "plan", "view"


@dataclass(frozen=True, kw_only=True)
class OnTable:
    """
    The table of a page: one plan is on it at a time, seen in one of the page's views.

    Parameters
    ----------
    name
        Of the page, unlike any other's.
    views
        Its views, the first one shown at first.
    view_key
        Key of the widget that switches between them.
    """

    name: str
    views: tuple[str, ...]
    view_key: str

    def choose_view(self, *, label: str, called: Callable[[str], str]) -> str:
        """Show the views for one to be chosen, and return it."""
        asked = st.query_params.get(VIEW)
        if self.view_key not in st.session_state and asked in self.views:
            st.session_state[self.view_key] = asked
        chosen = st.segmented_control(
            label,
            self.views,
            default=None if self.view_key in st.session_state else self.views[0],
            required=True,
            format_func=called,
            key=self.view_key,
            label_visibility="collapsed",
        )
        view = chosen if chosen in self.views else self.views[0]
        # By its code: Streamlit's own binding would write the label, in whatever language it is.
        if asked != view:
            st.query_params[VIEW] = view
        return view

    def plan(self, place: Place, known: Container[str], *, else_: str | None) -> str | None:
        """Return the plan on the table and put it there: as chosen, as in the address, or else another."""
        asked = (st.session_state.get(self._key(place)), st.query_params.get(PLAN))
        chosen = next((str(plan) for plan in asked if plan in known), else_)
        self.put(place, chosen)
        return chosen

    def choose_plan(
        self,
        place: Place,
        shown: Sequence[str],
        plan_id: str | None,
        *,
        called: Callable[[str], str],
        label: str,
        placeholder: str,
        width: int,
    ) -> None:
        """
        Show which plan is on the table, for another to be chosen; nothing where there is none.

        Parameters
        ----------
        shown
            The plans that may be chosen, in order.
        plan_id
            The plan on the table.
        called
            What a plan is called.
        """
        if not shown:
            return
        chosen = st.selectbox(
            label,
            shown,
            index=shown.index(plan_id) if plan_id in shown else None,
            format_func=called,
            placeholder=placeholder,
            # New with each name and state: a widget keeps the labels that it was made with.
            key=f"{self.name} plan {plan_id} {place.lang} {'' if plan_id is None else called(plan_id)}",
            label_visibility="collapsed",
            width=width,
        )
        if chosen is not None and chosen != plan_id:
            self.turn_to(place, plan_id=chosen)

    def put(self, place: Place, plan_id: str | None) -> None:
        """Remember which plan is on the table, from the next run on; None for none."""
        if plan_id is None:
            st.session_state.pop(self._key(place), None)
            st.query_params.pop(PLAN, None)
            return
        st.session_state[self._key(place)] = plan_id
        if st.query_params.get(PLAN) != plan_id:
            st.query_params[PLAN] = plan_id

    def turn_to(self, place: Place, *, plan_id: str | None = None, view: str | None = None) -> None:
        """Put another plan on the table or show another view, and run the page anew."""
        st.session_state[self._turn] = (place.path, plan_id, view)
        st.rerun(scope="app")

    def take_turn(self, place: Place) -> None:
        """Carry out what `turn_to` asked for, before the page's widgets are made."""
        path, plan_id, view = st.session_state.pop(self._turn, (None, None, None))
        if path != place.path:
            return
        if plan_id is not None:
            self.put(place, plan_id)
        if view is not None:
            st.session_state[self.view_key] = view

    @property
    def _turn(self) -> str:
        return f"{self.name} turn"

    def _key(self, place: Place) -> str:
        return f"{self.name} plan on table {place.path}"
