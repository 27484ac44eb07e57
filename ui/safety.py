"""The chapter on the safety page's table: an assessment, or the figures of the tables as they are now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from data.assessments import DROPPED, GATHERING, read_assessments
from data.workspace import Workspace
from ui import cached, cached_safety
from ui.names import PlaceNames
from ui.on_table import OnTable
from ui.safety_story import PRESENT

if TYPE_CHECKING:
    from data.assessments import Assessment
    from ui.place import Place
    from ui.safety_story import Story

VIEWS = ("map", "summary", "loop", "ledgers")
VIEW_KEY = "safety_view"
TABLE = OnTable(name="safety", views=VIEWS, view_key=VIEW_KEY)
_NAMED = ("stations", "villages", "towns", "zones")


@dataclass(frozen=True, kw_only=True)
class Safety:
    """
    The chapter on the table.

    Parameters
    ----------
    place
        The district.
    workspace
        Its file.
    assessments
        All of them, oldest first.
    chapter
        Id of the assessment on the table, `PRESENT`, or None where there are no figures at all.
    period
        The period of the present figures; "" where there are none.
    """

    place: Place
    workspace: Workspace
    assessments: list[Assessment]
    chapter: str | None
    period: str

    @property
    def told(self) -> list[str]:
        """The chapters that can be put on the table, the newest first."""
        settled = [one for one in self.newest_first if one.status not in (GATHERING, DROPPED)]
        return [*([PRESENT] if self.period else []), *(one.assessment_id for one in settled)]

    @property
    def newest_first(self) -> list[Assessment]:
        """The assessments by period, the latest first, and of a period the newest version."""
        return sorted(self.assessments, key=lambda one: (one.last, one.first, one.version), reverse=True)

    @property
    def assessment(self) -> Assessment | None:
        """The assessment on the table."""
        return next((one for one in self.assessments if one.assessment_id == self.chapter), None)

    @property
    def story_key(self) -> tuple[str, str, str, str, str]:
        """The arguments of `cached_safety.story`: present figures are computed where they are asked for."""
        place, period = self.place, self.period if self.chapter == PRESENT else ""
        key = cached_safety.assessments_key(self.assessments)
        return place.path, place.stamp, str(self.chapter), period, key

    def story(self) -> Story:
        """Return the story with the chapter on the table open."""
        return cached_safety.story(*self.story_key)

    @cached_property
    def names(self) -> PlaceNames:
        """What places are called."""
        return PlaceNames.of(cached.tables(self.place.path, self.place.stamp, _NAMED))


def read_safety(place: Place) -> Safety:
    """Return the chapter on the table: as chosen, as in the address, else the newest assessment, else now."""
    workspace = Workspace.open(place.path)
    assessments = read_assessments(workspace)
    period = cached_safety.latest_month(place.path, place.stamp) or ""
    safety = Safety(place=place, workspace=workspace, assessments=assessments, chapter=None, period=period)
    settled = [chapter for chapter in safety.told if chapter != PRESENT]
    newest = settled[0] if settled else PRESENT if period else None
    return replace(safety, chapter=TABLE.plan(place, safety.told, else_=newest))


def chapter_label(safety: Safety, chapter: str) -> str:
    """Return what a chapter is called in lists."""
    t = safety.place.t
    if chapter == PRESENT:
        return t("safety.present_label", period=safety.period)
    one = next(one for one in safety.assessments if one.assessment_id == chapter)
    status = t.name("assessment_status", one.status)
    issue = f" {t.name('issue', one.issue)}" if one.issue else ""
    version = f" {t('assess.version', number=t.number(one.version))}" if one.version > 1 else ""
    return f"{one.period}{version} · {status}{issue} · {one.assessment_id}"
