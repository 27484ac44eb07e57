"""签到表: who was where and when, to be filled in: all teams on a sheet, and by station each team's stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ui.paper.layout import Column, table_of
from ui.paper.workbooks import write_workbook
from ui.tables import sheet_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from planning.patrol.plan import Route
    from ui.paper.layout import CellKind, Table
    from ui.paper.patrol_day import PatrolDay

_PLANNED, _ACTUAL = "planned", "actual"
# Name, width, kind and group of each column; together they are as wide as A4 lying.
_TEAM_COLUMNS: tuple[tuple[str, float, CellKind, str], ...] = (
    ("badge", 7, "code", ""),
    ("team", 20, "text", ""),
    ("post", 20, "text", ""),
    ("planned_out", 11, "code", _PLANNED),
    ("planned_back", 11, "code", _PLANNED),
    ("actual_out", 11, "code", _ACTUAL),
    ("actual_back", 11, "code", _ACTUAL),
    ("leader", 12, "text", ""),
    ("members", 18, "text", ""),
    ("remarks", 14, "text", ""),
)
_STOP_COLUMNS: tuple[tuple[str, float, CellKind, str], ...] = (
    ("number", 7, "count", ""),
    ("stop", 26, "text", ""),
    ("kind", 12, "text", ""),
    ("planned_from", 11, "code", _PLANNED),
    ("planned_to", 11, "code", _PLANNED),
    ("actual_from", 11, "code", _ACTUAL),
    ("actual_to", 11, "code", _ACTUAL),
    ("signed", 18, "text", ""),
    ("remarks", 28, "text", ""),
)


def sign_in_book(day: PatrolDay, *, stamp: datetime) -> bytes:
    """Return the workbook: a sheet for all teams, and one a station with a page for each of its teams."""
    t = day.t
    sheets = {t("sign_in.all"): [_teams(day)]}
    for title, routes in _by_station(day):
        sheets[_unused(title, sheets)] = [_stops(day, route) for route in routes]
    return write_workbook(sheets, mark=t("paper.mark"), stamp=stamp, by_hand=True)


def _teams(day: PatrolDay) -> Table:
    rows = [
        {
            "badge": day.badge(route),
            "team": day.team(route.team_id),
            "post": day.post(route.team_id),
            "planned_out": day.t.clock(route.start_ms),
            "planned_back": day.t.clock(route.end_ms),
        }
        for route in day.plan.routes
    ]
    title = day.t("sign_in.all_title", district=day.district, day=day.day())
    return table_of(_frame(rows, _TEAM_COLUMNS), _columns(_TEAM_COLUMNS, day), title=title)


def _stops(day: PatrolDay, route: Route) -> Table:
    t, stops = day.t, day.problem.stops
    rows = [
        {
            "number": number,
            "stop": day.stop(visit.stop_id),
            "kind": t.name("stop_kind", stops.at[visit.stop_id, "kind"]),
            "planned_from": day.t.clock(visit.begin_ms),
            "planned_to": day.t.clock(visit.leave_ms),
        }
        for number, visit in enumerate(route.visits, start=1)
    ]
    title = t(
        "sign_in.title",
        team=day.team(route.team_id),
        day=day.day(),
        span=day.span(route.start_ms, route.end_ms),
        post=day.post(route.team_id),
    )
    sign = tuple(t(f"sign_in.{name}") for name in ("led_by", "checked_by", "on"))
    return table_of(_frame(rows, _STOP_COLUMNS), _columns(_STOP_COLUMNS, day), title=title, sign=sign)


def _frame(rows: list[dict[str, object]], columns: Iterable[tuple[str, float, str, str]]) -> pd.DataFrame:
    """Return rows with all columns, blank where they are to be filled in."""
    return pd.DataFrame(rows, columns=[name for name, *_ in columns])


def _columns(listed: Iterable[tuple[str, float, CellKind, str]], day: PatrolDay) -> tuple[Column, ...]:
    t = day.t
    return tuple(
        Column(
            name=name,
            label=t(f"sign_in_column.{name}"),
            width=width,
            kind=kind,
            group=t(f"sign_in.{group}") if group else "",
        )
        for name, width, kind, group in listed
    )


def _by_station(day: PatrolDay) -> Iterator[tuple[str, list[Route]]]:
    stations = day.problem.teams["station_id"]
    groups: dict[str, list[Route]] = {}
    for route in day.plan.routes:
        name = day.station(stations[route.team_id]) or day.t("sign_in.no_station")
        groups.setdefault(name, []).append(route)
    yield from groups.items()


def _unused(title: str, used: Iterable[str]) -> str:
    """Return a title for a sheet that no other has, as workbooks compare them."""
    known = {sheet_title(one).casefold() for one in used}
    tries = (title if not n else f"{title[:26]} {n}" for n in range(len(known) + 1))
    return next(name for name in tries if sheet_title(name).casefold() not in known)
