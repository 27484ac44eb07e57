"""Files as bureaus have them, on the way in: what is settled, told, mended, refused, and put back."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from data.examining import examine_file
from data.importing import ImportParams, import_file, open_or_create, prepare
from data.imports import read_imports, undo_import
from data.reporting import Findings
from data.workspace import Workspace
from geo.errors import CrsError, GridBeatError, SchemaError, SettingError
from geo.gcj02 import from_wgs84

METRIC = "EPSG:4549"
WEST, SOUTH, SIDE = 540_000.0, 3_310_000.0, 1_000.0


@pytest.fixture
def ws(tmp_path):
    return Workspace.create(tmp_path / "d.gpkg", name="d", crs=METRIC)


def square(i, j, size=1.0):
    x, y = WEST + i * SIDE, SOUTH + j * SIDE
    return box(x, y, x + size * SIDE, y + size * SIDE)


def villages(n=6):
    cells = [(i, j) for j in range(n) for i in range(n)]
    return gpd.GeoDataFrame(
        {
            "village_id": [f"33060300{i}{j:03}" for i, j in cells],
            "name": [f"{'东西南北上下'[i]}{'山溪河湖塘桥'[j]}村" for i, j in cells],
        },
        geometry=[square(i, j) for i, j in cells],
        crs=METRIC,
    )


def grids(n=6):
    """Four grids in each village."""
    cells = [(i / 2, j / 2) for j in range(2 * n) for i in range(2 * n)]
    return gpd.GeoDataFrame(
        {"grid_id": [f"G{k:03}" for k in range(len(cells))]},
        geometry=[square(i, j, 0.5) for i, j in cells],
        crs=METRIC,
    )


def shifted(layer, system):
    lonlat = layer.to_crs(4326)

    def shift(xy):
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], system=system))

    return lonlat.set_geometry(shapely.transform(lonlat.geometry.to_numpy(), shift), crs=4326)


def codes(report, weight):
    return set(report.counts.get(weight, {}))


def check(path, table, ws=None, **params):
    with prepare(
        path, table, params=ImportParams(mapping=params.pop("mapping", {}), **params), workspace=ws
    ) as draft:
        return draft.report


def test_checking_changes_nothing_and_keeping_is_one_step(ws, tmp_path):
    grids().to_file(tmp_path / "a.gpkg")
    before = ws.path.read_bytes()
    with prepare(tmp_path / "a.gpkg", "grids", workspace=ws) as draft:
        assert draft.report.rows == 144
        assert ws.path.read_bytes() == before
        report = draft.keep(ws)
    assert report.import_id == "I1"
    assert len(ws.read("grids")) == 144
    kept = json.loads(read_imports(ws)["report"].iloc[0])
    assert kept["rows"] == 144
    undo_import(ws, "I1")
    assert ws.counts() == {}


def test_every_fault_is_told_at_once_with_its_row_in_the_spreadsheet(ws, tmp_path):
    rows = pd.DataFrame(
        {
            "编组说明": [None, "网格编码", "G1", "G2", "", "G1"],
            "b": [None, "户籍人口", "12", "十二", "3", "-4"],
        }
    )
    rows.to_excel(tmp_path / "a.xlsx", index=False, header=["柯桥区网格统计表", None])
    stated = {"residents": "户籍人口"}
    report = check(tmp_path / "a.xlsx", "grids", ws, mapping=stated)
    told = {(f.reason.code, f.reason.facts.get("row")) for f in report.of("fault")}
    assert told == {("value_wrong", 5), ("value_missing", 6), ("value_wrong", 7), ("id_repeated", 7)}
    with pytest.raises(SchemaError) as caught:
        import_file(ws, tmp_path / "a.xlsx", "grids", params=ImportParams(mapping=stated))
    assert len(caught.value.reasons) == 4
    assert ws.counts() == {}


def bowtie():
    x, y = WEST, SOUTH
    return Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])


def odd_layer():
    shapes = [
        square(0, 0),
        bowtie(),
        None,
        Polygon(),
        LineString([(WEST, SOUTH), (WEST + 9, SOUTH)]),
        GeometryCollection([square(2, 2), Point(WEST, SOUTH)]),
        shapely.force_3d(square(3, 3), 7.0),
    ]
    return gpd.GeoDataFrame({"area_id": [f"A{i}" for i in range(7)]}, geometry=shapes, crs=METRIC)


def test_shapes_are_told_of_and_left_alone_unless_repair_is_asked_for(ws, tmp_path):
    odd_layer().to_file(tmp_path / "a.gpkg")
    report = check(tmp_path / "a.gpkg", "areas", ws)
    assert codes(report, "fault") == {"shape_null", "shape_empty", "shape_kind", "parts_dropped"}
    assert {"shape_invalid", "shapes_flattened"} <= codes(report, "note")
    place = next(f for f in report.findings if f.reason.code == "shape_invalid")
    assert place.reason.facts["id"] == "A1"
    assert (place.lon, place.lat) == pytest.approx((120.41, 29.9), abs=0.1)


def test_repair_mends_leaves_out_and_says_so(ws, tmp_path):
    odd_layer().to_file(tmp_path / "a.gpkg")
    params = ImportParams(mapping={}, repair=True)
    report = import_file(ws, tmp_path / "a.gpkg", "areas", params=params)
    assert report.faults == ()
    assert {"shape_invalid_mended", "parts_dropped_mended", "rows_without_shape_left_out"} <= codes(
        report, "note"
    )
    layer = ws.read("areas")
    assert layer["area_id"].tolist() == ["A0", "A1", "A5", "A6"]
    assert layer.is_valid.all()
    assert layer.geometry[1].area == pytest.approx(5_000)
    assert not layer.has_z.any()


def test_parts_that_repeat_an_id_are_offered_to_be_merged(ws, tmp_path):
    layer = grids(1)
    layer["grid_id"] = ["a", "a", "b", "a"]
    layer["name"] = ["一", "二", "三", "四"]
    layer.to_file(tmp_path / "a.gpkg")
    report = check(tmp_path / "a.gpkg", "grids", ws)
    assert codes(report, "fault") == {"id_repeated"}
    offered = report.of("suggestion")[0].reason
    assert (offered.code, offered.facts["count"], offered.facts["rows"]) == ("dissolve_offered", 1, 3)
    report = import_file(ws, tmp_path / "a.gpkg", "grids", params=ImportParams(mapping={}, dissolve=True))
    assert (report.rows, report.dissolved) == (2, 2)
    merged = ws.read("grids").set_index("grid_id")
    assert merged.loc["a", "name"] == "一"
    assert merged.geometry["a"].area == pytest.approx(0.75 * SIDE**2)
    assert isinstance(merged.geometry["a"], (Polygon, MultiPolygon))


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_shifted_coordinates_are_recognised_by_what_is_loaded_and_put_right(ws, tmp_path, system):
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    shifted(grids(), system).to_file(tmp_path / "g.geojson")
    report = check(tmp_path / "g.geojson", "grids", ws)
    suggestion = report.of("suggestion")[0].reason
    assert suggestion.code == "crs_fits_better"
    assert suggestion.facts["system"] == system
    report = import_file(ws, tmp_path / "g.geojson", "grids", params=ImportParams(mapping={}, crs=system))
    assert report.of("suggestion") == ()
    assert report.file_crs == system
    assert ws.read("grids").geometry.hausdorff_distance(grids().geometry).max() < 0.05


def test_right_coordinates_raise_no_suggestion(ws, tmp_path):
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    grids().to_crs(4326).to_file(tmp_path / "g.geojson")
    assert check(tmp_path / "g.geojson", "grids", ws).of("suggestion") == ()


def test_layer_of_another_place_is_questioned(ws, tmp_path):
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    away = grids()
    away.geometry = away.geometry.translate(0, 300_000)
    away.to_file(tmp_path / "g.gpkg")
    assert codes(check(tmp_path / "g.gpkg", "grids", ws), "suggestion") == {"layer_elsewhere"}


def without_crs(layer, path):
    layer.to_file(path)
    path.with_suffix(".prj").unlink()


def test_layer_without_crs_is_read_by_its_magnitudes_or_asked_about(ws, tmp_path):
    fresh = tmp_path / "fresh.gpkg"
    without_crs(grids().to_crs("EPSG:4528"), tmp_path / "zone.shp")  # zone number 40 in the eastings
    assert check(tmp_path / "zone.shp", "grids").file_crs == "EPSG:4528"
    without_crs(grids(), tmp_path / "plain.shp")
    with pytest.raises(CrsError, match="crs_ambiguous"):
        import_file(fresh, tmp_path / "plain.shp", "grids")
    assert not fresh.exists()
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    assert check(tmp_path / "plain.shp", "grids", ws).file_crs == METRIC


def test_latitude_before_longitude_is_put_right_and_told(tmp_path):
    swapped = grids().to_crs(4326)
    swapped.geometry = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    swapped.to_file(tmp_path / "g.geojson")
    report = import_file(tmp_path / "new.gpkg", tmp_path / "g.geojson", "grids")
    assert "axes_swapped" in codes(report, "note")
    kept = Workspace.open(tmp_path / "new.gpkg").read("grids")
    assert kept.to_crs(METRIC).geometry.hausdorff_distance(grids().geometry).max() < 0.05


def test_table_meets_shapes_that_are_there_without_taking_them_away(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    import_file(ws, tmp_path / "g.gpkg", "grids")
    (tmp_path / "p.csv").write_text('网格编码,户籍人口\nG001,"1,200"\nG002,7\n', encoding="gb18030")
    report = import_file(ws, tmp_path / "p.csv", "grids")
    assert report.mode == "update"
    after = ws.read("grids").set_index("grid_id")
    assert len(after) == 144
    assert after["residents"].dropna().to_dict() == {"G001": 1200, "G002": 7}
    assert after.geometry.notna().all()


def test_update_that_meets_nothing_or_has_no_ids_is_refused(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    import_file(ws, tmp_path / "g.gpkg", "grids")
    (tmp_path / "p.csv").write_text("网格编码,户籍人口\nX1,5\nX2,7\n", encoding="utf-8")
    assert codes(check(tmp_path / "p.csv", "grids", ws), "fault") == {"ids_none_known"}
    (tmp_path / "q.csv").write_text("名称,经度,纬度\n东警务室,120.5,29.9\n", encoding="utf-8")
    assert codes(check(tmp_path / "q.csv", "posts", ws, mode="update"), "fault") == {"update_needs_ids"}


def test_villages_named_where_codes_are_wanted_are_looked_up(ws, tmp_path):
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    (tmp_path / "g.csv").write_text(
        "网格编码,所属村社\nG1,东山村\nG2,西溪村民委员会\nG3,没有的村\n", encoding="utf-8"
    )
    report = import_file(ws, tmp_path / "g.csv", "grids")
    assert ws.read("grids")["village_id"].tolist()[:2] == ["330603000000", "330603001001"]
    assert pd.isna(ws.read("grids")["village_id"].iloc[2])
    unknown = [f.reason for f in report.of("note") if f.reason.code == "name_unknown"]
    assert [reason.facts["row"] for reason in unknown] == [4]


def test_references_that_lead_nowhere_are_told(ws, tmp_path):
    villages().to_file(tmp_path / "v.gpkg")
    import_file(ws, tmp_path / "v.gpkg", "villages")
    (tmp_path / "g.csv").write_text(
        "grid_id,village_id\nG1,330603000000\nG2,999999999999\n", encoding="utf-8"
    )
    report = check(tmp_path / "g.csv", "grids", ws)
    told = next(f.reason for f in report.findings if f.reason.code == "references_unknown")
    assert told.facts["ids"] == ("999999999999",)


def test_points_come_from_columns_in_degrees_of_any_manner_or_wkt(ws, tmp_path):
    (tmp_path / "a.csv").write_text(
        "名称,经度,纬度\n甲站,120.5,29.9\n乙站,120°30′36″,29°54′\n丙站,0,0\n", encoding="utf-8"
    )
    report = import_file(ws, tmp_path / "a.csv", "posts", params=ImportParams(mapping={}, repair=True))
    points = ws.read("posts").to_crs(4326).geometry
    assert points.x.tolist() == pytest.approx([120.5, 120.51], abs=1e-7)
    assert points.y.tolist() == pytest.approx([29.9, 29.9], abs=1e-7)
    assert "coordinates_unreadable" in codes(report, "note")
    (tmp_path / "b.csv").write_text(
        "area_id;wkt\nA1;POLYGON ((120.5 29.9, 120.6 29.9, 120.6 30, 120.5 29.9))\n", encoding="utf-8"
    )
    import_file(ws, tmp_path / "b.csv", "areas")
    assert ws.read("areas").geometry[0].area > 1e6


def caller_list(count=40):
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "接警时间": [f"2026-10-{1 + i % 28:02} {i % 24:02}:15:00" for i in range(count)],
            "报警人": [
                f"{'王李张刘陈'[i % 5]}{'伟芳娜敏静丽强'[i % 7]}{'国华明英'[i % 4]}" for i in range(count)
            ],
            "报警电话": [f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09}" for i in range(count)],
            "警情类别": ["盗窃", "纠纷", "交通", "求助"] * (count // 4),
            "经度": [120.4148 + 0.0005 * (i % 10) for i in range(count)],
            "纬度": [29.9105 + 0.0005 * (i % 10) for i in range(count)],
        }
    )


def test_calls_become_counts_and_their_callers_leave_no_trace(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    import_file(ws, tmp_path / "g.gpkg", "grids")
    calls = caller_list()
    calls.to_csv(tmp_path / "110.csv", index=False, encoding="gb18030")
    report = import_file(ws, tmp_path / "110.csv", "incidents")
    assert report.personal == {"报警人": "name", "报警电话": "phone"}
    kept = ws.read("incidents")
    assert kept["count"].sum() + sum(report.left.values()) == 40
    assert kept["count"].sum() > 0
    assert {"grid_id", "date", "hour", "category", "count"} <= set(kept.columns)
    content = ws.path.read_bytes()
    for name in ("报警人", "报警电话"):
        for value in calls[name].astype(str):
            assert value.encode() not in content


def test_calls_of_a_source_that_is_none_are_faults_and_not_lost_unsaid(ws, tmp_path):
    """What is neither reported nor patrol would drive nothing, and nobody would know."""
    text = "grid_id,date,source\nG1,2026-01-05,reported\nG1,2026-01-06,12345 热线\n"
    (tmp_path / "110.csv").write_text(text, encoding="utf-8")
    report = check(tmp_path / "110.csv", "incidents", ws, mapping={"source": "source"})
    assert [(fault.code, fault.facts["row"]) for fault in report.faults] == [("value_wrong", 3)]


def test_calls_without_grids_ask_for_them(ws, tmp_path):
    caller_list().to_csv(tmp_path / "110.csv", index=False)
    with pytest.raises(SchemaError, match="incidents_need_grids"):
        check(tmp_path / "110.csv", "incidents", ws)


def test_personal_column_is_refused_even_if_it_is_chosen(ws, tmp_path):
    caller_list().assign(grid_id="G1").to_csv(tmp_path / "a.csv", index=False)
    report = check(
        tmp_path / "a.csv", "facilities", ws, mapping={"name": "报警人", "lon": "经度", "lat": "纬度"}
    )
    assert codes(report, "fault") == {"column_personal"}


def test_phone_inside_a_name_is_blanked_and_counted(ws, tmp_path):
    names = [f"第{i}诊所" for i in range(60)]
    names[41] = "仁和诊所 13812345678"
    frame = pd.DataFrame({"名称": names, "经度": 120.5, "纬度": 29.9})
    frame.to_csv(tmp_path / "a.csv", index=False)
    report = import_file(ws, tmp_path / "a.csv", "facilities")
    told = next(f.reason for f in report.findings if f.reason.code == "cells_personal")
    assert (told.facts["column"], told.facts["count"]) == ("名称", 1)
    assert pd.isna(ws.read("facilities")["name"][41])
    assert b"13812345678" not in ws.path.read_bytes()


def test_short_place_names_are_read_once_somebody_has_looked(ws, tmp_path):
    names = ["安昌", "钱清", "马鞍", "平水", "华舍", "王坛", "齐贤", "夏履"] * 2
    frame = pd.DataFrame({"编码": [f"3306030{i:02}" for i in range(16)], "名称": names})
    frame.to_csv(tmp_path / "a.csv", index=False)
    report = check(tmp_path / "a.csv", "villages", ws)
    if report.faults:
        assert codes(report, "fault") == {"column_doubtful"}
    params = ImportParams(mapping={}, places=("名称",))
    import_file(ws, tmp_path / "a.csv", "villages", params=params)
    assert ws.read("villages")["name"].tolist() == names


def test_table_of_persons_and_nothing_else_is_refused(ws, tmp_path):
    caller_list()[["报警人", "报警电话"]].to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(SchemaError, match="table_only_personal"):
        check(tmp_path / "a.csv", "grids", ws)


def test_a_wrong_cell_that_is_personal_is_not_repeated_in_the_report(ws, tmp_path):
    (tmp_path / "a.csv").write_text(
        "grid_id,residents\nG1,13812345678a\nG2,13912345678x\nG3,4\n", encoding="utf-8"
    )
    report = check(tmp_path / "a.csv", "grids", ws, mapping={"residents": "residents"})
    assert "13812345678" not in json.dumps(report.summary(), ensure_ascii=False)


def test_mapping_is_remembered_for_the_next_file_of_the_kind(ws, tmp_path):
    text = "代号,乙,丙\nG1,5,7\nG2,6,8\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    import_file(
        ws, tmp_path / "a.csv", "grids", params=ImportParams(mapping={"grid_id": "代号", "residents": "丙"})
    )
    (tmp_path / "later.csv").write_text(text.replace("8", "80"), encoding="utf-8")
    report = import_file(ws, tmp_path / "later.csv", "grids")
    assert report.mapping == {"grid_id": "代号", "residents": "丙"}
    assert ws.read("grids")["residents"].tolist() == [7, 80]


def test_what_was_not_to_be_read_is_not_guessed_the_next_time(ws, tmp_path):
    (tmp_path / "a.csv").write_text("网格编码,户籍人口\nG1,5\n", encoding="utf-8")
    import_file(ws, tmp_path / "a.csv", "grids", params=ImportParams(mapping={"residents": ""}))
    assert import_file(ws, tmp_path / "a.csv", "grids").mapping == {"grid_id": "网格编码"}


def test_kind_of_village_is_taken_from_its_name_or_code(ws, tmp_path):
    (tmp_path / "v.csv").write_text(
        "代码,名称\n330603001001,管墅社区居委会\n330603001201,福全村委会\n", encoding="utf-8"
    )
    import_file(ws, tmp_path / "v.csv", "villages")
    assert ws.read("villages")["kind"].tolist() == ["community", "village"]


class _StopError(Exception):
    pass


def test_cancelled_import_leaves_nothing_behind(ws, tmp_path, monkeypatch):
    grids().to_file(tmp_path / "g.gpkg")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    before = ws.path.read_bytes()

    def stop(done, rows):
        raise _StopError

    with pytest.raises(_StopError):
        import_file(ws, tmp_path / "g.gpkg", "grids", tell=stop)
    assert ws.path.read_bytes() == before
    assert list(scratch.iterdir()) == []


def test_progress_counts_up_to_all_rows(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    told = []
    import_file(ws, tmp_path / "g.gpkg", "grids", tell=lambda done, rows: told.append((done, rows)))
    assert told[-1] == (144, 144)


def test_file_is_looked_into_before_anything_is_chosen(tmp_path):
    caller_list().to_csv(tmp_path / "110警情.csv", index=False)
    looked = examine_file(tmp_path / "110警情.csv")
    assert looked.tables[0] == "incidents"
    assert looked.personal == {"报警人": "name", "报警电话": "phone"}
    assert "报警人" not in looked.sample


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"mode": "merge"}, "setting_wrong"),
        ({"crs": "gcj03"}, "crs_unknown"),
        ({"crs": "EPSG:2385"}, "crs_refused"),  # Xian 1980
        ({"layer": "no"}, "layer_unknown"),
    ],
)
def test_wrong_settings_are_named(ws, tmp_path, params, code):
    grids(1).to_file(tmp_path / "g.gpkg")
    with pytest.raises(GridBeatError, match=code):
        check(tmp_path / "g.gpkg", "grids", ws, **params)


def test_unknown_table_is_named(ws, tmp_path):
    grids(1).to_file(tmp_path / "g.gpkg")
    with pytest.raises(SettingError, match="table_unknown"):
        check(tmp_path / "g.gpkg", "houses", ws)


def test_findings_beyond_the_first_thousand_of_a_kind_are_counted():
    findings = Findings()
    for row in range(1_500):
        findings.add("fault", "value_wrong", row=row)
    assert len(findings.kept) == 1_000
    assert findings.total("fault") == 1_500


def test_two_first_imports_at_once_make_one_district(tmp_path):
    grids(1).to_file(tmp_path / "g.gpkg")
    import_file(tmp_path / "new.gpkg", tmp_path / "g.gpkg", "grids", district="新区")
    assert open_or_create(tmp_path / "new.gpkg").name == "新区"


OVKML = """<?xml version="1.0" encoding="UTF-8"?><kml><Document><Placemark><name>甲</name>
<OvCoordType>GCJ02</OvCoordType><Polygon><outerBoundaryIs><LinearRing><coordinates>
120.50,29.90 120.51,29.90 120.51,29.91 120.50,29.90</coordinates></LinearRing></outerBoundaryIs></Polygon>
</Placemark></Document></kml>"""


def test_system_that_a_phone_app_writes_down_is_suggested(ws, tmp_path):
    (tmp_path / "a.ovkml").write_text(OVKML, encoding="utf-8")
    report = check(tmp_path / "a.ovkml", "areas", ws)
    told = report.of("suggestion")[0].reason
    assert (told.code, told.facts["system"]) == ("crs_stated_in_file", "gcj02")
    assert check(tmp_path / "a.ovkml", "areas", ws, crs="gcj02").of("suggestion") == ()


def test_next_months_calls_join_those_that_are_there_and_the_same_month_is_not_counted_twice(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    import_file(ws, tmp_path / "g.gpkg", "grids")
    calls = caller_list()
    calls.to_csv(tmp_path / "10.csv", index=False)
    calls.assign(接警时间=calls["接警时间"].str.replace("2026-10", "2026-11")).to_csv(
        tmp_path / "11.csv", index=False
    )
    first = import_file(ws, tmp_path / "10.csv", "incidents")
    november = import_file(ws, tmp_path / "11.csv", "incidents")
    assert (first.mode, november.mode) == ("replace", "update")
    assert "incidents_counted_anew" not in codes(november, "note")
    total = ws.read("incidents")["count"].sum()
    again = import_file(ws, tmp_path / "11.csv", "incidents")
    assert again.counts["note"]["incidents_counted_anew"] == 1
    assert ws.read("incidents")["count"].sum() == total


def test_first_row_of_a_table_without_header_does_not_stay_in_the_district(ws, tmp_path):
    rows = [
        "东一区,王小伟,正常",
        *(f"东{chr(0x4E00 + i)}区,李芳{'华明英'[i % 3]},正常" for i in range(2, 30)),
    ]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    params = ImportParams(mapping={"grid_id": "东一区"})
    report = import_file(ws, tmp_path / "a.csv", "grids", params=params)
    assert "王小伟" not in [*report.left_out, *report.personal]
    content = ws.path.read_bytes()
    assert "王小伟".encode() not in content


def test_update_of_calls_touches_only_the_days_that_the_file_has(ws, tmp_path):
    (tmp_path / "a.csv").write_text(
        "grid_id,date,count\nG1,2026-03-02,4\nG1,2026-03-10,5\nG1,2026-03-20,6\n", encoding="utf-8"
    )
    (tmp_path / "b.csv").write_text(
        "grid_id,date,count\nG1,2026-03-02,1\nG1,2026-03-20,1\n", encoding="utf-8"
    )
    for name in ("a.csv", "b.csv"):
        import_file(ws, tmp_path / name, "incidents")
    assert ws.read("incidents").set_index("date")["count"].to_dict() == {
        "2026-03-02": 1,
        "2026-03-10": 5,
        "2026-03-20": 1,
    }


@pytest.mark.parametrize("value", ["1e300", "99999999999999999999", "-3", "不详", "13867512345"])
def test_one_slip_in_a_column_of_counts_is_named_and_loses_no_column(ws, tmp_path, value):
    rows = "".join(f"G{i},{i}\n" for i in range(100))
    (tmp_path / "a.csv").write_text(f"网格编码,户籍人口\n{rows}G100,{value}\n", encoding="utf-8")
    report = check(tmp_path / "a.csv", "grids", ws)
    assert report.mapping["residents"] == "户籍人口"
    assert [(f.code, f.facts["row"]) for f in report.faults] == [("value_wrong", 102)]
    assert "13867512345" not in json.dumps(report.summary())


def test_count_that_no_district_can_have_is_left_out_and_told(ws, tmp_path):
    big = 9_223_372_036_854_775_807
    (tmp_path / "a.csv").write_text(
        f"grid_id,date,count\nG1,2026-03-02,{big}\nG1,2026-03-03,2\n", encoding="utf-8"
    )
    report = import_file(ws, tmp_path / "a.csv", "incidents")
    assert report.left == {"incidents_without_count": 1}
    assert ws.read("incidents")["count"].tolist() == [2]


def test_phone_among_ids_is_no_id(ws, tmp_path):
    rows = "".join(f"G{i},{i}\n" for i in range(40))
    (tmp_path / "a.csv").write_text(f"网格编码,户籍人口\n{rows}13867512345,7\n", encoding="utf-8")
    report = check(tmp_path / "a.csv", "grids", ws)
    assert codes(report, "fault") == {"value_missing"}
    assert "13867512345" not in json.dumps(report.summary())


def test_table_without_ids_does_not_come_in_twice(ws, tmp_path):
    points = gpd.GeoDataFrame(
        {"residents": [5, 6]}, geometry=[Point(WEST, SOUTH), Point(WEST + 9, SOUTH)], crs=METRIC
    )
    ws.write("population", points)
    (tmp_path / "p.csv").write_text("residents\n5\n6\n", encoding="utf-8")
    assert codes(check(tmp_path / "p.csv", "population", ws), "fault") == {"geometry_missing"}


def test_view_in_a_geopackage_is_not_run(ws, tmp_path):
    import sqlite3

    grids(1).to_file(tmp_path / "g.gpkg", layer="grids")
    with sqlite3.connect(tmp_path / "g.gpkg") as connection:
        connection.execute(
            "CREATE VIEW endless AS WITH RECURSIVE c(x) AS"
            " (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('endless', 'attributes', 'endless')"
        )
    connection.close()
    assert import_file(ws, tmp_path / "g.gpkg", "grids").rows == 4


def test_half_a_shapefile_is_no_layer(ws, tmp_path):
    grids(2).to_file(tmp_path / "g.shp")
    table = bytearray((tmp_path / "g.dbf").read_bytes())
    table[4:8] = (3).to_bytes(4, "little")
    (tmp_path / "g.dbf").write_bytes(table)
    with pytest.raises(GridBeatError):
        import_file(ws, tmp_path / "g.shp", "grids")
    assert ws.counts() == {}


def test_calls_in_shifted_coordinates_are_recognised_by_those_that_lie_outside(ws, tmp_path):
    grids().to_file(tmp_path / "g.gpkg")
    import_file(ws, tmp_path / "g.gpkg", "grids")
    rng = np.random.default_rng(1)
    x, y = WEST + rng.uniform(0, 6 * SIDE, 3_000), SOUTH + rng.uniform(0, 6 * SIDE, 3_000)
    true = gpd.GeoSeries.from_xy(x, y, crs=METRIC).to_crs(4326)
    for system, wanted in (("gcj02", {"crs_fits_better"}), (None, set())):
        lon, lat = true.x.to_numpy(), true.y.to_numpy()
        if system:
            lon, lat = from_wgs84(lon, lat, system=system)
        calls = pd.DataFrame({"接警时间": "2026-10-01 08:00", "经度": lon, "纬度": lat})
        calls.to_csv(tmp_path / "c.csv", index=False)
        assert codes(check(tmp_path / "c.csv", "incidents", ws), "suggestion") == wanted


def test_columns_that_a_replacement_would_lose_are_told(ws, tmp_path):
    (tmp_path / "a.csv").write_text("网格编码,户籍人口,出租房\nG1,5,1\nG2,7,2\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(
        "网格编码,户籍人口\nG1,/\n" + "".join(f"G{i},8\n" for i in range(2, 12)), encoding="utf-8"
    )
    import_file(ws, tmp_path / "a.csv", "grids")
    report = check(tmp_path / "b.csv", "grids", ws)
    told = report.of("suggestion")[0].reason
    assert (told.code, told.facts["columns"]) == ("columns_dropped", ("rented",))
    assert report.faults == ()
