import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point

from geo.road_graph import road_graph
from geo.speeds import Speeds
from geo.travel_times import RoadNetwork, travel_times

CRS = "EPSG:4549"
# 36 km/h is 10 m a second: 100 m take 10,000 ms.
TEN = (
    Speeds()
    .replaced("car", "day", {"residential": 36.0, "motorway": 36.0})
    .replaced("car", "night", {"residential": 18.0})
)


def roads(*lines, **columns):
    frame = gpd.GeoDataFrame(
        {"road_id": [f"R{i}" for i in range(len(lines))], "class": "residential"},
        geometry=[LineString(line) for line in lines],
        crs=CRS,
    )
    return frame.assign(**columns)


def network(*lines, travel_mode="car", when="day", closed=(), **columns):
    return RoadNetwork.from_graph(
        road_graph(roads(*lines, **columns)), travel_mode=travel_mode, when=when, speeds=TEN, closed=closed
    )


def places(**at):
    return gpd.GeoSeries({name: Point(xy) for name, xy in at.items()}, crs=CRS)


@pytest.fixture(params=["cch", "scipy"])
def engine(request):
    return request.param


def test_a_way_over_a_junction_takes_the_sum_of_its_stretches(engine):
    corner = network([(0, 0), (100, 0)], [(100, 0), (100, 200)])
    times = travel_times(corner, places(a=(40, 0), b=(100, 50)), engine=engine)
    assert times.ms.tolist() == [[0, 11_000], [11_000, 0]]
    leg = times.legs([("a", "b")]).iloc[0]
    assert (leg["ms"], leg["m"]) == (11_000, 110)
    assert list(leg["geometry"].coords) == [(40, 0), (100, 0), (100, 50)]
