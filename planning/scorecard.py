"""The scorecard of a plan: the same for all of them, painted or computed."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.schemas import KIND, STATION_ID, TOWN_ID, VILLAGE_ID, ZONE_ID
from geo.compactness import moment_of_inertia, outlines, polsby_popper, reock
from geo.errors import Reason, SettingError
from planning.balance import Balance, balance
from planning.change import change_from
from planning.dual_graph import AREA_M2, LINK, OUTLINE_M, PRESENT, WORKLOAD
from planning.floor_of_change import unavoidable
from planning.robustness import robustness
from planning.rules import RuleProfile, check_rules, rule_profile
from planning.splits import split_villages, splits
from planning.violations import violations
from planning.zone_loads import placed, placed_on, zone_homes, zone_kinds, zone_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planning.change import Change
    from planning.dual_graph import DualGraph
    from planning.robustness import Robustness
    from planning.splits import Splits


@dataclass(frozen=True, kw_only=True)
class ScoreParams:
    """
    How plans are scored.

    Parameters
    ----------
    tolerance
        Deviation from the target that is still fair, in [0, 1).
    rules
        A rule profile or the name of one; None for none.
    noise
        Standard deviations of demand to try (`planning.robustness`), each in [0, 1].
    draws
        Draws for each of them; 0 leaves robustness out.
    seed
        Of the draws.
    across_stations
        Whether zones may cross stations and towns, which then are left out of targets and violations.
    keep_names
        Whether the zones are those that their ids say, as in a plan that was painted; else they are renamed
        to those of today's that they succeed before the change is measured.
    """

    tolerance: float = 0.10
    rules: RuleProfile | str | None = None
    noise: tuple[float, ...] = (0.1, 0.2)
    draws: int = 500
    seed: int = 0
    across_stations: bool = False
    keep_names: bool = False

    def __post_init__(self) -> None:
        """Check the ranges, and that the profile is known."""
        if not 0.0 <= self.tolerance < 1.0:
            raise SettingError("setting_wrong", name="tolerance", found=self.tolerance, allowed="0–1")
        if wrong := [noise for noise in self.noise if not 0.0 <= noise <= 1.0]:
            raise SettingError("setting_wrong", name="noise", found=wrong[0], allowed="0–1")
        if self.draws < 0:
            raise SettingError("setting_wrong", name="draws", found=self.draws, allowed=">= 0")
        if isinstance(self.rules, str):
            rule_profile(self.rules)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """
    How compact a plan is; terms are None where there are no polygons.

    Parameters
    ----------
    polsby_popper, polsby_popper_min, reock
        Mean and least over the zones, and mean (`geo.compactness`).
    cut_edges, cut_length_m
        Borders between grids of different zones, and their length; links across a gap do not count.
    inertia
        Σ w‖x - c‖² over all grids, c the centre of work of the zone (workload × m²).
    rms_distance_m
        Root of the inertia over the workload: how far work lies from the centre of its zone (m).
    """

    polsby_popper: float | None = None
    polsby_popper_min: float | None = None
    reock: float | None = None
    cut_edges: int | None = None
    cut_length_m: float | None = None
    inertia: float | None = None
    rms_distance_m: float | None = None


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """
    What can be said of a plan.

    Parameters
    ----------
    zones
        By zone_id: today_zone_id (the zone of today's it succeeds, "" for none), station_id (of most of its
        workload), kind (community or village, by where most of its residents live), grids, villages, present,
        workload, target, deviation, district_deviation, area_m2, perimeter_m, polsby_popper, reock,
        inertia, parts (that hang together by borders and links), road_parts (by roads; of the grids with a
        road to another), core_kept, touched. What is not known is missing.
    tolerance
        Of the shares within it.
    grids, grids_without_zone, grids_without_workload
        How many grids there are, are in no zone, and have no workload stated (they count as 0).
    balance, district_balance
        Against the mean of the station's zones, and of the district's; None without workload.
    shape
        Compactness.
    not_contiguous, not_contiguous_by_road
        How many zones fall apart, and do on the roads; None where not known.
    splits
        Villages, stations and towns torn.
    change
        From today's plan; None without one.
    floor
        Least share of workload that plans with as many zones per station have to move to keep the tolerance
        (`planning.floor_of_change`); None without a plan of today.
    rules
        `planning.rules.check_rules`; None if no profile was asked for.
    robustness
        For each level of noise; () if not asked for.
    violations
        What no plan may have: ``grid_orphan``, ``zone_not_contiguous``, ``zone_crosses_station``,
        ``zone_crosses_town``.
    villages_split_ids
        The villages that are split; whether they may be is another question.
    unknown
        Why each term that is None is not known.
    """

    zones: pd.DataFrame
    tolerance: float
    grids: int
    grids_without_zone: int
    grids_without_workload: int
    balance: Balance | None
    district_balance: Balance | None
    shape: Shape
    not_contiguous: int | None
    not_contiguous_by_road: int | None
    splits: Splits
    change: Change | None
    floor: float | None
    rules: pd.DataFrame | None
    robustness: tuple[Robustness, ...]
    violations: tuple[Reason, ...]
    villages_split_ids: tuple[str, ...]
    unknown: Mapping[str, Reason]

    def summary(self) -> dict[str, Any]:
        """Return the figures under stable keys, fit for JSON: what is not known is None."""
        figures: dict[str, Any] = {
            "zones": len(self.zones),
            "grids": self.grids,
            "grids_without_zone": self.grids_without_zone,
            "grids_without_workload": self.grids_without_workload,
            "tolerance": self.tolerance,
            **_balance_figures(self.balance, ""),
            **_balance_figures(self.district_balance, "district_"),
            **_figures(self.shape),
            "not_contiguous": self.not_contiguous,
            "not_contiguous_by_road": self.not_contiguous_by_road,
            **_figures(self.splits),
            **dict.fromkeys(_CHANGE_KEYS),
            **({} if self.change is None else self.change.summary()),
            "floor": self.floor,
            "rules_broken": None if self.rules is None else int((~self.rules["ok"].astype(bool)).sum()),
            "travel": None,
            "response": None,
        }
        return {
            **{name: _plain(value) for name, value in figures.items()},
            "robustness": [
                {name: _plain(value) for name, value in _figures(level).items()} for level in self.robustness
            ],
            "violations": [{"code": found.code, "facts": dict(found.facts)} for found in self.violations],
            "unknown": {term: why.code for term, why in self.unknown.items()},
        }


_CHANGE_KEYS = (
    "workload_moved",
    "residents_moved",
    "residents_moved_share",
    "grids_moved",
    "villages_touched",
    "villages_moved",
    "zones_touched",
    "core_kept_mean",
    "core_kept_min",
)


class Scorer:
    """
    Scores plans of one district; what does not depend on the plan is worked out once.

    Parameters
    ----------
    graph
        The district's grids.
    today
        zone_id of each grid in today's plan, by grid_id; grids it knows and the graph does not are left out.
    params
        Settings.
    road_links
        left, right: grids joined by a road (`planning.dual_graph.grid_road_links`).
    staff
        place_id, role, count, for the rules.
    """

    def __init__(
        self,
        graph: DualGraph,
        *,
        today: pd.Series | None = None,
        params: ScoreParams | None = None,
        road_links: pd.DataFrame | None = None,
        staff: pd.DataFrame | None = None,
    ) -> None:
        self.params = params or ScoreParams()
        self.graph = graph.without_stations() if self.params.across_stations else graph
        self.today = None if today is None else placed(today).reindex(graph.grids.index)
        self.staff = staff
        self._work = graph.grids[WORKLOAD].fillna(0.0)
        self._borders = _positions(graph.borders, graph.grids.index)
        self._roads = None if road_links is None else _positions(road_links, graph.grids.index)

    def score(self, assignment: pd.Series) -> Scorecard:
        """
        Return the scorecard of a plan.

        Parameters
        ----------
        assignment
            zone_id of each grid, by grid_id; grids that are missing, or have none or "", are in no zone.

        Raises
        ------
        SettingError
            ``assignment_unknown_grids`` or ``assignment_repeats``, naming the grids.
        """
        plan = placed_on(assignment, self.graph.grids.index)
        change = self._change(plan)
        zones = self._zones(plan, change)
        rows, tolerance = self.graph.grids, self.params.tolerance
        levels = self.params.noise if self.params.draws else ()
        cut = self._cut(plan)
        card = Scorecard(
            zones=zones,
            tolerance=tolerance,
            grids=len(rows),
            grids_without_zone=int(plan.isna().sum()),
            grids_without_workload=int(rows[WORKLOAD].isna().sum()),
            balance=_fair(zones[WORKLOAD], zones["target"], tolerance),
            district_balance=_fair(zones[WORKLOAD], self._district_mean(zones), tolerance),
            shape=self._shape(zones, cut),
            not_contiguous=_several(zones["parts"]),
            not_contiguous_by_road=_several(zones["road_parts"]),
            splits=splits(rows, plan),
            change=change,
            floor=self._floor(zones),
            rules=None if self.params.rules is None else check_rules(zones, self.staff, self.params.rules),
            robustness=tuple(self._robustness(plan, noise) for noise in levels),
            violations=tuple(violations(rows, plan, self._part_of(plan))),
            villages_split_ids=tuple(split_villages(rows[VILLAGE_ID], plan)),
            unknown={},
        )
        return replace(card, unknown=dict(self._unknown(card)))

    @cached_property
    def _touching(self) -> pd.DataFrame:
        """Borders of grids, those along barriers too."""
        if self.graph.parted.empty:
            return self.graph.borders
        return pd.concat([self.graph.borders, self.graph.parted], ignore_index=True)

    @cached_property
    def _hulls(self) -> gpd.GeoSeries | None:
        shapes = self.graph.shapes
        if shapes is None:
            return None
        return gpd.GeoSeries(shapely.convex_hull(np.asarray(shapes.array, dtype=object)), index=shapes.index)

    @cached_property
    def _drawn(self) -> NDArray[np.bool_]:
        drawn: NDArray[np.bool_] = self.graph.grids[OUTLINE_M].notna().to_numpy()
        return drawn

    def _change(self, plan: pd.Series) -> Change | None:
        if self.today is None:
            return None
        return change_from(plan, self.today, self.graph, keep_names=self.params.keep_names)

    def _zones(self, plan: pd.Series, change: Change | None) -> pd.DataFrame:
        rows, homes = self.graph.grids, zone_homes(plan, self.graph)
        by_zone = pd.DataFrame({"grids": 1, PRESENT: rows[PRESENT], WORKLOAD: self._work}).groupby(plan)
        zones = by_zone.sum().reindex(homes.index)
        villages = rows[VILLAGE_ID].where(rows[VILLAGE_ID] != "").groupby(plan).nunique()
        outline = outlines(rows[AREA_M2], rows[OUTLINE_M], self._touching, plan).reindex(homes.index)
        target = zone_targets(plan, self.graph, homes=homes)
        frame = pd.DataFrame(
            {
                "today_zone_id": "",
                STATION_ID: homes,
                KIND: zone_kinds(plan, self.graph).reindex(homes.index).fillna(""),
                "grids": zones["grids"],
                "villages": villages.reindex(homes.index),
                PRESENT: zones[PRESENT],
                WORKLOAD: zones[WORKLOAD],
                "target": target,
                "deviation": _deviation(zones[WORKLOAD], target),
                "district_deviation": _deviation(zones[WORKLOAD], self._district_mean(zones)),
                AREA_M2: outline["area_m2"],
                "perimeter_m": outline["perimeter_m"],
                "polsby_popper": polsby_popper(outline["area_m2"], outline["perimeter_m"]),
                "reock": self._reock(outline["area_m2"], plan),
                "inertia": moment_of_inertia(rows[["x", "y"]], self._work, plan).reindex(homes.index),
                "parts": self._parts(plan, homes.index),
                "road_parts": self._road_parts(plan, homes.index),
                "core_kept": np.nan,
                "touched": pd.Series(pd.NA, index=homes.index, dtype="boolean"),
            }
        ).rename_axis(ZONE_ID)
        return frame if change is None else _with_change(frame, change)

    def _district_mean(self, zones: pd.DataFrame) -> pd.Series:
        return pd.Series(self._work.sum() / max(len(zones), 1), index=zones.index, dtype=float)

    def _reock(self, area: pd.Series, plan: pd.Series) -> pd.Series:
        if self._hulls is None:
            return pd.Series(np.nan, index=area.index)
        return reock(area, self._hulls, plan)

    def _parts(self, plan: pd.Series, zones: pd.Index) -> pd.Series:
        if self.graph.shapes is None:
            return pd.Series(pd.NA, index=zones, dtype="Int64")
        return _count_parts(plan, self._part_of(plan), zones)

    def _part_of(self, plan: pd.Series) -> pd.Series:
        """Return a number for the part of its zone that each grid with a polygon is in."""
        return pd.Series(_components(plan, self._borders), index=plan.index)[self._drawn]

    def _road_parts(self, plan: pd.Series, zones: pd.Index) -> pd.Series:
        if self._roads is None:
            return pd.Series(pd.NA, index=zones, dtype="Int64")
        joined = np.unique(self._roads)
        label = pd.Series(_components(plan, self._roads), index=plan.index)
        return _count_parts(plan, label.iloc[joined], zones)

    def _cut(self, plan: pd.Series) -> NDArray[np.bool_]:
        code = plan.factorize()[0]
        left, right = code[self._borders[:, 0]], code[self._borders[:, 1]]
        touching = ~self._known_borders[LINK].to_numpy(dtype=bool)
        cut: NDArray[np.bool_] = (left >= 0) & (right >= 0) & (left != right) & touching
        return cut

    @cached_property
    def _known_borders(self) -> pd.DataFrame:
        index, borders = self.graph.grids.index, self.graph.borders
        return borders[borders["left"].isin(index) & borders["right"].isin(index)]

    def _shape(self, zones: pd.DataFrame, cut: NDArray[np.bool_]) -> Shape:
        if self.graph.shapes is None or zones.empty:
            return Shape()
        inertia, load = float(zones["inertia"].sum()), float(zones[WORKLOAD].sum())
        return Shape(
            polsby_popper=float(zones["polsby_popper"].mean()),
            polsby_popper_min=float(zones["polsby_popper"].min()),
            reock=float(zones["reock"].mean()),
            cut_edges=int(cut.sum()),
            cut_length_m=float(self._known_borders["length_m"].to_numpy()[cut].sum()),
            inertia=inertia,
            rms_distance_m=math.sqrt(inertia / load) if load > 0 else None,
        )

    def _floor(self, zones: pd.DataFrame) -> float | None:
        if self.today is None:
            return None
        counts = zones[STATION_ID].value_counts()
        return unavoidable(self.graph, self.today, tolerance=self.params.tolerance, zones_per_station=counts)

    def _robustness(self, plan: pd.Series, noise: float) -> Robustness:
        return robustness(
            self.graph,
            plan,
            noise=noise,
            tolerance=self.params.tolerance,
            draws=self.params.draws,
            seed=self.params.seed,
        )

    def _unknown(self, card: Scorecard) -> Iterator[tuple[str, Reason]]:
        if card.balance is None:
            yield "balance", Reason("score_needs_workload")
        if self.graph.shapes is None:
            for term in ("shape", "contiguity"):
                yield term, Reason("score_needs_polygons")
        if self._roads is None:
            yield "contiguity_by_road", Reason("score_needs_roads")
        for unit, term, reason in (
            (VILLAGE_ID, "villages", Reason("score_needs_villages")),
            (STATION_ID, "stations", Reason("score_needs_stations")),
            (TOWN_ID, "towns", Reason("score_needs_towns")),
        ):
            if not (self.graph.grids[unit] != "").any():
                across = self.params.across_stations and unit != VILLAGE_ID
                yield term, Reason("score_across_stations") if across else reason
        if self.today is None:
            for term in ("change", "floor"):
                yield term, Reason("score_needs_today")
        if card.rules is None:
            yield "rules", Reason("score_rules_off")
        if not card.robustness:
            yield "robustness", Reason("score_draws_off")
        for term in ("travel", "response"):
            yield term, Reason("score_needs_posts")


def score(
    graph: DualGraph,
    assignment: pd.Series,
    *,
    today: pd.Series | None = None,
    params: ScoreParams | None = None,
    road_links: pd.DataFrame | None = None,
    staff: pd.DataFrame | None = None,
) -> Scorecard:
    """Return the scorecard of one plan; see `Scorer`, which is faster for several."""
    scorer = Scorer(graph, today=today, params=params, road_links=road_links, staff=staff)
    return scorer.score(assignment)


def _positions(pairs: pd.DataFrame, index: pd.Index) -> NDArray[np.int64]:
    """Return pairs of labels as places in the index, those left out that it does not know."""
    found = np.column_stack([index.get_indexer(pd.Index(pairs[end])) for end in ("left", "right")])
    known: NDArray[np.int64] = found[(found >= 0).all(axis=1)]
    return known


def _components(plan: pd.Series, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for the part of its zone that each grid is in."""
    code = plan.factorize()[0]
    left, right = edges.T
    inside = (code[left] == code[right]) & (code[left] >= 0)
    size = (len(plan), len(plan))
    graph = coo_matrix((np.ones(int(inside.sum())), (left[inside], right[inside])), shape=size)
    label: NDArray[np.int64] = connected_components(graph, directed=False)[1]
    return label


