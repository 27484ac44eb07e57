"""Thin cached wrappers: small keys in (path, stamp, language, settings), loading and deciding inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from data.schemas import GRID_ID, NAME, ZONE_ID
from ui.saving import NESTING_TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.nesting import Nesting
    from planning.repair import Repair
    from ui.figures import Figures, Incidents
    from ui.standing import Standing

_SPATIAL = (
    "towns",
    "stations",
    "villages",
    "grids",
    "zones",
    "posts",
    "roads",
    "water",
    "areas",
    "facilities",
)
_FIGURES = ("indicators", "staff")


@st.cache_data(max_entries=64, show_spinner=False)
def counts(path: str, stamp: str) -> dict[str, int]:
    """Return the rows of each table that is present."""
    from data.workspace import Workspace

    return Workspace.open(path).counts()


# A frame is shared between sessions and never changed: resources, not copies.
def plan_key(workspace: Workspace) -> str:
    """Return what is another text when another plan holds today, or it was changed."""
    from data.plans import plan_rev, today_plan_id

    today = today_plan_id(workspace)
    return "" if today is None else f"{today} {plan_rev(workspace, today)}"


@st.cache_resource(max_entries=64, show_spinner=False)
def table(path: str, stamp: str, name: str) -> Any:
    """Return a table of the workspace as it was at `stamp`; never to be changed."""
    from data.workspace import Workspace

    return Workspace.open(path).read(name)


def tables(path: str, stamp: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return several tables by name."""
    return {name: table(path, stamp, name) for name in names}


@st.cache_resource(max_entries=8, show_spinner=False)
def figures(path: str, stamp: str) -> Figures:
    """Return the figures of the overview; calls are counted apart, for they are many."""
    from ui.figures import district_figures

    return district_figures(tables(path, stamp, (*_SPATIAL, *_FIGURES)), rows=counts(path, stamp))


@st.cache_resource(max_entries=8, show_spinner=False)
def calls(path: str, stamp: str) -> Incidents | None:
    """Return the calls of the last full month."""
    from data.workspace import Workspace
    from ui.figures import month_of_calls

    places = tables(path, stamp, ("grids", "villages", "towns"))
    # Hundreds of thousands of rows that nothing else needs: read, counted, let go.
    return month_of_calls({**places, "incidents": Workspace.open(path).read("incidents")})


@st.cache_resource(max_entries=8, show_spinner=False)
def nesting(path: str, stamp: str, by: str) -> Nesting:
    """Return how grids nest in zones, by area or by residents."""
    from geo.nesting import NestingParams
    from planning.nesting import nest_district

    return nest_district(tables(path, stamp, NESTING_TABLES), params=NestingParams(by=by))  # type: ignore[arg-type]


@st.cache_resource(max_entries=8, show_spinner=False)
def repaired(path: str, stamp: str, by: str, give_to: tuple[str, ...]) -> Repair:
    """Return the repair of the nesting; zones in `give_to` get their best grid."""
    from planning.repair import repair_district

    return repair_district(tables(path, stamp, NESTING_TABLES), nesting(path, stamp, by), give_to=give_to)


@st.cache_resource(max_entries=6, show_spinner=False)
def standing(path: str, stamp: str, today: str, profile: str) -> Standing:
    """Return how the district stands; `today` is the id and revision of today's plan, `profile` JSON."""
    import json

    from data.workspace import Workspace
    from planning.profile import Profile
    from ui.standing import stand

    return stand(Workspace.open(path), Profile.from_dict(json.loads(profile)))


@st.cache_resource(max_entries=4, show_spinner=False)
def painter_geometry(path: str, stamp: str, today: str, profile: str) -> dict[str, Any]:
    """Return what the map component draws a district from; the arguments are those of `standing`."""
    from ui.painter.coverage import geometry

    ground = standing(path, stamp, today, profile)
    return geometry(ground.graph, ground.tables, ground.names, today=ground.today)


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """
    What was made to hand a plan over.

    Parameters
    ----------
    files, zip
        Content by name, and all of them as one file.
    facts
        How much changes hands (`ui.paper.package.handover_facts`).
    """

    files: Mapping[str, bytes]
    zip: bytes
    facts: Mapping[str, int]


