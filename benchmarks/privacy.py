"""
Measure the privacy guard on columns whose content is known.

Run `python benchmarks/privacy.py`; it prints a markdown table. The guard was tuned on one vocabulary;
the other shares no word with it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.privacy import judge, judge_columns, personal_cells
from tests.data.labelled_columns import HELD_OUT, TUNING, LabelledColumn, harsh_columns, labelled_columns


def judged(columns: list[LabelledColumn]) -> pd.DataFrame:
    """Return a row for each column: what it is, and what the guard says."""
    rows = []
    for column in columns:
        verdict = judge(column.name, column.values, field=column.field)
        rows.append(
            {
                "name": column.name,
                "label": column.label,
                "kind": column.kind,
                "telling": column.telling,
                "trap": column.trap,
                "certain": verdict is not None and verdict.certain,
                "noticed": verdict is not None,
                "verdict": verdict,
            }
        )
    return pd.DataFrame(rows)


def by_kind(found: pd.DataFrame) -> pd.DataFrame:
    """Return recall per kind of personal column."""
    personal = found[found["label"] == "personal"]
    telling = personal[personal["telling"]]
    table = personal.groupby("kind").agg(columns=("name", "size"), noticed=("noticed", "mean"))
    return table.assign(certain=telling.groupby("kind")["certain"].mean())


def figures(found: pd.DataFrame) -> dict[str, float]:
    """Return recall, and false alarms on places."""
    personal, places = found[found["label"] == "personal"], found[found["label"] != "personal"]
    plain = found[found["label"] == "place"]
    return {
        "personal": len(personal),
        "noticed": personal["noticed"].mean(),
        "certain": personal.loc[personal["telling"], "certain"].mean(),
        "places": len(places),
        "false_certain": places["certain"].mean(),
        "doubtful": plain["noticed"].mean() - plain["certain"].mean(),
    }


SETS = {
    "tuning": lambda: labelled_columns(TUNING, seed=7),
    "held out": lambda: labelled_columns(HELD_OUT, seed=7),
    "harsh": harsh_columns,
}


def table() -> str:
    """Return recall and false alarms of every set, in markdown."""
    lines = [
        "| set | personal columns | noticed | certain, where telling | other columns | falsely certain "
        "| doubtful |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, drawn in SETS.items():
        found = figures(judged(drawn()))
        shares = {name: "–" if value != value else f"{value:.1%}" for name, value in found.items()}
        lines.append(
            f"| {title} | {found['personal']} | {shares['noticed']} | {shares['certain']} "
            f"| {found['places']} | {shares['false_certain']} | {shares['doubtful']} |"
        )
    return "\n".join(lines)


def seconds_for_columns() -> tuple[int, float]:
    """Return how many columns of 2,000 values were judged, and in how many seconds."""
    drawn = [column for column in labelled_columns(HELD_OUT, seed=8, rounds=1) if len(column.values) > 30]
    sample = pd.DataFrame(
        {
            str(at): list(column.values.astype(str).sample(2000, replace=True, random_state=1))
            for at, column in enumerate(drawn[:: len(drawn) // 30][:30])
        }
    )
    start = time.perf_counter()
    judge_columns(sample)
    return sample.shape[1], time.perf_counter() - start


def seconds_for_cells() -> float:
    """Return the seconds for 100,000 distinct clean cells."""
    cells = pd.Series([f"{HELD_OUT.stems[at % 30]}第{at}网格" for at in range(100_000)])
    start = time.perf_counter()
    personal_cells(cells)
    return time.perf_counter() - start


def main() -> None:
    print(table(), end="\n\n")
    for title, drawn in SETS.items():
        found = judged(drawn())
        print(f"{title}\n{by_kind(found).round(3).to_string()}")
        wrong = found[
            ((found["label"] == "personal") & ~found["certain"] & (found["telling"] | ~found["noticed"]))
            | ((found["label"] == "place") & found["noticed"])
            | ((found["label"] == "either") & found["certain"])
        ]
        print(
            *(f"  {row.label} {row.name}: {row.trap}: {row.verdict}" for row in wrong.itertuples()), sep="\n"
        )
    columns, took = seconds_for_columns()
    print(f"{columns} columns × 2,000 values: {took:.3f} s; 100,000 clean cells: {seconds_for_cells():.3f} s")


if __name__ == "__main__":
    main()
