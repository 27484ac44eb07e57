"""Files into the district: read, checked and explained first, then kept whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data.checking import checked
from data.examining import examine, remembered_mapping, settled_mapping, signature
from data.guarding import to_be_kept
from data.imports import MODES, Mode, keep_import
from data.incoming import Intake
from data.loaded import Loaded
from data.placing import stated_crs
from data.readers import opened
from data.reporting import Findings, ImportReport
from data.schemas import TABLES
from data.workspace import Workspace
from geo.errors import FileError, SchemaError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from data.examining import Examination
    from data.readers.source import Source
    from data.staging import Staging

    # Rows done, and rows in all where the file tells.
    Tell = Callable[[int, int | None], None]

# What a reader gets over, but a bureau must not: half a file is no edition of a layer.
_BROKEN = ("parts_differ",)


@dataclass(frozen=True, kw_only=True)
class ImportParams:
    """
    How a file is to be read.

    Parameters
    ----------
    mapping
        The table's field → the file's column, where the guess is not right or not enough; → "" for a
        field that is not to be read. Fields are the table's columns and what they are made from
        (`data.schemas.input_fields`).
    layer
        Layer or sheet inside the file; its only one by default.
    crs
        What the coordinates are in, where the file does not say or is wrong: a CRS, ``gcj02``, ``bd09``.
    encoding
        Of text in shapefiles and CSV, where the guess is wrong.
    dissolve
        Merge polygons that repeat an id into one.
    repair
        Mend shapes, and leave out rows that cannot be used; otherwise both are only told of.
    mode
        See `data.imports.keep_import`. By default ``update`` where rows without shapes meet a table
        that has them, and for calls and indicators, which come period by period; else ``replace``.
    places
        Columns that look like names of persons and hold names of places: somebody has looked.
    """

    mapping: Mapping[str, str]
    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    dissolve: bool = False
    repair: bool = False
    mode: Mode | None = None
    places: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the mode."""
        if self.mode is not None and self.mode not in MODES:
            raise SettingError("setting_wrong", name="mode", found=self.mode, allowed=", ".join(MODES))


@dataclass(frozen=True, kw_only=True)
class Draft:
    """
    An import that has been read and checked, and changes nothing until it is kept.

    Parameters
    ----------
    report
        What it would do, or why it can't.
    staged
        The rows.
    columns
        All columns of the file's layer.
    """

    report: ImportReport
    staged: Staging
    columns: tuple[str, ...]

    def __enter__(self) -> Draft:
        """Return the draft; its rows are thrown away at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw the rows away."""
        self.close()

    def close(self) -> None:
        """Throw the rows away."""
        self.staged.close()

    def require_right(self) -> None:
        """
        Raise if anything keeps the rows out.

        Raises
        ------
        SchemaError
            ``table_faults`` with every fault that is listed.
        """
        report = self.report
        if report.faults:
            raise SchemaError(
                "table_faults",
                table=report.table,
                file=report.file,
                count=report.fault_count(),
                reasons=report.faults,
            )

    def keep(self, workspace: Workspace, *, who: str = "") -> ImportReport:
        """
        Bring the rows into the district, in one transaction, and return the report with the import's id.

        Raises
        ------
        SchemaError
            As `require_right`; nothing is written.
        ConflictError
            As `data.imports.keep_import`.
        """
        report = self.report
        self.require_right()
        mode: Mode = "update" if report.mode == "update" else "replace"
        kept = {**to_be_kept(report), "signature": signature(report.table, self.columns)}
        import_id = keep_import(
            workspace, self.staged, mode=mode, file=str(kept["file"]), report=kept, who=who
        )
        return replace(report, import_id=import_id)


