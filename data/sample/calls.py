"""Two years of calls: where, when, what; counts only."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.sample.frame import Floats, Ints, stream
from data.sample.zones import LOAD_CV, ZonePlan, evened
from data.schemas import BASIS, CATEGORY, COUNT, DATE, GRID_ID, HOUR, PATROL, REPORTED, SOURCE

if TYPE_CHECKING:
    from data.sample.people import People

FIRST_DAY, LAST_DAY = dt.date(2024, 11, 1), dt.date(2026, 10, 31)
SPRING_FESTIVALS = (dt.date(2025, 1, 29), dt.date(2026, 2, 17))
VALID, NON_POLICE, INVALID = "valid", "non_police", "invalid"
_BASES = (VALID, NON_POLICE, INVALID)
_CALLS_A_DAY, _PATROL_SHARE = 284.0, 0.08
_DIVERTED, _FALSE = 0.546, 0.07
CATEGORIES = ("help", "traffic", "dispute", "noise", "theft", "fraud", "public_order", "assault", "fire")
_SHARE = np.array([0.30, 0.22, 0.16, 0.07, 0.065, 0.05, 0.065, 0.04, 0.03])
_NON_POLICE = np.array([0.93, 0.45, 0.55, 0.75, 0.08, 0.08, 0.25, 0.10, 0.25])
_FOUND_BY_PATROLS = np.array([0.12, 0.34, 0.06, 0.05, 0.10, 0.0, 0.25, 0.03, 0.05])
_WEEKEND = np.array([1.02, 0.90, 1.12, 1.28, 1.0, 0.86, 1.14, 1.2, 1.0])
# Yearly wave: height, and the month (from 1) of its top.
_SEASON = (
    (0.06, 7),
    (0.05, 10),
    (0.08, 7),
    (0.35, 7),
    (0.14, 12),
    (0.10, 11),
    (0.08, 8),
    (0.12, 7),
    (0.40, 1),
)
_TREND_A_YEAR = np.array([-0.01, -0.04, -0.03, 0.02, -0.15, 0.07, -0.06, -0.08, -0.04])
# Hours of peaks with width and height, over a floor.
_HOURS = (
    (0.5, ((10, 3, 1.0), (16, 3, 0.9), (20, 3, 0.7))),
    (0.2, ((7.5, 0.9, 1.9), (12, 2.5, 0.7), (17.3, 1.3, 2.1))),
    (0.15, ((11, 2.5, 0.6), (19.8, 2.4, 1.6))),
    (0.1, ((22.3, 1.7, 2.6), (1, 1.2, 0.8))),
    (0.3, ((9, 2.2, 0.8), (2.5, 1.8, 0.9), (16, 3, 0.5))),
    (0.05, ((10.5, 2, 1.2), (15, 2.2, 1.4), (20, 1.8, 0.6))),
    (0.2, ((21.5, 2.5, 1.4), (15, 3, 0.5))),
    (0.15, ((22.5, 2.2, 2.0), (1.0, 1.5, 1.2))),
    (0.35, ((12, 2, 0.6), (18, 2.4, 1.1), (23, 2, 0.4))),
)
_CHANGE_FROM = dt.date(2026, 8, 1)
_DAYS = (LAST_DAY - FIRST_DAY).days + 1


def make_incidents(
    seed: int, people: People, plan: ZonePlan, grid_village: Ints, grid_town: Ints, grid_id: list[str]
) -> pd.DataFrame:
    """
    Return the `incidents` table: gamma-Poisson counts by grid, day, hour, category, source and basis.

    Reported calls come from where people live and meet; patrols find more where patrols go.
    """
    rng = stream(seed, "calls")
    lasting = _lasting_rates(rng, people, plan)
    by_zone = np.bincount(plan.zone, lasting)
    days = [FIRST_DAY + dt.timedelta(days=d) for d in range(_DAYS)]
    month = np.array([(d.year - 2024) * 12 + d.month - 11 for d in days])
    town_day = rng.gamma(30, 1 / 30, (grid_town.max() + 1, _DAYS))
    changed = _changed_villages(rng, lasting, grid_village)
    parts: list[Ints] = []
    for number in range(len(CATEGORIES)):
        own = lasting * rng.gamma(3.5, 1 / 3.5, len(lasting))
        # Kinds of calls differ by grid more than by zone: zones keep close to their lasting share.
        own *= ((by_zone / np.bincount(plan.zone, own)) ** 0.7)[plan.zone]
        when = _day_factors(number, days)
        drift = rng.gamma(6, 1 / 6, (len(own), month.max() + 1))[:, month]
        late = np.ones((len(own), _DAYS))
        if number in (4, 5, 6):
            starts = (_CHANGE_FROM - FIRST_DAY).days
            late[:, starts:] = np.where(np.isin(grid_village, changed), 2.4, 1.0)[:, None]
        rate = np.outer(own / own.sum(), when) * town_day[grid_town] * drift * late
        reported = rng.poisson(rate * _CALLS_A_DAY * _SHARE[number])
        found = own**1.6 / (own**1.6).sum()
        per_day = _CALLS_A_DAY * _PATROL_SHARE / (1 - _PATROL_SHARE) * _FOUND_BY_PATROLS[number]
        patrolled = rng.poisson(np.outer(found, np.full(_DAYS, per_day)) * town_day[grid_town])
        for source, counts in ((0, reported), (1, patrolled)):
            parts.append(_events(rng, number, source, counts))
    return _counted(rng, np.vstack(parts), grid_id, days)


def _lasting_rates(rng: np.random.Generator, people: People, plan: ZonePlan) -> Floats:
    """Return each grid's lasting share of calls: people, venues, and hot spots that persist."""
    present = people.present().astype(float)
    rate = (
        (present + 0.6 * people.floating) ** 0.92 * (1 + 0.05 * people.venues) * (1 + 0.08 * people.key_units)
    )
    rate = rate * rng.gamma(2.4, 1 / 2.4, len(rate))
    return np.asarray(rate * evened(np.bincount(plan.zone, rate).astype(float), LOAD_CV)[plan.zone])


