"""
Assessments (核算) of village safety in the workspace: one a period and version, whose files never change.

数据归集 → 核算确定 → 核对 → 通报发布 → 督促整改 → 办结. What an assessment rests on and what it found are
frozen as files when it is settled, each with its SHA-256; once it is published nothing but a new version,
which says why, takes its place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.guarding import require_impersonal
from data.workspace import as_json, now, record, require_stamp, this_day
from geo.errors import ConflictError, FileError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from data.workspace import Workspace

# 数据归集, 核算确定, 核对, 通报发布, 督促整改, 办结; 已更正, 作废.
STATUSES = GATHERING, SETTLED, REVIEW, PUBLISHED, MENDING, CLOSED, CORRECTED, DROPPED = (
    "gathering",
    "settled",
    "review",
    "published",
    "mending",
    "closed",
    "corrected",
    "dropped",
)
# 快报 goes out before villages have looked at it, 终报 after.
ISSUES = FLASH, FINAL = "flash", "final"
_STEPS: Mapping[str, tuple[str, ...]] = {
    GATHERING: (SETTLED, DROPPED),
    SETTLED: (REVIEW, PUBLISHED, GATHERING, DROPPED),
    REVIEW: (PUBLISHED, GATHERING, DROPPED),
    PUBLISHED: (MENDING, CLOSED),
    MENDING: (CLOSED,),
    CLOSED: (),
    CORRECTED: (),
    DROPPED: (),
}
# After a 快报 the same figures go into the 核对 and out again; nothing that is out is taken back.
_STEPS_OF_FLASH: Mapping[str, tuple[str, ...]] = {PUBLISHED: (REVIEW,), REVIEW: (PUBLISHED,)}
# What it rests on, and what it found for the house and beyond it.
PARTS = INPUTS, INTERNAL, EXTERNAL = "inputs", "internal", "external"
_COLUMNS = (
    "assessment_id, period, first, last, profile, basis, version, corrects, status, issue, until, rev,"
    " author, created, note, params, digest"
)
_STEP_COLUMNS = "at, who, was, now, issue, until, document_no, digest, why"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """
    An assessment as it stands.

    Parameters
    ----------
    assessment_id
        ``A1``…
    period, first, last
        What it is of (`planning.periods`), and its days, ISO.
    profile, basis
        After which rules and 统计口径; basis is "" for the profile's.
    version, corrects
        From 1; the id of the one that it takes the place of, "" for the first.
    status, issue
        One of `STATUSES`; as what it is out, flash or final, or "".
    until
        The last day of the 核对, ISO, or "".
    rev
        Goes up with every step.
    author, created, note
        By whom, when, about what.
    params
        With what it is computed.
    digest
        SHA-256 over all its files, or "" before it is settled.
    """

    assessment_id: str
    period: str
    first: str
    last: str
    profile: str
    basis: str
    version: int
    corrects: str
    status: str
    issue: str
    until: str
    rev: int
    author: str
    created: str
    note: str
    params: dict[str, Any]
    digest: str

    @property
    def is_out(self) -> bool:
        """Whether it has been published: what people may have read stands as it is."""
        return bool(self.issue)

    @property
    def steps(self) -> tuple[str, ...]:
        """To which statuses it may go next."""
        ways = _STEPS_OF_FLASH if self.issue == FLASH else _STEPS
        return ways.get(self.status, ())


def read_assessments(workspace: Workspace) -> list[Assessment]:
    """Return the assessments, oldest first."""
    with geopackage.reading(workspace.path) as connection:
        return _assessments(connection)


def read_assessment(workspace: Workspace, assessment_id: str) -> Assessment:
    """
    Return one assessment.

    Raises
    ------
    SettingError
        ``assessment_unknown``, with the ids there are.
    """
    with geopackage.reading(workspace.path) as connection:
        return require_assessment(connection, assessment_id)


def read_assessment_steps(workspace: Workspace, assessment_id: str) -> pd.DataFrame:
    """Return at, who, was, now, issue, until, document_no, digest, why of each step, oldest first."""
    with geopackage.reading(workspace.path) as connection:
        require_assessment(connection, assessment_id)
        rows = connection.execute(
            f"SELECT {_STEP_COLUMNS} FROM assessment_steps WHERE assessment_id = ? ORDER BY fid",
            (assessment_id,),
        ).fetchall()
    return pd.DataFrame(rows, columns=_STEP_COLUMNS.split(", "))


def open_assessment(
    workspace: Workspace,
    *,
    period: str,
    first: dt.date,
    last: dt.date,
    profile: str,
    basis: str = "",
    params: Mapping[str, Any] | None = None,
    who: str = "",
    note: str = "",
) -> str:
    """
    Open the assessment of a period (数据归集), and return its id.

    Raises
    ------
    ConflictError
        ``assessment_exists``: this period has one by the same profile; what is published is corrected by
        `correct_assessment`.
    SettingError
        ``text_personal``.
    """
    require_impersonal(label=who, note=note)
    with geopackage.writing(workspace.path) as connection:
        for other in _assessments(connection):
            if (other.period, other.profile) == (period, profile) and other.status not in (
                DROPPED,
                CORRECTED,
            ):
                raise _exists(other)
        days = {"first": first.isoformat(), "last": last.isoformat()}
        return _insert(
            connection,
            {"period": period, **days, "profile": profile, "basis": basis, "version": 1, "corrects": ""},
            params=params or {},
            who=who,
            note=note,
        )


def correct_assessment(workspace: Workspace, assessment_id: str, *, why: str, who: str = "") -> str:
    """
    Open the next version of an assessment that is out, and return its id.

    The one that is out stands until the new version is published; its files stay for ever.

    Raises
    ------
    SettingError
        ``assessment_unknown``; ``assessment_not_out``: one that was never published is gathered anew instead;
        ``assessment_needs_why``; ``text_personal``.
    ConflictError
        ``assessment_exists``: it is being corrected, or was.
    """
    if not why.strip():
        raise SettingError("assessment_needs_why", assessment=assessment_id)
    require_impersonal(label=who, why=why)
    with geopackage.writing(workspace.path) as connection:
        before = require_assessment(connection, assessment_id)
        if not before.is_out:
            raise SettingError(
                "assessment_not_out", assessment=assessment_id, assessment_status=before.status
            )
        for other in _assessments(connection):
            if other.corrects == assessment_id and other.status != DROPPED:
                raise _exists(other)
        kept = ("period", "first", "last", "profile", "basis")
        return _insert(
            connection,
            {
                **{name: getattr(before, name) for name in kept},
                "version": before.version + 1,
                "corrects": assessment_id,
            },
            params=before.params,
            who=who,
            note=why,
        )


def settle_assessment(
    workspace: Workspace,
    assessment_id: str,
    files: Mapping[str, Mapping[str, bytes]],
    *,
    rev: int,
    who: str = "",
    stamp: str | None = None,
) -> Assessment:
    """
    Freeze what an assessment rests on and what it found (核算确定).

    Parameters
    ----------
    files
        By part (`PARTS`) and name.
    rev
        The revision that was looked at.
    stamp
        `Workspace.stamp` of the tables that it was computed from, if it must still hold.

    Raises
    ------
    ConflictError
        ``assessment_changed``; ``tables_changed``.
    SettingError
        ``assessment_unknown``, ``assessment_step_unknown``, ``text_personal``.
    """
    require_impersonal(label=who)
    with geopackage.writing(workspace.path) as connection:
        if stamp is not None:
            require_stamp(connection, stamp)
        before = require_assessment(connection, assessment_id, rev=rev)
        _require_step(before, SETTLED)
        rows = [
            (assessment_id, part, name, hashlib.sha256(content).hexdigest(), zlib.compress(content, 9))
            for part, held in files.items()
            for name, content in held.items()
        ]
        connection.execute("DELETE FROM assessment_files WHERE assessment_id = ?", (assessment_id,))
        connection.executemany(
            "INSERT INTO assessment_files (assessment_id, part, name, digest, content)"
            " VALUES (?, ?, ?, ?, ?)",
            rows,
        )
        digest = _whole_digest((part, name, held) for _, part, name, held, _ in rows)
        connection.execute(
            "UPDATE assessments SET digest = ? WHERE assessment_id = ?", (digest, assessment_id)
        )
        _move(connection, before, SETTLED, who=who, digest=digest)
        return require_assessment(connection, assessment_id)


def step_assessment(
    workspace: Workspace,
    assessment_id: str,
    to: str,
    *,
    rev: int,
    who: str = "",
    issue: str = "",
    until: str = "",
    document_no: str = "",
    why: str = "",
    open_objections: int = 0,
) -> Assessment:
    """
    Bring an assessment to its next status.

    A 终报 goes out after the 核对: its last day is over, and each objection has been answered; a 快报 may go
    out as soon as it is settled, and is looked at by the villages then. Publishing a version takes the place
    of the one that it corrects. Going back to 数据归集 lets go of what was frozen: the next settling freezes
    anew.

    Parameters
    ----------
    to
        One of its `steps`; `settle_assessment` leads to settled.
    rev
        The revision that was looked at.
    issue
        flash or final, which ``published`` needs.
    until
        The last day of the 核对 (ISO), which ``review`` needs.
    document_no, why
        The document (文号) it goes out by; the reason, which ``dropped`` and going back need.
    open_objections
        How many are not answered.

    Raises
    ------
    ConflictError
        ``assessment_changed``; ``review_open`` with the last day; ``objections_open`` with their number.
    SettingError
        ``assessment_unknown``, ``assessment_status_unknown``, ``assessment_step_unknown``,
        ``assessment_needs_issue``, ``assessment_needs_until``, ``assessment_needs_why``, ``text_personal``.
    """
    if to not in STATUSES:
        raise SettingError("assessment_status_unknown", found=to, known=", ".join(STATUSES))
    require_impersonal(label=who, why=why)
    with geopackage.writing(workspace.path) as connection:
        before = require_assessment(connection, assessment_id, rev=rev)
        _require_step(before, to)
        if to == SETTLED:
            raise SettingError("assessment_step_unknown", **_step_facts(before, to))
        if to in (DROPPED, GATHERING) and not why.strip():
            raise SettingError("assessment_needs_why", assessment=assessment_id)
        if to == REVIEW:
            until = _day(until, assessment_id)
        if to == PUBLISHED:
            _require_ready(before, issue, open_objections)
        changed = {"issue": issue if to == PUBLISHED else before.issue, "until": until or before.until}
        if to == GATHERING:
            changed |= {"until": "", "digest": ""}
            connection.execute("DELETE FROM assessment_files WHERE assessment_id = ?", (assessment_id,))
        _set(connection, assessment_id, changed)
        digest = "" if to == GATHERING else before.digest
        said = {"issue": changed["issue"], "until": until, "document_no": document_no.strip(), "why": why}
        _move(connection, before, to, who=who, digest=digest, **said)
        if to == PUBLISHED and before.corrects:
            held = require_assessment(connection, before.corrects)
            _move(connection, held, CORRECTED, who=who, digest=held.digest, why=assessment_id)
        return require_assessment(connection, assessment_id)


def read_assessment_files(workspace: Workspace, assessment_id: str, part: str) -> dict[str, bytes]:
    """
    Return the frozen files of a part by name, each as it was, checked by its SHA-256.

    Raises
    ------
    SettingError
        ``assessment_unknown``; ``assessment_not_settled`` where nothing is frozen.
    FileError
        ``assessment_damaged``, naming the file whose bytes are no longer those that were frozen.
    """
    with geopackage.reading(workspace.path) as connection:
        held = require_assessment(connection, assessment_id)
        rows = connection.execute(
            "SELECT part, name, digest, content FROM assessment_files WHERE assessment_id = ? ORDER BY fid",
            (assessment_id,),
        ).fetchall()
    if not held.digest:
        raise SettingError("assessment_not_settled", assessment=assessment_id, assessment_status=held.status)
    if _whole_digest((of, name, digest) for of, name, digest, _ in rows) != held.digest:
        raise FileError("assessment_damaged", assessment=assessment_id, file=", ".join(r[1] for r in rows))
    found = {}
    for of, name, digest, packed in rows:
        if of == part:
            if (content := _unpacked(packed, digest)) is None:
                raise FileError("assessment_damaged", assessment=assessment_id, file=name)
            found[name] = content
    return found


def require_assessment(
    connection: sqlite3.Connection, assessment_id: str, *, rev: int | None = None
) -> Assessment:
    """
    Return an assessment inside the caller's transaction, of the revision that was looked at.

    Raises
    ------
    SettingError
        ``assessment_unknown``.
    ConflictError
        ``assessment_changed``: somebody took a step since `rev`.
    """
    held = {found.assessment_id: found for found in _assessments(connection)}
    if assessment_id not in held:
        raise SettingError("assessment_unknown", assessment=assessment_id, known=list(held))
    found = held[assessment_id]
    if rev is not None and found.rev != rev:
        raise ConflictError("assessment_changed", assessment=assessment_id, assessment_status=found.status)
    return found


def _assessments(connection: sqlite3.Connection) -> list[Assessment]:
    names = _COLUMNS.split(", ")
    rows = connection.execute(f"SELECT {_COLUMNS} FROM assessments ORDER BY fid").fetchall()
    return [
        Assessment(**{**(row := dict(zip(names, values, strict=True))), "params": json.loads(row["params"])})
        for values in rows
    ]


def _insert(
    connection: sqlite3.Connection,
    fields: Mapping[str, Any],
    *,
    params: Mapping[str, Any],
    who: str,
    note: str,
) -> str:
    assessment_id = f"A{geopackage.next_fid(connection, 'assessments')}"
    row = {
        "assessment_id": assessment_id,
        **fields,
        "status": GATHERING,
        "issue": "",
        "until": "",
        "rev": 1,
        "author": who,
        "created": now(),
        "note": note,
        "params": as_json(dict(params)),
        "digest": "",
    }
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO assessments ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    _add_step(connection, assessment_id, was="", now_=GATHERING, who=who, why=note)
    return assessment_id


def _move(connection: sqlite3.Connection, before: Assessment, to: str, *, who: str, **said: str) -> None:
    _set(connection, before.assessment_id, {"status": to, "rev": before.rev + 1})
    _add_step(connection, before.assessment_id, was=before.status, now_=to, who=who, **said)


def _set(connection: sqlite3.Connection, assessment_id: str, fields: Mapping[str, Any]) -> None:
    assigned = ", ".join(f"{name} = ?" for name in fields)
    connection.execute(
        f"UPDATE assessments SET {assigned} WHERE assessment_id = ?", (*fields.values(), assessment_id)
    )


def _add_step(
    connection: sqlite3.Connection, assessment_id: str, *, was: str, now_: str, who: str, **said: str
) -> None:
    row = {
        "assessment_id": assessment_id,
        "at": now(),
        "who": who,
        "was": was,
        "now": now_,
        **{name: said.get(name, "") for name in ("issue", "until", "document_no", "digest", "why")},
    }
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO assessment_steps ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
    )
    told = {name: text for name, text in said.items() if text and name != "why"}
    record(connection, "assessment", assessment_id, who=who, was=was, now=now_, **told)


def _require_step(before: Assessment, to: str) -> None:
    if to not in before.steps:
        raise SettingError("assessment_step_unknown", **_step_facts(before, to))


def _step_facts(before: Assessment, to: str) -> dict[str, Any]:
    return {
        "assessment": before.assessment_id,
        "assessment_status": before.status,
        "assessment_step": to,
        "assessment_steps": before.steps or None,
    }


def _require_ready(before: Assessment, issue: str, open_objections: int) -> None:
    """Raise unless an assessment may go out as the kind of report that is asked."""
    if issue not in ISSUES:
        raise SettingError("assessment_needs_issue", found=issue, known=", ".join(ISSUES))
    if issue == FLASH:
        return
    if before.status != REVIEW:
        raise SettingError("assessment_step_unknown", **_step_facts(before, PUBLISHED))
    if this_day().isoformat() <= before.until:
        raise ConflictError("review_open", assessment=before.assessment_id, until=before.until)
    if open_objections:
        raise ConflictError("objections_open", assessment=before.assessment_id, count=open_objections)


def _day(text: str, assessment_id: str) -> str:
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError as fault:
        raise SettingError("assessment_needs_until", assessment=assessment_id, found=text) from fault
    if day < this_day():
        raise SettingError("assessment_needs_until", assessment=assessment_id, found=text)
    return day.isoformat()


def _exists(other: Assessment) -> ConflictError:
    facts: dict[str, Any] = {"period": other.period, "assessment_status": other.status}
    return ConflictError("assessment_exists", assessment=other.assessment_id, **facts)


def _whole_digest(files: Iterable[tuple[str, str, str]]) -> str:
    """Return the SHA-256 over parts, names and digests of files, in the order of their names."""
    lines = "".join(f"{part}/{name} {digest}\n" for part, name, digest in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _unpacked(packed: bytes, digest: str) -> bytes | None:
    """Return a file as it was frozen, None where it is no longer that."""
    try:
        content = zlib.decompress(packed)
    except zlib.error:
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None
