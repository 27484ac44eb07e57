"""View 核算发布 of the page 平安: a period from gathering to closed, with who and when at each step."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from data.assessments import (
    CLOSED,
    CORRECTED,
    DROPPED,
    FINAL,
    FLASH,
    GATHERING,
    ISSUES,
    MENDING,
    PARTS,
    PUBLISHED,
    REVIEW,
    SETTLED,
    correct_assessment,
    read_assessment_files,
    read_assessment_steps,
)
from planning.index.profile_reading import shipped_profiles
from ui import look
from ui.assessing import begin_assessment, is_reproduced, open_objections, take_step
from ui.desk import carry_out, session_desk
from ui.moments import moment
from ui.pages.signing import ask_who
from ui.safety import TABLE, chapter_label
from ui.safety_story import PROFILE

if TYPE_CHECKING:
    from data.assessments import Assessment
    from ui.desk import Desk
    from ui.safety import Safety
    from ui.words import Words

_WAY = (GATHERING, SETTLED, REVIEW, PUBLISHED, MENDING, CLOSED)
# The correction of what is out is a step of its own.
_CORRECT = "correct"
_NEEDS_WHY = (GATHERING, DROPPED, _CORRECT)
_CHOSEN, _ASKED, _TOLD = "safety loop", "safety loop asked", "safety loop told"
_REVIEW_DAYS = 5
_WHY_LENGTH, _DOCUMENT_LENGTH, _PERIOD_LENGTH = 400, 60, 40
_SHORT = 16


def show(safety: Safety) -> None:
    """Show the view."""
    t, desk = safety.place.t, session_desk()
    if told := st.session_state.pop(_TOLD, None):
        st.success(look.plain(told))
    left, right = st.columns([1, 2.9], gap="medium")
    with left, st.container(key="safety-loop-list"):
        held = _choose(safety)
        _new(safety, desk)
    with right:
        if held is None:
            st.html(f'<div class="gb-empty"><b>{escape(t("safety_loop.none"))}</b>{_explained(t)}</div>')
            return
        st.html(_way(held, read_assessment_steps(safety.workspace, held.assessment_id), t))
        _facts(safety, held)
        _steps(safety, desk, held)
        _record(safety, held)


def _explained(t: Words) -> str:
    lines = "".join(f"<li>{escape(t(f'safety_loop.explain_{name}'))}</li>" for name in _WAY)
    return f"<ol>{lines}</ol>"


def _choose(safety: Safety) -> Assessment | None:
    """Return the assessment that is worked on: as chosen, else the newest."""
    t, held = safety.place.t, {one.assessment_id: one for one in safety.newest_first}
    if not held:
        return None
    asked = st.session_state.get(_CHOSEN) or safety.chapter
    chosen = st.radio(
        t("safety_loop.periods"),
        [*held],
        index=[*held].index(asked) if asked in held else 0,
        format_func=lambda one: chapter_label(safety, one),
        # New with each step: a widget keeps the labels that it was made with.
        key=f"safety loop list {t.lang} {[(one.assessment_id, one.rev) for one in safety.assessments]}",
    )
    st.session_state[_CHOSEN] = chosen
    return held[str(chosen)]


def _new(safety: Safety, desk: Desk) -> None:
    """Offer to open the assessment of a period."""
    t, key = safety.place.t, desk.key("safety-open")
    with (
        st.expander(t("safety_loop.open"), expanded=not safety.assessments),
        st.form(f"{key} form", border=False),
    ):
        period = st.text_input(
            t("safety_loop.period"),
            value=safety.period,
            max_chars=_PERIOD_LENGTH,
            help=t("safety_loop.period_help"),
            key=f"{key} period",
        )
        profile = st.selectbox(
            t("safety_loop.profile"),
            shipped_profiles(),
            index=shipped_profiles().index(PROFILE),
            format_func=lambda code: t(f"safety_loop.profile_{code}"),
            key=f"{key} profile",
        )
        who = ask_who(t, desk.who, key=f"{key} who", help=t("plans.who_help"))
        pressed = st.form_submit_button(t("safety_loop.open_button"), type="primary", key=key)
    if pressed:
        desk.who = who

        def opened() -> None:
            made = begin_assessment(safety.workspace, period, profile=str(profile), who=who)
            st.session_state[_CHOSEN] = made
            st.session_state[_TOLD] = t("safety_loop.opened", period=period)

        carry_out(desk, key, opened, t)


def _way(held: Assessment, steps: pd.DataFrame, t: Words) -> str:
    """Return the six states as markup, the one reached marked, those passed with their day."""
    passed = dict(zip(steps["now"], steps["at"], strict=True))
    reached = _WAY.index(held.status) if held.status in _WAY else len(_WAY)
    cells = []
    for at, name in enumerate(_WAY):
        been = at < reached and name in passed
        mark = "gb-here" if name == held.status else "gb-been" if been else ""
        day = moment(passed[name])[:10] if mark else ""
        now = ' aria-current="step"' if name == held.status else ""
        cells.append(
            f'<li class="{mark}"{now}><i>{at + 1}</i><b>{escape(t.name("assessment_status", name))}</b>'
            f"<small>{escape(day)}</small></li>"
        )
    return f'<ol class="gb-steps gb-six" aria-label="{escape(t("safety_loop.steps"))}">{"".join(cells)}</ol>'


def _facts(safety: Safety, held: Assessment) -> None:
    """Say what the assessment is of, what is frozen, and offer its files and its proof."""
    t = safety.place.t
    lines = [
        t("safety_loop.days", first=held.first, last=held.last, profile=held.profile),
        t("safety_loop.by", who=held.author or t.number(None), at=moment(held.created)),
    ]
    if held.note:
        lines.append(held.note)
    if held.corrects:
        lines.append(t("safety_loop.corrects", id=held.corrects))
    if held.status == CORRECTED:
        lines.append(t("safety_loop.is_corrected"))
    if held.digest:
        lines.append(t("safety_loop.digest", digest=held.digest[:_SHORT]))
    waiting = open_objections(safety.workspace, held.assessment_id)
    if waiting:
        lines.append(t("safety_loop.waiting", count=t.number(waiting)))
    st.html("".join(f'<p class="gb-line">{escape(line)}</p>' for line in lines))
    if not held.digest:
        return
    with st.container(horizontal=True):
        if st.button(t("safety_loop.look"), key=f"safety look {held.assessment_id}"):
            TABLE.turn_to(safety.place, plan_id=held.assessment_id, view="map")
        if st.button(t("safety_loop.verify"), key=f"safety verify {held.assessment_id}"):
            with st.spinner(t("safety_loop.verifying")):
                same = is_reproduced(safety.workspace, held.assessment_id)
            (st.success if same else st.warning)(t("assess.reproduced" if same else "assess.not_reproduced"))
        st.download_button(
            t("safety_loop.files"),
            lambda: _zipped(safety, held),
            file_name=f"{held.assessment_id}-{held.period}.zip",
            mime="application/zip",
            on_click="ignore",
            key=f"safety files {held.assessment_id}",
        )


def _zipped(safety: Safety, held: Assessment) -> bytes:
    """Return the frozen files of an assessment as one; the same files, the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in PARTS:
            for name, content in read_assessment_files(safety.workspace, held.assessment_id, part).items():
                archive.writestr(zipfile.ZipInfo(f"{part}/{name}"), content)
    return packed.getvalue()


