"""Where patrols start and what they visit: the place of every village, team and stop, and their station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from data.schemas import KIND, NAME, POST_ID, STATION_ID, VALID_FROM, VALID_TO, VILLAGE_ID
from geo.coverage import has_shape
from planning.patrol.cells import names, texts

if TYPE_CHECKING:
    import datetime as dt

    from planning.patrol.cells import Tables

# 特色警务站 stand in parks and at stations, not where a village is run from.
_SPECIAL = "special"


def village_places(tables: Tables, *, date: dt.date) -> pd.DataFrame:
    """
    Return the villages that there are on a date, with the place where each is run from.

    That is its post, else a point inside its borders.

    Returns
    -------
    DataFrame
        name, station_id ("" where unknown), point (None where unknown), by village_id.
    """
    villages = tables.get("villages")
    if villages is None or villages.empty:
        return pd.DataFrame({NAME: [], STATION_ID: [], "point": []}, index=pd.Index([], name=VILLAGE_ID))
    valid = villages[_valid(villages, date)].drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID)
    points = _post_points(tables).reindex(valid.index).fillna(_points(valid))
    found = pd.DataFrame({NAME: names(valid), STATION_ID: texts(valid, STATION_ID), "point": points})
    unknown = found[STATION_ID] == ""
    found.loc[unknown, STATION_ID] = containing(found.loc[unknown, "point"], tables, "stations", STATION_ID)
    return found


def station_places(tables: Tables, villages: pd.DataFrame) -> pd.Series:
    """
    Return the point of each station: that of its most central village, else a point inside its area.

    Parameters
    ----------
    villages
        As `village_places` returns them.
    """
    stations = tables.get("stations")
    if stations is None or stations.empty:
        return pd.Series([], index=pd.Index([], name=STATION_ID), dtype=object)
    own = _points(stations.drop_duplicates(STATION_ID).set_index(STATION_ID))
    placed = villages[villages["point"].notna()]
    middles = {
        str(station): _most_central(members["point"]) for station, members in placed.groupby(STATION_ID)
    }
    return pd.Series(
        [middles.get(str(station), point) for station, point in own.items()], index=own.index, dtype=object
    )


def post_places(tables: Tables) -> pd.Series:
    """Return the point of each post, by post_id."""
    posts = tables.get("posts")
    if posts is None or posts.empty:
        return pd.Series([], index=pd.Index([], name=POST_ID), dtype=object)
    return _points(posts.drop_duplicates(POST_ID).set_index(POST_ID))


def own_points(frame: pd.DataFrame) -> pd.Series:
    """Return each row's own point on the frame's index; None where it has none."""
    return _points(frame)


def containing(points: pd.Series, tables: Tables, layer: str, key: str) -> pd.Series:
    """Return the id of the polygon of a layer in which each point lies; "" where in none."""
    found = pd.Series("", index=points.index, dtype=object)
    areas, known = tables.get(layer), points[points.notna()]
    if not isinstance(areas, gpd.GeoDataFrame) or known.empty:
        return found
    areas = areas[has_shape(areas.geometry)]
    tree = shapely.STRtree(areas.geometry.to_numpy())
    at, area = tree.query(known.to_numpy(), predicate="intersects")
    # On a border the first of the layer, so that the answer is the same every time.
    first = pd.Series(area).groupby(at).min()
    found[known.index[first.index]] = areas[key].astype(str).to_numpy()[first.to_numpy()]
    return found


def _most_central(points: pd.Series) -> Any:
    """Return the point that lies nearest to the middle of all."""
    shapes = points.to_numpy()
    middle = shapely.centroid(shapely.multipoints(shapes))
    return shapes[shapely.distance(shapes, middle).argmin()]


def _post_points(tables: Tables) -> pd.Series:
    """Return the point of the first ordinary post of each village."""
    posts = tables.get("posts")
    if not isinstance(posts, gpd.GeoDataFrame) or VILLAGE_ID not in posts:
        return pd.Series([], index=pd.Index([], name=VILLAGE_ID), dtype=object)
    ordinary = posts[(posts[KIND] != _SPECIAL) if KIND in posts else posts[POST_ID].notna()]
    ordinary = ordinary[ordinary[VILLAGE_ID].notna() & has_shape(ordinary.geometry)]
    return _points(ordinary.drop_duplicates(VILLAGE_ID).set_index(VILLAGE_ID))


def _points(frame: pd.DataFrame) -> pd.Series:
    """Return a point of each row: its own, or one inside its shape; None where it has none."""
    points = pd.Series(None, index=frame.index, dtype=object)
    if not isinstance(frame, gpd.GeoDataFrame):
        return points
    shapes = frame.geometry
    present = has_shape(shapes)
    inside: Any = shapely.point_on_surface(shapes[present].to_numpy())
    points[present] = inside
    return points


def _valid(villages: pd.DataFrame, date: dt.date) -> pd.Series:
    day, valid = date.isoformat(), pd.Series(data=True, index=villages.index)
    if VALID_FROM in villages:
        valid &= villages[VALID_FROM].isna() | (villages[VALID_FROM].astype(str) <= day)
    if VALID_TO in villages:
        valid &= villages[VALID_TO].isna() | (villages[VALID_TO].astype(str) >= day)
    return valid
