"""
Benchmark weeks of patrols: public periodic routing instances, and four weeks of the sample's villages.

Run `python benchmarks/weeks.py FOLDER` (some 15 minutes; without a folder it looks where
GRIDBEAT_TEST_DATA says). `--only instances`, `weeks`, `knob` or `replan` runs a part.

Instances (`PVRP/p01.txt`, `p11.txt`; Cordeau's format): customers become stops, vehicles teams, demands
loads, lists of days patterns; what is asked is least travel. The best value known is told to nobody; each
plan is checked, and its length worked out anew from the coordinates.

Four weeks: the sample's 338 villages, 15 minutes each, one visit a week, two to seven days apart; its 30
squads at their posts, 8 hours a day, by car on the sample's roads; all of it as in `benchmarks/patrols.py`.
The hours are set against the sum of days that are each planned alone for the same visits (`plan_day`, which
may not move a visit to another day): what is lost to the days' being searched together.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from patrols import sample_day

from geo.travel_times import TravelTimes
from planning.patrol.params import TRAVEL, Limits
from planning.patrol.period.building import ABSENCE_COLUMNS, AWAY
from planning.patrol.period.problem import PeriodParams, PeriodPlan, PeriodProblem
from planning.patrol.period.replanning import replan
from planning.patrol.period.solving import plan_period
from planning.patrol.plan import DayProblem
from planning.patrol.solving import plan_day

BEST_KNOWN = {"p01": 524.61, "p11": 770.89}
SCALE = 100_000
FOR_EVER = 2**33
DAYS, DAY_SECONDS = 28, 2.0


def periodic(path: Path) -> tuple[PeriodProblem, np.ndarray]:
    """Return an instance as weeks of patrols, and the coordinates of depot and customers."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    vehicles, _, days = (int(text) for text in lines[0][1:4])
    rows = lines[1 + days :]
    xy = np.array([[float(x), float(y)] for _, x, y, *_ in rows])
    ms = np.rint(SCALE * np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    labels = pd.Index([str(i) for i in range(len(rows))])
    customers = rows[1:]
    teams = {"start": "0", "travel_mode": "car", "shift_start_ms": 0, "shift_end_ms": FOR_EVER}
    stops = pd.DataFrame(
        {
            "place": labels[1:],
            "dwell_ms": [int(float(row[3])) for row in customers],
            "load": [int(row[4]) for row in customers],
            "windows": [()] * len(customers),
            "priority": 1,
            "skill": "",
        },
        index=labels[1:],
    )
    patterns = [
        tuple(
            tuple(day for day in range(days) if int(code) >> (days - 1 - day) & 1)
            for code in row[7 : 7 + int(row[6])]
        )
        for row in customers
    ]
    every = tuple(range(days))
    promises = {"block": days, "gap_least": 1, "gap_most": 0, "last": 0}
    base = DayProblem(
        force="squad",
        mode="joint",
        teams=pd.DataFrame(
            {**teams, "skills": [()] * vehicles, "capacity": int(lines[1][1])},
            index=[f"v{i}" for i in range(vehicles)],
        ),
        stops=stops,
        travel={"car": TravelTimes(labels=labels, ms=ms)},
        allowed=np.ones((vehicles, len(customers)), dtype=bool),
    )
    problem = PeriodProblem(
        base=base,
        days=pd.DataFrame({"date": [None] * days, "half": ""}),
        promises=pd.DataFrame(
            {
                "visits": [int(row[5]) for row in customers],
                **promises,
                "service": [every] * len(customers),
                "patterns": patterns,
            },
            index=stops.index,
        ),
        absences=pd.DataFrame(columns=[*ABSENCE_COLUMNS]),
    )
    return problem, xy


def length(plan: PeriodPlan, xy: np.ndarray) -> float:
    """Return the length of all rounds, from the coordinates alone."""
    total = 0.0
    for day in plan.days:
        for route in day.routes:
            path = xy[[0, *(int(visit.stop_id) for visit in route.visits), 0]]
            total += float(np.hypot(*np.diff(path, axis=0).T).sum())
    return total


def instances(folder: Path, seconds: float, seeds: int) -> None:
    print("| instance | best known | ours | gap | promises kept | faults | wall s | CPU s |")
    for name, best in BEST_KNOWN.items():
        problem, xy = periodic(folder / "PVRP" / f"{name}.txt")
        for seed in range(1, seeds + 1):
            began, cpu = time.monotonic(), time.process_time()
            plan = plan_period(
                problem, params=PeriodParams(objective=TRAVEL), limits=Limits(seconds=seconds), seed=seed
            )
            wall, cpu = time.monotonic() - began, time.process_time() - cpu
            found = length(plan, xy)
            gap = 100 * (found / best - 1)
            kept = not plan.short
            print(
                f"| {name} | {best} | {found:.2f} | {gap:+.2f} % | {kept} | {len(plan.faults)} |"
                f" {wall:.0f} | {cpu:.0f} |",
                flush=True,
            )


def four_weeks(*, visits: int = 1) -> PeriodProblem:
    """Return four weeks of the sample's villages."""
    base = sample_day(1)
    stops = base.stops.assign(windows=[()] * len(base.stops))
    first = dt.date(2026, 12, 1)
    return PeriodProblem(
        base=replace(base, stops=stops),
        days=pd.DataFrame({"date": [first + dt.timedelta(days=n) for n in range(DAYS)], "half": ""}),
        promises=pd.DataFrame(
            {
                "visits": visits,
                "block": 7,
                "gap_least": 2,
                "gap_most": {1: 7, 3: 3}[visits],
                "last": 0,
                "service": [tuple(range(DAYS))] * len(stops),
                "patterns": [()] * len(stops),
            },
            index=stops.index,
        ),
        absences=pd.DataFrame(columns=[*ABSENCE_COLUMNS]),
    )


def alone(problem: PeriodProblem, plan: PeriodPlan) -> float:
    """Return the hours of days that are each planned alone for the same visits."""
    hours = 0.0
    for number, day in enumerate(plan.days):
        due = [visit.stop_id for route in day.routes for visit in route.visits]
        if due:
            best = plan_day(problem.day(number, due), limits=Limits(seconds=DAY_SECONDS))
            hours += sum(route.duration_ms for route in best.routes) / 3_600_000
    return hours


def told(plan: PeriodPlan) -> str:
    figures = plan.summary()
    fair = figures["fairness"]
    return (
        f"{figures['hours']:.1f} | {figures['travel_h']:.1f} | {figures['price_pct']:+.1f} % |"
        f" {figures['overlap']:.0%} | {figures['spread_min']:.0f} | {figures['same_hour']:.0%} |"
        f" {figures['entropy']:.2f} | {figures['longest_shift_h']:.2f} | {fair['teams']}:"
        f" {fair['least_h']:.0f}–{fair['most_h']:.0f} h, Gini {fair['gini']:.2f} |"
        f" {len(plan.short)} | {len(plan.faults)}"
    )


HEAD = (
    "hours | travel h | price | overlap | spread min | same hour | entropy | longest | teams | short | faults"
)


def weeks(seconds: float) -> None:
    print(f"| visits a week | total cap | {HEAD} | days alone h | wall s | CPU s |")
    for visits, total in ((1, None), (1, 20), (3, None)):
        problem = four_weeks(visits=visits)
        params = PeriodParams(total_ms=None if total is None else total * 3_600_000)
        began, cpu = time.monotonic(), time.process_time()
        plan = plan_period(problem, params=params, limits=Limits(seconds=seconds))
        wall, cpu = time.monotonic() - began, time.process_time() - cpu
        print(
            f"| {visits} | {total} | {told(plan)} | {alone(problem, plan):.1f} | {wall:.0f} | {cpu:.0f} |",
            flush=True,
        )


def knob(seconds: float) -> None:
    print(f"| gap most | unpredictable | {HEAD} |")
    for most in (7, 10):
        problem = four_weeks()
        problem = replace(problem, promises=problem.promises.assign(gap_most=most))
        for share in (0.0, 0.25, 0.5, 1.0):
            plan = plan_period(
                problem, params=PeriodParams(unpredictable=share), limits=Limits(seconds=seconds)
            )
            print(f"| {most} | {share} | {told(plan)} |", flush=True)


def dropping_out(seconds: float) -> None:
    print(
        "| visits a week | its visits | moved | share | other day | short | faults | hours | wall s | CPU s |"
    )
    for visits in (1, 3):
        problem = four_weeks(visits=visits)
        plan = plan_period(problem, limits=Limits(seconds=seconds))
        # The first Wednesday on which anybody goes out, and whoever has most to do then.
        day = next(n for n in range(1, DAYS) if plan.days[n].routes)
        team = max(plan.days[day].routes, key=lambda route: len(route.visits))
        away = pd.DataFrame([(team.team_id, day, "", AWAY)], columns=[*ABSENCE_COLUMNS])
        began, cpu = time.monotonic(), time.process_time()
        found = replan(replace(problem, absences=away), plan, from_day=day)
        wall, cpu = time.monotonic() - began, time.process_time() - cpu
        other = int((found.changes["what"] == "other_day").sum())
        hours = f"{plan.summary()['hours']:.1f} → {found.plan.summary()['hours']:.1f}"
        print(
            f"| {visits} | {len(team.visits)} | {found.moved} of {found.of} | {found.share:.2%} | {other} |"
            f" {len(found.plan.short)} | {len(found.plan.faults)} | {hours} | {wall:.1f} | {cpu:.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    folder = Path(os.environ.get("GRIDBEAT_TEST_DATA", ".")) / "routing"
    parser.add_argument("folder", nargs="?", type=Path, default=folder)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", choices=("instances", "weeks", "knob", "replan"))
    asked = parser.parse_args()
    if asked.only in (None, "instances"):
        instances(asked.folder, asked.seconds, asked.seeds)
    if asked.only in (None, "weeks"):
        weeks(asked.seconds)
    if asked.only in (None, "knob"):
        knob(asked.seconds / 2)
    if asked.only in (None, "replan"):
        dropping_out(asked.seconds / 4)


if __name__ == "__main__":
    main()
