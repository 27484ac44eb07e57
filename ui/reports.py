"""The import report as people read it: a table on the page, a workbook to pass on."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.reporting import WEIGHTS, Finding, ImportReport
from data.schemas import TABLES
from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.reporting import Weight
    from ui.words import Words


def report_table(report: ImportReport, t: Words) -> pd.DataFrame:
    """
    Return the findings as people read them, the gravest first, numbered as on the map.

    Returns
    -------
    pd.DataFrame
        Number, weight, what (with the remedy), row, id and column of the file, longitude, latitude;
        indexed by the finding's place in `report.findings`.
    """
    order = [
        place
        for weight in WEIGHTS
        for place, finding in enumerate(report.findings)
        if finding.weight == weight
    ]
    found = [report.findings[place] for place in order]
    columns: dict[str, Any] = {
        t("column.number"): [*range(1, len(found) + 1)],
        t("import.weight"): [t(f"import_weight.{finding.weight}") for finding in found],
        t("column.what"): [t.reason(finding.reason) for finding in found],
        t("import.row"): pd.array([_row(finding) for finding in found], dtype="Int64"),
        t("column.id"): [_text(finding.reason.facts.get("id")) for finding in found],
        t("import.column"): [_column(finding, t) for finding in found],
        t("column.lon"): [_degrees(finding.lon) for finding in found],
        t("column.lat"): [_degrees(finding.lat) for finding in found],
    }
    return pd.DataFrame(columns, index=order)


def kinds_table(report: ImportReport, t: Words) -> pd.DataFrame:
    """Return how many findings there are of each kind, beyond those that are listed too."""
    rows = [
        (t(f"import_weight.{weight}"), kind_name(report, code, t), count)
        for weight in WEIGHTS
        for code, count in report.counts.get(weight, {}).items()
    ]
    return pd.DataFrame(rows, columns=[t("import.weight"), t("column.code"), t("column.count")])


def kind_name(report: ImportReport, code: str, t: Words) -> str:
    """Return the name of a kind of finding; where it has none, what the first one of it says."""
    if t.has(f"import.kind.{code}"):
        return t(f"import.kind.{code}")
    first = next((found.reason for found in report.findings if found.reason.code == code), None)
    return code if first is None else t.reason(first)


def columns_table(report: ImportReport, t: Words) -> pd.DataFrame:
    """Return what became of each column of the file: read as a field, left out, or never read."""
    rows = [(column, field_name(name, report.table, t)) for name, column in report.mapping.items()]
    rows += [(column, _why_left_out(column, report, t)) for column in report.left_out]
    return pd.DataFrame(rows, columns=[t("import.column"), t("import.read_as")])


def field_name(name: str, table: str, t: Words) -> str:
    """Return a field as the planner looks for it: a table's own id is 编码, whatever it is called inside."""
    return t("import.field_id") if TABLES[table].key == (name,) else t.name("column", name)


def summary_lines(report: ImportReport, t: Words) -> list[tuple[str, str]]:
    """Return what came from where and how many, as (what, value)."""
    lines = [
        (t("import.file"), report.file),
        (t("import.layer"), report.layer),
        (t("import.table"), t.name("table", report.table)),
        (t("import.mode"), t.name("import.mode", report.mode)),
        (t("import.rows_read"), t.number(report.rows_read)),
        (t("import.rows_in"), t.number(report.rows)),
        (t("import.rows_before"), t.number(report.replaced)),
    ]
    if report.file_crs:
        lines.append((t("import.crs"), t.name("system", report.file_crs)))
    if report.dissolved:
        lines.append((t("import.dissolved"), t.number(report.dissolved)))
    lines += [
        (t(f"import_weight.{weight}"), t.number(sum(report.counts.get(weight, {}).values())))
        for weight in WEIGHTS
    ]
    return lines


def report_sheets(report: ImportReport, t: Words) -> dict[str, pd.DataFrame]:
    """Return the report as sheets for `ui.tables.write_xlsx`: summary, findings, kinds, columns."""
    summary = pd.DataFrame(summary_lines(report, t), columns=[t("import.item"), t("import.content")])
    return {
        t("import.sheet_summary"): summary,
        t("import.sheet_findings"): report_table(report, t),
        t("import.sheet_kinds"): kinds_table(report, t),
        t("import.sheet_columns"): columns_table(report, t),
    }


def read_report(summary: Mapping[str, Any]) -> ImportReport:
    """Return the report that `ImportReport.summary` was made of; what it lacks stays as by default."""
    known = {field.name for field in fields(ImportReport)} - {"findings"}
    plain = {name: value for name, value in summary.items() if name in known}
    findings = tuple(_finding(**found) for found in summary.get("findings", ()))
    return ImportReport(**{"file": "", "layer": "", "table": "", **plain, "findings": findings})


def _finding(
    *,
    weight: Weight,
    code: str,
    facts: Mapping[str, object],
    lon: float | None = None,
    lat: float | None = None,
) -> Finding:
    return Finding(weight=weight, reason=Reason(code, facts), lon=lon, lat=lat)


def _row(finding: Finding) -> int | None:
    row = finding.reason.facts.get("row")
    return int(row) if isinstance(row, (int, float)) and row == row else None  # noqa: PLR0124


def _column(finding: Finding, t: Words) -> str:
    column = finding.reason.facts.get("column")
    return "" if column is None else str(t.fact("column", column))


def _why_left_out(column: str, report: ImportReport, t: Words) -> str:
    kind = report.personal.get(column)
    return t("import.not_wanted") if kind is None else t("import.personal", kind=t.name("personal", kind))


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124


def _degrees(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
