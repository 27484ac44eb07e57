"""
Benchmark redrawing zones beside the engines that people would use instead, in one run.

Run `python benchmarks/redraw.py` (some 12 minutes; `--quick` for one of them); it needs the extra `peers`
and prints markdown tables, and JSON lines into `--out`. Two districts: the sample at grid level, and
15,000 Voronoi grids in 1,500 zones that grew unevenly. Every engine runs alone in a process of its own, one
after another, imports and numba's compiling before the clock starts, and is stopped when its time is up.
Every plan, ours too, is measured by one function that knows no engine (`redraw_measures.measure`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from redraw_instances import Instance, large, sample
from redraw_measures import measure
from redraw_peers import METHODS, Plan

OURS = "GridBeat"
QUICK = ("METIS", "from today", OURS)
GRACE_S, POLL_S = 60.0, 0.05
TABLE = (
    "| engine | cannot be told | seconds | best after s | peak MB | max deviation % | CV % | Gini |"
    " PP mean | PP min | cut edges | moved % | contiguous | zones across stations |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)
VERDICT = (
    "| peer | its max deviation % | better CV and change | and PP | and cut edges | all | its best after s |"
    " our time / its |\n|---|---|---|---|---|---|---|---|"
)


class ChildrenMemory(threading.Thread):
    """Watches how much the worker processes of this process hold together, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._over = threading.Event()

    def run(self) -> None:
        """Look again and again until told to stop."""
        while not self._over.wait(POLL_S):
            self.peak = max(self.peak, sum(_resident(child) for child in _descendants(os.getpid())))

    def stop(self) -> int:
        """Stop, and return the largest sum seen."""
        self._over.set()
        self.join()
        return self.peak


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _resident(process: int | str, line: str = "VmRSS") -> int:
    """Return a line of Linux's account of a process, in bytes; 0 where there is none."""
    with suppress(OSError):
        found = re.search(rf"{line}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def run_one(name: str, path: Path, seconds: float, seed: int, out: Path) -> None:
    """Run one engine in this process, and leave its plans and what they took in `out`."""
    method = METHODS[name]
    clock = time.perf_counter()
    for module in method.modules:
        importlib.import_module(module)
    imported = time.perf_counter() - clock
    instance: Instance = pickle.loads(path.read_bytes())
    clock = time.perf_counter()
    if method.warm:
        method.warm()
    warmed = time.perf_counter() - clock
    before = _resident("self")
    with suppress(OSError):
        # The mark starts anew: what imports took is not the engine's.
        Path("/proc/self/clear_refs").write_text("5")
    children = ChildrenMemory()
    children.start()
    wall, cpu = time.perf_counter(), os.times()
    plans = method.run(instance, seconds, seed)
    took, after = time.perf_counter() - wall, os.times()
    facts = {
        "seconds": took,
        "cpu_seconds": sum(after[:4]) - sum(cpu[:4]),
        "import_seconds": imported,
        "compile_seconds": warmed,
        "peak_mb": (_resident("self", "VmHWM") - before + children.stop()) / 1e6,
    }
    out.write_bytes(pickle.dumps((facts, plans)))


def apart(name: str, path: Path, seconds: float, seed: int) -> tuple[dict[str, Any], list[Plan]]:
    """Run one engine in a process of its own; facts hold ``fault`` where it gave nothing."""
    out = path.with_suffix(".plans")
    out.unlink(missing_ok=True)
    command = [sys.executable, __file__, "--one", name, str(path), str(seconds), str(seed), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + GRACE_S)
    except subprocess.TimeoutExpired:
        return {"fault": f"not stopped {GRACE_S:.0f} s after its time"}, []
    if done.returncode:
        return {"fault": (done.stderr.strip().splitlines() or ["?"])[-1][:200]}, []
    facts, plans = pickle.loads(out.read_bytes())
    return facts if plans else {**facts, "fault": f"no plan in {seconds:.0f} s"}, plans


def row_of(name: str, lacks: str, record: dict[str, Any]) -> str:
    """Return a row of the table."""
    if "fault" in record:
        spent = _seconds(record.get("seconds"))
        return f"| {name} | {lacks} | {spent} | | | {record['fault']} | | | | | | | | |"
    broken = record["pieces"] or record["zones"] != record["wanted"]
    contiguous = f"no: {record['zones']} zones, {record['pieces']} parts too many" if broken else "yes"
    peak = f"{record['peak_mb']:.0f}" if "peak_mb" in record else ""
    return (
        f"| {name} | {lacks} | {_seconds(record.get('seconds'))} | {_seconds(record.get('found_s'))} |"
        f" {peak} |"
        f" {100 * record['max_deviation']:.1f} | {100 * record['cv']:.2f} | {record['gini']:.3f} |"
        f" {record['polsby_popper']:.3f} | {record['polsby_popper_min']:.3f} | {record['cut_edges']:,} |"
        f" {100 * record['moved']:.1f} | {contiguous} | {record['crossing']} |"
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def compare(
    instance: Instance, limits: dict[str, float], options: argparse.Namespace
) -> list[dict[str, Any]]:
    """Run every engine on one district; print its table, and return a record per plan."""
    print(f"\n### {instance.name}: {instance.grids:,} grids, {instance.zones:,} zones\n\n{TABLE}")
    today = {"engine": "today", "wanted": instance.zones, **measure(instance, instance.today)}
    print(row_of("today", "", today), flush=True)
    records = [today]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance"
        path.write_bytes(pickle.dumps(instance))
        for name, method in METHODS.items():
            if not any(part in name for part in options.only):
                continue
            if method.sample_only and instance.name != "sample":
                continue
            limit = limits["own" if name.startswith(OURS) else "peers"]
            facts, plans = apart(name, path, limit, options.seed)
            about = {"engine": name, "wanted": instance.zones, "limit": limit, **facts}
            found = (
                [about]
                if not plans
                else [
                    {
                        **about,
                        "plan": plan.name,
                        "found_s": plan.found_s,
                        "steps": plan.steps,
                        **measure(instance, plan.labels),
                    }
                    for plan in plans
                ]
            )
            for record in found:
                print(row_of(_title(record), method.lacks, record), flush=True)
            records += found
    return [{"district": instance.name, "seed": options.seed, **record} for record in records]


def _title(record: dict[str, Any]) -> str:
    return f"{record['engine']}: {record['plan']}" if record.get("plan") else str(record["engine"])


def verdict(records: list[dict[str, Any]]) -> list[str]:
    """
    Return markdown rows: which members of our front are better than each plan of the others.

    Better is strictly: a smaller CV, less workload moved, and a better shape, said apart for the mean
    Polsby–Popper and for cut edges. Where a peer keeps inside stations, the members must too. The ratio
    of times is our whole front's over the time after which the peer had found its best, not its limit.
    """
    drawn = [record for record in records if "cv" in record and record["engine"] != "today"]
    front = [record for record in drawn if record["engine"].startswith(OURS)]
    rows = []
    for peer in (record for record in drawn if not record["engine"].startswith(OURS)):
        able = [own for own in front if not own["pieces"] and own["zones"] == own["wanted"]]
        if not peer["crossing"]:
            able = [own for own in able if not own["crossing"]]
        wins = [(own, _wins(own, peer)) for own in able]
        fair = [(own, won) for own, won in wins if won >= {"CV", "change"}]
        best = [own for own, won in fair if won >= {"PP", "cut edges"}]
        spent = peer["found_s"]
        ratio = f"{best[0]['seconds'] / spent:.2f}" if best and spent else "–"
        columns = (
            _names([own for own, _ in fair]),
            _names([own for own, won in fair if "PP" in won]),
            _names([own for own, won in fair if "cut edges" in won]),
            _names(best) if best else _nearest(wins),
        )
        off = f"{100 * peer['max_deviation']:.1f}"
        rows.append(f"| {peer['engine']} | {off} | {' | '.join(columns)} | {_seconds(spent)} | {ratio} |")
    return rows


def _wins(own: dict[str, Any], peer: dict[str, Any]) -> set[str]:
    """Return the criteria in which our plan is strictly better."""
    better = {
        "CV": own["cv"] < peer["cv"],
        "change": own["moved"] < peer["moved"],
        "PP": own["polsby_popper"] > peer["polsby_popper"],
        "cut edges": own["cut_edges"] < peer["cut_edges"],
    }
    return {name for name, won in better.items() if won}


def _nearest(wins: list[tuple[dict[str, Any], set[str]]]) -> str:
    """Return which of our plans is better in most criteria, and in which it is not."""
    if not wins:
        return "none"
    own, won = max(wins, key=lambda pair: len(pair[1]))
    lost = sorted({"CV", "change", "PP", "cut edges"} - won)
    return f"none; {_names([own])} but for {', '.join(lost)}"


def _names(members: list[dict[str, Any]]) -> str:
    return ", ".join(str(member.get("plan") or member["engine"]) for member in members) or "none"


def versions() -> str:
    """Return what was measured."""
    names = ("gerrychain", "pymetis", "spopt", "numba", "numpy")
    try:
        return ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as fault:
        raise SystemExit(f'{fault.name} is missing: pip install -c constraints.txt -e ".[peers]"') from fault


def parsed() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of each peer on the sample")
    parser.add_argument("--large-limit", type=float, default=15.0, help="seconds of each peer on the other")
    parser.add_argument("--own-limit", type=float, default=6.0, help="seconds of our front on the sample")
    parser.add_argument(
        "--own-large-limit", type=float, default=45.0, help="seconds of our front on the other"
    )
    parser.add_argument("--quick", action="store_true", help="the sample alone, fewer engines, 8 s each")
    parser.add_argument("--districts", nargs="+", choices=("sample", "large"), default=["sample", "large"])
    parser.add_argument("--only", nargs="+", default=[""], help="engines whose name holds one of these")
    parser.add_argument("--workspace", type=Path, help="a sample made before")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "redraw.jsonl"))
    parser.add_argument("--one", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.limit, options.districts = 8.0, ["sample"]
        options.only = list(QUICK) if options.only == [""] else options.only
    return options


def main() -> None:
    """Print the tables, or run one engine."""
    options = parsed()
    if options.one:
        name, path, seconds, seed, out = options.one
        run_one(name, Path(path), float(seconds), int(seed), Path(out))
        return
    began = time.perf_counter()
    print(f"{date.today()}, {os.cpu_count()} cores, {versions()}, seed {options.seed}")
    made = {"sample": lambda: sample(options.workspace), "large": lambda: large(options.seed)}
    limits = {
        "sample": {"peers": options.limit, "own": options.own_limit},
        "large": {"peers": options.large_limit, "own": options.own_large_limit},
    }
    with options.out.open("w", encoding="utf-8") as lines:
        for district in options.districts:
            records = compare(made[district](), limits[district], options)
            lines.writelines(json.dumps(record, default=_plain) + "\n" for record in records)
            lines.flush()
            print(f"\n{VERDICT}")
            print("\n".join(verdict(records)), flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s in all; plan by plan in {options.out}")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


if __name__ == "__main__":
    main()