def _steps(safety: Safety, desk: Desk, held: Assessment) -> None:
    """Show the buttons of the steps that are allowed, and the form of the one asked for."""
    t, steps = safety.place.t, [*held.steps]
    if held.is_out and held.status != CORRECTED:
        steps.append(_CORRECT)
    steps.sort(key=lambda to: to in _NEEDS_WHY)
    if not steps:
        st.caption(t("plans.no_steps"))
        return
    with st.container(horizontal=True, key="safety-steps"):
        for at, to in enumerate(steps):
            kind = "primary" if at == 0 and to not in _NEEDS_WHY else "secondary"
            key = f"safety step {held.assessment_id} {held.rev} {to}"
            if st.button(t(f"safety_loop.to_{to}"), type=kind, key=key):
                st.session_state[_ASKED] = (held.assessment_id, held.rev, to)
                st.rerun()
    asked = st.session_state.get(_ASKED)
    if not asked or asked[0] != held.assessment_id:
        return
    if asked[1] == held.rev:
        _form(safety, desk, held, asked[2])
        return
    # Somebody else was quicker: the form is gone, and with it what was about to be done.
    del st.session_state[_ASKED]
    facts = {"assessment": held.assessment_id, "assessment_status": held.status}
    st.warning(look.plain(t.sentence("assessment_changed", facts)))


