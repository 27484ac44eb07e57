"""The cover of a day's sheets: all teams, what is not visited and why, and how soon help is there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ui.named_reasons import named_reason
from ui.paper.layout import breakable
from ui.paper.patrol_map import overview_map
from ui.paper.share_chart import share_chart
from ui.patrol_saving import nearest_misses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planning.patrol.plan import Route, Unvisited
    from ui.paper.patrol_day import PatrolDay
    from ui.paper.patrol_map import PatrolGround

# In mm.
_MAP, _MAP_HEIGHTS, _CHART = 186.0, (100.0, 148.0), (186.0, 34.0)
_LEFT_OUT_AT_MOST, _NEVER_AT_MOST = 12, 12
_TEAM_HEADS = ("number", "team", "post", "mode", "out", "stops", "distance", "on_way", "leads")
_UNVISITED_HEADS = ("stop", "priority", "why", "remedy")


def cover(day: PatrolDay, ground: PatrolGround) -> dict[str, Any]:
    """Return what the cover says, as the printing template takes it."""
    t, figures = day.t, day.plan.summary()
    return {
        "title": t("patrol_paper.cover_title"),
        "facts": [[label, breakable(value)] for label, value in _facts(day, figures) if value],
        "warning": "" if day.plan.feasible else t("patrol_paper.not_feasible"),
        "map": overview_map(ground, width_mm=_MAP, heights_mm=_MAP_HEIGHTS) if day.plan.routes else "",
        "legend": [[name, t(f"patrol_paper.legend_{name}")] for name in ("number", "post")],
        "teams": {
            "title": t("patrol_paper.teams"),
            "heads": [t(f"patrol_paper.team_{name}") for name in _TEAM_HEADS],
            "rows": [_team(day, route) for route in day.plan.routes],
        },
        "unvisited": {
            "title": t("patrol_paper.unvisited", count=t.number(len(day.plan.unvisited))),
            "heads": [t(f"patrol_paper.unvisited_{name}") for name in _UNVISITED_HEADS],
            "rows": [_unvisited(day, stop) for stop in day.plan.unvisited],
        },
        "backup": _backup(day),
        "left_out": {"title": t("patrol_paper.left_out"), "texts": [*_left_out(day)]},
        "signed": [t("patrol_paper.arranged_by"), t("patrol_paper.approved_by"), t("patrol_paper.signed_on")],
    }


def _facts(day: PatrolDay, figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    t = day.t
    yield t("patrol_paper.date"), day.day()
    yield t("patrol_paper.force"), t.name("force", day.plan.force)
    yield t("patrol_paper.mode"), t.name("patrol_mode", day.plan.mode)
    yield t("patrol_paper.duty"), t.name("duty", day.duty) if day.duty else ""
    yield t("patrol_paper.teams_out"), t("patrol_paper.team_count", count=t.number(figures["teams"]))
    yield t("patrol_paper.stops"), t("patrol_paper.stop_count", count=t.number(figures["stops"]))
    yield t("patrol_paper.hours_all"), t.duration(3_600_000 * figures["hours"])
    yield t("patrol_paper.longest"), t.duration(3_600_000 * figures["longest_shift_h"])
    yield t("patrol_paper.distance"), t.length(1000 * figures["distance_km"])


def _team(day: PatrolDay, route: Route) -> list[str]:
    t, row = day.t, day.problem.teams.loc[route.team_id]
    return [
        day.badge(route),
        breakable(day.team(route.team_id)),
        breakable(day.post(route.team_id)),
        t.name("travel_mode", row["travel_mode"]),
        day.span(route.start_ms, route.end_ms),
        t.number(len(route.visits)),
        t.number(route.distance_m / 1000, 1),
        t.duration(route.travel_ms),
        "",
    ]


def _unvisited(day: PatrolDay, stop: Unvisited) -> list[str]:
    t = day.t
    why = [named_reason(refusal.why, t, day.called) for refusal in nearest_misses(stop)[:1]]
    helps = [named_reason(remedy, t, day.called) for remedy in stop.remedies]
    return [
        breakable(day.stop(stop.stop_id)),
        t.name("priority", str(stop.priority)),
        breakable(why[0] if why else t("patrol.nobody")),
        breakable(t("patrol.or").join(helps)),
    ]


def _backup(day: PatrolDay) -> dict[str, Any] | None:
    found, t = day.backup, day.t
    if found is None or found.times.empty:
        return None
    curve, weakest = found.curve(day.within_ms), found.weakest(day.within_ms)
    never = found.never(day.within_ms)
    assert weakest is not None  # noqa: S101 - there are moments
    within = t.duration(day.within_ms)
    texts = [
        t(
            "patrol_paper.backup_said",
            within=within,
            mean=t.percent(float(curve["share"].mean())),
            span=day.span(weakest.begin_ms, weakest.end_ms),
            least=t.percent(weakest.share),
        )
    ]
    if len(never):
        names = t.listed(day.names.all("villages", never), at_most=_NEVER_AT_MOST)
        texts.append(t("patrol_paper.backup_never", count=t.number(len(never)), names=names))
    return {
        "title": t("patrol_paper.backup", within=within),
        "texts": [breakable(text) for text in texts],
        "chart": share_chart(curve["share"], (weakest.begin_ms, weakest.end_ms), size_mm=_CHART, t=t),
    }


def _left_out(day: PatrolDay) -> Iterator[str]:
    """Yield why stops and teams are not in the plan, those alike once."""
    told = Counter(named_reason(reason, day.t, day.called) for reason in day.problem.left_out)
    for text, count in [*told.items()][:_LEFT_OUT_AT_MOST]:
        yield breakable(text if count == 1 else f"{text} (×{count})")
    if (more := len(told) - _LEFT_OUT_AT_MOST) > 0:
        yield day.t("patrol_paper.more", count=day.t.number(more))
