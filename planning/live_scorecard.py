"""The scorecard that keeps up with a brush: after a stroke only the zones that it touched are measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.schemas import STATION_ID, TOWN_ID, VILLAGE_ID, ZONE_ID
from geo.errors import Reason, SettingError
from planning.balance import balance
from planning.dual_graph import AREA_M2, LINK, OUTLINE_M, PRESENT, WORKLOAD
from planning.scorecard import ScoreParams
from planning.zone_loads import home_numbers, placed, placed_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from planning.balance import Balance
    from planning.dual_graph import DualGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_FIGURES = np.dtype(
    [
        ("grids", np.int64),
        ("villages", np.int64),
        ("present", np.float64),
        ("workload", np.float64),
        ("target", np.float64),
        ("area_m2", np.float64),
        ("polsby_popper", np.float64),
        ("home", np.int64),
        ("parts", np.int64),
        ("stations", np.int64),
        ("towns", np.int64),
    ]
)
_NONE = -1


class LiveScorecard:
    """
    A plan's scorecard while it is being painted.

    It says of every plan what `planning.scorecard.Scorer` says of it with `ScoreParams.keep_names`, but
    measures only what changed. One object is one plan on its way: not to be shared between threads.

    Parameters
    ----------
    graph
        The district's grids.
    assignment
        zone_id of each grid, by grid_id; grids that are missing, or have none or "", are in no zone.
    today
        zone_id of each grid in today's plan; grids that the graph does not know are passed over.
    params
        tolerance and across_stations are regarded; zones keep their names in any case.

    Raises
    ------
    SettingError
        ``assignment_unknown_grids`` or ``assignment_repeats``, naming the grids.
    """

    def __init__(
        self,
        graph: DualGraph,
        assignment: pd.Series,
        *,
        today: pd.Series | None = None,
        params: ScoreParams | None = None,
    ) -> None:
        self.params = params or ScoreParams()
        self._district = _District(graph.without_stations() if self.params.across_stations else graph)
        index = self._district.grids
        plan = placed_on(assignment, index)
        held = None if today is None else placed(today).reindex(index)
        ids = sorted({str(zone) for column in (plan, held) if column is not None for zone in column.dropna()})
        self._ids: list[str] = ids
        self._number: dict[str, int] = {zone: i for i, zone in enumerate(ids)}
        self._zone = self._numbers(plan)
        self._today = None if held is None else self._numbers(held)
        self._part: Ints = np.zeros(len(index), dtype=np.int64)
        self._figures = np.zeros(len(ids), dtype=_FIGURES)
        self._zones_in_village: Ints = np.zeros(self._district.villages, dtype=np.int64)
        self._measure(np.arange(len(ids)))
        self._count_villages(np.arange(self._district.villages))
        self._set_targets()

    @property
    def assignment(self) -> pd.Series:
        """zone_id of each grid, by grid_id; missing for none."""
        names = np.array([*self._ids, None], dtype=object)
        return pd.Series(names[self._zone], index=self._district.grids, dtype=object, name=ZONE_ID)

    def paint(self, grids: Mapping[str, str]) -> tuple[str, ...]:
        """
        Give grids to zones and return the zones whose figures changed, by their ids.

        Zones that lost their last grid are among them, and zones that only their target changed for.

        Parameters
        ----------
        grids
            zone_id by grid_id, "" for none; zones that were not there come to be.

        Raises
        ------
        SettingError
            ``assignment_unknown_grids``, naming the grids; nothing is painted then.
        """
        at = self._places(grids)
        zone = np.array([self._number_of(name) for name in grids.values()], dtype=np.int64)
        differs = self._zone[at] != zone
        at, zone = at[differs], zone[differs]
        if not at.size:
            return ()
        touched = np.unique(np.concatenate([self._zone[at], zone]))
        self._zone[at] = zone
        touched = touched[touched >= 0]
        self._measure(touched)
        villages = np.unique(self._district.village[at])
        self._count_villages(villages[villages >= 0])
        changed = np.union1d(touched, self._set_targets())
        return tuple(sorted(self._ids[number] for number in changed))

    def zones(self, ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """
        Return the figures of the zones, by their ids ascending; what is not known is None.

        Parameters
        ----------
        ids
            Of these zones alone; those without a grid are passed over.

        Returns
        -------
        list
            Of dicts: zone_id, station_id (`zone_homes`), grids, villages, present, workload, target,
            deviation, area_m2, polsby_popper, parts.
        """
        wanted = self._ids if ids is None else {zone for zone in ids if zone in self._number}
        return [self._row(zone) for zone in sorted(wanted) if self._figures["grids"][self._number[zone]] > 0]

    def totals(self) -> dict[str, Any]:
        """
        Return what holds of the whole plan; what is not known is None.

        zones; max_deviation, mean_deviation, cv, within_tolerance (share of the zones), outside (number of
        the others), busiest, idlest (zone_ids); workload_moved (share), residents_moved, grids_moved,
        villages_touched, zones_touched; villages_split, unassigned, not_contiguous,
        zones_crossing_stations; polsby_popper (mean), cut_edges.
        """
        living = self._living()
        return {
            "zones": len(living),
            **self._balance(living),
            **self._change(),
            **self._tears(living),
            **self._shape(living),
        }

    def violations(self) -> tuple[Reason, ...]:
        """Return what no plan may have, as `planning.violations` does."""
        return tuple(self._violations())

    def _numbers(self, plan: pd.Series) -> Ints:
        number = plan.map(self._number).fillna(_NONE)
        return np.array(number, dtype=np.int64)

    def _number_of(self, zone: str) -> int:
        if not zone:
            return _NONE
        if zone not in self._number:
            self._number[zone] = len(self._ids)
            self._ids.append(zone)
            self._figures = np.append(self._figures, np.zeros(1, dtype=_FIGURES))
        return self._number[zone]

    def _places(self, grids: Collection[str]) -> Ints:
        place = self._district.place
        if strangers := [grid for grid in grids if grid not in place]:
            raise SettingError("assignment_unknown_grids", grids=strangers, count=len(strangers))
        return np.array([place[grid] for grid in grids], dtype=np.int64)

    def _living(self) -> Ints:
        return np.flatnonzero(self._figures["grids"] > 0)

    def _rows_of(self, zones: Ints) -> Ints:
        """Return for each grid which of some zones it is in, from 0; -1 for none of them."""
        row = np.full(len(self._ids) + 1, _NONE, dtype=np.int64)
        row[zones] = np.arange(len(zones))
        found: Ints = row[self._zone]
        return found

    def _measure(self, zones: Ints) -> None:
        """Measure some zones anew, but for their targets."""
        every = self._rows_of(zones)
        at = np.flatnonzero(every >= 0)
        row, count, d = every[at], len(zones), self._district
        figures = np.zeros(count, dtype=_FIGURES)
        figures["grids"] = np.bincount(row, minlength=count)
        figures["present"] = np.bincount(row, weights=d.present[at], minlength=count)
        figures["workload"] = np.bincount(row, weights=d.work[at], minlength=count)
        figures["villages"] = _distinct(row, d.village[at], count)
        figures["stations"] = _distinct(row, d.station_or_none[at], count)
        figures["towns"] = _distinct(row, d.town[at], count)
        figures["target"] = self._figures["target"][zones]
        figures["home"] = _NONE
        present = figures["grids"] > 0
        living = np.cumsum(present) - 1
        figures["home"][present] = home_numbers(living[row], d.station[at], d.work[at], unknown=0)
        self._measure_outlines(figures, every, at)
        self._measure_parts(figures, every, at)
        self._figures[zones] = figures

    def _measure_outlines(self, figures: NDArray[Any], every: Ints, at: Ints) -> None:
        d, count = self._district, len(figures)
        drawn = at[d.drawn[at]]
        area = np.bincount(every[drawn], weights=d.area[drawn], minlength=count)
        outline = np.bincount(every[drawn], weights=d.outline[drawn], minlength=count)
        row = every[d.left]
        inside = np.flatnonzero((row >= 0) & (row == every[d.right]))
        outline = outline - 2.0 * np.bincount(row[inside], weights=d.length[inside], minlength=count)
        # As in `geo.compactness.outlines`: no shape has less outline than a circle.
        outline = np.maximum(outline, 2.0 * np.sqrt(np.pi * area))
        known = np.bincount(every[drawn], minlength=count) > 0
        figures["area_m2"] = np.where(known, area, np.nan)
        figures["polsby_popper"] = np.nan
        measured = known & (outline > 0)
        figures["polsby_popper"][measured] = 4.0 * np.pi * area[measured] / outline[measured] ** 2

    def _measure_parts(self, figures: NDArray[Any], every: Ints, at: Ints) -> None:
        d = self._district
        row = every[d.left[: d.ways]]
        inside = np.flatnonzero((row >= 0) & (row == every[d.right[: d.ways]]))
        ends = [np.searchsorted(at, end[inside]) for end in (d.left, d.right)]
        web = coo_matrix((np.ones(len(inside), dtype=np.int8), tuple(ends)), shape=(len(at), len(at)))
        part = connected_components(web, directed=False)[1].astype(np.int64)
        self._part[at] = part
        figures["parts"] = _distinct(every[at], np.where(d.drawn[at], part, _NONE), len(figures))

    def _count_villages(self, villages: Ints) -> None:
        """Count anew how many zones lie in some villages."""
        d = self._district
        row = np.full(d.villages + 1, _NONE, dtype=np.int64)
        row[villages] = np.arange(len(villages))
        at = np.flatnonzero(row[d.village] >= 0)
        self._zones_in_village[villages] = _distinct(row[d.village[at]], self._zone[at], len(villages))

    def _set_targets(self) -> Ints:
        """Set the targets as `zone_targets` does and return the zones that have another one now."""
        d, home = self._district, self._figures["home"]
        through = np.append(np.maximum(home, 0), 0)[self._zone]
        region = np.where(d.station > 0, d.station, through)
        work = np.bincount(region, weights=d.work, minlength=d.stations)
        living = self._living()
        zones = np.bincount(home[living], minlength=d.stations)
        before = self._figures["target"].copy()
        self._figures["target"] = 0.0
        self._figures["target"][living] = work[home[living]] / zones[home[living]]
        changed = living[self._figures["target"][living] != before[living]]
        return np.asarray(changed, dtype=np.int64)

    def _row(self, zone: str) -> dict[str, Any]:
        found, d = self._figures[self._number[zone]], self._district
        work, target = float(found["workload"]), float(found["target"])
        return {
            ZONE_ID: zone,
            STATION_ID: d.station_ids[int(found["home"])],
            "grids": int(found["grids"]),
            "villages": int(found["villages"]),
            PRESENT: float(found["present"]),
            WORKLOAD: work,
            "target": target,
            "deviation": work / target - 1.0 if target > 0 else None,
            AREA_M2: _known(found["area_m2"]),
            "polsby_popper": _known(found["polsby_popper"]),
            "parts": int(found["parts"]) if d.has_shapes else None,
        }

    def _balance(self, living: Ints) -> dict[str, Any]:
        measured = living[self._figures["target"][living] > 0]
        if not measured.size:
            return dict.fromkeys(_BALANCE_KEYS)
        work, target = (pd.Series(self._figures[name][measured]) for name in (WORKLOAD, "target"))
        found: Balance = balance(work, target, tolerance=self.params.tolerance)
        off = (work / target - 1.0).to_numpy()
        # Among equals the first by its id, whatever order the zones came in.
        ids = np.array([self._ids[number] for number in measured], dtype=object)
        order = np.argsort(ids, kind="stable")
        return {
            "max_deviation": found.max_deviation,
            "mean_deviation": found.mean_deviation,
            "cv": found.cv,
            "within_tolerance": found.within,
            "outside": len(off) - round(found.within * len(off)),
            "busiest": str(ids[order][off[order].argmax()]),
            "idlest": str(ids[order][off[order].argmin()]),
        }

    def _change(self) -> dict[str, Any]:
        if self._today is None:
            return dict.fromkeys(_CHANGE_KEYS)
        d, moved = self._district, np.flatnonzero(self._zone != self._today)
        total, villages = float(d.work.sum()), d.village[moved]
        zones = np.concatenate([self._zone[moved], self._today[moved]])
        return {
            "workload_moved": float(d.work[moved].sum()) / total if total > 0 else 0.0,
            "residents_moved": float(d.present[moved].sum()) if d.present.any() else None,
            "grids_moved": len(moved),
            "villages_touched": len(np.unique(villages[villages >= 0])) if d.villages else None,
            "zones_touched": len(np.unique(zones[zones >= 0])),
        }

    def _tears(self, living: Ints) -> dict[str, Any]:
        d, found = self._district, self._figures[living]
        return {
            "villages_split": int((self._zones_in_village > 1).sum()) if d.villages else None,
            "unassigned": int((self._zone < 0).sum()),
            "not_contiguous": int((found["parts"] > 1).sum()) if d.has_shapes else None,
            "zones_crossing_stations": int((found["stations"] > 1).sum()) if d.stations > 1 else None,
        }

    def _shape(self, living: Ints) -> dict[str, Any]:
        d = self._district
        if not d.has_shapes or not living.size:
            return {"polsby_popper": None, "cut_edges": None}
        measures = self._figures["polsby_popper"][living]
        known = measures[~np.isnan(measures)]
        left, right = self._zone[d.left[: d.ways]], self._zone[d.right[: d.ways]]
        cut = (left != right) & (left >= 0) & (right >= 0) & d.touching
        return {
            "polsby_popper": float(known.mean()) if known.size else None,
            "cut_edges": int(cut.sum()),
        }

    def _violations(self) -> Iterator[Reason]:
        d, found = self._district, self._figures
        for place in np.flatnonzero(self._zone < 0).tolist():
            yield Reason("grid_orphan", {"id": str(d.grids[place])})
        for number in self._named(np.flatnonzero(found["parts"] > 1)):
            yield self._apart(number)
        for code, column, units, ids in (
            ("zone_crosses_station", "stations", d.station_or_none, d.station_ids[1:]),
            ("zone_crosses_town", "towns", d.town, d.town_ids),
        ):
            for number in self._named(np.flatnonzero(found[column] > 1)):
                yield Reason(code, {"id": self._ids[number], **self._crossing(number, units, ids)})

    def _named(self, numbers: Ints) -> list[int]:
        return sorted(numbers.tolist(), key=self._ids.__getitem__)

    def _apart(self, number: int) -> Reason:
        d = self._district
        at = np.flatnonzero((self._zone == number) & d.drawn)
        parts, first, of_part = np.unique(self._part[at], return_index=True, return_inverse=True)
        sizes = np.bincount(of_part)
        # The part with most grids; among equals the one that comes first.
        main = np.lexsort((first, -sizes))[0]
        others = [str(grid) for grid in d.grids[at[of_part != main]]]
        facts = {"id": self._ids[number], "parts": len(parts), "grids": others}
        return Reason("zone_not_contiguous", facts)

    def _crossing(self, number: int, units: Ints, ids: list[str]) -> dict[str, Any]:
        here = units[self._zone == number]
        found, counts = np.unique(here[here >= 0], return_counts=True)
        return {"other_id": ids[found[counts.argmax()]], "units": [ids[unit] for unit in found]}


_BALANCE_KEYS = (
    "max_deviation",
    "mean_deviation",
    "cv",
    "within_tolerance",
    "outside",
    "busiest",
    "idlest",
)
_CHANGE_KEYS = ("workload_moved", "residents_moved", "grids_moved", "villages_touched", "zones_touched")


class _District:
    """What a plan does not change, by the grids' places in the graph; -1 for a unit that is not known."""

    def __init__(self, graph: DualGraph) -> None:
        rows = graph.grids
        self.grids = rows.index
        # The index itself would be cast to the names' type at every stroke.
        self.place = {str(grid): i for i, grid in enumerate(rows.index)}
        self.work = rows[WORKLOAD].fillna(0.0).to_numpy(dtype=float)
        self.present = rows[PRESENT].fillna(0.0).to_numpy(dtype=float)
        self.area = rows[AREA_M2].fillna(0.0).to_numpy(dtype=float)
        self.outline = rows[OUTLINE_M].fillna(0.0).to_numpy(dtype=float)
        self.drawn: NDArray[np.bool_] = rows[OUTLINE_M].notna().to_numpy()
        self.has_shapes = graph.shapes is not None
        self.village, village_ids = _units(rows[VILLAGE_ID])
        self.villages = len(village_ids)
        self.town, self.town_ids = _units(rows[TOWN_ID])
        self.station_or_none, station_ids = _units(rows[STATION_ID])
        # Stations are numbered from 1 by name, 0 stands for those that are not known.
        self.station, self.station_ids = self.station_or_none + 1, ["", *station_ids]
        self.stations = len(self.station_ids)
        ways, parted = _edges(graph.borders, rows.index), _edges(graph.parted, rows.index)
        self.ways = len(ways)
        self.touching = ~ways[LINK].to_numpy(dtype=bool)
        both = pd.concat([ways[_EDGE], parted[_EDGE]]) if len(parted) else ways
        self.left, self.right = (both[end].to_numpy(dtype=np.int64) for end in ("left", "right"))
        self.length = both["length_m"].to_numpy(dtype=float)


_EDGE = ["left", "right", "length_m"]


def _units(names: pd.Series) -> tuple[Ints, list[str]]:
    """Return a number for each name, from 0 in their order, -1 for ""; and the names."""
    numbers, ids = pd.factorize(names.astype(object).where(names != "", None), sort=True)
    return numbers.astype(np.int64), [str(name) for name in ids]


def _edges(pairs: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Return pairs of grids as pairs of places, those left out that the index does not know."""
    ends = {end: index.get_indexer(pd.Index(pairs[end])) for end in ("left", "right")}
    found = pairs.assign(**ends)
    return found[(found["left"] >= 0) & (found["right"] >= 0)]


def _distinct(row: Ints, label: Ints, count: int) -> Ints:
    """Return how many labels there are in each row from 0; labels below 0 do not count."""
    known = label >= 0
    if not known.any():
        return np.zeros(count, dtype=np.int64)
    wide = int(label.max()) + 1
    pairs = np.unique(row[known] * wide + label[known])
    return np.bincount(pairs // wide, minlength=count)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
