"""Places as people type them: by code, or by the name that the program prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.schemas import NAME
from geo.errors import SettingError
from ui.names import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd


def place_codes(
    option: str, texts: Iterable[str], tables: Mapping[str, pd.DataFrame], *kinds: str
) -> tuple[str, ...]:
    """
    Return the code of each place that was typed, once each; what is neither code nor name stays as it is.

    Parameters
    ----------
    option
        At which they were typed.
    texts
        Codes, names, or names with the code behind them, as the program writes those that two places share.
    tables
        The district's.
    kinds
        Tables in which the places may be.

    Raises
    ------
    SettingError
        ``place_ambiguous``, with the codes of the places that bear the name.
    """
    coded = [dict(_coded(tables[kind], KEYS[kind])) for kind in kinds if kind in tables]
    return tuple(dict.fromkeys(_code(option, text.strip(), coded) for text in texts))


def _coded(table: pd.DataFrame, key: str) -> Iterator[tuple[str, str]]:
    names = table[NAME].fillna("") if NAME in table else [""] * len(table)
    yield from zip(table[key].astype(str), names, strict=True)


def _code(option: str, text: str, coded: list[dict[str, str]]) -> str:
    if any(text in names for names in coded):
        return text
    found = [
        code
        for names in coded
        for code, name in names.items()
        if name and text in (str(name).strip(), f"{str(name).strip()} {code}")
    ]
    if len(set(found)) > 1:
        raise SettingError("place_ambiguous", name=option, place=text, ids=", ".join(sorted(set(found))))
    return found[0] if found else text
