"""Profiles from TOML: read, and every fault told at once, with the nearest name for a slip of the pen."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo.errors import FileError, Reason, SettingError
from planning.index.ahp import judgements
from planning.index.imputing import BYS
from planning.index.profile import (
    GREY,
    Doubt,
    Grades,
    Group,
    IndexProfile,
    Indicator,
    PointRules,
    Rule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_ROOT = "index"
# What stands at the top of a profile is told to be there.
_PLACE = "profile"
_LANGS = ("zh", "en")
# Those whose values stay on the members' scale, which cut points of grades are made for.
_MEANS = ("arithmetic", "geometric", "harmonic", "generalised")
_CODE = re.compile(r"[a-z][a-z0-9_]*")
# A rule of a kind tells of indicators that are measured in one of these ways.
_FITS = {
    "each": ("rate", "share"),
    "rate": ("rate",),
    "share": ("share",),
    "level": ("level",),
    "change": ("rate",),
    "veto": ("rate", "share", "level"),
}


@dataclass(frozen=True, kw_only=True)
class _Key:
    """What may stand behind a key: `read` returns it or raises ValueError; `allowed` tells people."""

    read: Callable[[Any], Any]
    allowed: str
    required: bool = False


def _number(least: float | None = None, most: float | None = None, *, above: float | None = None) -> _Key:
    def read(value: Any) -> float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
        if (
            not fits
            or (least is not None and value < least)
            or (most is not None and value > most)
            or (above is not None and value <= above)
        ):
            raise ValueError
        return float(value)

    bounds = [f">= {least:g}"] if least is not None else [f"> {above:g}"] if above is not None else []
    bounds += [f"<= {most:g}"] if most is not None else []
    return _Key(read=read, allowed=", ".join(bounds) or "1, 0.5 …")


def _whole(least: int, most: int) -> _Key:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    return _Key(read=read, allowed=f"{least}–{most}")


def _choice(*allowed: str) -> _Key:
    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return _Key(read=read, allowed=", ".join(allowed))


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _code(value: Any) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value) or value == _ROOT:
        raise ValueError
    return value


def _name(value: Any) -> dict[str, str]:
    if isinstance(value, str) and value.strip():
        return dict.fromkeys(_LANGS, value.strip())
    if not isinstance(value, dict) or not value or not set(value) <= set(_LANGS):
        raise ValueError
    return {lang: _text(text) for lang, text in value.items()}


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (_text(value),)
    if not isinstance(value, list) or not value:
        raise ValueError
    return tuple(_text(item) for item in value)


def _listed(key: _Key, *, count: int | None = None, least: int = 0) -> _Key:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or (count is not None and len(value) != count) or len(value) < least:
            raise ValueError
        return tuple(key.read(item) for item in value)

    dots = " …" if count is None else ""
    return _Key(read=read, allowed=f"[{', '.join([key.allowed] * (count or 1))}{dots}]")


def _listed_choice(*allowed: str, least: int = 1) -> _Key:
    return _listed(_choice(*allowed), least=least)


def _pairwise(value: Any) -> tuple[tuple[float | str, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise ValueError
    return tuple(tuple(row) for row in value)


def _more_is(value: Any) -> int:
    return {"better": 1, "worse": -1}[_choice("better", "worse").read(value)]


_CODE_KEY = _Key(read=_code, allowed="abc_1", required=True)
_NAME_KEY = _Key(read=_name, allowed='{ zh = "…", en = "…" }', required=True)
_FLAG = _Key(read=_yes_or_no, allowed="true, false")
_TEXTS_KEY = _Key(read=_texts, allowed='"a", ["a", "b"]')
_TREE_KEYS = {
    "method": _choice(*_MEANS),
    "power": _number(-20, 20),
    "weighting": _choice("given", "equal", "entropy", "pca", "optimised"),
    "pairwise": _Key(read=_pairwise, allowed='[["3", "1/5"], ["2"]]'),
}
_KEYS: Mapping[str, Mapping[str, _Key]] = {
    "profile": {
        "code": _CODE_KEY,
        "name": _NAME_KEY,
        "source": _Key(read=_name, allowed='{ zh = "…", en = "…" }'),
        "basis": _Key(read=_text, allowed="received, valid, non_police …"),
        "window_months": _whole(0, 60),
        "least_known": _number(0, 1),
        "imputing": _choice(*BYS),
        "carry": _whole(0, 12),
        "classes": _listed_choice("kind", "town_id", "station_id", least=0),
        "size_bands": _whole(1, 10),
        "treating": _choice("none", "skew"),
        "quantiles": _listed(_number(0, 1), count=2),
        "floor": _number(above=0, most=99),
        **_TREE_KEYS,
    },
    "grades": {
        "codes": _listed(_Key(read=_code, allowed="green"), least=2),
        "score": _listed(_number(), least=1),
        "points": _listed(_number(), least=1),
        "by": _choice("score", "points"),
        "names": _Key(
            read=lambda value: {_code(key): _name(name) for key, name in dict(value).items()},
            allowed='{ green = { zh = "…", en = "…" } }',
        ),
    },
    "points": {
        "base": _number(0, 10_000),
        "floor": _number(-10_000, 10_000),
        "ceiling": _number(-10_000, 10_000),
        "veto": _number(-10_000, 10_000),
        "days": _listed(_whole(1, 400), count=2),
    },
    "doubt": {
        "weights": _number(0, 0.99),
        "scales": _listed_choice("goalposts", "minmax", "percentile_rank"),
        "methods": _listed_choice(*_MEANS),
        "runs": _whole(1, 100_000),
        "sure": _number(0, 1),
    },
    "group": {
        "code": _CODE_KEY,
        "name": _NAME_KEY,
        "weight": _number(0),
        "optional": _FLAG,
        "full": _number(0),
        **_TREE_KEYS,
    },
    "indicator": {
        "code": _CODE_KEY,
        "name": _NAME_KEY,
        "source": _choice("incidents", "indicators"),
        "categories": _TEXTS_KEY,
        "series": _TEXTS_KEY,
        "measure": _choice("rate", "share", "level"),
        "per": _Key(read=_text, allowed="present, residents, area_km2 …"),
        "more_is": _Key(read=_more_is, allowed="worse, better"),
        "weight": _number(0),
        "goalposts": _listed(_number(), count=2),
        "smoothed": _FLAG,
        "optional": _FLAG,
        "entered": _FLAG,
    },
    "rule": {
        "kind": _Key(read=_choice(*_FITS).read, allowed=", ".join(_FITS), required=True),
        # Points are whole hundredths: finer steps would come to nothing, and sums have to stay exact.
        "points": _number(-10_000, 10_000),
        "step": _number(0.01),
        "beyond": _number(),
        "side": _choice("above", "below"),
        "cap": _number(0),
        "whole": _FLAG,
        "per": _number(above=0),
        "against": _choice("year_before", "previous", "district_base"),
        "least": _number(0),
    },
}
# Tables inside a table, and whether there may be several.
_INSIDE: Mapping[str, Mapping[str, str]] = {
    "profile": {"grades": "grades", "points": "points", "doubt": "doubt", "pillar": "group"},
    "group": {"group": "group", "indicator": "indicator"},
    "indicator": {"rule": "rule"},
}
_SINGLE = ("grades", "points", "doubt")


def shipped_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the program."""
    folder = resources.files("planning.index") / "profiles"
    return tuple(
        sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    )


