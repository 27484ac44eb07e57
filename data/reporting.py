"""What an import has to tell: every fault, repair and suggestion, with file, row, id and place."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from geo.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# A fault keeps the rows out; a note tells what was done or left as it is; a suggestion waits for a yes.
Weight = Literal["fault", "note", "suggestion"]
WEIGHTS: tuple[Weight, ...] = ("fault", "suggestion", "note")
# A file of a million wrong rows still makes a report that can be read; the counts are of all.
_KEPT_OF_A_KIND = 1_000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """
    One thing found on the way in.

    Parameters
    ----------
    weight
        Whether it keeps the rows out.
    reason
        Code and facts: row, id, column, numbers; never a cell that may speak of a person.
    lon, lat
        Where it lies, if it has a place.
    """

    weight: Weight
    reason: Reason
    lon: float | None = None
    lat: float | None = None


@dataclass
class Findings:
    """Findings as they come up, in order; beyond the first of each kind only counted."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[Weight, str]] = field(default_factory=Counter)

    def add(
        self, weight: Weight, code: str, *, at: tuple[float, float] | None = None, **facts: object
    ) -> None:
        """Add one finding; `at` is its longitude and latitude."""
        self._add(weight, Reason(code, facts), at)

    def add_all(self, weight: Weight, reasons: Iterable[Reason]) -> None:
        """Add several findings of the same weight, without a place."""
        for reason in reasons:
            self._add(weight, reason, None)

    def _add(self, weight: Weight, reason: Reason, at: tuple[float, float] | None) -> None:
        self.counts[weight, reason.code] += 1
        if self.counts[weight, reason.code] <= _KEPT_OF_A_KIND:
            lon, lat = at or (None, None)
            self.kept.append(Finding(weight=weight, reason=reason, lon=lon, lat=lat))

    def total(self, weight: Weight) -> int:
        """Return how many findings of a weight there were."""
        return sum(count for (found, _), count in self.counts.items() if found == weight)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """
    What an import did, or would do.

    Parameters
    ----------
    file, layer, table
        From where to where.
    mode
        ``replace`` or ``update``; see `data.imports.keep_import`.
    rows_read, rows, replaced
        How many rows the file has, how many go into the table, and how many were in it before.
    mapping
        The table's column → the file's.
    left_out
        Columns of the file that were not read.
    personal
        Columns that speak of persons → kind; they are never read into anything kept.
    file_crs
        What the file's coordinates were taken to be in: a CRS, ``gcj02`` or ``bd09``; empty for tables.
    dissolved
        How many rows were merged into others of the same id.
    left
        How many of the file's rows found no place in the table, by reason.
    findings
        Everything found, in the file's order.
    counts
        weight → code → how many, beyond those listed too.
    import_id
        Under which an undo finds it, once the rows are in.
    """

    file: str
    layer: str
    table: str
    mode: str = "replace"
    rows_read: int = 0
    rows: int = 0
    replaced: int = 0
    mapping: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    personal: dict[str, str] = field(default_factory=dict)
    file_crs: str = ""
    dissolved: int = 0
    left: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    import_id: str | None = None

    def of(self, weight: Weight) -> tuple[Finding, ...]:
        """Return the findings of one weight."""
        return tuple(finding for finding in self.findings if finding.weight == weight)

    @property
    def faults(self) -> tuple[Reason, ...]:
        """What keeps the rows out."""
        return tuple(finding.reason for finding in self.of("fault"))

    def fault_count(self) -> int:
        """Return how many faults there are, beyond those that are listed too."""
        return sum(self.counts.get("fault", {}).values())

    def summary(self) -> dict[str, Any]:
        """Return the report as plain values, findings with code, facts and place."""
        plain = asdict(replace(self, findings=()))
        plain["findings"] = [
            {
                "weight": finding.weight,
                "code": finding.reason.code,
                "facts": _plain(finding.reason.facts),
                **({} if finding.lon is None else {"lon": finding.lon, "lat": finding.lat}),
            }
            for finding in self.findings
        ]
        return plain


def nested_counts(findings: Findings) -> dict[str, dict[str, int]]:
    """Return weight → code → count."""
    nested: dict[str, dict[str, int]] = {}
    for (weight, code), count in findings.counts.items():
        nested.setdefault(weight, {})[code] = count
    return nested


def _plain(facts: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain_value(value) for name, value in facts.items()}


def _plain_value(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_plain_value(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
