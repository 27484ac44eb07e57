"""Monthly place-level counts by village: five of the six elements of the safety index."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.sample.calls import FIRST_DAY, INVALID, LAST_DAY
from data.sample.frame import Flags, Floats, Ints, stream
from data.schemas import (
    BASIS,
    CATEGORY,
    COUNT,
    DATE,
    EXPOSURE,
    GRID_ID,
    INDICATOR,
    PERIOD_END,
    PERIOD_START,
    REPORTED,
    SOURCE,
    VALUE,
    VILLAGE_ID,
)

# Counted from the calls; exposure is the present population.
_FROM_CALLS = {
    "criminal": ("theft", "fraud", "assault"),
    "public_order": ("public_order", "noise"),
    "traffic": ("traffic",),
    "fire": ("fire",),
}
MONTHS = pd.period_range(FIRST_DAY.isoformat(), LAST_DAY.isoformat(), freq="M")
_SURVEYED = 14


def make_indicators(
    seed: int, incidents: pd.DataFrame, village_id: list[str], present: Ints, community: Flags
) -> pd.DataFrame:
    """
    Return the `indicators` table; political security is never computed.

    Closed counts carry what was opened as exposure, the survey its sample size.
    """
    rng = stream(seed, "indicators")
    exposure = np.repeat(present.astype(float)[:, None], len(MONTHS), axis=1)
    values = {name: (_counted(incidents, kinds, village_id), exposure) for name, kinds in _FROM_CALLS.items()}
    values["petition"] = (_drawn(rng, exposure, 0.9e-4), exposure)
    disputes = _drawn(rng, exposure, 13e-4) + rng.poisson(0.4, exposure.shape)
    values["disputes_opened"] = (disputes, exposure)
    values["disputes_closed"] = (_part(rng, disputes, 0.93), disputes)
    hazards = _drawn(rng, exposure, 9e-4) + rng.poisson(0.8, exposure.shape)
    values["hazards_opened"] = (hazards, exposure)
    values["hazards_closed"] = (_part(rng, hazards, 0.89), hazards)
    usual = np.where(community, 1.6, 1.0)[:, None] * _SURVEYED
    sample = rng.poisson(usual, exposure.shape).astype(float) + 6
    values["satisfied"] = (_part(rng, sample, 0.972), sample)
    frames = [_long(name, value, base, village_id) for name, (value, base) in values.items()]
    return pd.concat(frames, ignore_index=True)


def _counted(incidents: pd.DataFrame, kinds: tuple[str, ...], village_id: list[str]) -> Floats:
    mine = incidents[
        incidents[CATEGORY].isin(kinds) & (incidents[SOURCE] == REPORTED) & (incidents[BASIS] != INVALID)
    ]
    # The first twelve digits of a grid's code are its village's.
    row = pd.Index(village_id).get_indexer(pd.Index(mine[GRID_ID].str[:12]))
    column = pd.Index(MONTHS.strftime("%Y-%m")).get_indexer(pd.Index(mine[DATE].str[:7]))
    table = np.zeros((len(village_id), len(MONTHS)))
    np.add.at(table, (row, column), mine[COUNT].to_numpy())
    return table


def _drawn(rng: np.random.Generator, exposure: Floats, rate: float) -> Floats:
    lasting = rng.gamma(3.0, 1 / 3.0, (len(exposure), 1))
    return np.asarray(rng.poisson(exposure * rate * lasting), dtype=float)


def _part(rng: np.random.Generator, whole: Floats, usual: float) -> Floats:
    chance = rng.beta(40 * usual, 40 * (1 - usual), (len(whole), 1))
    return np.asarray(rng.binomial(whole.astype(np.int64), np.broadcast_to(chance, whole.shape)), dtype=float)


def _long(name: str, value: Floats, exposure: Floats, village_id: list[str]) -> pd.DataFrame:
    villages, months = value.shape
    return pd.DataFrame(
        {
            VILLAGE_ID: np.repeat(np.array(village_id, dtype=object), months),
            PERIOD_START: np.tile(MONTHS.start_time.strftime("%Y-%m-%d").to_numpy(dtype=object), villages),
            PERIOD_END: np.tile(MONTHS.end_time.strftime("%Y-%m-%d").to_numpy(dtype=object), villages),
            INDICATOR: np.full(villages * months, name, dtype=object),
            VALUE: value.ravel(),
            EXPOSURE: exposure.ravel(),
        }
    )
