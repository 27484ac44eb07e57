"""How the plan in force fares month by month, and from when on a redraw would pay."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schemas import DATE, GRID_ID
from geo.errors import Reason, SettingError
from planning.balance import balance
from planning.floor_of_change import floor_of_change
from planning.profile import CALLS, DEFAULT_PROFILE
from planning.workload import WHOLE, grid_workload, reported_calls
from planning.zone_loads import group_means, relative_loads, station_codes, zone_sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planning.profile import Profile

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_FIXED = "fixed"
# Of a month at either end of the data; quiet districts have days without a call.
_DAYS_THAT_MAY_LACK = 3
_SURE = 0.95


@dataclass(frozen=True, kw_only=True)
class RedrawPrice:
    """
    What a redraw costs, what it brings, and how sure one wants to be.

    All sums are in months of the whole district's work. With the floor f (the least share of the work that
    must change zone) a redraw gains ``horizon * f``: that share is with the right zone in each of the months
    to come. It costs ``fixed + handover * moved_per_floor * f``, once.

    Parameters
    ----------
    horizon
        Months that the new zones are expected to stay fair; above 0.
    handover
        Months of its work that handing over a zone's ground costs (getting to know households, venues, key
        units); from 0.
    fixed
        What every redraw costs however little it moves (maps, systems, notices), from 0. The default is a
        week's work.
    moved_per_floor
        How much a redraw moves for each unit of the floor, from 1. Least-change plans moved 1.1 to 1.5 times
        their floor where we measured it.
    run
        Months in a row that a redraw has to pay before it is said to; from 1.
    """

    horizon: float = 12.0
    handover: float = 3.0
    fixed: float = 0.25
    moved_per_floor: float = 1.5
    run: int = 3

    def __post_init__(self) -> None:
        _require(self.horizon > 0, "horizon", self.horizon, "> 0")
        _require(self.handover >= 0, "handover", self.handover, ">= 0")
        _require(self.fixed >= 0, "fixed", self.fixed, ">= 0")
        _require(self.moved_per_floor >= 1, "moved_per_floor", self.moved_per_floor, ">= 1")
        _require(self.run >= 1 and self.run == int(self.run), "run", self.run, ">= 1")

    def gain(self, floor: float) -> float:
        """Return the months of work that a redraw puts right, by the floor of change."""
        return self.horizon * floor

    def cost(self, floor: float) -> float:
        """Return what it costs, in months of work, by the floor of change."""
        return self.fixed + self.handover * self.moved_per_floor * floor

    @property
    def break_even(self) -> float:
        """The floor of change above which a redraw pays; infinite if none does."""
        net = self.horizon - self.handover * self.moved_per_floor
        return self.fixed / net if net > 0 else math.inf


@dataclass(frozen=True, kw_only=True)
class Drift:
    """
    A plan under the calls of each month.

    Parameters
    ----------
    months
        A row per month, indexed by its name (2026-10: the month it ends in): start, end (ISO), calls; under
        that month's calls max_deviation, cv, gini, within, zones_out (of tolerance), floor (least share of
        the work that must change zone to meet the tolerance); chance_max_deviation, chance_cv: what one month
        in twenty exceeds by chance if the plan's loads are those of the window; beyond_chance: whether either
        is exceeded. Under the calls of the trailing window window_months, window_max_deviation, window_cv,
        window_gini, window_within, window_zones_out, window_floor; window_chance_floor: what a plan that just
        meets the tolerance exceeds by chance in one of twenty cases; unfair: whether window_floor is above
        it; gain, cost (of a redraw, in months of the district's work); pays.
    deviations
        (W - T) / T of each zone under the trailing window: a row per month, a column per zone.
    pays_from
        The first month from which on a redraw pays; None if it does not.
    reasons
        Why it pays, or does not.
    notes
        What was left out.
    profile
        Of the workload, as it was used.
    tolerance, price
        As asked for.
    """

    months: pd.DataFrame
    deviations: pd.DataFrame
    pays_from: str | None
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    profile: Profile
    tolerance: float
    price: RedrawPrice

    def summary(self) -> dict[str, Any]:
        """Return the headline: months, the latest of them, and from when on a redraw pays."""
        last = self.months.iloc[-1]
        return {
            "months": len(self.months),
            "first_month": str(self.months.index[0]),
            "last_month": str(self.months.index[-1]),
            "months_beyond_chance": int(self.months["beyond_chance"].sum()),
            "max_deviation": float(last["window_max_deviation"]),
            "cv": float(last["window_cv"]),
            "gini": float(last["window_gini"]),
            "within": float(last["window_within"]),
            "floor": float(last["window_floor"]),
            "pays_from": self.pays_from,
            "break_even": self.price.break_even if math.isfinite(self.price.break_even) else None,
            "price": asdict(self.price),
        }


def drift(
    tables: Mapping[str, pd.DataFrame],
    assignment: pd.Series,
    *,
    profile: Profile = DEFAULT_PROFILE,
    tolerance: float = 0.10,
    stations: pd.Series | None = None,
    since: str | None = None,
    months: int | None = None,
    first_day: int = 1,
    window: int = 12,
    price: RedrawPrice | None = None,
    draws: int = 400,
    seed: int = 0,
) -> Drift:
    """
    Score a plan under each month's calls and tell from when on a redraw pays.

    Only calls change from month to month; all other factors are as the tables have them now. A month's few
    calls make any plan look uneven, so each is held against chance (Poisson), and the decision rests on a
    trailing window. A redraw pays in a month if the window's floor of change is beyond chance and its gain
    above its cost (`RedrawPrice`); it pays from the first of `RedrawPrice.run` such months in a row. Months
    whose window holds less than half of the months it should do not count for that. Calls that come in
    clusters vary more than Poisson: treat a month that is just beyond chance as a hint.

    Parameters
    ----------
    tables
        As for `planning.workload.grid_workload`; incidents must be there.
    assignment
        zone_id of each grid in the plan, indexed by grid_id.
    profile
        Its first and last day do not count here.
    tolerance
        Deviation that is still fair, as a share of the target; from 0.
    stations
        station_id of each grid: a zone's target is then the mean of its station's zones, else the
        district's.
    since
        Only months that begin on this day (ISO) or later are scored, e.g. those after the plan came into
        force; windows reach further back.
    months
        Only the latest so many are scored.
    first_day
        Day on which a month begins, 1 to 28: 26 for months from the 26th to the 25th.
    window
        Months of the trailing window, as many of them as there are; from 1.
    price
        Of a redraw.
    draws, seed
        Of the simulation of chance.

    Raises
    ------
    SettingError
        ``drift_no_calls``, ``drift_calls_unweighted``, ``drift_no_months``, ``setting_wrong``, and those of
        `grid_workload` and `zone_sums`.
    """
    price = price or RedrawPrice()
    _check(tolerance, since, months, first_day, window, draws)
    whole = replace(profile, first_day=None, last_day=None)
    calls = reported_calls(tables.get("incidents"), whole)
    if calls.empty:
        raise SettingError("drift_no_calls")
    if not whole.weights.get(CALLS):
        raise SettingError("drift_calls_unweighted", columns=tuple(whole.weights))
    workload = grid_workload(tables, whole)
    if CALLS not in workload.shares:
        # All of them of grids that are not in the table.
        raise SettingError("drift_no_calls")
    number = month_numbers(calls[DATE], first_day)
    spans, partial = _full_months(calls[DATE], number, first_day)
    by_month = _calls_by_month(workload.total.index, calls, number, spans)
    others = workload.shares.drop(columns=CALLS)
    fixed = (others * workload.weights.drop(CALLS)).sum(axis=1) * WHOLE
    zones, notes = zone_sums(by_month.assign(**{_FIXED: fixed}), assignment)
    scored = _chosen(spans, since, months)
    if not scored:
        raise SettingError("drift_no_months", first=calls[DATE].min(), last=calls[DATE].max())
    case = _Case(
        fixed=zones[_FIXED].to_numpy(),
        calls=zones.drop(columns=_FIXED).to_numpy(),
        district=by_month.sum().to_numpy(),
        weight=float(workload.weights[CALLS]) * WHOLE,
        groups=station_codes(zones.index, assignment, stations, workload.total),
        tolerance=tolerance,
    )
    table, deviations = _scored(case, spans, scored, window, draws, seed)
    table = _priced(table, price, window)
    pays_from, reasons = _decision(table, price, window)
    if partial:
        notes = (*notes, Reason("drift_months_partial", {"months": tuple(partial)}))
    return Drift(
        months=table,
        deviations=pd.DataFrame(deviations.T, index=table.index, columns=zones.index),
        pays_from=pays_from,
        reasons=reasons,
        notes=(*workload.notes, *notes),
        profile=workload.profile,
        tolerance=tolerance,
        price=price,
    )


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A plan's zones: fixed work, calls by month, the district's calls, weight of all calls, station."""

    fixed: Floats
    calls: Floats
    district: Floats
    weight: float
    groups: Ints
    tolerance: float

    def loads(self, calls: Floats, district: float) -> Floats:
        """Return workloads under some calls (zones in rows); without any call, what is fixed."""
        per_call = self.weight / district if district > 0 else 0.0
        fixed = self.fixed if calls.ndim == 1 else self.fixed[:, None]
        return np.asarray(fixed + per_call * calls, dtype=float)


def month_numbers(days: pd.Series, first_day: int) -> Ints:
    """
    Return the month of each day (ISO), counted from year 0; a month is named after the one it ends in.

    Parameters
    ----------
    first_day
        Day on which a month begins, 1 to 28.
    """
    codes, texts = pd.factorize(days)
    when = [dt.date.fromisoformat(str(text)[:10]) for text in texts]
    late = [int(first_day > 1 and day.day >= first_day) for day in when]
    numbers = [day.year * 12 + day.month - 1 + later for day, later in zip(when, late, strict=True)]
    return np.array(numbers, dtype=np.int64)[codes]


def _begin(number: int, first_day: int) -> dt.date:
    number -= int(first_day > 1)
    return dt.date(number // 12, number % 12 + 1, first_day)


def _name(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _full_months(
    days: pd.Series, number: Ints, first_day: int
) -> tuple[list[tuple[int, str, str]], list[str]]:
    """Return number, first and last day of each month from the first to the last, and what is not full."""
    first, last = (dt.date.fromisoformat(str(day)[:10]) for day in (days.min(), days.max()))
    spans, partial = [], []
    for at in range(int(number.min()), int(number.max()) + 1):
        begin, end = _begin(at, first_day), _begin(at + 1, first_day) - dt.timedelta(days=1)
        lacking = max((first - begin).days, (end - last).days)
        if lacking > _DAYS_THAT_MAY_LACK:
            partial.append(_name(at))
        else:
            spans.append((at, begin.isoformat(), end.isoformat()))
    return spans, partial


def _calls_by_month(
    grids: pd.Index, calls: pd.DataFrame, number: Ints, spans: Sequence[tuple[int, str, str]]
) -> pd.DataFrame:
    names = [_name(at) for at, _, _ in spans]
    if not spans:
        return pd.DataFrame(index=grids)
    grid = grids.get_indexer(pd.Index(calls[GRID_ID]))
    month = number - spans[0][0]
    inside = (grid >= 0) & (month >= 0) & (month < len(spans))
    cell = grid[inside] * len(spans) + month[inside]
    sums = np.bincount(cell, calls[CALLS].to_numpy()[inside], minlength=len(grids) * len(spans))
    return pd.DataFrame(sums.reshape(len(grids), len(spans)), index=grids, columns=names)


def _chosen(spans: Sequence[tuple[int, str, str]], since: str | None, months: int | None) -> list[int]:
    kept = [at for at, (_, begin, _) in enumerate(spans) if since is None or begin >= since]
    return kept if months is None else kept[-months:]


def _scored(
    case: _Case,
    spans: Sequence[tuple[int, str, str]],
    scored: Sequence[int],
    window: int,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, Floats]:
    rows, deviations = [], []
    for at in scored:
        back = slice(max(0, at - window + 1), at + 1)
        number, begin, end = spans[at]
        # A month's chance is its own: more months asked for must not change those there were.
        rng = np.random.default_rng([seed, number])
        month = case.loads(case.calls[:, at], case.district[at])
        lately, received = case.calls[:, back].sum(axis=1), float(case.district[back].sum())
        trailing = case.loads(lately, received)
        high_off, high_cv = _month_chance(case, lately, received, float(case.district[at]), draws, rng)
        own = _score(case, month)
        rows.append(
            {
                "month": _name(number),
                "start": begin,
                "end": end,
                "calls": float(case.district[at]),
                **own,
                "chance_max_deviation": high_off,
                "chance_cv": high_cv,
                "beyond_chance": own["max_deviation"] > high_off or own["cv"] > high_cv,
                "window_months": back.stop - back.start,
                **{f"window_{name}": value for name, value in _score(case, trailing).items()},
                "window_chance_floor": _window_chance(case, trailing, lately, received, draws, rng),
            }
        )
        deviations.append(relative_loads(trailing[:, None], case.groups)[:, 0] - 1.0)
    return pd.DataFrame(rows).set_index("month"), np.column_stack(deviations)


def _score(case: _Case, workload: Floats) -> dict[str, float]:
    loads = pd.Series(relative_loads(workload[:, None], case.groups)[:, 0])
    found = balance(loads, pd.Series(1.0, index=loads.index), tolerance=case.tolerance)
    return {
        "max_deviation": found.max_deviation,
        "cv": found.cv,
        "gini": found.gini,
        "within": found.within,
        "zones_out": round((1.0 - found.within) * len(loads)),
        "floor": float(floor_of_change(workload[:, None], case.groups, tolerance=case.tolerance)[0]),
    }


def _month_chance(
    case: _Case, lately: Floats, received: float, now: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Return what max deviation and CV rarely exceed in a month of `now` calls falling as they did lately."""
    expected = lately * (now / received) if received > 0 else lately
    drawn = rng.poisson(expected[:, None], (len(expected), draws)).astype(float)
    loads = relative_loads(case.loads(drawn, now), case.groups)
    mean = np.maximum(loads.mean(axis=0), 1e-12)
    return (
        float(np.quantile(np.abs(loads - 1.0).max(axis=0), _SURE)),
        float(np.quantile(loads.std(axis=0) / mean, _SURE)),
    )


def _window_chance(
    case: _Case, trailing: Floats, lately: Floats, received: float, draws: int, rng: np.random.Generator
) -> float:
    """Return the floor of change that the nearest plan within the tolerance rarely exceeds by chance."""
    target = group_means(trailing[:, None], case.groups)[:, 0]
    fair = np.clip(trailing, (1 - case.tolerance) * target, (1 + case.tolerance) * target)
    per_call = case.weight / received if received > 0 else 0.0
    noise = rng.poisson(lately[:, None], (len(lately), draws)) - lately[:, None]
    drawn = np.maximum(fair[:, None] + per_call * noise, 0.0)
    return float(np.quantile(floor_of_change(drawn, case.groups, tolerance=case.tolerance), _SURE))


def _priced(table: pd.DataFrame, price: RedrawPrice, window: int) -> pd.DataFrame:
    floor = table["window_floor"]
    unfair = floor > table["window_chance_floor"] + 1e-12
    gain, cost = floor.map(price.gain), floor.map(price.cost)
    return table.assign(
        unfair=unfair, gain=gain, cost=cost, pays=unfair & (gain > cost) & _judged(table, window)
    )


def _judged(table: pd.DataFrame, window: int) -> pd.Series:
    return table["window_months"] * 2 >= window


def _decision(table: pd.DataFrame, price: RedrawPrice, window: int) -> tuple[str | None, tuple[Reason, ...]]:
    pays = table["pays"].astype(int)
    # Months that pay in a row, up to each.
    running = pays.groupby((pays == 0).cumsum()).cumsum()
    reached = np.flatnonzero(running.to_numpy() >= price.run)
    if not len(reached):
        return None, (_why_not(table, price, window, int(running.max())),)
    first = table.iloc[int(reached[0]) - price.run + 1]
    reasons = [
        Reason(
            "redraw_pays",
            {
                "month": str(first.name),
                "floor_share": float(first["window_floor"]),
                "horizon": price.horizon,
                "gain": float(first["gain"]),
                "cost": float(first["cost"]),
            },
        )
    ]
    if not pays.iloc[-1]:
        reasons.append(Reason("redraw_pays_no_more", {"month": str(table.index[-1])}))
    return str(first.name), tuple(reasons)


def _why_not(table: pd.DataFrame, price: RedrawPrice, window: int, longest: int) -> Reason:
    judged = table[_judged(table, window)]
    if math.isinf(price.break_even):
        return Reason("redraw_never_pays", {"horizon": price.horizon})
    if len(judged) < price.run:
        return Reason("redraw_too_few_months", {"found": len(judged), "run": price.run})
    if not judged["unfair"].any():
        return Reason("redraw_fair", {})
    if not judged["pays"].any():
        most = float(judged.loc[judged["unfair"], "window_floor"].max())
        return Reason("redraw_too_dear", {"floor_share": most, "needed_share": price.break_even})
    return Reason("redraw_not_lasting", {"found": longest, "run": price.run})


def _check(
    tolerance: float, since: str | None, months: int | None, first_day: int, window: int, draws: int
) -> None:
    _require(0 <= tolerance < math.inf, "tolerance", tolerance, ">= 0")
    _require(months is None or months >= 1, "months", months, ">= 1")
    _require(first_day in range(1, 29), "first_day", first_day, "1–28")
    _require(window >= 1, "window", window, ">= 1")
    _require(draws >= 1, "draws", draws, ">= 1")
    try:
        day = since if since is None else dt.date.fromisoformat(since).isoformat()
    except (TypeError, ValueError):
        day = None
    _require(day == since, "since", since, "2026-01-31")


def _require(holds: bool, name: str, found: object, allowed: str) -> None:  # noqa: FBT001
    if not holds:
        raise SettingError("setting_wrong", name=name, found=found, allowed=allowed)
