"""What teams and stops of a day are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.names import PlaceNames

if TYPE_CHECKING:
    import pandas as pd

    from planning.patrol.plan import DayProblem


def day_names(problem: DayProblem, names: PlaceNames) -> PlaceNames:
    """Return the names of a district's places with those of a day's teams and stops."""
    return PlaceNames({**names.known, "teams": _named(problem.teams), "stops": _named(problem.stops)})


def _named(frame: pd.DataFrame) -> dict[str, str]:
    """Return the name of each row that has one, with its id where others are called the same."""
    names = frame["name"].fillna("").astype(str)
    names = names[names != ""]
    repeated = names.duplicated(keep=False)
    return {
        str(label): f"{name} {label}" if again else name
        for (label, name), again in zip(names.items(), repeated, strict=True)
    }
