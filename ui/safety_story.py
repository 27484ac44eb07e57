"""What is told of villages' safety, period by period: as it was frozen, and as the tables have it now."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from data import geopackage
from data.assessments import CORRECTED, DROPPED, GATHERING, read_assessment_files, read_assessments
from planning.index.freezing import thawed
from planning.index.index import safety_index
from planning.index.profile_reading import load_profile
from planning.periods import containing, parse_period
from planning.profile import ROAD_KM
from ui.assessing import INDEX_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.assessments import Assessment
    from data.workspace import Workspace
    from planning.index.index import Edition, SafetyIndex
    from planning.index.profile import IndexProfile
    from planning.periods import Period

# The chapter that rests on the tables as they are now.
PRESENT = "present"
PROFILE = "pingan_village"


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """
    What is told of one period.

    Parameters
    ----------
    key
        Id of an assessment, or `PRESENT`.
    period
        What it is of.
    status
        Of the assessment; `PRESENT` for figures that nobody has settled.
    villages
        As `SafetyIndex.villages`.
    """

    key: str
    period: Period
    status: str
    villages: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Story:
    """
    What is told of a district's villages.

    Parameters
    ----------
    chapters
        By period, the earliest first: one a period, by one profile.
    index
        Of the chapter that is open, in full.
    opened
        Its key.
    """

    chapters: tuple[Chapter, ...]
    index: SafetyIndex
    opened: str

    @property
    def chapter(self) -> Chapter:
        """The chapter that is open."""
        return next(chapter for chapter in self.chapters if chapter.key == self.opened)

    @property
    def profile(self) -> IndexProfile:
        """After which all of it is told."""
        return self.index.profile


def settled_assessments(assessments: Sequence[Assessment], *, profile: str) -> list[Assessment]:
    """Return the assessments by a profile that have figures, by period: of each the newest version."""
    held: dict[str, Assessment] = {}
    for one in assessments:
        if one.profile == profile and one.status not in (GATHERING, DROPPED, CORRECTED):
            held[one.period] = one
    return sorted(held.values(), key=lambda one: (one.last, one.first))


def latest_month(workspace: Workspace) -> Period | None:
    """Return the last month of which all days may be known from calls or reports; None without any."""
    with geopackage.reading(workspace.path) as connection:
        present = geopackage.table_names(connection)
        asked = (("incidents", "date"), ("indicators", "period_end"))
        days = [
            connection.execute(f"SELECT MAX({column}) FROM {table}").fetchone()[0]
            for table, column in asked
            if table in present
        ]
    known = [dt.date.fromisoformat(str(day)[:10]) for day in days if day]
    if not known:
        return None
    month = containing(max(known), "month")
    # A month that has just begun says little yet.
    return month if max(known) == month.last or month.previous().last < min(known) else month.previous()


def present_index(workspace: Workspace, period: Period, *, profile: str = PROFILE) -> SafetyIndex:
    """Return the index of a period from the tables as they are now."""
    asked = load_profile(profile)
    # Roads are many, and few profiles measure by them.
    measured = {item.per for item in asked.indicators}
    names = [name for name in INDEX_TABLES if name != "roads" or ROAD_KM in measured]
    return safety_index(workspace.read_all(names), asked, period)


def frozen_chapter(workspace: Workspace, held: Assessment) -> Chapter:
    """Return what an assessment told of the villages."""
    files = read_assessment_files(workspace, held.assessment_id, "internal")
    villages = pd.read_parquet(io.BytesIO(files["villages.parquet"]))
    period = parse_period(held.period)
    return Chapter(key=held.assessment_id, period=period, status=held.status, villages=villages)


def open_story(
    workspace: Workspace, chapter: str, *, present: SafetyIndex | None, edition: Edition = "internal"
) -> Story:
    """
    Return the story with one chapter open.

    Parameters
    ----------
    chapter
        Id of an assessment, or `PRESENT`.
    present
        The index from the tables as they are now, if it is told as well.
    """
    assessments = read_assessments(workspace)
    held = {one.assessment_id: one for one in assessments}
    if chapter == PRESENT:
        assert present is not None
        index, profile = present, present.profile.code
    else:
        files = {part: read_assessment_files(workspace, chapter, part) for part in ("inputs", edition)}
        index, profile = thawed(files["inputs"], files[edition], edition=edition), held[chapter].profile
    told = [frozen_chapter(workspace, one) for one in settled_assessments(assessments, profile=profile)]
    if present is not None and present.profile.code == profile:
        now = Chapter(key=PRESENT, period=present.panel.period, status=PRESENT, villages=present.villages)
        told = [one for one in told if one.period != now.period or one.key == chapter]
        told += [now] if all(one.period != now.period for one in told) else []
    if chapter not in {one.key for one in told}:
        # An older version of a period is told in the place of the newest.
        told = [one for one in told if one.period.name != held[chapter].period]
        told.append(frozen_chapter(workspace, held[chapter]))
    ordered = sorted(told, key=lambda one: (one.period.last, one.period.first))
    return Story(chapters=tuple(ordered), index=index, opened=chapter)
