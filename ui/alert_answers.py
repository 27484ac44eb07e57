"""Alerts as the terminal and the page ask for them: one answer from a district's places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.ledger_columns import DONE_ON, MEASURES
from data.ledgers import read_ledger
from data.schemas import CATEGORY, VILLAGE_ID
from planning.alert_report import AlertsAsked, alert_report, pillar_categories
from planning.busy_towns import BusyRule
from planning.calls import counted_calls
from ui.alert_words import AlertAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.workspace import Workspace
    from planning.index.profile import IndexProfile
    from planning.periods import Period
    from ui.call_places import CallPlaces


def alert_answer(
    places: CallPlaces,
    period: Period,
    *,
    profile: IndexProfile,
    basis: str | None = None,
    rule: BusyRule | None = None,
    design_effect: float = 1.0,
    measures: Mapping[str, str] | None = None,
    edition: str,
) -> AlertAnswer:
    """
    Return what changed by more than chance in a district.

    Parameters
    ----------
    profile
        Whose pillars are watched.
    basis
        统计口径; None for the widest.
    rule
        Which towns are busy.
    design_effect
        Of the survey of satisfaction.
    measures
        Day (ISO) on which something was done about a village: sums of drifts start anew.
    edition
        internal or external.

    Raises
    ------
    SettingError, SchemaError
        As `planning.calls.counted_calls` and `planning.alert_report.alert_report`.
    """
    calls = counted_calls(places.tables.get("incidents"), basis=basis)
    asked = AlertsAsked(
        period=period,
        rule=rule or BusyRule(),
        design_effect=design_effect,
        pillars=pillar_categories(profile, calls.rows[CATEGORY].unique()),
        measures=measures or {},
    )
    report = alert_report(calls, places.watched(period), asked, indicators=places.tables.get("indicators"))
    return AlertAnswer(
        report=report,
        names=places.names,
        district=places.workspace.name,
        edition=edition,
        profile=profile,
        basis_given=basis is not None,
    )


def measures_taken(workspace: Workspace) -> dict[str, str]:
    """Return the last day on which a measure was done in each village, from the ledger."""
    done = read_ledger(workspace, MEASURES).dropna(subset=[DONE_ON]).sort_values(DONE_ON)
    return dict(zip(done[VILLAGE_ID].astype(str), done[DONE_ON].astype(str), strict=True))
