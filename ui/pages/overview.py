"""Page 总览: headline figures, and the four boards around the elements map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from geo.errors import GridBeatError
from ui import cached, look
from ui.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.figures import Incidents
    from ui.place import Place
    from ui.words import Words

# Tables that the boards draw on, in the order in which one would import them.
_EXPECTED = (
    "grids",
    "zones",
    "villages",
    "towns",
    "stations",
    "posts",
    "roads",
    "water",
    "incidents",
    "indicators",
    "staff",
    "facilities",
    "areas",
)
_VILLAGE_ROLES = ("auxiliary", "security_committee", "patrol_member")
_POLICE_ROLES = ("community_officer", "officer")
_RISKS = (
    "disputes_opened",
    "disputes_closed",
    "hazards_opened",
    "hazards_closed",
    "petition",
    "fire",
    "satisfied",
)
_SHARES = frozenset({"disputes_closed", "hazards_closed", "satisfied"})
_OTHERS_SHOWN = 3


def show(place: Place) -> None:
    """Show the page for the workspace at `place`."""
    t = place.t
    look.title(place.name, t("overview.subtitle"))
    rows = cached.counts(place.path, place.stamp)
    if not any(rows.values()):
        st.info(t("overview.empty"))
        return
    head = st.empty()
    # The map first: what takes longer fills in around it.
    with head:
        _headline(place, Figures(rows=rows), counting=True)
    left, middle, right = st.columns([1, 2.35, 1])
    with middle:
        with st.spinner(t("map.drawing")):
            html = cached.elements_html(place.path, place.stamp, place.lang, place.credit)
        st.iframe(html, height=look.MAP_HEIGHT, alt=t("overview.map_title"))
        _below_map(place, rows, html)
    figures = cached.figures(place.path, place.stamp)
    with left:
        _village_board(figures, t)
        _zone_board(figures, t)
    with right:
        digital = st.empty()
        with digital:
            look.board(t("board.digital"), t("board.digital_note"), [], note=t("overview.counting"))
        _risk_board(figures, t)
    with digital.container():
        _digital_board(figures, cached.calls(place.path, place.stamp), t)
    with head:
        _headline(place, figures, nested=_nested_share(place, figures))


def _headline(
    place: Place, figures: Figures, *, nested: Mapping[str, Any] | None = None, counting: bool = False
) -> None:
    t, rows = place.t, figures.rows
    villages = None if figures.villages is None else figures.villages + (figures.communities or 0)
    items = [
        (
            _count(rows.get("zones") or (nested or {}).get("zones"), t),
            t("table.zones"),
            _per(rows, "grids", "zones", t, "overview.grids_per_zone"),
        ),
        (_count(rows.get("grids"), t), t("table.grids"), _area_note(figures, t)),
        (
            t.number(villages),
            t("table.villages"),
            t(
                "overview.kinds",
                villages=t.number(figures.villages),
                communities=t.number(figures.communities),
            ),
        ),
        (
            _posts(figures, t),
            t("table.posts"),
            t("overview.posts_note") if figures.posts else t("overview.absent"),
        ),
        _nested(nested, t, counting=counting),
    ]
    look.figures(items, label=t("overview.headline"))


def _nested_share(place: Place, figures: Figures) -> Mapping[str, Any] | None:
    rows = figures.rows
    if not (rows.get("declared_assignment") or (rows.get("zones") and rows.get("grids"))):
        return None
    try:
        return cached.nesting(place.path, place.stamp, "area").summary()
    except GridBeatError:
        # Rows without shapes cannot be laid over one another; the nesting page says what is missing.
        return None


def _nested(nested: Mapping[str, Any] | None, t: Words, *, counting: bool) -> tuple[str, str, str]:
    if nested is None:
        note = "\u00a0" if counting else t("overview.nested_needs")
        return (t.number(None), t("overview.nested"), note)
    share, left = nested["share_nested"], nested["grids"] - nested["nested"]
    note = t("overview.nested_left", count=t.number(left)) if left else t("overview.nested_all")
    return (t.percent(share), t("overview.nested"), note)


def _village_board(figures: Figures, t: Words) -> None:
    rows, people = figures.rows, figures.staff.get("villages", {})
    villages = (figures.villages or 0) + (figures.communities or 0)
    lines = [
        (t("village.village"), t.number(figures.villages)),
        (t("village.community"), t.number(figures.communities)),
        (t("table.towns"), _count(rows.get("towns"), t)),
        (
            t("overview.grids_per_village"),
            t.number(rows.get("grids", 0) / villages, 1) if villages else t.number(None),
        ),
    ]
    if figures.villages_with_post is not None:
        covered = t("overview.of", part=t.number(figures.villages_with_post), whole=t.number(villages))
        lines.append((t("overview.villages_with_post"), covered))
    if figures.residents is not None:
        lines.append((t("overview.people"), f"{t.number(figures.residents)} + {t.number(figures.floating)}"))
    lines += [(t.name("role", role), t.number(people[role])) for role in _VILLAGE_ROLES if role in people]
    look.board(
        t("board.village"), t("board.village_note"), lines, note=_left_out(figures, ("villages", "posts"), t)
    )


def _zone_board(figures: Figures, t: Words) -> None:
    rows = figures.rows
    lines = [
        (t("table.stations"), _count(rows.get("stations"), t)),
        (t("overview.grids_per_zone_row"), _per(rows, "grids", "zones", t, "overview.plain")),
        *((t.name("post", kind), t.number(count)) for kind, count in list(figures.posts.items())[:3] if kind),
    ]
    for level in ("zones", "stations"):
        people = figures.staff.get(level, {})
        lines += [(t.name("role", role), t.number(people[role])) for role in _POLICE_ROLES if role in people]
    if figures.roads_m is not None:
        lines.append((t("table.roads"), t.length(figures.roads_m)))
    if figures.facilities:
        lines.append((t("table.facilities"), t.number(sum(figures.facilities.values()))))
    look.board(t("board.zone"), t("board.zone_note"), lines, note=_left_out(figures, ("zones", "staff"), t))


def _digital_board(figures: Figures, month: Incidents | None, t: Words) -> None:
    lines, extra, notes = [], "", []
    if month is None and figures.rows.get("incidents"):
        notes.append(t("overview.no_full_month"))
    if month is not None:
        when = t("overview.month", year=month.month.year, month=month.month.month)
        lines = [
            (t("overview.calls", month=when), t.number(month.total)),
            (t("overview.on_month"), _change(month.total, month.last_month, t)),
            (t("overview.on_year"), _change(month.total, month.last_year, t)),
        ]
        if month.towns:
            busiest = t.listed(f"{name} {t.number(count)}" for name, count in month.towns)
            lines.append((t("overview.busiest_towns"), busiest))
        if month.hours:
            extra = look.hour_bars(month.hours, label=t("overview.hours", hours=_busiest_hours(month, t)))
        notes.append(_basis(month, t))
    present = [name for name in _EXPECTED if figures.rows.get(name)]
    share = t("overview.of", part=t.number(len(present)), whole=t.number(len(_EXPECTED)))
    lines.append((t("overview.tables_filled"), share))
    notes.append(_left_out(figures, ("incidents",), t))
    look.board(
        t("board.digital"),
        t("board.digital_note"),
        lines,
        extra=extra,
        note=" ".join(note for note in notes if note),
    )


def _risk_board(figures: Figures, t: Words) -> None:
    lines = []
    if figures.areas:
        lines.append((t("area.complex"), t.number(figures.areas.get("complex", sum(figures.areas.values())))))
    if figures.key_units is not None:
        lines.append((t("column.key_units"), t.number(figures.key_units)))
    for name in _RISKS:
        if name in figures.indicators:
            lines.append((t(f"indicator.{name}"), _indicator(name, *figures.indicators[name], t)))
    others = [name for name in figures.indicators if not t.has(f"indicator.{name}")]
    lines += [(name, t.number(figures.indicators[name][0])) for name in others[:_OTHERS_SHOWN]]
    until = figures.indicators_until
    texts = (
        t("overview.indicators_until", date=until) if until else "",
        _left_out(figures, ("areas", "indicators"), t),
    )
    look.board(t("board.risk"), t("board.risk_note"), lines, note=" ".join(text for text in texts if text))


def _indicator(name: str, value: float, exposure: float, t: Words) -> str:
    # Closed cases count against those that were opened, the survey against those who were asked.
    if name in _SHARES and exposure > 0:
        return t("overview.share_of", value=t.number(value), share=t.percent(value / exposure))
    return t.number(value)


def _below_map(place: Place, rows: Mapping[str, int], html: str) -> None:
    t = place.t
    text, button = st.columns([3, 1], vertical_alignment="center")
    missing = [name for name in _EXPECTED if not rows.get(name)]
    with text:
        if missing:
            names = t.listed((t(f"table.{name}") for name in missing), at_most=20)
            st.caption(look.plain(t("overview.missing", names=names)))
        else:
            st.caption(look.plain(t("overview.map_hint")))
    with button:
        st.download_button(
            t("map.save"),
            html,
            file_name=t("overview.map_file"),
            mime="text/html",
            on_click="ignore",
            width="stretch",
        )


def _posts(figures: Figures, t: Words) -> str:
    if not figures.posts:
        return t.number(None)
    own = t.number(figures.own_posts)
    return f"{own} + {t.number(figures.special_posts)}" if figures.special_posts else own


def _area_note(figures: Figures, t: Words) -> str:
    return (
        t("overview.absent") if figures.area_m2 is None else t("overview.area", area=t.area(figures.area_m2))
    )


def _count(rows: int | None, t: Words) -> str:
    return t.number(rows or None)


def _per(rows: Mapping[str, int], part: str, whole: str, t: Words, key: str) -> str:
    if not rows.get(part) or not rows.get(whole):
        return t("overview.absent")
    return t(key, value=t.number(rows[part] / rows[whole], 2))


def _change(now: int, before: int | None, t: Words) -> str:
    # A zero base has no percentage: a dash, never "+∞".
    if not before:
        return t.number(None)
    return t("overview.change", change=t.percent(now / before - 1, signed=True), before=t.number(before))


def _busiest_hours(month: Incidents, t: Words) -> str:
    ranked = sorted(range(24), key=lambda hour: (-month.hours[hour], hour))[:3]
    return t.listed(t("overview.hour", hour=hour, next=hour + 1) for hour in sorted(ranked))


def _basis(month: Incidents, t: Words) -> str:
    texts = [t("overview.basis_reported") if month.source_known else t("overview.basis_unknown")]
    if month.basis:
        texts.append(t("overview.basis", basis=t.name("count_basis", month.basis)))
    if month.parts:
        parts = t.listed(f"{t.name('count_basis', name)} {t.number(n)}" for name, n in month.parts.items())
        texts.append(t("overview.parts", parts=parts))
    return " ".join(texts)


def _left_out(figures: Figures, names: tuple[str, ...], t: Words) -> str:
    missing = [t(f"table.{name}") for name in names if not figures.rows.get(name)]
    return t("overview.left_out", names=t.listed(missing)) if missing else ""
