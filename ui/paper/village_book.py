"""What the sheets of a district's villages rest on: an index, the tables, measures, what went before."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.assessments import CORRECTED, read_assessment, read_assessment_files, read_assessments
from data.ledger_columns import DEADLINE, MEASURES, OPEN, STATUS
from data.ledgers import read_ledger
from data.schemas import COUNT, FLOATING, KIND, PLACE_ID, RESIDENTS, ROLE, VILLAGE_ID
from data.workspace import this_day
from geo.errors import SettingError
from planning.index.index import INTERNAL, safety_index
from planning.index.places import CLASS, denominators, village_of_grid
from planning.index.profile import GREY
from planning.index.profile_reading import load_profile
from planning.index.trend import monthly_calls
from planning.periods import parse_period
from planning.profile import AREA_KM2
from ui.assessing import frozen_index
from ui.names import PlaceNames
from ui.paper.village_ground import VillageGround
from ui.place import CREDIT_SETTING, credit_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from data.assessments import Assessment
    from data.workspace import Workspace
    from planning.index.index import Edition, SafetyIndex
    from ui.words import Words

TABLES = (
    "towns",
    "stations",
    "villages",
    "grids",
    "roads",
    "water",
    "posts",
    "facilities",
    "staff",
    "incidents",
    "indicators",
)
# How many periods a trend goes back.
_PERIODS = 12


@dataclass(frozen=True, kw_only=True)
class VillageBook:
    """
    What the sheets of a district's villages rest on.

    Parameters
    ----------
    index
        Its villages are those that have a sheet; its edition is that of the sheets.
    tables
        As they are now; any may be missing.
    measures
        Open ones of the ledger, the most urgent first.
    history
        village_id, period (name), score, score_low, score_high: what was published, oldest first, and now.
    months
        As `planning.index.trend.monthly_calls`; empty in the external edition.
    held
        The assessment that the index was frozen as; None where it was computed for the sheets.
    district, credit
        Name of the district, and the credit line (审图号) of its maps.
    made
        On which day.
    fingerprint
        SHA-256 of all of this: sheets of the same fingerprint say the same.
    """

    index: SafetyIndex
    tables: Mapping[str, pd.DataFrame]
    measures: pd.DataFrame
    history: pd.DataFrame
    months: pd.DataFrame
    held: Assessment | None
    district: str
    credit: str
    t: Words
    made: dt.date
    fingerprint: str

    @property
    def is_internal(self) -> bool:
        """Whether the sheets stay in the house."""
        return self.index.edition == INTERNAL

    @cached_property
    def names(self) -> PlaceNames:
        """What places are called."""
        return PlaceNames.of(self.tables)

    @cached_property
    def ground(self) -> VillageGround:
        """What the maps are drawn on."""
        return VillageGround(self.tables)

    @cached_property
    def people(self) -> pd.DataFrame:
        """Residents, floating and area_km2 of each village; NaN where they are not known."""
        wanted = (RESIDENTS, FLOATING, AREA_KM2)
        found, _ = denominators(self.tables, self.index.villages.index, wanted)
        return found.reindex(columns=wanted)

    @cached_property
    def usual(self) -> pd.DataFrame:
        """The median score of each pillar by class, of the villages that are judged."""
        villages = self.index.villages
        columns = {f"pillar_{pillar.code}": pillar.code for pillar in self.index.profile.pillars}
        judged = villages[villages["grade"] != GREY]
        medians = judged.groupby(CLASS)[[*columns]].median().rename(columns=columns)
        return medians.reindex(villages[CLASS].unique())

    @cached_property
    def grid_counts(self) -> Mapping[str, int]:
        """How many grids a village has."""
        return {str(name): int(n) for name, n in village_of_grid(self.tables).value_counts().items()}

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """How many posts and facilities of each kind a village has, by table."""
        found: dict[str, dict[str, dict[str, int]]] = {"posts": {}, "facilities": {}}
        for table, places in (("posts", self.ground.posts), ("facilities", self.ground.facilities)):
            for (village, kind), count in places.groupby([VILLAGE_ID, KIND]).size().items():
                found[table].setdefault(str(village), {})[str(kind)] = int(count)
        return found

    @cached_property
    def staff(self) -> Mapping[str, Mapping[str, int]]:
        """How many people of each role a village has."""
        found: dict[str, dict[str, int]] = {}
        table = self.tables.get("staff")
        for row in [] if table is None else table.to_dict("records"):
            if row[COUNT] > 0:
                found.setdefault(str(row[PLACE_ID]), {})[str(row[ROLE])] = int(row[COUNT])
        return found

    def lines_of(self, village: str) -> pd.DataFrame:
        """Return the lines of a village's calculation."""
        lines = self.index.points.lines
        return lines.iloc[self._line_rows.get(village, [])]

    def months_of(self, village: str) -> pd.DataFrame:
        """Return the months of a village's calls."""
        return self.months[self.months["village_id"] == village]

    @cached_property
    def _line_rows(self) -> Mapping[str, Any]:
        return dict(self.index.points.lines.groupby("village_id").indices)


