"""What the safety pages show, worked out once: by the tables' stamp, the assessments and the ledgers."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import streamlit as st

from ui import cached

if TYPE_CHECKING:
    from data.assessments import Assessment
    from data.workspace import Workspace
    from planning.index.index import SafetyIndex
    from ui.alert_words import AlertAnswer
    from ui.call_places import CallPlaces
    from ui.change_tables import TableAnswer, TableAsked
    from ui.safety_story import Story

# What is drawn below and above the villages, and what is told beside them.
_DRAWN = ("villages", "towns", "stations", "roads", "water", "zones", "grids", "posts", "areas", "facilities")
_TOLD = ("staff", "stops", "indicators")


@st.cache_resource(max_entries=6, show_spinner=False)
def present_index(path: str, stamp: str, period: str, profile: str) -> SafetyIndex:
    """Return the index of a period from the tables as they were at `stamp`."""
    from data.workspace import Workspace
    from planning.periods import parse_period
    from ui import safety_story

    return safety_story.present_index(Workspace.open(path), parse_period(period), profile=profile)


@st.cache_data(max_entries=32, show_spinner=False)
def latest_month(path: str, stamp: str) -> str | None:
    """Return the name of the last month that is known."""
    from data.workspace import Workspace
    from ui import safety_story

    found = safety_story.latest_month(Workspace.open(path))
    return None if found is None else found.name


def assessments_key(assessments: list[Assessment]) -> str:
    """Return what is another text after every step of an assessment."""
    return json.dumps([(one.assessment_id, one.rev) for one in assessments])


@st.cache_resource(max_entries=8, show_spinner=False)
def story(path: str, stamp: str, chapter: str, period: str, assessments: str) -> Story:
    """
    Return the story with one chapter open; `period` is that of the present figures, "" without them.

    `assessments` is `assessments_key`.
    """
    from data.workspace import Workspace
    from ui import safety_story

    present = present_index(path, stamp, period, safety_story.PROFILE) if period else None
    return safety_story.open_story(Workspace.open(path), chapter, present=present)


@st.cache_data(max_entries=8, show_spinner=False)
def safety_html(
    path: str, stamp: str, chapter: str, period: str, assessments: str, beside: str, lang: str, credit: str
) -> str:
    """Return the safety map as one HTML text; `beside` is `beside_key`, the rest as of `story`."""
    from data.workspace import Workspace
    from ui.maps.offline import offline_html
    from ui.maps.safety import safety_map
    from ui.safety_beside import read_beside
    from ui.words import words

    told, t = story(path, stamp, chapter, period, assessments), words(lang)
    tables = cached.tables(path, stamp, (*_DRAWN, *_TOLD))
    known = read_beside(Workspace.open(path), tables, told.index, t, today=dt.date.today())
    m = safety_map(tables, told, known, lang=lang, credit=credit, mark=t("paper.mark"))
    return offline_html(m, title=t("safety_map.title"))


@st.cache_resource(max_entries=2, show_spinner=False)
def call_places(path: str, stamp: str, plan: str) -> CallPlaces:
    """Return where calls belong; `plan` is `plan_key`."""
    from data.workspace import Workspace
    from ui.call_places import CallPlaces

    return CallPlaces.of(Workspace.open(path))


@st.cache_resource(max_entries=16, show_spinner=False)
def change_table(path: str, stamp: str, asked: TableAsked, lang: str, plan: str) -> TableAnswer:
    """Return the fixed table that is asked for; `plan` is `plan_key`."""
    from ui.change_tables import table_answer
    from ui.words import words

    return table_answer(call_places(path, stamp, plan), asked, words(lang))


@st.cache_resource(max_entries=8, show_spinner=False)
def alerts(path: str, stamp: str, period: str, plan: str, beside: str) -> AlertAnswer:
    """Return what changed by more than chance; measures that were taken are of `beside_key`."""
    from data.workspace import Workspace
    from planning.index.profile_reading import load_profile
    from planning.periods import parse_period
    from ui.alert_answers import alert_answer, measures_taken
    from ui.change_tables import INTERNAL
    from ui.safety_story import PROFILE

    return alert_answer(
        call_places(path, stamp, plan),
        parse_period(period),
        profile=load_profile(PROFILE),
        measures=measures_taken(Workspace.open(path)),
        edition=INTERNAL,
    )


def beside_key(workspace: Workspace) -> str:
    """Return what is another text after every change of what is told beside the index."""
    from data.ledger_columns import MEASURES
    from data.patrol_plans import read_patrol_plans

    plans = read_patrol_plans(workspace)
    kept = [*zip(plans["plan_id"], plans["rev"].tolist(), strict=True)]
    return json.dumps([workspace.version_of(MEASURES), kept, dt.date.today().isoformat()])
