"""The invented district's roads, water and calls."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from data.sample import make_district


@pytest.fixture(scope="module")
def tables():
    return make_district(3).tables


def road_graph(roads):
    graph = nx.DiGraph()
    ends = [shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), i)) for i in (0, -1)]
    for start, stop, oneway in zip(*ends, roads["oneway"], strict=True):
        graph.add_edge(tuple(start), tuple(stop))
        if not oneway:
            graph.add_edge(tuple(stop), tuple(start))
    return graph


def reported(tables):
    return tables["incidents"][tables["incidents"]["source"] == "reported"]


def test_roads_form_a_large_connected_graph(tables):
    graph = road_graph(tables["roads"])
    assert len(graph) >= 20_000
    assert len(max(nx.weakly_connected_components(graph), key=len)) >= 0.97 * len(graph)
    assert len(max(nx.strongly_connected_components(graph), key=len)) >= 0.95 * len(graph)


def test_roads_have_every_kind_and_state_their_length(tables):
    roads = tables["roads"]
    assert np.allclose(roads["length_m"], roads.length)
    assert set(roads["class"]) >= {"motorway", "trunk", "primary", "secondary", "tertiary", "track"}
    assert (roads.loc[roads["class"] == "motorway", "oneway"] == 1).all()
    assert (roads.loc[roads["class"] == "residential", "oneway"] == 1).sum() > 200
    assert (shapely.get_num_coordinates(roads.geometry.to_numpy()) > 2).mean() > 0.2
    assert (roads.loc[roads["class"].isin(["trunk", "primary"]), "name"] != "").all()


def test_motorways_meet_other_roads_only_at_ramps(tables):
    roads = tables["roads"]
    ends = shapely.get_point(roads.geometry.to_numpy(), np.array([[0], [-1]])).T
    at = pd.DataFrame(shapely.get_coordinates(ends), columns=["x", "y"])
    at["class"] = np.repeat(roads["class"].to_numpy(), 2)
    met = at.groupby(["x", "y"])["class"].agg(set)
    with_motorway = met[met.map(lambda kinds: "motorway" in kinds)]
    assert with_motorway.map(lambda kinds: kinds <= {"motorway", "trunk"}).all()
    assert with_motorway.map(lambda kinds: "trunk" in kinds).sum() >= 16


def test_only_larger_roads_cross_the_river_and_all_on_bridges(tables):
    water, roads = tables["water"], tables["roads"]
    river = water[water["kind"] == "river"].geometry
    over = roads[roads.intersection(river.loc[river.area.idxmax()]).length > 30]
    assert 4 <= len(over) <= 30
    assert (over["bridge"] == 1).all()
    assert over["class"].isin(["motorway", "trunk", "primary", "secondary"]).all()


def test_water_has_every_kind_and_a_name(tables):
    kinds = tables["water"]["kind"].value_counts()
    assert set(kinds.index) == {"river", "canal", "lake", "reservoir"}
    assert kinds["reservoir"] == 2
    assert tables["water"]["name"].is_unique


def test_incidents_cover_two_years_at_the_usual_volume(tables):
    incidents = tables["incidents"]
    assert incidents["date"].min() == "2024-11-01"
    assert incidents["date"].max() == "2026-10-31"
    assert len(incidents) < 250_000
    daily = reported(tables).groupby("date")["count"].sum()
    assert len(daily) == 730
    assert daily.quantile(0.05) > 210
    assert daily.quantile(0.95) < 340
    # More than Poisson: days differ by more than chance.
    assert daily.var() > 1.5 * daily.mean()


def test_more_than_half_of_the_calls_are_diverted(tables):
    calls = reported(tables)
    by_basis = calls.groupby("basis")["count"].sum() / calls["count"].sum()
    assert by_basis["non_police"] == pytest.approx(0.546, abs=0.005)
    assert set(by_basis.index) == {"valid", "non_police", "invalid"}
    assert 1 - calls["count"].sum() / tables["incidents"]["count"].sum() == pytest.approx(0.08, abs=0.01)


def test_patrols_find_more_where_patrols_go(tables):
    by_grid = tables["incidents"].groupby(["source", "grid_id"])["count"].sum()
    tenth = 1_415 // 10
    top = {s: by_grid[s].nlargest(tenth).sum() / by_grid[s].sum() for s in ("patrol", "reported")}
    assert top["patrol"] > 1.3 * top["reported"]


@pytest.mark.parametrize("festival", ["2025-01-29", "2026-02-17"])
def test_calls_dip_at_the_spring_festival_and_bounce_after(tables, festival):
    daily = reported(tables).groupby("date")["count"].sum()
    daily.index = pd.to_datetime(daily.index)
    day = pd.Timestamp(festival)
    before = daily[day - pd.Timedelta(days=45) : day - pd.Timedelta(days=15)].mean()
    week = daily[day : day + pd.Timedelta(days=6)].mean()
    after = daily[day + pd.Timedelta(days=8) : day + pd.Timedelta(days=18)].mean()
    assert week < 0.75 * before
    assert after > 1.02 * before


def test_hours_follow_the_category(tables):
    calls = reported(tables)
    by_hour = calls.groupby(["category", "hour"])["count"].sum().unstack(fill_value=0)
    assert 18 <= by_hour.loc["dispute"].idxmax() <= 21
    assert by_hour.loc["traffic"].idxmax() in (7, 17)
    traffic = calls[calls["category"] == "traffic"]
    weekend = pd.to_datetime(traffic["date"]).dt.day_of_week >= 5
    school_run = traffic["hour"] == 7
    assert school_run[~weekend].mean() > 1.3 * school_run[weekend].mean()


def test_hot_spots_persist_from_one_year_to_the_next(tables):
    calls = reported(tables)
    first = calls[calls["date"] < "2025-11-01"].groupby("grid_id")["count"].sum()
    second = calls[calls["date"] >= "2025-11-01"].groupby("grid_id")["count"].sum()
    assert first.corr(second, method="spearman") > 0.85


def test_a_few_villages_really_changed_in_the_last_months(tables):
    calls = reported(tables)
    calls = calls[calls["category"].isin(["theft", "fraud", "public_order"])]
    village = calls["grid_id"].str[:12]
    late = calls["date"] >= "2026-08-01"
    now = calls[late].groupby(village[late])["count"].sum() / 92
    before = calls[~late].groupby(village[~late])["count"].sum() / 638
    busy = before[before > 0.2].index
    assert 2 <= ((now / before).reindex(busy) > 1.8).sum() <= 10


def test_some_towns_have_fifteen_calls_a_day(tables):
    by_town = reported(tables).groupby(reported(tables)["grid_id"].str[:9])["count"].sum() / 730
    assert 4 <= (by_town >= 15).sum() <= 12
