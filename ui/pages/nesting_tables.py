"""What the nesting page lists: headline, moved grids, changed zones, checks, the assignment."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import GRID_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from planning.nesting import Nesting
    from planning.repair import Repair
    from ui.words import Words

# Check → the findings that break it, and the table it needs.
_CHECKS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "grid_in_zone": (("grid_straddles", "grid_orphan", "grid_tie", "assignment_repeated"), None),
    "zone_has_grid": (("zone_empty",), None),
    "zone_whole": (("grid_enclave",), None),
    "grid_in_village": (("grid_village_mismatch", "grid_cut_by_village", "grid_village_missing"), "villages"),
    "village_in_town": (("village_town_mismatch", "village_cut_by_town", "village_town_missing"), "towns"),
    "zone_in_station": (("zone_crosses_station", "zone_crosses_town"), "stations"),
    "codes": (("grid_code_odd", "grid_code_mismatch", "id_unknown", "assignment_differs"), None),
    "geometry": (
        ("geometry_invalid", "geometry_absent", "layer_overlap", "layer_gap", "layer_slivers"),
        None,
    ),
}
# Checks that say nothing of a table of codes.
_ON_SHAPES = ("zone_whole", "geometry")
_LEFT = ("straddling", "orphans", "ties", "enclaves", "empty_zones", "findings")


def headline(before: Mapping[str, Any], after: Mapping[str, Any] | None, t: Words) -> str:
    """Return the headline "zones / grids / share nested", before and after the repair, and what is left."""
    counts = before if after is None else after
    left = "".join(
        f"<li><b>{escape(t.number(counts[name]))}</b>{escape(t(f'nesting.count_{name}'))}</li>"
        for name in _LEFT
    )
    repaired = "" if after is None else f'<span class="gb-arrow">→</span>{_triple(after, t, "after")}'
    return f'<div class="gb-headline">{_triple(before, t, "before")}{repaired}<ul>{left}</ul></div>'


def moved_table(repair: Repair, zone_names: Mapping[str, str], t: Words) -> pd.DataFrame:
    """Return the land that the repair moved, a row per grid and former zone."""
    moved = repair.moved
    return pd.DataFrame(
        {
            t("column.grid_id"): moved[GRID_ID],
            t("column.from_zone_id"): [_zone(zone, zone_names, t) for zone in moved["from_zone_id"]],
            t("column.to_zone_id"): [_zone(zone, zone_names, t) for zone in moved["to_zone_id"]],
            t("column.area_m2"): moved["area_m2"].round(1),
            t("column.reason"): [t.name("moved", reason) for reason in moved["reason"]],
        }
    )


def zones_table(repair: Repair, zone_names: Mapping[str, str], t: Words) -> pd.DataFrame:
    """Return what the repair gave and took, a row per zone that changed, largest change first."""
    changes = repair.zone_changes
    size = changes[["gained_m2", "lost_m2"]].max(axis=1)
    changes = changes[size > 0.5].loc[size[size > 0.5].sort_values(ascending=False).index]
    columns = ("area_before_m2", "area_after_m2", "gained_m2", "lost_m2")
    return pd.DataFrame(
        {
            t("column.zone_id"): [_zone(zone, zone_names, t) for zone in changes.index],
            t("column.grids"): changes["grids"].to_numpy(),
            **{t(f"column.{name}"): changes[name].round(1).to_numpy() for name in columns},
        }
    )


def assignment_table(
    nesting: Nesting,
    repair: Repair | None,
    grid_names: Mapping[str, str],
    zone_names: Mapping[str, str],
    t: Words,
) -> pd.DataFrame:
    """Return the assignment (编组对应): by the repair where there is one, else by the largest share."""
    zones = nesting.grids["zone_id"] if repair is None else repair.assignment.reindex(nesting.grids.index)
    return pd.DataFrame(
        {
            t("column.grid_id"): zones.index,
            t("column.grid_name"): [grid_names.get(grid, "") for grid in zones.index],
            t("column.zone_id"): zones.where(zones.notna(), "").to_numpy(),
            t("column.zone_name"): [zone_names.get(zone, "") for zone in zones],
            t("column.status"): [t.name("status", status) for status in nesting.grids["status"]],
        }
    )


def hierarchy_checks(nesting: Nesting, tables: Collection[str], t: Words) -> str:
    """Return each check of the hierarchy with its result; what could not be checked says so."""
    counts = nesting.findings["code"].value_counts()
    rows = []
    drawn = bool((nesting.grids["area_m2"] > 0).any())
    for check, (codes, needs) in _CHECKS.items():
        if check in _ON_SHAPES and not drawn:
            css, result = "gb-none", t("check.no_shapes")
        elif needs is not None and needs not in tables:
            css, result = "gb-none", t("check.not_checked", table=t(f"table.{needs}"))
        elif (found := int(sum(counts.get(code, 0) for code in codes))) == 0:
            css, result = "gb-ok", t("check.ok")
        else:
            css, result = "gb-bad", t("check.found", count=t.number(found))
        kinds = t.listed(
            f"{t.name('finding', code)} {t.number(int(counts[code]))}" for code in codes if code in counts
        )
        cells = (f'<td class="{css}">{escape(result)}</td>', f"<td>{escape(kinds)}</td>")
        rows.append(f'<tr><th scope="row">{escape(t(f"check.{check}"))}</th>{"".join(cells)}</tr>')
    return f'<table class="gb-checks">{"".join(rows)}</table>'


def matching(findings: pd.DataFrame, shown: pd.DataFrame, kinds: Sequence[str], wanted: str) -> list[bool]:
    """Return which findings are of the wanted kinds and hold the wanted text anywhere."""
    text = [" ".join(map(str, row)).casefold() for row in shown.itertuples(index=False)]
    words = wanted.casefold().split()
    return [
        (not kinds or code in kinds) and all(word in line for word in words)
        for code, line in zip(findings["code"], text, strict=True)
    ]


def _triple(summary: Mapping[str, Any], t: Words, moment: str) -> str:
    numbers = " / ".join(
        (t.number(summary["zones"]), t.number(summary["grids"]), t.percent(summary["share_nested"]))
    )
    return (
        f'<div class="gb-{moment}"><b>{escape(numbers)}</b>'
        f"<small>{escape(t(f'nesting.headline_{moment}'))}</small></div>"
    )


def _zone(zone: object, names: Mapping[str, str], t: Words) -> str:
    return t("nesting.no_zone") if zone is None or pd.isna(zone) else names.get(str(zone), str(zone))
