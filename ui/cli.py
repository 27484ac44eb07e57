"""The terminal door: the same calls as the pages, for scripts and for those who like it better."""

from __future__ import annotations

import sys
from contextlib import suppress

import typer

from ui.doors import (
    actual_patrols,
    assessing,
    changing,
    copies,
    duties,
    editions,
    handover,
    heating,
    indexing,
    layers,
    ledgers,
    map_links,
    nesting,
    patrolling,
    plans,
    redrawing,
    roads,
    rostering,
    scoring,
    serving,
    sheeting,
    speeds,
    street_patrols,
    weeks,
)

door = typer.Typer(
    name="gridbeat",
    help="GridBeat 警格: 警务区、巡防与平安村社规划 / police zones, patrols and village safety.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
# In the order in which the help lists them.
for _name, _command in {
    "sample": layers.sample,
    "import": layers.import_,
    "imports": layers.imports,
    "edition": editions.edition,
    "roads": roads.roads,
    "speeds": speeds.speeds,
    "duty": duties.duty,
    "nest": nesting.nest,
    "score": scoring.score,
    "redraw": redrawing.redraw,
    "drift": scoring.drift,
    "heat": heating.heat,
    "plans": plans.plans,
    "plan": plans.plan,
    "handover": handover.handover,
    "index": indexing.index,
    "table": changing.table,
    "alerts": changing.alerts,
    "assess": assessing.assess,
    "sheets": sheeting.sheets,
    "ledger": ledgers.ledger,
    "map-links": map_links.map_links,
    "export": layers.export,
    "backup": copies.backup,
    "restore": copies.restore,
    "app": serving.app,
}.items():
    door.command(_name)(_command)
patrolling.door.command("streets")(street_patrols.streets)
patrolling.door.command("compare")(actual_patrols.compare)
patrolling.door.add_typer(weeks.door)
patrolling.door.add_typer(rostering.door)
door.add_typer(patrolling.door, name="patrol")
door.command("warm-up", hidden=True)(serving.warm_up)


def main() -> None:
    """Run the command that the arguments name."""
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may stand at GBK, and a pipe at ASCII.
        with suppress(AttributeError):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    door()