def load_profile(name: str | Path) -> IndexProfile:
    """
    Return a profile by the name of a shipped one, or from a file.

    Raises
    ------
    FileError
        ``file_missing`` for a path that leads nowhere.
    SettingError
        ``profile_unknown`` with the nearest name, ``profile_not_shipped`` where none is near; those of
        `read_profile`.
    """
    return read_profile(profile_text(name), file=Path(name).name)


def profile_text(name: str | Path) -> bytes:
    """Return the TOML of a profile, e.g. to be kept as a file and changed; raises as `load_profile`."""
    text, path, known = str(name), Path(name), shipped_profiles()
    if text in known:
        return (resources.files("planning.index") / "profiles" / f"{text}.toml").read_bytes()
    if path.is_file():
        return path.read_bytes()
    if path.suffix or len(path.parts) > 1:
        raise FileError("file_missing", file=text)
    if nearest := _nearest(text, known):
        raise SettingError("profile_unknown", found=text, nearest=nearest, allowed=known)
    raise SettingError("profile_not_shipped", found=text, allowed=known)


def read_profile(content: bytes, *, file: str = "") -> IndexProfile:
    """
    Return the profile that a TOML file holds, in UTF-8 or, as some editors save it, in GB18030.

    Raises
    ------
    SettingError
        ``profile_unreadable`` with the row for what is no TOML; ``profile_faults`` with a reason for every
        fault: where it is, what is there, what may be there.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    try:
        found = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        row = re.search(r"line (\d+)", str(fault))
        raise SettingError("profile_unreadable", file=file, row=int(row[1]) if row else None) from None
    return profile_from(found, file=file)


def profile_from(found: Mapping[str, Any], *, file: str = "") -> IndexProfile:
    """Return the profile that a TOML document holds; raises as `read_profile`."""
    faults: list[Reason] = []
    reader = _Reader(faults)
    values, inside = reader.table("profile", found, _PLACE)
    grades, points, doubt = (reader.table(name, inside.get(name, {}), name)[0] for name in _SINGLE)
    pillars = tuple(reader.group(item, "") for item in inside.get("pillar", []))
    tree = {name: values.pop(name) for name in _TREE_KEYS if name in values}
    root = Group(code=_ROOT, name=values.get("name", {}), members=pillars, **{"method": "geometric", **tree})
    if not pillars:
        faults.append(Reason("profile_key_missing", {"where": _PLACE, "entry": "[[pillar]]"}))
    profile = None
    if not {"code", "name"} - set(values):
        profile = IndexProfile(
            **values,
            grades=Grades(**grades),
            points=PointRules(**points),
            doubt=Doubt(**doubt),
            root=root,
        )
        faults += _whole_faults(profile)
    if faults or profile is None:
        raise SettingError("profile_faults", file=file, count=len(faults), reasons=tuple(faults))
    return profile


class _Reader:
    """Reads tables and remembers what is wrong with them."""

    def __init__(self, faults: list[Reason]) -> None:
        self._faults = faults
        self._seen: dict[str, str] = {}

    def table(self, kind: str, found: Any, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values of a table's keys, and the tables inside it."""
        keys, tables = _KEYS[kind], _INSIDE.get(kind, {})
        values: dict[str, Any] = {}
        inside: dict[str, Any] = {}
        for key, value in found.items() if isinstance(found, dict) else ():
            if key in tables:
                inside[key] = self._tables(key, value, where)
            elif key in keys:
                self._value(keys[key], key, value, where, values)
            else:
                known = (*keys, *tables)
                self._faults.append(_unknown(where, key, known))
        for key, spec in keys.items():
            if spec.required and key not in found:
                self._faults.append(Reason("profile_key_missing", {"where": where, "entry": key}))
        return values, inside

    def group(self, found: Any, within: str) -> Group:
        """Return a group with everything below it."""
        where = self._place(found, within, "group")
        values, inside = self.table("group", found, where)
        members = [self.group(item, where) for item in inside.get("group", [])]
        members += [self._indicator(item, where) for item in inside.get("indicator", [])]  # type: ignore[misc]
        self._once(values.get("code"), where)
        if not members:
            self._faults.append(Reason("profile_group_empty", {"where": where}))
        return Group(**{"code": "", "name": {}, **values}, members=tuple(members))

    def _indicator(self, found: Any, within: str) -> Indicator:
        where = self._place(found, within, "indicator")
        values, inside = self.table("indicator", found, where)
        self._once(values.get("code"), where)
        if "more_is" in values:
            values["direction"] = values.pop("more_is")
        rules = []
        for number, item in enumerate(inside.get("rule", []), start=1):
            given, _ = self.table("rule", item, f"{where} › rule {number}")
            if "kind" in given:
                rules.append(Rule(**given))
        made = Indicator(**{"code": "", "name": {}, **values}, rules=tuple(rules))
        self._faults += _indicator_faults(made, where)
        return made

    def _value(self, spec: _Key, key: str, value: Any, where: str, values: dict[str, Any]) -> None:
        try:
            values[key] = spec.read(value)
        except (ValueError, TypeError):
            facts = {"where": where, "entry": key, "found": str(value), "allowed": spec.allowed}
            self._faults.append(Reason("profile_value_wrong", facts))

    def _tables(self, key: str, value: Any, where: str) -> Any:
        items = [value] if key in _SINGLE else value
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            return value
        shape = f"[{key}]" if key in _SINGLE else f"[[{key}]]"
        facts = {"where": where, "entry": key, "found": str(value), "allowed": shape}
        self._faults.append(Reason("profile_value_wrong", facts))
        return {} if key in _SINGLE else []

    def _once(self, code: str | None, where: str) -> None:
        if code in self._seen:
            self._faults.append(Reason("profile_code_repeated", {"where": where, "code": code}))
        elif code:
            self._seen[code] = where

    @staticmethod
    def _place(found: Any, within: str, kind: str) -> str:
        code = found.get("code", "?") if isinstance(found, dict) else "?"
        return f"{within} › {code}" if within else str(code)