# Some megabytes each, that nobody changes.
@st.cache_resource(max_entries=4, show_spinner=False)
def handed_over(
    path: str,
    stamp: str,
    today: str,
    profile: str,
    plan_id: str,
    rev: int,
    lang: str,
    papers: tuple[str, ...],
) -> HandedOver:
    """Return the files of a plan's hand-over; the first four arguments are those of `standing`."""
    from data.workspace import Workspace
    from ui.paper.bundle import zipped
    from ui.paper.handing import hand_over_plan
    from ui.paper.package import handover_facts, handover_files
    from ui.words import words

    ground = standing(path, stamp, today, profile)
    handing = hand_over_plan(Workspace.open(path), plan_id, t=words(lang), standing=ground)
    files = handover_files(handing, papers=papers)
    return HandedOver(files=files, zip=zipped(files), facts=handover_facts(handing))


@st.cache_data(max_entries=8, show_spinner=False)
def elements_html(path: str, stamp: str, lang: str, credit: str) -> str:
    """Return the elements map as one HTML text."""
    from ui.maps.offline import offline_html
    from ui.maps.overview import elements_map
    from ui.words import words

    m = elements_map(tables(path, stamp, _SPATIAL), lang=lang, credit=credit)
    return offline_html(m, title=words(lang)("overview.map_title"))


@st.cache_data(max_entries=12, show_spinner=False)
def nesting_html(
    path: str, stamp: str, lang: str, credit: str, by: str, give_to: tuple[str, ...] | None
) -> str:
    """Return the nesting map as one HTML text, with the repair unless `give_to` is None."""
    from ui.maps.nesting import nesting_map
    from ui.maps.offline import offline_html
    from ui.words import words

    m = nesting_map(
        tables(path, stamp, ("grids", "zones", "water", "towns")),
        nesting(path, stamp, by),
        repaired=None if give_to is None else repaired(path, stamp, by, give_to),
        lang=lang,
        credit=credit,
    )
    return offline_html(m, title=words(lang)("nesting.title"))


def labels(path: str, stamp: str, name: str, key: str) -> dict[str, str]:
    """Return code → "name (code)" of a table, the code alone where a row has no name."""
    frame = table(path, stamp, name)
    if frame.empty or NAME not in frame:
        return {}
    return {
        str(code): f"{text} ({code})" if isinstance(text, str) and text else str(code)
        for code, text in zip(frame[key], frame[NAME], strict=True)
    }


@st.cache_data(max_entries=8, show_spinner=False)
def assignment_files(
    path: str, stamp: str, lang: str, by: str, give_to: tuple[str, ...] | None
) -> tuple[bytes, bytes]:
    """Return the assignment as xlsx and as csv: by the repair, or before it if `give_to` is None."""
    from ui.pages.nesting_tables import assignment_table
    from ui.tables import write_csv, write_xlsx
    from ui.words import words

    t = words(lang)
    repair = None if give_to is None else repaired(path, stamp, by, give_to)
    grids, zones = labels(path, stamp, "grids", GRID_ID), labels(path, stamp, "zones", ZONE_ID)
    listed = assignment_table(nesting(path, stamp, by), repair, grids, zones, t)
    return write_xlsx({t("nesting.assignment"): listed}), write_csv(listed)


@st.cache_data(max_entries=8, show_spinner=False)
def findings_files(
    path: str, stamp: str, lang: str, by: str, give_to: tuple[str, ...] | None
) -> tuple[bytes, bytes]:
    """Return the findings as xlsx and as csv; with a repair the xlsx has what is left on a second sheet."""
    from ui.tables import findings_table, write_csv, write_xlsx
    from ui.words import words

    t = words(lang)
    listed = findings_table(nesting(path, stamp, by).findings, t)
    sheets = {t("findings.title"): listed}
    if give_to is not None:
        left = repaired(path, stamp, by, give_to).nesting.findings
        sheets[t("findings.moment_after")] = findings_table(left, t)
    return write_xlsx(sheets), write_csv(listed)
