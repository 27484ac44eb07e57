"""Numbers as people type them at the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

Tolerance = Annotated[
    str, typer.Option(metavar="0.10|10%", help="容差：与应有工作量的偏差 / fair deviation from the target")
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="FACTOR=W",
        help="工作量因素与权重，可重复 / what counts as work, and how much; repeatable",
    ),
]


def share(name: str, text: str) -> float:
    """
    Return a share that is typed as 0.1 or 10%.

    Raises
    ------
    SettingError
        ``setting_wrong`` for what is no share from 0 to 1.
    """
    bare = text.strip().replace("％", "%")
    try:
        value = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
    except ValueError:
        value = math.nan
    # Ten per cent typed as 10 would pass for a thousand; what is beyond 1 is refused with the remedy.
    if not 0 <= value < 1:
        raise SettingError("setting_wrong", name=f"--{name}", found=text, allowed="0–1, 0%–99%")
    return value


def zone_counts(texts: Iterable[str]) -> tuple[int | None, dict[str, int]]:
    """
    Return how many zones there are to be in all (None if not said), and in single stations.

    Parameters
    ----------
    texts
        ``N`` or ``STATION=N``, as typed.

    Raises
    ------
    SettingError
        ``setting_wrong`` for what is neither, and for a second total or station.
    """
    total: int | None = None
    stations: dict[str, int] = {}
    for text in texts:
        station, sign, number = text.replace("＝", "=").rpartition("=")
        station = station.strip()
        count = int(number) if number.strip().isdecimal() else 0
        again = station in stations if sign else total is not None
        if count < 1 or again or bool(sign) != bool(station):
            raise SettingError("setting_wrong", name="--zones", found=text, allowed="142, 33990101=4")
        if sign:
            stations[station] = count
        else:
            total = count
    return total, stations


def finite(name: str, value: float | None) -> float | None:
    """Return a number that is one; raises ``setting_wrong`` for infinity and for what is none."""
    if value is not None and not math.isfinite(value):
        raise SettingError("setting_wrong", name=f"--{name}", found=str(value), allowed=">= 0")
    return value
