"""What a bureau's rules say of a plan under the brush, as the scorecard beside the map shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import KIND, ZONE_ID
from planning.rules import check_rules
from planning.zone_loads import zone_kinds

if TYPE_CHECKING:
    from ui.names import PlaceNames
    from ui.painter.board import Board
    from ui.words import Words

# They go to the browser with each stroke.
_SHOWN = 30


def rule_report(board: Board, profile: str, t: Words) -> dict[str, Any]:
    """
    Return which zones exceed the rules of a profile, worst first.

    Parameters
    ----------
    profile
        Name of a rule profile (`planning.rules`).

    Returns
    -------
    dict
        title, checked and exceeded (how many), broken: zone and text of the worst of them.
    """
    title = t("painter.rules_title", profile=t.name("rule_profile", profile))
    if not (rows := board.live.zones()):
        return {"title": title, "checked": 0, "exceeded": 0, "broken": []}
    zones = pd.DataFrame(rows).set_index(ZONE_ID)
    kinds = zone_kinds(board.assignment, board.standing.graph)
    zones[KIND] = kinds.reindex(zones.index).fillna("")
    names = board.place_names
    found = check_rules(zones, board.standing.tables.get("staff"), profile)
    broken = found[~found["ok"].astype(bool)]
    excess = (broken["found"] / broken["allowed"]).sort_values(ascending=False, kind="stable")
    return {
        "title": title,
        "checked": len(found),
        "exceeded": len(broken),
        "broken": [_broken(row, names, t) for row in broken.loc[excess.index[:_SHOWN]].to_dict("records")],
    }


def _broken(row: dict[str, Any], names: PlaceNames, t: Words) -> dict[str, str]:
    text = t(
        "score.rule",
        zone=names("zones", row[ZONE_ID]),
        rule=t.name("rule", row["rule"]),
        found=t.number(row["found"]),
        allowed=t.number(row["allowed"]),
    )
    return {"zone": str(row[ZONE_ID]), "text": text}