def assessed_book(
    workspace: Workspace, assessment_id: str, *, edition: Edition = INTERNAL, t: Words
) -> VillageBook:
    """
    Return what the sheets of an assessment rest on: its index as it was frozen.

    Raises
    ------
    SettingError, FileError
        As `data.assessments.read_assessment_files`.
    """
    held = read_assessment(workspace, assessment_id)
    stamp, index = workspace.stamp, frozen_index(workspace, assessment_id, edition=edition)
    return _book(workspace, index, workspace.read_all(TABLES), held, stamp, t)


def computed_book(
    workspace: Workspace,
    period: str,
    *,
    profile: str,
    basis: str | None = None,
    edition: Edition = INTERNAL,
    seed: int = 0,
    t: Words,
) -> VillageBook:
    """
    Return what the sheets of a period rest on: an index of the tables as they are now.

    Raises
    ------
    SettingError, FileError, SchemaError
        As `planning.periods.parse_period`, `planning.index.profile_reading.load_profile` and
        `planning.index.index.safety_index`.
    """
    asked, chosen = parse_period(period), load_profile(profile)
    stamp, tables = workspace.stamp, workspace.read_all(TABLES)
    index = safety_index(tables, chosen, asked, basis=basis, edition=edition, seed=seed)
    return _book(workspace, index, tables, None, stamp, t)


def require_village(book: VillageBook, village: str) -> None:
    """Raise ``village_unknown`` for a village that has no sheet."""
    if village not in book.index.villages.index:
        raise SettingError("village_unknown", ids=village)


def _book(
    workspace: Workspace,
    index: SafetyIndex,
    tables: Mapping[str, pd.DataFrame],
    held: Assessment | None,
    stamp: str,
    t: Words,
) -> VillageBook:
    measures = read_ledger(workspace, MEASURES)
    measures = measures[measures[STATUS] == OPEN].sort_values(DEADLINE, kind="stable")
    internal = index.edition == INTERNAL
    credit = credit_line(workspace, t)
    if not internal and not workspace.setting(CREDIT_SETTING):
        credit = t("sheet.credit_open")
    months = monthly_calls(tables, index.villages, index.panel.period, basis=index.panel.basis)
    history, made = _history(workspace, index, held), this_day()
    facts = (
        stamp,
        t.lang,
        index.edition,
        credit,
        workspace.name,
        made,
        held and held.digest,
        held and held.status,
    )
    return VillageBook(
        index=index,
        tables=tables,
        measures=measures,
        history=history,
        # A village's smoothed small counts would tell the counts.
        months=months if internal else months[:0],
        held=held,
        district=workspace.name,
        credit=credit,
        t=t,
        made=made,
        fingerprint=_fingerprint(facts, (index.villages, index.points.lines, measures, history)),
    )


def _fingerprint(facts: tuple[object, ...], frames: tuple[pd.DataFrame, ...]) -> str:
    whole = hashlib.sha256(repr(facts).encode())
    for frame in frames:
        whole.update(repr([*frame.columns]).encode())
        whole.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    return whole.hexdigest()


def _history(workspace: Workspace, index: SafetyIndex, held: Assessment | None) -> pd.DataFrame:
    """Return the scores that were published for earlier periods of the kind, and those of this one."""
    period, own = index.panel.period, held.assessment_id if held else ""
    earlier = [
        one
        for one in read_assessments(workspace)
        if one.is_out
        and one.status != CORRECTED
        and one.assessment_id != own
        and one.profile == index.profile.code
        and one.last < period.first.isoformat()
        and parse_period(one.period).kind == period.kind
    ]
    earlier = sorted(earlier, key=lambda one: one.last)[1 - _PERIODS :]
    parts = [
        _scores(pd.read_parquet(io.BytesIO(_villages(workspace, one, index.edition))), one.period)
        for one in earlier
    ]
    return pd.concat([*parts, _scores(index.villages, period.name)], ignore_index=True)


def _villages(workspace: Workspace, held: Assessment, edition: Edition) -> bytes:
    return read_assessment_files(workspace, held.assessment_id, edition)["villages.parquet"]


def _scores(villages: pd.DataFrame, period: str) -> pd.DataFrame:
    table = villages[["score", "score_low", "score_high"]].rename_axis("village_id").reset_index()
    return table.assign(period=period)
