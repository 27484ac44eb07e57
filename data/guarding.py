"""The privacy guard on the way in: what speaks of persons is never read into anything kept, and told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.personal_names import name_log_odds
from data.personal_values import cell_kind, plain_texts
from data.privacy import judge, personal_cells
from data.schemas import DATE, HOUR, TABLES, TIME
from geo.cleaning import WHYS
from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from data.privacy import Verdict
    from data.reporting import Findings, ImportReport

# Up to which share of ids such cells are strays: one in eleven case numbers is a right ID number by chance.
_ODD_SHARE = {"phone": 0.2, "text": 0.2, "id_number": 0.02}
_LONGEST_NAME = 4
# What headers end in, and names seldom.
_OF_THINGS = re.compile(r"[数名号码量程度率额值类型期别级]$")
# Facts that are words of the file.
_FROM_FILES = ("column", "columns", "layer", "value", "id", "ids", "member", "word")
# A moment that is read as one, or not at all, speaks of nobody.
_OF_MOMENTS = (TIME, DATE, HOUR)


@dataclass
class Guard:
    """
    Watches the columns of one import.

    Parameters
    ----------
    mapping
        The table's field → the file's column.
    places
        Columns that look like names of persons and hold names of places: somebody has looked.
    findings
        What is found is added to it.
    """

    mapping: Mapping[str, str]
    places: Collection[str]
    findings: Findings
    _told: set[str] = field(default_factory=set)

    def columns(self, verdicts: Mapping[str, Verdict]) -> None:
        """Tell of the file's personal columns; those that were to be read are faults."""
        read = set(self.mapping.values())
        for column, verdict in verdicts.items():
            if column in read:
                self._refuse(column, verdict)
            elif verdict.certain:
                self.findings.add("note", "column_never_read", column=column, personal_kind=verdict.kind)

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """
        Return rows without the cells that speak of persons.

        Parameters
        ----------
        frame
            The table's fields as columns.
        """
        result = frame.copy()
        for name in frame.columns:
            if name not in _OF_MOMENTS and not pd.api.types.is_numeric_dtype(frame[name]):
                result[name] = self._cells(str(name), frame[name])
        return result

    def _cells(self, name: str, values: pd.Series) -> pd.Series:
        column = self.mapping.get(name, name)
        # The first rows may have looked harmless where later ones do not.
        if verdict := judge(column, values, field=name):
            self._refuse(column, verdict)
        kinds = personal_cells(values, field=name)
        if _is_id(name):
            # Among codes that look otherwise a phone is no code; codes that all look like one are.
            odd = personal_cells(values)
            kinds = (
                odd if odd.notna().mean() < _ODD_SHARE.get(str(odd.dropna().mode().get(0)), 0.0) else kinds
            )
        for kind, count in kinds.value_counts().items():
            self.findings.add("note", "cells_personal", column=column, personal_kind=kind, count=int(count))
        return values.mask(kinds.notna())

    def _refuse(self, column: str, verdict: Verdict) -> None:
        if column in self._told or (column in self.places and not verdict.certain):
            return
        self._told.add(column)
        code = "column_personal" if verdict.certain else "column_doubtful"
        self.findings.add("fault", code, column=column, personal_kind=verdict.kind, share=verdict.share)


def to_be_kept(report: ImportReport) -> dict[str, Any]:
    """
    Return a report as it may stay in the district.

    A table without a header gives its first row for column names, and what a library says of a broken
    file may quote it: names and numbers of persons are blotted out of both.
    """
    kept = {**report.summary(), "file": blotted_file(report.file), "layer": blotted(report.layer)}
    kept["mapping"] = {name: blotted(column) for name, column in report.mapping.items()}
    kept["left_out"] = [blotted(column) for column in report.left_out]
    kept["personal"] = {blotted(column): kind for column, kind in report.personal.items()}
    for finding in kept["findings"]:
        told = {name: fact for name, fact in finding["facts"].items() if name != "why" or fact in WHYS}
        finding["facts"] = {
            name: blotted(fact) if isinstance(fact, str) and name in _FROM_FILES else fact
            for name, fact in told.items()
        }
    return kept


def blotted(text: str) -> str:
    """Return a word out of a file, or stars where it may name a person or hold a number of one."""
    plain = plain_texts(pd.Series([text], dtype=object))[0]
    bare = len(plain) <= _LONGEST_NAME and not _OF_THINGS.search(plain) and name_log_odds(plain) > 0
    return "*" * len(text) if bare or personal_cells(pd.Series([text], dtype="str")).notna().any() else text


def require_impersonal(*, label: str, **texts: str) -> None:
    """
    Raise unless a signature names an account or a post, and texts hold no number of a person.

    Raises
    ------
    SettingError
        ``text_personal``, naming the text alone: what it holds is not passed on.
    """
    if blotted(label) != label:
        raise SettingError("text_personal", text="who")
    for name, text in texts.items():
        if cell_kind(text) is not None:
            raise SettingError("text_personal", text=name)


def blotted_file(name: str) -> str:
    """Return a file's name, or stars and its ending where it may name a person."""
    stem, dot, ending = name.partition(".")
    return f"{blotted(stem)}{dot}{ending}"


def _is_id(name: str) -> bool:
    return any(
        name in table.key or (name in table.columns and table.columns[name].references)
        for table in TABLES.values()
    )
