"""What is asked of a redraw, filled in on the page 警务区划."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.plans import REDRAW
from data.schemas import GRID_ID, VILLAGE_ID
from data.strokes import plan_locks
from geo.errors import GridBeatError
from planning.profile import DEFAULT_PROFILE, Profile
from planning.redraw.params import RedrawParams
from planning.redraw.regions import zone_counts
from planning.redraw.search import Limits
from planning.workload import grid_workload, known_factors
from ui import cached, jobs
from ui.kept_form import KeptForm
from ui.redraw_order import RedrawOrder
from ui.standing import STANDING_TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from ui.names import PlaceNames
    from ui.words import Words
    from ui.zoning import Zoning

ALL, CHOSEN = "all", "chosen"
AS_TODAY, BY_STATION, SHARED = "as_today", "by_station", "shared"
HEAVY, WHOLE, FREE = "heavy", "whole", "free"
# What it takes in all: a county of 1,400 grids needs ten seconds before any search.
_SECONDS = (15, 30, 60, 120)
# Step, least and greatest of what experts set.
_EXPERT: Mapping[str, tuple[int, int, int]] = {
    "diverted": (5, 0, 100),
    "above": (10, 50, 1000),
    "seed": (1, 0, 2**32 - 1),
}
_MOST_ZONES = 999
# Heavier than any community can be: all of them stay whole.
_NEVER = 1e6
_DEFAULTS: Mapping[str, Any] = {
    "tolerance": 10,
    "scope": ALL,
    "stations": [],
    "count": AS_TODAY,
    "villages": HEAVY,
    "split": [],
    "lock_zones": [],
    "lock_villages": [],
    "lock_grids": [],
    "plan_locks": True,
    "across": False,
    "seconds": 30,
    "seed": 1,
    "above": 100,
    "diverted": 100,
}


@dataclass(frozen=True, kw_only=True)
class District:
    """
    What there is to be redrawn.

    Parameters
    ----------
    factors
        Those with data, the default profile's first.
    counts
        Zones of each station today; {} without a plan of today.
    zones, villages, grids
        Ids of what can be locked or split.
    today
        zone_id by grid_id; None without zones.
    names
        Of the places.
    """

    factors: tuple[str, ...]
    counts: Mapping[str, int]
    zones: tuple[str, ...]
    villages: tuple[str, ...]
    grids: tuple[str, ...]
    today: pd.Series | None
    names: PlaceNames

    @property
    def stations(self) -> list[str]:
        """Ids of the stations that have zones."""
        return [station for station in self.counts if station]


class Form(KeptForm):
    """
    What is asked of a redraw, as it is filled in.

    Parameters
    ----------
    path
        The workspace's file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "propose", job=REDRAW, defaults=_DEFAULTS)


def read_district(zoning: Zoning) -> District:
    """Return what there is to be redrawn; raises as `ui.standing.stand`."""
    place, standing = zoning.place, zoning.standing()
    counts = (
        {} if standing.today is None else zone_counts(standing.graph, standing.today, params=RedrawParams())
    )
    villages = standing.graph.grids[VILLAGE_ID]
    return District(
        factors=read_factors(place.path, place.stamp),
        counts=counts,
        zones=() if standing.today is None else tuple(sorted(standing.today.unique())),
        villages=tuple(sorted(set(villages) - {""})),
        grids=tuple(standing.graph.grids.index),
        today=standing.today,
        names=standing.names,
    )


@st.cache_data(max_entries=16, show_spinner=False)
def read_factors(path: str, stamp: str) -> tuple[str, ...]:
    """Return the factors that the district has data for."""
    tables = {
        name: table for name, table in cached.tables(path, stamp, STANDING_TABLES).items() if len(table)
    }
    rows = tables["grids"].drop_duplicates(GRID_ID)
    first = [name for name in DEFAULT_PROFILE.weights]
    known = list(dict.fromkeys([*first, *known_factors(rows)]))
    try:
        return tuple(grid_workload(tables, Profile(weights=dict.fromkeys(known, 1.0))).shares.columns)
    except GridBeatError:
        return tuple(grid_workload(tables, DEFAULT_PROFILE).shares.columns)