def _indicator_faults(made: Indicator, where: str) -> list[Reason]:
    faults = []
    if made.source == "incidents" and (made.measure != "rate" or made.series):
        key, found = ("series", ", ".join(made.series)) if made.series else ("measure", made.measure)
        allowed = "categories" if made.series else "rate"
        faults.append(_wrong(where, key, found, allowed))
    if made.source == "indicators" and made.categories:
        faults.append(_wrong(where, "categories", ", ".join(made.categories), 'source = "incidents"'))
    if made.entered and made.measure != "level":
        faults.append(_wrong(where, "measure", made.measure, "level"))
    if made.goalposts is not None and (made.goalposts[1] - made.goalposts[0]) * made.direction <= 0:
        order = "[worst > best]" if made.direction < 0 else "[worst < best]"
        faults.append(_wrong(where, "goalposts", list(made.goalposts), order))
    for number, rule in enumerate(made.rules, start=1):
        if made.measure not in _FITS[rule.kind]:
            fitting = ", ".join(kind for kind, measures in _FITS.items() if made.measure in measures)
            faults.append(_wrong(f"{where} › rule {number}", "kind", rule.kind, fitting))
    return faults


def _whole_faults(profile: IndexProfile) -> list[Reason]:
    """Return what is wrong between the parts of a profile."""
    faults = []
    for group in profile.groups:
        where = _PLACE if group.code == _ROOT else group.code
        if group.members and not any(member.weight for member in group.members):
            faults.append(Reason("profile_weights_zero", {"where": where}))
        if group.pairwise:
            faults += _pairwise_faults(group, where)
    low, high = profile.quantiles
    if low >= high:
        faults.append(_wrong(_PLACE, "quantiles", list(profile.quantiles), "[0.02, 0.98]"))
    if profile.points.floor > profile.points.ceiling:
        faults.append(_wrong("points", "floor", profile.points.floor, f"<= {profile.points.ceiling:g}"))
    if profile.points.days[0] > profile.points.days[1]:
        faults.append(_wrong("points", "days", list(profile.points.days), "[28, 31]"))
    if "goalposts" not in profile.doubt.scales:
        faults.append(_wrong("doubt", "scales", ", ".join(profile.doubt.scales), "goalposts, …"))
    vetoes = any(rule.kind == "veto" for leaf in profile.indicators for rule in leaf.rules)
    if vetoes and profile.points.veto is None:
        faults.append(Reason("profile_key_missing", {"where": "points", "entry": "veto"}))
    return faults + _grade_faults(profile.grades)