def _form(safety: Safety, desk: Desk, held: Assessment, to: str) -> None:
    t, key = safety.place.t, desk.key("safety-step", held.assessment_id, to)
    said: dict[str, str] = {}
    with st.container(border=True, key="safety-step-form"), st.form(f"{key} form", border=False):
        st.html(f'<div class="gb-formhead">{escape(t(f"safety_loop.to_{to}"))}</div>')
        st.caption(t(f"safety_loop.about_{to}"))
        left, right = st.columns([1, 1.6])
        with left:
            who = ask_who(t, desk.who, key=f"{key} who", help=t("plans.who_help"))
        with right:
            said |= _said(key, held, to, t)
        with st.container(horizontal=True):
            pressed = st.form_submit_button(t("plans.confirm"), type="primary", key=key)
            left_off = st.form_submit_button(t("plans.cancel"), key=f"{key} cancel")
    if left_off:
        st.session_state.pop(_ASKED, None)
        st.rerun()
    if pressed:
        desk.who = who
        carry_out(
            desk, key, lambda: _move(safety, held, to, who, said), t, doing=t(f"safety_loop.doing_{to}")
        )


def _said(key: str, held: Assessment, to: str, t: Words) -> dict[str, str]:
    """Ask what a step needs: the last day of the review, what is published, or why."""
    if to == REVIEW:
        last = dt.date.today() + dt.timedelta(days=_REVIEW_DAYS)
        day = st.text_input(t("safety_loop.until"), value=last.isoformat(), max_chars=20, key=f"{key} until")
        return {"until": day.strip()}
    if to == PUBLISHED:
        issues = [FINAL] if held.status == REVIEW and held.issue == FLASH else [*ISSUES]
        issue = st.segmented_control(
            t("safety_loop.issue"),
            issues,
            default=FINAL if held.status == REVIEW else FLASH,
            required=True,
            format_func=lambda one: t.name("issue", one),
            key=f"{key} issue",
        )
        number = st.text_input(
            t("plans.document_no"),
            max_chars=_DOCUMENT_LENGTH,
            placeholder=t("plans.document_no_hint"),
            key=f"{key} document",
        )
        return {"issue": str(issue), "document_no": number.strip()}
    why = st.text_input(t("plans.why"), max_chars=_WHY_LENGTH, key=f"{key} why")
    return {"why": why.strip()}


def _move(safety: Safety, held: Assessment, to: str, who: str, said: dict[str, str]) -> None:
    t = safety.place.t
    st.session_state.pop(_ASKED, None)
    if to == _CORRECT:
        made = correct_assessment(safety.workspace, held.assessment_id, why=said["why"], who=who)
        st.session_state[_CHOSEN] = made
        st.session_state[_TOLD] = t("safety_loop.corrected", id=made, period=held.period)
        return
    moved = take_step(safety.workspace, held.assessment_id, to, rev=held.rev, who=who, **said)
    status = t.name("assessment_status", moved.status)
    st.session_state[_TOLD] = t("safety_loop.moved", period=held.period, status=status)


def _record(safety: Safety, held: Assessment) -> None:
    t, steps = safety.place.t, read_assessment_steps(safety.workspace, held.assessment_id).iloc[::-1]
    issue = [t.name("issue", one) if one else "" for one in steps["issue"]]
    st.dataframe(
        pd.DataFrame(
            {
                t("plans.at"): [moment(at) for at in steps["at"]],
                t("plans.step"): [
                    " ".join(text for text in (t.name("assessment_status", now), kind) if text)
                    for now, kind in zip(steps["now"], issue, strict=True)
                ],
                t("plans.who"): steps["who"],
                t("plans.why"): steps["why"],
                t("plans.document_no"): steps["document_no"],
                t("safety_loop.until"): steps["until"],
                t("safety_loop.digest_head"): [digest[:_SHORT] for digest in steps["digest"]],
            }
        ),
        hide_index=True,
        height="auto",
        row_height=32,
        key=f"safety record {held.assessment_id}",
    )