@st.fragment
def show_form(zoning: Zoning, district: District, *, running: bool) -> None:
    """
    Show what may be asked; it is kept as it is filled in.

    Parameters
    ----------
    running
        Whether a redraw ran when the page was drawn.
    """
    form = Form(zoning.place.path)
    t = zoning.place.t
    _weights(form, district, t)
    _tolerance(form, t)
    _scope(form, district, t)
    _count(form, district, t)
    _villages(form, district, t)
    _locks(form, district, zoning)
    _search(form, district, t)
    _button(form, district, zoning, known=running)


def _title(text: str, note: str = "") -> None:
    st.html(f'<div class="gb-field">{html.escape(text)}<small>{html.escape(note)}</small></div>')


def _weights(form: Form, district: District, t: Words) -> None:
    usual = [name for name in district.factors if name in DEFAULT_PROFILE.weights]
    more = [name for name in district.factors if name not in DEFAULT_PROFILE.weights]
    with st.container(horizontal=True, vertical_alignment="bottom", key="propose-weights-head"):
        _title(t("propose.weights"))
        st.button(
            t("propose.weights_default"),
            type="tertiary",
            on_click=_default_weights,
            args=(form, district),
            key="propose default weights",
        )
    for name in usual:
        _weight(form, name, t)
    if more:
        # As it was at first: an expander that is told otherwise later shuts on whoever is typing in it.
        used = form.kept.setdefault("more", any(form.get(f"weight {name}") for name in more))
        with st.expander(t("propose.more_factors", count=t.number(len(more))), expanded=used):
            for name in more:
                _weight(form, name, t)
    weights = weights_of(form, district)
    total = sum(weights.values())
    if total and round(total) != 100:
        shares = [f"{t.name('column', name)} {t.percent(w / total, 0)}" for name, w in weights.items() if w]
        st.caption(t("propose.shares", total=t.number(total), shares=t.listed(shares, at_most=20)))


def _weight(form: Form, name: str, t: Words) -> None:
    label, box = st.columns([1.5, 1], vertical_alignment="center", gap="small")
    said = t.name("column", name)
    label.html(f'<div class="gb-factor">{html.escape(said)}</div>')
    field = f"weight {name}"
    value = box.number_input(
        said,
        step=5,
        key=form.key(field, _default_weight(name), within=(0, 100)),
        label_visibility="collapsed",
    )
    form.note(field, value)


def _default_weight(name: str) -> int:
    return round(100 * DEFAULT_PROFILE.weights.get(name, 0))


def _default_weights(form: Form, district: District) -> None:
    for name in district.factors:
        form.set(f"weight {name}", _default_weight(name))


def weights_of(form: Form, district: District) -> dict[str, float]:
    """Return the weights that are filled in, in percent."""
    return {name: float(form.get(f"weight {name}") or 0) for name in district.factors}


def _tolerance(form: Form, t: Words) -> None:
    _title(t("propose.tolerance"), t("propose.tolerance_note"))
    value = st.slider(
        t("propose.tolerance"),
        1,
        40,
        key=form.key("tolerance"),
        format="±%d%%",
        label_visibility="collapsed",
    )
    form.note("tolerance", value)


def _scope(form: Form, district: District, t: Words) -> None:
    stations = district.stations
    if len(stations) < 2:
        form.set("scope", ALL)
        form.set("across", False)
        return
    _title(t("propose.scope"))
    scope = _choice(form, "scope", (ALL, CHOSEN), t)
    if scope == CHOSEN:
        _several(form, "stations", stations, lambda one: district.names("stations", one), t)


def _count(form: Form, district: District, t: Words) -> None:
    several = len(district.stations) > 1
    kinds = (AS_TODAY, BY_STATION, SHARED) if several and not form.get("across") else (AS_TODAY, SHARED)
    if not district.counts:
        kinds = (SHARED,)
    _title(t("propose.count"))
    kind = _choice(form, "count", kinds, t, mark="" if several else "_whole")
    counts = scoped_counts(form, district)
    if kind == SHARED:
        today = sum(counts.values()) or 1
        most = max(len(district.grids), 1)
        key = form.key(f"total {form.get('scope')}", today, within=(1, most))
        total = st.number_input(t("propose.total", now=t.number(today)), step=1, key=key)
        form.note(f"total {form.get('scope')}", total)
    elif kind == BY_STATION:
        with st.container(height=210, key="propose-counts"):
            for station, now in counts.items():
                _station_count(form, station, now, district.names, t)


