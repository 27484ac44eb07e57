"""A scorecard in words: what a planner asks first, then the expert's measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.named_reasons import named_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from planning.profile import Profile
    from planning.scorecard import Scorecard
    from ui.names import PlaceNames
    from ui.words import Words

_AT_MOST = 10
# In the order in which experts read them, and how each is written.
_MEASURES: Mapping[str, str] = {
    "max_deviation": "share",
    "mean_deviation": "share",
    "within_tolerance": "share",
    "cv": "ratio",
    "gini": "ratio",
    "p90_p10": "ratio",
    "district_max_deviation": "share",
    "district_cv": "ratio",
    "polsby_popper": "ratio",
    "polsby_popper_min": "ratio",
    "reock": "ratio",
    "cut_edges": "count",
    "cut_length_m": "length",
    "rms_distance_m": "length",
    "not_contiguous": "count",
    "not_contiguous_by_road": "count",
    "zones_crossing_stations": "count",
    "zones_crossing_towns": "count",
    "villages_split": "count",
    "village_splits": "count",
    "workload_moved": "share",
    "residents_moved": "count",
    "grids_moved": "count",
    "core_kept_mean": "share",
    "core_kept_min": "share",
    "floor": "share",
    "rules_broken": "count",
}


def gap_of(card: Scorecard) -> float | None:
    """
    Return how much more workload a plan moves than is unavoidable, as a share of all.

    None where nothing is known of today, and for plans that miss the tolerance: the floor is none for them.
    """
    if card.change is None or card.floor is None or card.balance is None:
        return None
    if card.balance.max_deviation > card.tolerance + 1e-9:
        return None
    return max(card.change.workload_moved - card.floor, 0.0)


def score_lines(card: Scorecard, t: Words, names: PlaceNames) -> list[str]:
    """Return a scorecard as lines of text."""
    return [
        *_first_lines(card, t, names),
        *_violation_lines(card, t, names),
        *_rule_lines(card, t, names),
        t("score.measures"),
        *(f"  {t.name('measure', key)}\t{text}" for key, text in measures(card, t)),
        *_robustness_lines(card, t),
        t("score.unknown"),
        *(f"- {text}" for text in dict.fromkeys(t.reason(why) for why in card.unknown.values())),
    ]


def zones_outside(card: Scorecard) -> int:
    """Return how many zones deviate by more than the tolerance."""
    return int((card.zones["deviation"].abs() > card.tolerance + 1e-9).sum())


def measures(card: Scorecard, t: Words) -> Iterator[tuple[str, str]]:
    """Yield the measures that are known, as people read them."""
    figures = card.summary()
    for key, kind in _MEASURES.items():
        value = figures[key]
        if value is not None:
            yield key, _written(t, value, kind)


def weights_line(profile: Profile, t: Words) -> str:
    """Return what counted as work, and how much."""
    texts = [f"{t.name('column', name)} {t.percent(weight)}" for name, weight in profile.weights.items()]
    return t("score.weights", weights=t.listed(texts, at_most=20))


def _first_lines(card: Scorecard, t: Words, names: PlaceNames) -> Iterator[str]:
    yield t(
        "score.size",
        zones=t.number(len(card.zones)),
        grids=t.number(card.grids),
        tolerance=t.percent(card.tolerance),
    )
    loads = card.zones["deviation"].dropna().sort_values(kind="stable")
    if len(loads):
        for key, at in (("score.busiest", -1), ("score.idlest", 0)):
            place = _zone(card.zones, str(loads.index[at]), t, names)
            yield t(key, zone=place, deviation=t.percent(float(loads.iloc[at]), signed=True))
        outside = zones_outside(card)
        yield t("score.outside", count=t.number(outside)) if outside else t("score.all_inside")
    if card.splits.villages_split is not None:
        torn = names.all("villages", card.villages_split_ids)
        text = t("score.villages_split", count=t.number(len(torn)), villages=t.listed(torn))
        yield text if torn else t("score.villages_whole")
    yield from _change_lines(card, t)


def _change_lines(card: Scorecard, t: Words) -> Iterator[str]:
    change = card.change
    if change is None:
        return
    if change.grids_moved:
        yield t(
            "score.change",
            grids=t.number(change.grids_moved),
            villages=t.number(change.villages_touched),
            zones=t.number(change.zones_touched),
            moved=t.percent(change.workload_moved),
        )
    else:
        yield t("score.unchanged")
    if card.floor:
        yield t("score.floor", floor=t.percent(card.floor), tolerance=t.percent(card.tolerance))
    if (gap := gap_of(card)) is not None and change.grids_moved:
        yield t("score.gap", points=t.number(gap * 100, 1))


def _violation_lines(card: Scorecard, t: Words, names: PlaceNames) -> Iterator[str]:
    found = card.violations
    if not found:
        yield t("score.no_violations")
        return
    yield t("score.violations", count=t.number(len(found)))
    yield from (f"- {named_reason(one, t, names)}" for one in found[:_AT_MOST])
    if len(found) > _AT_MOST:
        yield t("score.more", count=t.number(len(found) - _AT_MOST))


def _rule_lines(card: Scorecard, t: Words, names: PlaceNames) -> Iterator[str]:
    if card.rules is None:
        return
    broken = card.rules[~card.rules["ok"].astype(bool)]
    yield t("score.rules_broken", count=t.number(len(broken))) if len(broken) else t("score.rules_kept")
    for row in broken.head(_AT_MOST).to_dict("records"):
        yield "- " + t(
            "score.rule",
            zone=names("zones", row["zone_id"]),
            rule=t.name("rule", row["rule"]),
            found=t.number(row["found"]),
            allowed=t.number(row["allowed"]),
        )
    if len(broken) > _AT_MOST:
        yield t("score.more", count=t.number(len(broken) - _AT_MOST))


def _robustness_lines(card: Scorecard, t: Words) -> Iterator[str]:
    for level in card.robustness:
        yield t(
            "score.robust",
            noise=t.percent(level.noise),
            holds=t.percent(level.holds),
            deviation=t.percent(level.max_deviation_p90),
        )


def _zone(zones: pd.DataFrame, zone: str, t: Words, names: PlaceNames) -> str:
    # A new zone has no name of its own yet; one renamed after today's has that one's.
    today, station = zones.at[zone, "today_zone_id"], zones.at[zone, "station_id"]
    named = names("zones", today or zone)
    if not isinstance(station, str) or not station:
        return named
    return t("score.of_station", zone=named, station=names("stations", station))


def _written(t: Words, value: float, kind: str) -> str:
    if kind == "share":
        return t.percent(value)
    if kind == "length":
        return t.length(value)
    return t.number(value, 3 if kind == "ratio" else 0)