def _changed_villages(rng: np.random.Generator, lasting: Floats, grid_village: Ints) -> Ints:
    busy = np.argsort(-np.bincount(grid_village, lasting))[8:60]
    return np.asarray(rng.choice(busy, 4, replace=False))


def _day_factors(number: int, days: list[dt.date]) -> Floats:
    since = np.arange(len(days)) / 365.25
    year_day = np.array([d.timetuple().tm_yday for d in days])
    height, top = _SEASON[number]
    season = 1 + height * np.cos(2 * np.pi * (year_day / 365.25 - (top - 0.5) / 12))
    weekend = np.where([d.weekday() >= 5 for d in days], _WEEKEND[number], 1.0)
    festival = np.array([_festival(number, d) for d in days])
    factor = season * weekend * festival * (1 + _TREND_A_YEAR[number] * (since - 1))
    return np.asarray(factor / factor.mean())


def _festival(number: int, day: dt.date) -> float:
    """Return the Spring Festival's pull: busy before, quiet for a week, a bounce when people return."""
    after = min(((day - festival).days for festival in SPRING_FESTIVALS), key=abs)
    if -12 <= after < -1:
        return 1.07
    if -1 <= after <= 6:
        return 0.95 if CATEGORIES[number] == "fire" else 0.60
    return 1.12 if 7 <= after <= 19 else 1.0


def _events(rng: np.random.Generator, number: int, source: int, counts: Ints) -> Ints:
    grid, day = np.nonzero(counts)
    times = counts[grid, day]
    grid, day = np.repeat(grid, times), np.repeat(day, times)
    weekday = ((FIRST_DAY.weekday() + day) % 7) < 5
    hour = np.where(weekday, _hours(rng, number, len(day)), _hours(rng, number, len(day), school=False))
    return np.column_stack([day, grid, hour, np.full(len(day), number), np.full(len(day), source)])


def _hours(rng: np.random.Generator, number: int, count: int, *, school: bool = True) -> Ints:
    clock = np.arange(24) + 0.5
    floor, peaks = _HOURS[number]
    weight = np.full(24, floor) * np.where((clock > 1.5) & (clock < 6), 0.45, 1.0)
    for top, width, height in peaks:
        away = np.minimum(np.abs(clock - top), 24 - np.abs(clock - top))
        # Without school there is no rush of parents in the morning.
        calm = 0.35 if CATEGORIES[number] == "traffic" and not school and top != 12 else 1.0
        weight += calm * height * np.exp(-((away / width) ** 2) / 2)
    return np.searchsorted(np.cumsum(weight / weight.sum()), rng.random(count)).clip(0, 23)


def _counted(rng: np.random.Generator, events: Ints, grid_id: list[str], days: list[dt.date]) -> pd.DataFrame:
    reported = events[:, 4] == 0
    diverted = _NON_POLICE[events[:, 3]]
    diverted = np.where(reported, diverted * _DIVERTED / diverted[reported].mean(), 0.0)
    false = np.where(reported, np.minimum(_FALSE, 1 - diverted), 0.0)
    chance = rng.random(len(events))
    basis = np.where(chance < diverted, 1, np.where(chance < diverted + false, 2, 0))
    sizes = (_DAYS, len(grid_id), 24, len(CATEGORIES), 2, 3)
    key = np.ravel_multi_index((*events.T, basis), sizes)
    rows, count = np.unique(key, return_counts=True)
    day, grid, hour, category, source, basis = np.unravel_index(rows, sizes)
    return pd.DataFrame(
        {
            GRID_ID: np.array(grid_id, dtype=object)[grid],
            DATE: np.array([d.isoformat() for d in days], dtype=object)[day],
            HOUR: hour.astype(np.int64),
            CATEGORY: np.array(CATEGORIES, dtype=object)[category],
            SOURCE: np.array((REPORTED, PATROL), dtype=object)[source],
            BASIS: np.array(_BASES, dtype=object)[basis],
            COUNT: count.astype(np.int64),
        }
    )
