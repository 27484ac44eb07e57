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
from tests.data.labelled_columns import HELD_OUT, TUNING, LabelledColumn, labelled_columns


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


def main() -> None:
    for title, vocabulary in (("tuning", TUNING), ("held out", HELD_OUT)):
        found = judged(labelled_columns(vocabulary, seed=7))
        print(f"\n## {title}\n\n{figures(found)}\n\n{by_kind(found).round(3).to_string()}\n")
        missed = found[(found["label"] == "personal") & ~found["certain"] & found["telling"]]
        alarms = found[(found["label"] != "personal") & found["noticed"]]
        for group, rows in (("not certain", missed), ("noticed on places", alarms)):
            print(group)
            for row in rows.itertuples():
                print(f"  {row.name} | {row.label} {row.kind} | {row.trap} | {row.verdict}")
    columns = [column for column in labelled_columns(HELD_OUT, seed=8, rounds=1) if len(column.values) > 30][
        ::9
    ]
    sample = pd.DataFrame(
        {
            str(i): list(c.values.astype(str).sample(2000, replace=True, random_state=1))
            for i, c in enumerate(columns)
        }
    )
    start = time.perf_counter()
    judge_columns(sample)
    took = time.perf_counter() - start
    print(f"{sample.shape[1]} columns × {len(sample)}: {took:.3f} s")
    clean = pd.Series([f"{c}第{i}网格" for i, c in enumerate(HELD_OUT.stems * 2778)])
    start = time.perf_counter()
    hits = personal_cells(clean).notna().sum()
    print(f"{len(clean):,} clean cells: {time.perf_counter() - start:.3f} s, {hits} found")


if __name__ == "__main__":
    main()
