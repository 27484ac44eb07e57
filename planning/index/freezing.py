"""
A safety index as files that never change, and back: what it was computed from, and what it found.

Inputs are plain tables (CSV) with the profile beside them, so that whoever has them can compute it again;
what was found is kept in full (Parquet, JSON), so that it is read as it was told, whatever later versions of
the program would compute.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.assessments import INPUTS
from geo.errors import Reason
from planning.index.editions import suppressed
from planning.index.index import EXTERNAL, INTERNAL, SafetyIndex, index_of
from planning.index.panel import Panel, Span
from planning.index.places import ABOUT, CLASS
from planning.index.points import Points
from planning.index.profile_reading import read_profile
from planning.periods import Period

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planning.index.index import Edition

_VILLAGE_ID, _SPAN, _INDICATOR, _COUNT, _EXPOSURE = "village_id", "span", "indicator", "count", "exposure"
_TEXTS = (_VILLAGE_ID, _SPAN, _INDICATOR, *ABOUT, CLASS)
_FRAMES = ("villages", "indicators", "lines", "yardsticks")
# What is shown of an index that is opened again is what was frozen: no doubt is drawn anew.
_NO_RUNS = 1


def frozen(index: SafetyIndex, profile_text: bytes, *, seed: int) -> dict[str, dict[str, bytes]]:
    """
    Return an index as files by part (inputs, internal, external) and name; the same index, the same bytes.

    Parameters
    ----------
    index
        The internal edition; the external one is made of it.
    profile_text
        The profile's TOML, as it was read.
    seed
        That it was computed with.
    """
    return {
        INPUTS: _input_files(index, profile_text, seed),
        INTERNAL: _found_files(index),
        EXTERNAL: _found_files(suppressed(index)),
    }


def thawed(inputs: Mapping[str, bytes], found: Mapping[str, bytes], *, edition: Edition) -> SafetyIndex:
    """
    Return an index as it was frozen.

    Parameters
    ----------
    inputs
        The files of the part ``inputs``.
    found
        The files of the part of the edition.
    """
    index = index_of(frozen_panel(inputs), runs=_NO_RUNS)
    index = suppressed(index) if edition == EXTERNAL else index
    frames = {name: pd.read_parquet(io.BytesIO(found[f"{name}.parquet"])) for name in _FRAMES}
    about = json.loads(found["about.json"])
    villages = frames["villages"]
    # What a program told that was older than a figure is not known of it.
    villages = villages.reindex(columns=[*villages, *index.villages.columns.difference(villages.columns)])
    pillars = villages.filter(regex="^points_(?!grade$|coverage$)")
    return replace(
        index,
        villages=villages,
        indicators=frames["indicators"],
        points=Points(
            total=villages["points"],
            pillars=pillars.rename(columns=lambda name: name.removeprefix("points_")),
            vetoed=villages["vetoed"],
            coverage=villages["points_coverage"],
            lines=frames["lines"],
        ),
        yardsticks=frames["yardsticks"],
        runs=(about["runs"], about["runs_graded"]),
        edition=edition,
        notes=_notes(about["notes"]),
    )


def computed_again(inputs: Mapping[str, bytes]) -> SafetyIndex:
    """Return the internal index as this version of the program computes it from frozen inputs."""
    about = json.loads(inputs["about.json"])
    return index_of(frozen_panel(inputs), runs=about["runs"], seed=about["seed"])


def frozen_panel(inputs: Mapping[str, bytes]) -> Panel:
    """Return the panel that frozen inputs hold."""
    about = json.loads(inputs["about.json"])
    villages = _csv(inputs["villages.csv"]).set_index(_VILLAGE_ID)
    counts = _csv(inputs["counts.csv"])
    spans = {
        name: Span(
            days=_period(days),
            counts=_wide(counts[counts[_SPAN] == name], _COUNT, villages.index, about["indicators"]),
            exposure=_wide(counts[counts[_SPAN] == name], _EXPOSURE, villages.index, about["indicators"]),
        )
        for name, days in about["spans"]
    }
    carried = _csv(inputs["carried.csv"]).set_index(_VILLAGE_ID).astype(bool)
    return Panel(
        villages=villages,
        spans=spans,
        carried=carried,
        period=_period(about["period"]),
        basis=about["basis"],
        profile=read_profile(inputs["profile.toml"]),
        notes=_notes(about["notes"]),
    )


def _input_files(index: SafetyIndex, profile_text: bytes, seed: int) -> dict[str, bytes]:
    panel = index.panel
    about = {
        "period": _days(panel.period),
        "basis": panel.basis,
        "seed": seed,
        "runs": index.runs[0],
        "spans": [[name, _days(span.days)] for name, span in panel.spans.items()],
        "indicators": [*next(iter(panel.spans.values())).counts.columns],
        "notes": _plain_notes(panel.notes),
    }
    counts = pd.concat([_long(name, span) for name, span in panel.spans.items()], ignore_index=True)
    return {
        "profile.toml": profile_text,
        "about.json": _json(about),
        "villages.csv": _csv_bytes(panel.villages.rename_axis(_VILLAGE_ID).reset_index()),
        "counts.csv": _csv_bytes(counts),
        "carried.csv": _csv_bytes(panel.carried.astype(int).rename_axis(_VILLAGE_ID).reset_index()),
    }


def _found_files(index: SafetyIndex) -> dict[str, bytes]:
    frames = (index.villages, index.indicators, index.points.lines, index.yardsticks)
    about = {
        **index.summary(),
        "runs": index.runs[0],
        "runs_graded": index.runs[1],
        "notes": _plain_notes(index.notes),
    }
    files = {f"{name}.parquet": _parquet(frame) for name, frame in zip(_FRAMES, frames, strict=True)}
    return {**files, "about.json": _json(about)}


def _long(name: str, span: Span) -> pd.DataFrame:
    """Return a span as rows of village, indicator, count and exposure, where any of the two is known."""
    known = pd.DataFrame(
        {_COUNT: span.counts.stack(future_stack=True), _EXPOSURE: span.exposure.stack(future_stack=True)}
    ).dropna(how="all")
    rows = known.rename_axis([_VILLAGE_ID, _INDICATOR]).reset_index()
    rows.insert(0, _SPAN, name)
    return rows


def _wide(rows: pd.DataFrame, value: str, villages: pd.Index, indicators: list[str]) -> pd.DataFrame:
    found = rows.pivot(index=_VILLAGE_ID, columns=_INDICATOR, values=value)
    wide = found.reindex(index=villages, columns=indicators).astype(float)
    wide.columns.name = None
    return wide


def _days(period: Period) -> dict[str, str]:
    return {"first": period.first.isoformat(), "last": period.last.isoformat(), "kind": period.kind}


def _period(days: Mapping[str, Any]) -> Period:
    first, last = (dt.date.fromisoformat(days[name]) for name in ("first", "last"))
    return Period(first=first, last=last, kind=days["kind"])


def _plain_notes(notes: tuple[Reason, ...]) -> list[dict[str, Any]]:
    return [{"code": note.code, "facts": dict(note.facts)} for note in notes]


def _notes(plain: list[dict[str, Any]]) -> tuple[Reason, ...]:
    notes = []
    for note in plain:
        code, facts = note["code"], note["facts"]
        told = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
        notes.append(Reason(code, told))
    return tuple(notes)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)


def _csv_bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _csv(content: bytes) -> pd.DataFrame:
    """Return a table; columns beyond the known texts are numbers, which come back to the last bit."""
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    for name in table.columns.difference([*_TEXTS]):
        values = table[name].replace("", "nan").to_numpy(dtype=object)
        table[name] = values.astype(float)
    return table


def _parquet(frame: pd.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.to_parquet(held, compression="zstd")
    return held.getvalue()
