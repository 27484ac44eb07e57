from dataclasses import dataclass
from typing import Any
import numpy as np, pandas as pd, shapely
@dataclass
class Cleaned:
    shapes: Any
    log: pd.DataFrame
def clean(shapes, *, shape, mend):
    return Cleaned(shapely.force_2d(shapes), pd.DataFrame(columns=["position","code","x","y"]))
