"""Real zones over a finer tessellation: Chicago's police beats over census tracts."""

import geopandas as gpd
import pytest

from data.importing import ImportParams, import_file, open_or_create
from data.plans import read_assignment, save_plan
from data.workspace import Workspace
from planning.nesting import nest_district
from planning.repair import repair_district

LAYERS = {
    "zones": ("beats_2019.gpkg", {"zone_id": "beat_num"}),
    "grids": ("census_tracts_2010.gpkg", {"grid_id": "geoid10", "village_id": "commarea"}),
    "villages": ("community_areas.gpkg", {"village_id": "area_numbe", "name": "community"}),
    "stations": ("districts_since_dec2012.gpkg", {"station_id": "dist_num"}),
}


@pytest.fixture(scope="module")
def chicago(real_data, tmp_path_factory):
    workspace = open_or_create(tmp_path_factory.mktemp("chicago") / "chicago.gpkg")
    for table, (file, mapping) in LAYERS.items():
        params = ImportParams(mapping=mapping, dissolve=True)
        import_file(workspace, real_data / "police/chicago" / file, table, params=params)
    return workspace


def tables_of(workspace):
    return {name: workspace.read(name) for name in workspace.counts()}


def test_layers_arrive_whole(chicago):
    assert chicago.counts() == {"zones": 275, "grids": 801, "villages": 77, "stations": 23}
    assert chicago.crs.to_epsg() == 32616


def test_tracts_do_not_nest_in_beats_and_repair_makes_them(chicago):
    tables = tables_of(chicago)
    nesting = nest_district(tables)
    # A second opinion by geopandas' own overlay.
    pieces = gpd.overlay(tables["grids"][["grid_id", "geometry"]], tables["zones"][["zone_id", "geometry"]])
    share = pieces.area.groupby(pieces["grid_id"]).max() / tables["grids"].set_index("grid_id").area
    assert nesting.grids["share"].to_numpy() == pytest.approx(share[nesting.grids.index].to_numpy(), abs=1e-6)
    result = repair_district(tables, nesting, give_to=())
    assert result.nesting.complete
    assert set(result.empty_zones) == set(nesting.empty_zones)


def test_plan_survives_saving_and_reopening(chicago):
    tables = tables_of(chicago)
    result = repair_district(tables, nest_district(tables))
    plan_id = save_plan(chicago, result.assignment, kind="nesting", name="first")
    again = read_assignment(Workspace.open(chicago.path), plan_id)
    assert again.to_dict() == result.assignment.to_dict()