def _station_count(form: Form, station: str, now: int, names: PlaceNames, t: Words) -> None:
    label, box = st.columns([1.5, 1], vertical_alignment="center", gap="small")
    field = f"zones {station}"
    changed = form.get(field) not in (None, now)
    note = t("propose.now", now=t.number(now)) if changed else ""
    name = html.escape(names("stations", station))
    label.html(f'<div class="gb-factor">{name}<small>{html.escape(note)}</small></div>')
    value = box.number_input(
        names("stations", station),
        step=1,
        key=form.key(field, now, within=(1, _MOST_ZONES)),
        label_visibility="collapsed",
    )
    form.note(field, value)


def scoped_counts(form: Form, district: District) -> dict[str, int]:
    """Return the zones that the stations to be redrawn have today."""
    chosen = form.get("stations") if form.get("scope") == CHOSEN else []
    return {station: n for station, n in district.counts.items() if not chosen or station in chosen}


def _villages(form: Form, district: District, t: Words) -> None:
    if not district.villages:
        form.set("split", [])
        return
    _title(t("propose.villages"))
    kind = _choice(form, "villages", (HEAVY, WHOLE, FREE), t)
    if kind != FREE:
        _several(form, "split", district.villages, lambda one: district.names("villages", one), t)


def _locks(form: Form, district: District, zoning: Zoning) -> None:
    t = zoning.place.t
    if district.today is None:
        return
    kept, differing = plan_locks_of(zoning, district)
    tables = {"zones": district.zones, "villages": district.villages, "grids": district.grids}
    chosen = sum(len(form.get(f"lock_{name}") or ()) for name in tables)
    key = "propose.locks" if len(district.stations) > 1 else "propose.locks_only"
    with st.expander(t(key, count=t.number(chosen + len(kept) * bool(form.get("plan_locks"))))):
        if kept:
            label = t("propose.plan_locks", count=t.number(len(kept)))
            form.note("plan_locks", st.checkbox(label, key=form.key("plan_locks")))
        if differing:
            st.caption(t("propose.plan_locks_differ", count=t.number(differing)))
        for name, options in tables.items():
            if not options:
                form.set(f"lock_{name}", [])
                continue
            _several(form, f"lock_{name}", options, lambda one, name=name: district.names(name, one), t)  # type: ignore[misc]
        if len(district.stations) > 1:
            form.note("across", st.checkbox(t("propose.across"), key=form.key("across")))


def plan_locks_of(zoning: Zoning, district: District) -> tuple[list[str], int]:
    """
    Return the ids that the plan on the table locks, and how many of its locks differ from today.

    A redraw starts from today: what was locked after it was painted cannot be kept.
    """
    if zoning.plan_id is None or district.today is None:
        return [], 0
    locks = sorted(plan_locks(zoning.workspace, zoning.plan_id))
    if not locks:
        return [], 0
    painted = _painted(zoning)
    same = [name.partition(":")[2] for name in locks if _unpainted(name, painted, district.today, zoning)]
    return same, len(locks) - len(same)


def _painted(zoning: Zoning) -> pd.Series:
    from data.plans import read_assignment

    return read_assignment(zoning.workspace, str(zoning.plan_id))


def _unpainted(lock: str, painted: pd.Series, today: pd.Series, zoning: Zoning) -> bool:
    """Whether what is locked lies as it does today."""
    kind, _, name = lock.partition(":")
    if kind == "zone":
        return set(painted.index[painted == name]) == set(today.index[today == name]) != set()
    grids = [name]
    if kind == "village":
        village = zoning.standing().graph.grids[VILLAGE_ID]
        grids = list(village.index[village == name])
    was, now = today.reindex(grids), painted.reindex(grids)
    return bool(len(grids)) and bool((was == now).all())