def _count_parts(plan: pd.Series, part_of: pd.Series, zones: pd.Index) -> pd.Series:
    parts = part_of.groupby(plan).nunique()
    return parts.reindex(zones).fillna(0).astype("Int64")


def _several(parts: pd.Series) -> int | None:
    return None if parts.isna().any() else int((parts > 1).sum())


def _deviation(load: pd.Series, target: pd.Series) -> pd.Series:
    return load / target.where(target > 0) - 1.0


def _fair(load: pd.Series, target: pd.Series, tolerance: float) -> Balance | None:
    # A station without any work gives its zones nothing to be measured by.
    measured = target > 0
    return balance(load[measured], target[measured], tolerance=tolerance) if measured.any() else None


def _with_change(zones: pd.DataFrame, change: Change) -> pd.DataFrame:
    names = zones.index.map(change.renamed)
    touched = set(change.grids["from_zone"]) | set(change.grids["to_zone"])
    return zones.assign(
        today_zone_id=[name if name in change.core_kept.index else "" for name in names],
        core_kept=change.core_kept.reindex(names).to_numpy(),
        touched=pd.array([name in touched for name in names], dtype="boolean"),
    )


def _figures(found: Any) -> dict[str, Any]:
    return {f.name: getattr(found, f.name) for f in fields(found)}


def _balance_figures(found: Balance | None, prefix: str) -> dict[str, Any]:
    names = {
        f.name: f"{prefix}{'within_tolerance' if f.name == 'within' else f.name}" for f in fields(Balance)
    }
    return {label: None if found is None else getattr(found, name) for name, label in names.items()}


def _plain(value: Any) -> Any:
    """Return a figure as JSON has it: missing is None."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    number = float(value)
    return number if math.isfinite(number) else None
