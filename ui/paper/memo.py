"""The memo of a hand-over: what is asked for and why, in plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.plans import APPROVED, CONSULTED, IN_FORCE, RETIRED
from data.schemas import STATION_ID
from planning.dual_graph import PRESENT, WORKLOAD
from ui.named_reasons import named_reason, note_lines
from ui.paper.layout import breakable
from ui.scorecard_words import gap_of, zones_outside
from ui.words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from planning.scorecard import Scorecard
    from ui.paper.handing import HandOver
    from ui.words import Words

# Terms that were not asked for, rather than not known.
_NOT_ASKED = ("rules", "robustness", "travel", "response")
_AT_MOST = 8


def memo(handing: HandOver, *, attached: list[str]) -> dict[str, Any]:
    """
    Return the memo as the printing template takes it: texts and one table of figures.

    Parameters
    ----------
    attached
        Titles of what is attached.
    """
    t, plan = handing.t, handing.plan
    stage = memo_stage(handing)
    texts = {
        "title": t(f"paper.title_{stage}", district=handing.district),
        "meta": [
            [t("paper.document_no"), plan.document_no],
            [t("paper.effective"), plan.effective],
            [t("paper.plan"), t("paper.plan_called", name=plan.name, id=plan.plan_id)],
            [t("paper.status"), t.name("state", plan.status)],
        ],
        "warning": t("paper.not_ready") if handing.card.violations else "",
        "addressee": "：" if t.lang == "zh" else ":",
        "sections": [
            {"title": t("paper.why"), "texts": _ended(_why(handing), t)},
            {"title": t("paper.what"), "texts": _ended(_what(handing), t)},
            {"title": t("paper.figures"), "texts": [], "figures": True},
            {"title": t("paper.checked"), "texts": _ended(_checked(handing), t)},
            {"title": t("paper.unknown"), "texts": _ended(_unknown(handing), t)},
        ],
        "figures": {
            "heads": [t("paper.figure"), t("paper.before"), t("paper.after")],
            "rows": [list(row) for row in _figures(handing)],
        },
        "attached_title": t("paper.attached"),
        "attached": attached,
        "closing": t(f"paper.closing_{stage}", document=plan.document_no, day=plan.effective),
        "signed": [t("paper.office"), t("paper.date")],
    }
    return _each(texts)


def memo_stage(handing: HandOver) -> str:
    """Return what the memo is for: asked for, consulted on, settled, retired; or unchanged, a mere report."""
    if handing.changes.empty:
        return "unchanged"
    plan = handing.plan
    if plan.status == RETIRED:
        return "retired"
    # Approved with a document: it waits for its day alone.
    if plan.status == IN_FORCE or (plan.status == APPROVED and plan.effective):
        return "settled"
    return "consulted" if plan.status == CONSULTED else "asked"


def _why(handing: HandOver) -> Iterator[str]:
    t, card, grids = handing.t, handing.today_card, handing.standing.graph.grids
    size = counted(t, grids=len(grids), villages=_villages(grids), present=round(grids[PRESENT].sum()))
    if card is None:
        yield t("paper.no_today", size=size)
    else:
        yield t("paper.today", zones=t.number(len(card.zones)), size=size)
        yield from _loads(handing, card)
        if card.violations:
            yield t("paper.today_broken", count=t.number(len(card.violations))) + _listed(handing, card)
    if handing.plan.note:
        yield t("paper.note", note=handing.plan.note)


def counted(t: Words, **counts: int) -> str:
    """Return counts of things in words, of those that there are."""
    return t.listed(t(f"paper.size_{name}", count=t.number(n)) for name, n in counts.items() if n)


def _villages(rows: pd.DataFrame) -> int:
    return int(rows["village_id"].where(rows["village_id"] != "").nunique())


def _has_stations(handing: HandOver) -> bool:
    return bool((handing.standing.graph.grids[STATION_ID] != "").any())


def _loads(handing: HandOver, card: Scorecard) -> Iterator[str]:
    loads = card.zones["deviation"].dropna().sort_values(kind="stable")
    if not len(loads):
        return
    t = handing.t
    outside = zones_outside(card)
    yield t(
        "paper.loads" if outside else "paper.loads_fair",
        mean=t("paper.mean_of_station" if _has_stations(handing) else "paper.mean_of_district"),
        tolerance=t.percent(card.tolerance),
        outside=t.number(outside),
        busiest=_zone(handing, card, str(loads.index[-1])),
        most=t.percent(float(loads.iloc[-1]), signed=True),
        idlest=_zone(handing, card, str(loads.index[0])),
        least=t.percent(float(loads.iloc[0]), signed=True),
    )


def _what(handing: HandOver) -> Iterator[str]:
    t, changes, grids = handing.t, handing.changes, handing.standing.graph.grids
    if changes.empty:
        yield t("paper.unchanged")
        return
    work = grids[WORKLOAD].sum()
    stations = grids.loc[changes["grid_id"], STATION_ID]
    size = counted(
        t,
        zones=len({*changes["from_zone"], *changes["to_zone"]} - {""}),
        villages=_villages(changes),
        stations=stations[stations != ""].nunique(),
    )
    yield t(
        "paper.moved",
        grids=t.number(len(changes)),
        size=size,
        people=_people(handing),
        work=t.percent(changes["workload"].sum() / work if work else None),
        kept=t.number(len(grids) - len(changes)),
    )
    before, after = {*handing.today} - {""}, {*handing.assignment} - {""}
    for key, found in (("paper.zones_new", after - before), ("paper.zones_gone", before - after)):
        if found and before:
            called = t.listed(handing.names.all("zones", sorted(found)), at_most=20)
            yield t(key, count=t.number(len(found)), zones=called)
    counts = changes["reason"].map(lambda why: t.name("paper_reason", why)).value_counts()
    said = [t("paper.reason_count", reason=why, grids=t.number(n)) for why, n in counts.items()]
    yield t("paper.reasons", items=t.listed(said, at_most=20))


def _people(handing: HandOver) -> str:
    """Return how many residents change zone, where any are known."""
    t, moved, people = (
        handing.t,
        handing.changes["present"].sum(),
        handing.standing.graph.grids[PRESENT].sum(),
    )
    return t("paper.people", present=t.number(moved), share=t.percent(moved / people)) if people else ""


def _figures(handing: HandOver) -> Iterator[tuple[str, str, str]]:
    t = handing.t
    cards = [handing.today_card, handing.card]
    for key, write in _FIGURES:
        before, after = (NOTHING if card is None else write(handing, card) for card in cards)
        if (before, after) != (NOTHING, NOTHING):
            yield t.name("paper_figure", key), before, after


def _counted(key: str) -> Any:
    return lambda handing, card: handing.t.number(card.summary()[key])


def _shared(key: str) -> Any:
    return lambda handing, card: handing.t.percent(card.summary()[key])


def _ratio(key: str) -> Any:
    return lambda handing, card: handing.t.number(card.summary()[key], 3)


def _extreme(place: int) -> Any:
    def write(handing: HandOver, card: Scorecard) -> str:
        loads = card.zones["deviation"].dropna().sort_values(kind="stable")
        if not len(loads):
            return NOTHING
        load = handing.t.percent(float(loads.iloc[place]), signed=True)
        return f"{handing.names('zones', str(loads.index[place]))} {load}"

    return write


def _outside(handing: HandOver, card: Scorecard) -> str:
    return NOTHING if card.balance is None else handing.t.number(zones_outside(card))


_FIGURES: tuple[tuple[str, Any], ...] = (
    ("zones", lambda handing, card: handing.t.number(len(card.zones))),
    ("outside", _outside),
    ("busiest", _extreme(-1)),
    ("idlest", _extreme(0)),
    ("mean_deviation", _shared("mean_deviation")),
    ("cv", _ratio("cv")),
    ("not_contiguous", _counted("not_contiguous")),
    ("villages_split", _counted("villages_split")),
    ("zones_crossing_stations", _counted("zones_crossing_stations")),
    ("grids_without_zone", _counted("grids_without_zone")),
    ("polsby_popper", _ratio("polsby_popper")),
)


def _checked(handing: HandOver) -> Iterator[str]:
    t, card = handing.t, handing.card
    yield t("paper.tolerance", tolerance=t.percent(card.tolerance))
    weights = sorted(handing.standing.workload.profile.weights.items(), key=lambda pair: -pair[1])
    said = [f"{t.name('column', name)} {t.percent(weight)}" for name, weight in weights if weight]
    yield t("score.weights", weights=t.listed(said, at_most=20))
    if card.floor and len(handing.changes):
        yield t("score.floor", floor=t.percent(card.floor), tolerance=t.percent(card.tolerance))
        gap = gap_of(card)
        yield t("score.gap", points=t.number(gap * 100, 1)) if gap is not None else t("paper.floor_unmet")
    checked = [t("paper.check_assigned")]
    checked += [t("paper.check_contiguous")] if card.not_contiguous is not None else []
    checked += [t("paper.check_stations")] if "stations" not in card.unknown else []
    checked += [t("paper.check_towns")] if "towns" not in card.unknown else []
    yield t("paper.checks", checks=t.listed(checked))
    if card.violations:
        yield t("paper.broken", count=t.number(len(card.violations))) + _listed(handing, card)
    else:
        yield t("paper.all_kept")
    yield from _beyond(handing)
    if card.rules is not None:
        broken = int((~card.rules["ok"].astype(bool)).sum())
        yield t("score.rules_broken", count=t.number(broken)) if broken else t("score.rules_kept")


def _beyond(handing: HandOver) -> Iterator[str]:
    """Yield which zones stay outside of the tolerance, and which villages stay split."""
    t, card = handing.t, handing.card
    loads = card.zones["deviation"].dropna()
    far = loads[loads.abs() > card.tolerance + 1e-9]
    if len(far):
        order = far.abs().sort_values(ascending=False, kind="stable").index
        said = [
            f"{handing.names('zones', zone)} {t.percent(float(far[zone]), signed=True)}" for zone in order
        ]
        yield t("paper.beyond", count=t.number(len(far)), zones=t.listed(said, at_most=_AT_MOST))
    if torn := card.villages_split_ids:
        called = t.listed(handing.names.all("villages", torn), at_most=_AT_MOST)
        yield t("score.villages_split", count=t.number(len(torn)), villages=called)


def _unknown(handing: HandOver) -> Iterator[str]:
    t = handing.t
    asked = {term: why for term, why in handing.card.unknown.items() if term not in _NOT_ASKED}
    yield from dict.fromkeys(named_reason(why, t, handing.names) for why in asked.values())
    prefix = t("score.note")
    yield from (line.removeprefix(prefix) for line in note_lines(handing.notes, t, handing.names))
    if handing.card.grids_without_workload:
        yield t("paper.without_workload", count=t.number(handing.card.grids_without_workload))
    yield t("paper.not_computed")


def _listed(handing: HandOver, card: Scorecard) -> str:
    t = handing.t
    said = [named_reason(one, t, handing.names) for one in card.violations[:_AT_MOST]]
    more = len(card.violations) - len(said)
    return ("；" if t.lang == "zh" else "; ").join(said) + (
        t("paper.more", count=t.number(more)) if more else ""
    )


def _zone(handing: HandOver, card: Scorecard, zone: str) -> str:
    station = card.zones.at[zone, STATION_ID]
    name = handing.names("zones", zone)
    if not station:
        return name
    return handing.t("score.of_station", zone=name, station=handing.names("stations", station))


def _ended(texts: Iterable[str], t: Words) -> list[str]:
    """Return sentences with a full stop, where they lack one."""
    stop = "。" if t.lang == "zh" else "."
    return [text if text.endswith(("。", ".", "！", "!", "？", "?")) else text + stop for text in texts]


def _each(value: Any) -> Any:
    """Return nested texts with places to break them."""
    if isinstance(value, str):
        return breakable(value)
    if isinstance(value, dict):
        return {key: _each(item) for key, item in value.items()}
    return [_each(item) for item in value] if isinstance(value, list) else value