def open_or_create(path: Path | str, *, name: str | None = None, crs: str | None = None) -> Workspace:
    """
    Return the workspace at `path`, a new one if there is none.

    Parameters
    ----------
    name
        A new district's name; the file's by default.
    crs
        A new district's metric CRS; by default its first layer settles it.
    """
    path = Path(path)
    if not path.exists():
        try:
            return Workspace.create(
                path, name=name or path.stem, crs=None if crs is None else stated_crs(crs)
            )
        except FileError as error:
            # Somebody else's first import was a moment faster: both go into the same district.
            if error.code != "file_exists":
                raise
    return Workspace.open(path)


def import_file(
    workspace: Workspace | Path | str,
    path: Path | str,
    table: str,
    *,
    params: ImportParams | None = None,
    district: str | None = None,
    district_crs: str | None = None,
    who: str = "",
    tell: Tell | None = None,
) -> ImportReport:
    """
    Read a file's chosen columns into a table of the district: `prepare`, then keep.

    Parameters
    ----------
    workspace
        The district, or where its file is to be: it is made only once the rows have been read and
        found right.
    district, district_crs
        Name and metric CRS of a workspace that is made new.

    Raises
    ------
    GridBeatError
        As `prepare` and `Draft.keep`. Nothing is written.
    """
    known = workspace if isinstance(workspace, Workspace) else _existing(workspace)
    with prepare(path, table, params=params, workspace=known, district_crs=district_crs, tell=tell) as draft:
        draft.require_right()
        if not isinstance(workspace, Workspace):
            workspace = open_or_create(workspace, name=district, crs=district_crs)
        return draft.keep(workspace, who=who)


def prepare(
    path: Path | str,
    table: str,
    *,
    params: ImportParams | None = None,
    workspace: Workspace | None = None,
    district_crs: str | None = None,
    tell: Tell | None = None,
) -> Draft:
    """
    Read a file's chosen columns, and check all of it, without changing anything.

    Memory does not grow with the file: rows pass in batches into a private file.

    Parameters
    ----------
    path
        Any file that `data.readers` reads.
    table
        A name in `data.schemas.TABLES`.
    workspace
        The district the rows are meant for; None for one that is yet to be made.
    district_crs
        Metric CRS of a district that is yet to be made.
    tell
        Called after each batch with the rows done and the rows in all (None if unknown). What it
        raises ends the work, and leaves nothing behind.

    Raises
    ------
    FileError, SchemaError, CrsError, SettingError
        Where the file cannot be read at all or something must be stated first. Faults of single rows
        are in the report.
    """
    path, params = Path(path), params or ImportParams(mapping={})
    if table not in TABLES:
        raise SettingError("table_unknown", table=table, known=", ".join(TABLES))
    with opened(path, encoding=params.encoding) as source:
        looked = examine(source, layer=params.layer)
        findings = Findings()
        for note in looked.layer.notes:
            findings.add_all("fault" if note.code in _BROKEN else "note", [note])
        remembered = remembered_mapping(workspace, table, looked.layer.columns)
        intake = Intake(
            looked,
            table,
            settled_mapping(looked, table, stated=params.mapping, remembered=remembered),
            loaded=Loaded(workspace),
            crs=params.crs,
            district_crs=district_crs,
            repair=params.repair,
            places=params.places,
            findings=findings,
        )
        try:
            for batch in _batches(source, looked, intake.mapping, tell):
                intake.take(batch)
            intake.finish()
            for note in source.notes:
                findings.add_all("fault" if note.code in _BROKEN else "note", [note])
            return Draft(
                report=checked(intake, looked, params), staged=intake.staging, columns=looked.layer.columns
            )
        except BaseException:
            intake.staging.close()
            raise


def _existing(path: Path | str) -> Workspace | None:
    return Workspace.open(path) if Path(path).exists() else None


def _batches(
    source: Source, looked: Examination, mapping: Mapping[str, str], tell: Tell | None
) -> Iterable[pd.DataFrame]:
    done = 0
    for batch in source.batches(looked.layer, tuple(mapping.values())):
        yield batch
        done += len(batch)
        if tell is not None:
            tell(done, looked.layer.rows)
