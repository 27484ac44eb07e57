"""An assessment's way from the district's tables to what is published: the same steps for page and door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data.assessments import (
    INPUTS,
    PARTS,
    SETTLED,
    Assessment,
    open_assessment,
    read_assessment,
    read_assessment_files,
    settle_assessment,
    step_assessment,
)
from data.ledger_columns import ASSESSMENT_ID, OBJECTIONS, OPEN, STATUS
from data.ledgers import read_ledger
from planning.index.freezing import computed_again, frozen, thawed
from planning.index.index import safety_index
from planning.index.profile_reading import profile_text, read_profile
from planning.periods import parse_period

if TYPE_CHECKING:
    from data.workspace import Workspace
    from planning.index.index import Edition, SafetyIndex

# What an index may be computed from.
INDEX_TABLES = ("towns", "stations", "villages", "grids", "incidents", "indicators", "roads")


def begin_assessment(
    workspace: Workspace,
    period: str,
    *,
    profile: str,
    basis: str | None = None,
    seed: int = 0,
    who: str = "",
    note: str = "",
) -> str:
    """
    Open the assessment of a period by a profile (its name, or the path of a TOML file), and return its id.

    The profile is kept as it is now: what becomes of the file later changes nothing.

    Raises
    ------
    SettingError, FileError
        As `planning.periods.parse_period` and `planning.index.profile_reading.load_profile`; and as
        `data.assessments.open_assessment`.
    """
    asked, text = parse_period(period), profile_text(profile)
    read = read_profile(text, file=profile)
    params: dict[str, Any] = {"profile": text.decode("utf-8-sig", errors="replace"), "seed": seed}
    return open_assessment(
        workspace,
        period=asked.name,
        first=asked.first,
        last=asked.last,
        profile=read.code,
        basis=basis or "",
        params=params,
        who=who,
        note=note,
    )


def present_index(workspace: Workspace, held: Assessment) -> tuple[SafetyIndex, str]:
    """Return the index of an assessment from the tables as they are now, and the stamp of these tables."""
    stamp = workspace.stamp
    tables = workspace.read_all(INDEX_TABLES)
    profile = read_profile(held.params["profile"].encode())
    seed = int(held.params.get("seed", 0))
    period = parse_period(held.period)
    return safety_index(tables, profile, period, basis=held.basis or None, seed=seed), stamp


def settle(workspace: Workspace, assessment_id: str, *, rev: int, who: str = "") -> Assessment:
    """
    Compute an assessment from the tables as they are now, and freeze it.

    Raises
    ------
    ConflictError, SettingError
        As `data.assessments.settle_assessment` and `planning.index.index.safety_index`.
    """
    held = read_assessment(workspace, assessment_id)
    index, stamp = present_index(workspace, held)
    files = frozen(index, held.params["profile"].encode(), seed=int(held.params.get("seed", 0)))
    return settle_assessment(workspace, assessment_id, files, rev=rev, who=who, stamp=stamp)


def take_step(
    workspace: Workspace, assessment_id: str, to: str, *, rev: int, who: str = "", **said: str
) -> Assessment:
    """Bring an assessment to a status: settling computes it, a 终报 waits for answers to objections."""
    if to == SETTLED:
        return settle(workspace, assessment_id, rev=rev, who=who)
    waiting = open_objections(workspace, assessment_id)
    return step_assessment(workspace, assessment_id, to, rev=rev, who=who, open_objections=waiting, **said)


def open_objections(workspace: Workspace, assessment_id: str) -> int:
    """Return how many objections to an assessment wait for an answer."""
    held = read_ledger(workspace, OBJECTIONS)
    return int(((held[ASSESSMENT_ID] == assessment_id) & (held[STATUS] == OPEN)).sum())


def frozen_index(workspace: Workspace, assessment_id: str, *, edition: Edition = "internal") -> SafetyIndex:
    """
    Return the index of an assessment as it was frozen.

    Raises
    ------
    SettingError, FileError
        As `data.assessments.read_assessment_files`.
    """
    inputs = read_assessment_files(workspace, assessment_id, INPUTS)
    return thawed(inputs, read_assessment_files(workspace, assessment_id, edition), edition=edition)


def is_reproduced(workspace: Workspace, assessment_id: str) -> bool:
    """Return whether this version of the program comes to the same from what was frozen."""
    files = {part: read_assessment_files(workspace, assessment_id, part) for part in PARTS}
    held = read_assessment(workspace, assessment_id)
    again = frozen(
        computed_again(files[INPUTS]), files[INPUTS]["profile.toml"], seed=int(held.params.get("seed", 0))
    )
    return again == files
