"""The chief's fixed table of a workspace: as facts, as lines, as a sheet and as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.schemas import CATEGORY
from geo.errors import SettingError
from planning.calls import counted_calls, places_of
from planning.change_table import CHANGES, NOWHERE, WINDOWS, ChangeTable, change_table
from planning.index.profile_reading import load_profile
from planning.small_counts import SMALLEST_SHOWN, Published, publishable, shown_of
from ui.call_places import LEVELS
from ui.columns import aligned
from ui.paper.layout import ROW, SUM, Column, Marked, Table
from ui.period_words import days_label, period_label
from ui.visible import visible
from ui.words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planning.calls import Calls
    from planning.index.profile import IndexProfile
    from planning.periods import Period
    from ui.call_places import CallPlaces
    from ui.words import Words

INTERNAL, EXTERNAL = "internal", "external"
EDITIONS = (INTERNAL, EXTERNAL)
BY = (*LEVELS, CATEGORY)
_HIDDEN = "※"
# The profile by which the index counts unless another is asked for.
_INDEX = "pingan_village"
_WITHIN_CHANCE = "≈"
# The table's columns from left to right: its windows, and the changes behind them.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("current", ("current",)),
    ("previous", ("previous", "previous_change")),
    ("year_before", ("year_before", "year_change")),
    ("cumulative", ("cumulative", "cumulative_before", "cumulative_change")),
)
COLUMNS = tuple(column for _, columns in _GROUPS for column in columns)


@dataclass(frozen=True, kw_only=True)
class TableAsked:
    """
    Which table is asked for.

    Parameters
    ----------
    period
        本期.
    by
        One of `BY`.
    category, basis
        As for `planning.calls.counted_calls`.
    spring_festival, per_day
        As for `planning.change_table.change_table`.
    edition
        One of `EDITIONS`; small counts are kept out of the external one.
    """

    period: Period
    by: str = "station"
    category: str | None = None
    basis: str | None = None
    spring_festival: bool = False
    per_day: bool = False
    edition: str = INTERNAL

    def __post_init__(self) -> None:
        for name, value, known in (("--by", self.by, BY), ("--edition", self.edition, EDITIONS)):
            if value not in known:
                raise SettingError("setting_wrong", name=name, found=value, allowed=" | ".join(known))


@dataclass(frozen=True, kw_only=True)
class TableAnswer:
    """
    The table that was asked for.

    Parameters
    ----------
    asked
        What was.
    district
        Its name.
    calls
        What was counted.
    table
        As it may be shown; `hidden` and `hidden_total` say what is kept out of it.
    labels
        What each row is called.
    plan
        The zones' plan; None where that is the nesting, or rows are no zones.
    """

    asked: TableAsked
    district: str
    calls: Calls
    table: ChangeTable
    hidden: pd.DataFrame
    hidden_total: pd.Series
    labels: Mapping[str, str]
    plan: str | None


def table_answer(places: CallPlaces, asked: TableAsked, t: Words) -> TableAnswer:
    """
    Return the table that is asked for.

    Raises
    ------
    SettingError
        As `planning.calls.counted_calls`, `planning.change_table.change_table` and
        `ui.call_places.CallPlaces.by_grid`.
    """
    calls = counted_calls(places.tables.get("incidents"), basis=asked.basis, category=asked.category)
    options = {"spring_festival": asked.spring_festival, "per_day": asked.per_day}
    if asked.by == CATEGORY:
        units = places_of(calls.rows, places.by_grid("village")) if _has_villages(places) else None
        table = change_table(calls, calls.rows[CATEGORY], asked.period, units=units, **options)
        names = {label: t.name("category", label) for label in table.rows.index}
    else:
        labels = places_of(calls.rows, places.by_grid(asked.by))
        ids = places.ids(asked.by, asked.period)
        table = change_table(calls, labels, asked.period, rows=ids, **options)
        names = {label: places.names(LEVELS[asked.by], label) for label in table.rows.index}
    names[NOWHERE] = t("table.no_category" if asked.by == CATEGORY else "table.no_place")
    shown = _shown(table, places, asked, calls.basis)
    return TableAnswer(
        asked=asked,
        district=places.workspace.name,
        calls=calls,
        table=shown.table,
        hidden=shown.hidden_rows,
        hidden_total=shown.hidden_total,
        labels=names,
        plan=places.today if asked.by == "zone" else None,
    )


def _has_villages(places: CallPlaces) -> bool:
    try:
        places.by_grid("village")
    except SettingError:
        return False
    return True


def _shown(table: ChangeTable, places: CallPlaces, asked: TableAsked, basis: str) -> Published:
    if asked.edition != EXTERNAL:
        nothing = pd.DataFrame(data=False, index=table.rows.index, columns=list(WINDOWS))
        return Published(
            table=table, hidden_rows=nothing, hidden_total=pd.Series(data=False, index=list(WINDOWS))
        )
    # Other tables of the period, of all levels and categories, may lie beside this one.
    calls = counted_calls(places.tables.get("incidents"), basis=basis)
    shown = shown_of(calls, places.of_calls(calls.rows), table)
    rows = shown.by_category() if asked.by == CATEGORY else shown.of(asked.by, asked.category)
    return publishable(table, rows, shown.total(asked.category))


def table_facts(answer: TableAnswer) -> dict[str, Any]:
    """Return the table as one object of plain values."""
    table, asked = answer.table, answer.asked
    rows = zip(table.rows.iterrows(), answer.hidden.iterrows(), strict=True)
    return {
        "period": asked.period.name,
        "by": asked.by,
        "category": asked.category,
        "basis": answer.calls.basis,
        "source": "reported",
        "edition": asked.edition,
        "plan": answer.plan,
        "per_day": asked.per_day,
        "spring_festival_aligned": table.comparison.aligned,
        "windows": {
            name: {
                "first": getattr(table.comparison, name).first.isoformat(),
                "last": getattr(table.comparison, name).last.isoformat(),
                "known": name not in table.unknown,
            }
            for name in WINDOWS
        },
        "rows": [
            {"id": str(label), "name": answer.labels[str(label)], **_plain(row, hidden)}
            for (label, row), (_, hidden) in rows
        ],
        "total": _plain(table.total, answer.hidden_total),
        "level": table.level,
        "expected_false": round(table.expected_false, 2),
        "notes": [{"code": note.code, "facts": dict(note.facts)} for note in table.notes],
    }


def _plain(row: pd.Series, hidden: pd.Series) -> dict[str, Any]:
    found: dict[str, Any] = {name: None if pd.isna(row[name]) else int(row[name]) for name in WINDOWS}
    for name in CHANGES:
        for column, kind in ((f"{name}_change", float), (f"{name}_p", float), (f"{name}_chance", bool)):
            found[column] = None if pd.isna(row[column]) else kind(row[column])
    return {**found, "hidden": [name for name in WINDOWS if hidden[name]]}


def table_title(answer: TableAnswer, t: Words) -> str:
    """Return what is written above the table."""
    asked, by = answer.asked, t(f"table.by_{answer.asked.by}")
    district = visible(answer.district)
    period = period_label(asked.period, t)
    if asked.category is None:
        return t("table.title", district=district, period=period, by=by)
    kind = t.name("category", asked.category)
    return t("table.title_of", district=district, period=period, by=by, category=kind)


def table_lines(answer: TableAnswer, t: Words) -> list[str]:
    """Return the table as lines for the terminal: title, rows, sums, notes."""
    heads = [t(f"table.by_{answer.asked.by}"), *(_head(column, t) for column in COLUMNS)]
    rows = [[name, *(_text(value, t) for value in cells)] for _, name, cells in _rows(answer, t)]
    return [table_title(answer, t), *aligned([heads, *rows]), *table_notes(answer, t)]


def table_sheet(answer: TableAnswer, t: Words) -> Table:
    """Return the table as a sheet of a workbook, with its merged headings and its footnotes."""
    places, windows = answer.asked.by != CATEGORY, answer.table.comparison
    columns = [
        *([Column(name="id", label=t("column.id"), width=16, kind="code")] if places else []),
        Column(name="name", label=t(f"table.by_{answer.asked.by}"), width=18),
        *(
            Column(
                name=column,
                label=_head(column, t),
                width=11,
                kind="share" if column.endswith("_change") else "count",
                group=f"{t(f'window.{name}')}\n{days_label(getattr(windows, name), t)}",
            )
            for name, group in _GROUPS
            for column in group
        ),
    ]
    rows = (
        (SUM if label is None else ROW, (*((label or "",) if places else ()), name, *cells))
        for label, name, cells in _rows(answer, t)
    )
    return Table(
        title=table_title(answer, t),
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(table_notes(answer, t)),
    )


def table_rows(answer: TableAnswer) -> pd.DataFrame:
    """Return the table as rows with stable headings; what is hidden or unknown is empty."""
    columns = [*WINDOWS, *(f"{name}_{what}" for name in CHANGES for what in ("change", "p", "chance"))]
    rows = answer.table.rows[columns].astype(object)
    rows.insert(0, "name", [answer.labels[str(label)] for label in rows.index])
    rows["hidden"] = [
        " ".join(name for name in WINDOWS if flags[name]) for _, flags in answer.hidden.iterrows()
    ]
    return rows.where(rows.notna(), None).rename_axis("id").reset_index()


def _rows(answer: TableAnswer, t: Words) -> Iterator[tuple[str | None, str, list[int | Marked]]]:
    """Yield id, name and cells of each row, the sums last and without an id."""
    table = answer.table
    for label, row in table.rows.iterrows():
        yield str(label), answer.labels[str(label)], _cells(row, answer.hidden.loc[label])
    yield None, t("paper.total"), _cells(table.total, answer.hidden_total)


def _cells(row: pd.Series, hidden: pd.Series) -> list[int | Marked]:
    return [_cell(column, row, hidden) for column in COLUMNS]


def _cell(column: str, row: pd.Series, hidden: pd.Series) -> int | Marked:
    name = column.removesuffix("_change")
    behind = hidden[column] if column in WINDOWS else hidden[[*CHANGES[name]]].any()
    if behind:
        return Marked(None, _HIDDEN)
    if pd.isna(row[column]):
        return Marked(None, NOTHING)
    if column in WINDOWS:
        return int(row[column])
    return Marked(float(row[column]), _WITHIN_CHANCE if row[f"{name}_chance"] else "")


def _text(value: int | Marked, t: Words) -> str:
    if not isinstance(value, Marked):
        return t.number(value)
    # No change bears no sign.
    return (t.percent(value.value, signed=value.value != 0) if value.value is not None else "") + value.mark


def _head(column: str, t: Words) -> str:
    name = column.removesuffix("_change")
    return t(f"window.{column}") if column in WINDOWS else t(f"change.{name}")


def basis_note(basis: str, profile: IndexProfile, t: Words, *, given: bool) -> list[str]:
    """Return a warning where the safety index counts by another 统计口径 than was taken here unasked."""
    if given or profile.basis in (None, basis):
        return []
    bases = {"basis": t.name("count_basis", basis), "index_basis": t.name("count_basis", profile.basis)}
    return [t("table.basis_of_index", **bases)]


def table_notes(answer: TableAnswer, t: Words) -> list[str]:
    """Return the lines beneath the table: 口径, the periods, what the signs mean, what was left out."""
    table, asked = answer.table, answer.asked
    category = t("table.every") if asked.category is None else t.name("category", asked.category)
    windows = table.comparison
    lines = [
        t("table.counted", basis=t.name("count_basis", answer.calls.basis), category=category),
        *basis_note(answer.calls.basis, load_profile(_INDEX), t, given=asked.basis is not None),
        t("table.windows", **{name: days_label(getattr(windows, name), t) for name in WINDOWS}),
        t(
            "table.chance",
            sign=_WITHIN_CHANCE,
            level=t.percent(1 - table.level),
            count=t.number(table.expected_false, 1),
        ),
        t("table.nothing", sign=NOTHING),
    ]
    if asked.edition == EXTERNAL:
        lines.append(t("table.hidden", sign=_HIDDEN, limit=SMALLEST_SHOWN))
    if asked.per_day:
        lines.append(t("table.per_day"))
    if asked.by == "zone":
        lines.append(t("table.plan", plan=answer.plan or t("table.nesting")))
    return [*lines, *(t.reason(note) for note in table.notes)]
