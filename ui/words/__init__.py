"""Words in Chinese and English: catalogues of stable keys, and how numbers are written."""

from __future__ import annotations

import gettext
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from geo.errors import GridBeatError, Reason

LANGS: tuple[str, ...] = ("zh", "en")
NOTHING = "—"
_LISTED_AT_MOST = 6


class Words:
    """
    The words of one language.

    Parameters
    ----------
    lang
        One of `LANGS`.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._texts = _translations(lang)

    def __call__(self, key: str, **facts: object) -> str:
        """
        Return the text of `key` with `facts` put into its placeholders; a missing fact shows as a dash.

        ``{count:grid|grids}`` in a text is the first word where the fact is one, else the second.
        """
        text = self.raw(key)
        return text.format_map(_Facts(facts)) if facts or "{" in text else text

    def raw(self, key: str) -> str:
        """Return the text of `key` with its placeholders, for the browser to fill in."""
        return self._texts.gettext(key)

    def has(self, key: str) -> bool:
        """Whether the catalogue knows `key`."""
        return self._texts.gettext(key) != key

    def name(self, group: str, code: object) -> str:
        """Return the name of a code (``table``, ``column``, ``status``…), or the code where it has none."""
        if code is None or code != code or code == "":  # noqa: PLR0124 - NaN differs from itself
            return NOTHING
        key = f"{group}.{code}"
        return self(key) if self.has(key) else str(code)

    def number(self, value: float | None, digits: int = 0) -> str:
        """Return `value` with thousands separators and `digits` decimals."""
        if value is None or not math.isfinite(value):
            return NOTHING
        return f"{value:,.{digits}f}"

    def percent(self, share: float | None, digits: int = 1, *, signed: bool = False) -> str:
        """Return a share of 1 as a percentage; only what is exactly whole reads 100 %."""
        if share is None or not math.isfinite(share):
            return NOTHING
        value = share * 100
        if not signed and 0 < value < 100:
            # 1,414 of 1,415 must not read as all of them.
            step = 10**-digits
            value = min(max(round(value, digits), step), 100 - step)
        decimals = 0 if value == int(value) and not signed else digits
        gap = "" if self.lang == "zh" else " "
        return f"{value:{'+' if signed else ''},.{decimals}f}{gap}%"

    def area(self, square_metres: float | None) -> str:
        """Return an area in square metres, or in square kilometres from 0.1 km² on."""
        if square_metres is None or not math.isfinite(square_metres):
            return NOTHING
        if abs(square_metres) < 1e5:
            return self("unit.m2", value=self.number(square_metres, 0 if abs(square_metres) >= 10 else 1))
        return self("unit.km2", value=self.number(square_metres / 1e6, 2))

    def length(self, metres: float | None) -> str:
        """Return a length in metres, or in kilometres from 1 km on."""
        if metres is None or not math.isfinite(metres):
            return NOTHING
        if abs(metres) < 1000:
            return self("unit.m", value=self.number(metres))
        return self("unit.km", value=self.number(metres / 1000, 1))

    def duration(self, ms: float | None) -> str:
        """Return a duration in ms as minutes, or hours and minutes; what is begun counts as a minute."""
        if ms is None or not math.isfinite(ms):
            return NOTHING
        hours, minutes = divmod(math.ceil(ms / 60_000), 60)
        if not hours:
            return self("unit.min", value=self.number(minutes))
        return self("unit.h_min" if minutes else "unit.h", hours=self.number(hours), minutes=minutes)

    def clock(self, ms: float | None) -> str:
        """Return a time in ms since midnight as HH:MM, of the next day where it is past 24:00."""
        if ms is None or not math.isfinite(ms):
            return NOTHING
        days, minutes = divmod(int(ms // 60_000), 24 * 60)
        time = f"{minutes // 60:02}:{minutes % 60:02}"
        return self("unit.next_day", time=time) if days else time

    def listed(self, items: Iterable[object], *, at_most: int = _LISTED_AT_MOST) -> str:
        """Return `items` in one line, the first few of them if they are many."""
        texts = [str(item) for item in items]
        joined = ("、" if self.lang == "zh" else ", ").join(texts[:at_most])
        return joined if len(texts) <= at_most else self("list.more", items=joined, count=len(texts))

    def reason(self, found: GridBeatError | Reason) -> str:
        """Return the sentence for an error or a reason, with the remedy."""
        return self.sentence(found.code, found.facts)

    def reasons(self, error: GridBeatError, *, at_most: int = 20) -> list[str]:
        """Return a sentence for each single fault behind an error, the first `at_most` of them."""
        return [self.reason(reason) for reason in error.reasons[:at_most]]

    def sentence(self, code: str, facts: Mapping[str, object]) -> str:
        """Return the sentence ``error.<code>``; a code without one is named as it is."""
        if not self.has(f"error.{code}"):
            return self("error.unknown", code=code, facts=self.listed(f"{k}={v}" for k, v in facts.items()))
        return self(f"error.{code}", **{name: self.fact(name, value) for name, value in facts.items()})

    def remedy(self, code: str, facts: Mapping[str, object]) -> str:
        """Return what to do about a finding, or nothing where there is no remedy to name."""
        # What a bureau can mend in its own zones, it must ask another authority for in the grids.
        keys = (f"remedy.{code}.{facts.get('layer')}", f"remedy.{code}")
        key = next((key for key in keys if self.has(key)), None)
        if key is None:
            return ""
        return self(key, **{name: self.fact(name, value) for name, value in facts.items()})

    def fact(self, name: str, value: object) -> str:
        """Return a fact as people write it; its name tells what it is (``area_m2``, ``table``…)."""
        if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
            return NOTHING
        if name in _NAMED and isinstance(value, str):
            return self.name(_NAMED[name], value)
        if isinstance(value, Mapping):
            return self.listed(f"{key} {self.fact(name, item)}" for key, item in value.items())
        if isinstance(value, (list, tuple, set, frozenset)):
            return self.listed(self.fact(name, item) for item in value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return str(value)
        if name.endswith("_m2"):
            return self.area(value)
        if name.endswith("_m"):
            return self.length(value)
        if name.endswith("_ms"):
            return self.duration(value)
        if name.endswith("_at"):
            return self.clock(value)
        if "share" in name:
            return self.percent(value)
        if name in _PLAIN or float(value).is_integer():
            return str(int(value)) if name in _PLAIN else self.number(value)
        return self.number(value, 2)


class _Facts(dict[str, object]):
    """The facts of a text, by name."""

    def __init__(self, facts: Mapping[str, object]) -> None:
        super().__init__({name: _Fact(value) for name, value in facts.items()})

    def __missing__(self, key: str) -> _Fact:
        return _Fact(NOTHING)


@dataclass(frozen=True)
class _Fact:
    """A fact that may choose between a word for one and a word for many."""

    value: object

    def __format__(self, form: str) -> str:
        one, mark, many = form.partition("|")
        if not mark:
            return format(self.value, form)
        return one if str(self.value) == "1" else many


# Facts whose values are codes with names of their own.
_NAMED: Mapping[str, str] = {
    "table": "table",
    "layer": "table",
    "other_layer": "table",
    "references": "table",
    "force": "force",
    "duty": "duty",
    "no_school": "no_school",
    "missing": "table",
    "column": "column",
    "columns": "column",
    "column_before": "column",
    "status": "state",
    "step": "state",
    "assessment_status": "assessment_status",
    "assessment_step": "assessment_status",
    "assessment_steps": "assessment_status",
    "entry_status": "entry_status",
    "ledger": "ledger",
    "steps": "state",
    "found_kind": "shape",
    "expected": "shape",
    "by": "basis",
    "indicator": "indicator",
    "window": "window",
    "change": "change",
    "category": "category",
    "categories": "category",
    "count_basis": "count_basis",
    "count_bases": "count_basis",
    "personal_kind": "personal",
    "system": "system",
    "why": "why",
    "travel_mode": "travel_mode",
    "when": "when",
    "road_class": "road",
}
# Counted from one, or a year: never with a thousands separator.
_PLAIN = frozenset({"row", "rev", "year", "version"})


@cache
def words(lang: str) -> Words:
    """
    Return the words of a language, compiled once.

    Parameters
    ----------
    lang
        One of `LANGS`; anything else gives Chinese.
    """
    return Words(lang if lang in LANGS else LANGS[0])


def catalog(lang: str) -> Catalog:
    """Return the catalogue of a language: its files, one a topic, as one; raises where two have a key."""
    whole = Catalog()
    for path in sorted((Path(__file__).parent / lang).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=None):
                if not message.id:
                    continue
                if message.id in whole:
                    raise ValueError(f"{message.id!r} stands in {path.name} and before it")
                whole[message.id] = message
    return whole


@cache
def _translations(lang: str) -> gettext.NullTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalog(lang))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