def _grade_faults(grades: Grades) -> list[Reason]:
    faults = []
    if len(set(grades.codes)) < len(grades.codes) or GREY in grades.codes:
        faults.append(_wrong("grades", "codes", ", ".join(grades.codes), f"≠ {GREY}"))
    for key, cuts in (("score", grades.score), ("points", grades.points)):
        falling = all(high > low for high, low in zip(cuts, cuts[1:], strict=False))
        if len(cuts) != len(grades.codes) - 1 or not falling:
            allowed = f"{len(grades.codes) - 1} × > > …"
            faults.append(_wrong("grades", key, list(cuts), allowed))
    for code in grades.names:
        if code not in (*grades.codes, GREY):
            faults.append(_unknown("grades › names", code, (*grades.codes, GREY)))
    return faults


def _pairwise_faults(group: Group, where: str) -> list[Reason]:
    names = [member.code for member in group.members]
    try:
        judgements(names, group.pairwise)
    except SettingError as fault:
        return [Reason(fault.code, {"where": where, **fault.facts})]
    return []


def _wrong(where: str, key: str, found: object, allowed: str) -> Reason:
    return Reason("profile_value_wrong", {"where": where, "entry": key, "found": found, "allowed": allowed})


def _unknown(where: str, entry: str, known: Collection[str]) -> Reason:
    facts = {"where": where, "entry": entry, "allowed": tuple(known)}
    if nearest := _nearest(entry, known):
        return Reason("profile_key_unknown", {**facts, "nearest": nearest})
    return Reason("profile_key_strange", facts)


def _nearest(name: str, known: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.5)), "")