def _search(form: Form, district: District, t: Words) -> None:
    _title(t("propose.seconds"))
    value = st.segmented_control(
        t("propose.seconds"),
        _SECONDS,
        format_func=lambda seconds: t("propose.seconds_of", seconds=str(seconds)),
        key=form.key("seconds", among=_SECONDS),
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
    form.note("seconds", value)
    with st.expander(t("propose.expert")):
        for name, (step, *within) in _EXPERT.items():
            if name == "above" and not district.villages:
                continue
            key = form.key(name, within=(within[0], within[1]))
            form.note(name, st.number_input(t(f"propose.{name}"), step=step, key=key))


def _choice(form: Form, name: str, options: tuple[str, ...], t: Words, *, mark: str = "") -> str:
    chosen = st.radio(
        t(f"propose.{name}"),
        options,
        format_func=lambda one: t(f"propose.{name}_{one}{mark}"),
        key=form.key(name, among=options),
        label_visibility="collapsed",
    )
    return str(form.note(name, chosen))


def _several(form: Form, name: str, options: Sequence[str], called: Callable[[str], str], t: Words) -> None:
    chosen = st.multiselect(
        t(f"propose.{name}"),
        options,
        format_func=called,
        key=form.key(name, among=options),
        placeholder=t(f"propose.{name}_none"),
        label_visibility="visible" if name.startswith("lock_") else "collapsed",
    )
    form.note(name, chosen)


def _button(form: Form, district: District, zoning: Zoning, *, known: bool) -> None:
    t = zoning.place.t
    lacking = _lacking(form, district, t)
    if lacking:
        st.warning(lacking)
    job = jobs.current(zoning.place.path, REDRAW)
    running = job is not None and job.state().running
    if running and not known:
        # Somebody else's, begun since: a click that met it is answered by how far it is.
        st.rerun(scope="app")
    label = t("propose.running") if running else t("propose.start")
    with st.container(key="propose-go"):
        if st.button(
            label, type="primary", width="stretch", disabled=bool(lacking) or running, key="propose start"
        ):
            start(zoning, form, district)
            st.rerun(scope="app")


def _lacking(form: Form, district: District, t: Words) -> str:
    """Return what has to be filled in first."""
    if not any(weights_of(form, district).values()):
        return t("propose.needs_weight")
    if form.get("scope") == CHOSEN and not form.get("stations"):
        return t("propose.needs_station")
    return ""


def start(zoning: Zoning, form: Form, district: District) -> None:
    """Start the redraw that is filled in, or attach to the one that runs."""
    order = RedrawOrder(
        profile=_profile(form, district),
        params=_params(form, district, plan_locks_of(zoning, district)[0]),
        limits=Limits(seconds=float(form.get("seconds")), seed=int(form.get("seed"))),
        lang=zoning.place.lang,
        form=dict(form.kept),
    )
    if not jobs.start(zoning.place.path, order)[1]:
        st.toast(zoning.place.t("propose.attached"))


def _profile(form: Form, district: District) -> Profile:
    weights = {name: weight / 100 for name, weight in weights_of(form, district).items() if weight}
    return Profile(weights=weights, diverted=form.get("diverted") / 100)


def _params(form: Form, district: District, from_plan: list[str]) -> RedrawParams:
    kind, count, across = form.get("villages"), form.get("count"), bool(form.get("across"))
    counts = scoped_counts(form, district)
    asked = {station: form.get(f"zones {station}") or now for station, now in counts.items()}
    locked = [*(from_plan if form.get("plan_locks") else ())]
    for name in ("zones", "villages", "grids"):
        locked += form.get(f"lock_{name}")
    return RedrawParams(
        tolerance=form.get("tolerance") / 100,
        split_villages=kind == FREE,
        split_above=_NEVER if kind == WHOLE else form.get("above") / 100,
        split=() if kind == FREE else tuple(form.get("split")),
        across_stations=across,
        zones=form.get(f"total {form.get('scope')}") if count == SHARED else None,
        station_zones=tuple((s, n) for s, n in asked.items() if n != counts[s])
        if count == BY_STATION
        else (),
        locked=tuple(dict.fromkeys(locked)),
        stations=tuple(form.get("stations")) if form.get("scope") == CHOSEN else (),
    )
