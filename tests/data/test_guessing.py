"""The guess of a mapping: right on headers as bureaus write them, silent where it cannot know."""

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from data.guessing import guess_mapping, guess_names, guess_table
from data.schemas import TABLES, input_fields

G3 = ["33060300100101", "33060300100102", "33060300100103"]
V3 = ["330603001001", "330603001001", "330603001202"]
NAMES3 = ["管墅社区第1网格", "管墅社区第2网格", "双梅村第1网格"]
PEOPLE3 = ["1204", "980", "1,530"]
LON3, LAT3 = ["120.48", "120.49", "120.51"], ["30.08", "30.09", "30.07"]
TIMES3 = ["2026-01-05 13:20:00", "2026-01-05 14:00:00", "2026-01-06 02:11:00"]
CALLERS3 = ["张三", "李四", "王五"]
STORY3 = [f"报警人称在小区门口与邻居因停车发生口角，请民警到场处理，联系电话已登记{n}" for n in "一二三"]

# What is in the columns of the headers below.
VALUES = {
    "grids": G3,
    "villages": V3,
    "names": NAMES3,
    "counts": PEOPLE3,
    "lons": LON3,
    "lats": LAT3,
    "times": TIMES3,
    "days": ["2026-01-05", "2026-01-05", "2026-01-05"],
    "persons": CALLERS3,
    "texts": STORY3,
    "points": ["POINT (120 30)", "POINT (121 30)", "POINT (121 31)"],
}

# What it is, table, its columns with their values (? for none), what they should be taken for.
HEADERS = [
    (
        "综治平台导出",
        "grids",
        "网格编码:grids 网格名称:names 所属村社编码:villages 户籍人口:counts 流动人口:counts",
        "grid_id=网格编码 name=网格名称 village_id=所属村社编码 residents=户籍人口 floating=流动人口",
    ),
    (
        "带单位和星号的表头",
        "grids",
        (
            "网格编码*:grids 网格名称（必填）:names 户籍人口(人):counts 出租房屋（间）:counts "
            "重点单位数(家):counts"
        ),
        (
            "grid_id=网格编码* name=网格名称（必填） residents=户籍人口(人) rented=出租房屋（间） "
            "key_units=重点单位数(家)"
        ),
    ),
    (
        "合并表头",
        "grids",
        "网格/编码:grids 网格/名称:names 人口/户籍:counts 人口/流动:counts 人口/合计:counts",
        "grid_id=网格/编码 name=网格/名称 residents=人口/户籍 floating=人口/流动",
    ),
    (
        "PGIS 拼音首字母",
        "grids",
        "OBJECTID:1|2|3 WGBM:grids WGMC:names SSCSDM:villages HJRK:counts LDRK:counts",
        "grid_id=WGBM name=WGMC village_id=SSCSDM residents=HJRK floating=LDRK",
    ),
    (
        "shp 截断到 10 字节 (UTF-8)",
        "grids",
        "网格编:grids 网格名:names 户籍人:counts 流动人:counts 出租房:counts",
        "grid_id=网格编 name=网格名 residents=户籍人 floating=流动人 rented=出租房",
    ),
    (
        "shp 截断到 10 字节 (GBK)",
        "grids",
        "综治网格编:grids 综治网格名:names 所属社区编:villages",
        "grid_id=综治网格编 name=综治网格名 village_id=所属社区编",
    ),
    (
        "带区名前缀",
        "grids",
        "柯桥区网格编码:grids 柯桥区网格名称:names 2025年户籍人口数:counts",
        "grid_id=柯桥区网格编码 name=柯桥区网格名称 residents=2025年户籍人口数",
    ),
    (
        "村社只有名称",
        "grids",
        "网格编号:grids 所属社区:管墅社区|管墅社区|双梅村 派出所:柯桥派出所|柯桥派出所|柯桥派出所",
        "grid_id=网格编号",
    ),
    (
        "网格员的名册",
        "grids",
        "网格编码:grids 网格员姓名:persons 网格员电话:13800000000|13800000000|13800000000 名称:names",
        "grid_id=网格编码 name=名称",
    ),
    (
        "万人为单位的人口不是人口数",
        "grids",
        "网格编码:grids 户籍人口（万人）:0.12|0.09|0.15 非户籍人口:counts",
        "grid_id=网格编码",
    ),
    (
        "重复的网格编码不是主键，序号也不是",
        "grids",
        "序号:1|2|3 网格:第1网格|第2网格|第3网格 代码:grids",
        "grid_id=代码 name=网格",
    ),
    (
        "英文网格",
        "grids",
        "grid_code:grids grid_name:names village_code:villages pop:counts",
        "grid_id=grid_code name=grid_name village_id=village_code residents=pop",
    ),
    ("TIGER", "grids", "GEOID:grids NAMELSAD:names ALAND:counts", "grid_id=GEOID name=NAMELSAD"),
    (
        "警务区图层",
        "zones",
        "警务区编码:jw01|jw02 警务区名称:云溪一区|云溪二区 所属派出所编码:p1|p1",
        "zone_id=警务区编码 name=警务区名称 station_id=所属派出所编码",
    ),
    (
        "PGIS 警务区",
        "zones",
        "JWQDM:jw01|jw02 JWQMC:云溪一区|云溪二区 SSPCSDM:p1|p1 PCSMC:云溪派出所|云溪派出所",
        "zone_id=JWQDM name=JWQMC station_id=SSPCSDM",
    ),
    ("责任区", "zones", "责任区编号:1|2 责任民警:persons 民警警号:330601|330602", "zone_id=责任区编号"),
    ("警务区的名称和编号", "zones", "编号:1|2 警务区:云溪一区|云溪二区", "zone_id=编号 name=警务区"),
    (
        "统计用区划代码",
        "villages",
        "统计用区划代码:330603001001|330603001202 城乡分类代码:111|220 名称:管墅社区居委会|双梅村委会",
        "village_id=统计用区划代码 name=名称",
    ),
    (
        "村居名册",
        "villages",
        (
            "村(社区)编码:330603001001|330603001202 村(社区)名称:管墅社区|双梅村 类型:社区|行政村 "
            "街道代码:330603001|330603001"
        ),
        "village_id=村(社区)编码 name=村(社区)名称 kind=类型 town_id=街道代码",
    ),
    (
        "三调行政区",
        "villages",
        "XZQDM:330603001001|330603001202 XZQMC:管墅社区|双梅村 MSSM:00|00",
        "village_id=XZQDM name=XZQMC",
    ),
    (
        "村社类型是别的",
        "villages",
        "村居代码:330603001001|330603001202 村居名称:管墅社区|双梅村 类型:平安村|善治村",
        "village_id=村居代码 name=村居名称",
    ),
    (
        "派出所",
        "stations",
        "机构代码:330603550000|330603560000 机构名称:柯桥派出所|柯岩派出所 派出所等级:一级|二级",
        "station_id=机构代码 name=机构名称 class=派出所等级",
    ),
    ("派出所拼音", "stations", "PCSDM:1|2 PCSMC:柯桥派出所|柯岩派出所", "station_id=PCSDM name=PCSMC"),
    (
        "乡镇",
        "towns",
        "乡镇代码:330603001|330603002 乡镇名称:柯桥街道|柯岩街道",
        "town_id=乡镇代码 name=乡镇名称",
    ),
    ("街道只有名", "towns", "街道:柯桥街道|柯岩街道 编码:330603001|330603002", "town_id=编码 name=街道"),
    (
        "警务室表格",
        "posts",
        (
            "警务室名称:管墅警务室|双梅警务室 类型:警务室|警务站 经度:lons 纬度:lats "
            "联系电话:13800000000|13800000000"
        ),
        "name=警务室名称 kind=类型 lon=经度 lat=纬度",
    ),
    (
        "测绘的 X 是北",
        "posts",
        "名称:管墅警务室|双梅警务室 X坐标:3329000.5|3329100.5 Y坐标:545000.1|545900.2",
        "name=名称 lon=Y坐标 lat=X坐标",
    ),
    ("经纬度写反", "posts", "名称:管墅警务室|双梅警务室 经度:lats 纬度:lons", "name=名称 lon=纬度 lat=经度"),
    ("只有经度", "posts", "名称:管墅警务室|双梅警务室 经度:lons", "name=名称"),
    (
        "Geofabrik 道路",
        "roads",
        (
            "osm_id:1|2 code:5113|5122 fclass:primary|residential name:柯华路|笛扬路 oneway:B|F "
            "bridge:F|T maxspeed:0|0"
        ),
        "road_id=osm_id name=name class=fclass oneway=oneway bridge=bridge",
    ),
    (
        "osmnx",
        "roads",
        "osmid:1|2 highway:primary|tertiary_link oneway:True|False length:12.5|99.1",
        "road_id=osmid class=highway oneway=oneway length_m=length",
    ),
    (
        "交通部门的公路",
        "roads",
        ("路线编码:G104|S308 路线名称:京岚线|绍甘线 行政等级:国道|省道 里程（公里）:12.1|8.4 是否单行:否|是"),
        "road_id=路线编码 name=路线名称 class=行政等级 oneway=是否单行",
    ),
    ("度数的长度不是米", "roads", "NAME:柯华路|笛扬路 Shape_Leng:0.01|0.02", "name=NAME"),
    ("阻隔", "barriers", "阻隔名称:杭甬高速|萧甬铁路 阻隔类型:高速公路|铁路", "name=阻隔名称 kind=阻隔类型"),
    ("水系", "water", "水系名称:浙东运河|瓜渚湖 水系类型:河流|湖泊", "name=水系名称 kind=水系类型"),
    (
        "110 接处警导出",
        "incidents",
        (
            "警情编号:grids 报警时间:times 报警人:persons "
            "报警人电话:13800000000|13800000000|13800000000 报警内容:texts 警情类别:盗窃|纠纷|纠纷 "
            "报警方式:110报警|110报警|巡逻发现 东经:lons 北纬:lats "
            "处警单位:柯桥派出所|柯桥派出所|柯桥派出所"
        ),
        "time=报警时间 category=警情类别 source=报警方式 lon=东经 lat=北纬",
    ),
    (
        "接口字段",
        "incidents",
        "JJSJ:times BJLBMC:盗窃|纠纷|纠纷 BJDZJD:lons BJDZWD:lats BJRXM:persons BJDH:1|1|1",
        "time=JJSJ category=BJLBMC lon=BJDZJD lat=BJDZWD",
    ),
    (
        "日期和时刻分列",
        "incidents",
        "网格编码:grids 日期:days 时间:13:20|08:05|23:59 类别:盗窃|纠纷|纠纷",
        "grid_id=网格编码 date=日期 hour=时间 category=类别",
    ),
    (
        "已汇总的警情",
        "incidents",
        (
            "网格编码:grids 统计日期:20260105|20260105|20260105 时段:1|2|23 警情数量:2|1|1 "
            "统计口径:有效|有效|有效"
        ),
        "grid_id=网格编码 date=统计日期 hour=时段 basis=统计口径 count=警情数量",
    ),
    (
        "多个时间，取发生时间",
        "incidents",
        "录入时间:times 接警时间:times 发生时间:times 到达现场时间:times 结案时间:times",
        "time=发生时间",
    ),
    ("类别列里是正文", "incidents", "报警时间:times 警情类别:texts", "time=报警时间"),
    ("WKT", "incidents", "date:days geometry:points", "date=date wkt=geometry"),
    (
        "平安指标",
        "indicators",
        (
            "村社编码:villages 开始日期:2026-01-01|2026-01-01|2026-01-01 "
            "结束日期:2026-01-31|2026-01-31|2026-01-31 指标名称:矛盾纠纷|矛盾纠纷|矛盾纠纷 "
            "指标值:3|0|1 基数:counts"
        ),
        (
            "village_id=村社编码 period_start=开始日期 period_end=结束日期 indicator=指标名称 "
            "value=指标值 exposure=基数"
        ),
    ),
    (
        "警力",
        "staff",
        "单位编码:villages 岗位:辅警|社区民警|辅警 人数:1|1|2 姓名:persons",
        "place_id=单位编码 role=岗位 count=人数",
    ),
    (
        "编组对应表",
        "declared_assignment",
        "序号:1|2|3 网格编码:grids 网格名称:names 警务区编码:j1|j1|j2 社区民警:persons",
        "grid_id=网格编码 zone_id=警务区编码",
    ),
    ("编组对应表，只有表头", "declared_assignment", "网格编号:? 警务区:?", "grid_id=网格编号 zone_id=警务区"),
    ("飞地", "exemptions", "网格代码:grids 备注:飞地||飞地", "grid_id=网格代码 note=备注"),
    ("人口点", "population", "lng:lons lat:lats 人数:3|4|5", "residents=人数 lon=lng lat=lat"),
    (
        "重点单位",
        "facilities",
        (
            "单位名称:绍兴某纺织厂|柯桥某小学|柯桥某银行 单位类型:规上企业|小学|银行 法人代表:persons "
            "单位地址:柯桥|柯桥|柯桥 经度:lons 纬度:lats"
        ),
        "name=单位名称 kind=单位类型 lon=经度 lat=纬度",
    ),
    (
        "两套坐标，取一套",
        "facilities",
        "学校名称:甲小学|乙中学 GCJ02经度:lons GCJ02纬度:lats WGS84_lng:lons WGS84_lat:lats",
        "name=学校名称 lon=WGS84_lng lat=WGS84_lat",
    ),
    (
        "两套坐标各缺一半",
        "facilities",
        "学校名称:甲小学|乙中学 GCJ02经度:lons WGS84_lat:lats",
        "name=学校名称",
    ),
    (
        "地址的坐标是地点",
        "incidents",
        "接警时间:times 报警类别名称:刑事|治安|治安 报警地址:a|b|c 报警地址经度:lons 报警地址纬度:lats",
        "time=接警时间 category=报警类别名称 lon=报警地址经度 lat=报警地址纬度",
    ),
    (
        "芝加哥门户导出，坐标另有英尺",
        "incidents",
        (
            "Date:times Primary_Type:THEFT|BATTERY|THEFT Beat:1|2|3 District:1|2|3 "
            "X_Coordinate:1160000|1170000|1180000 "
            "Y_Coordinate:1900000|1910000|1920000 "
            "Updated_On:times Latitude:41.8|41.9|41.7 Longitude:-87.6|-87.7|-87.8"
        ),
        "time=Date category=Primary_Type lon=Longitude lat=Latitude",
    ),
    (
        "村社只有名称，没有编码",
        "villages",
        "镇街:柯桥街道|柯桥街道 村（社区）:管墅社区|双梅村 户数:9|8",
        "name=村（社区）",
    ),
    (
        "辅警名册",
        "staff",
        "单位:甲所|乙所|丙所 岗位名称:民警|辅警|辅警 姓名:persons 年龄:30|40|50",
        "role=岗位名称",
    ),
    (
        "网格有很多别的列",
        "grids",
        (
            "FID:0|1|2 网格代码:grids 网格类型:城市|农村|城市 网格长:persons 户数:300|200|400 人口数:counts "
            "重点人口:1|0|0 Shape_Area:0.01|0.02|0.03 备注:a|b|c"
        ),
        "grid_id=网格代码 residents=人口数",
    ),
    (
        "后台数据表",
        "grids",
        "id:a9f1|b8e2|c7d3 grid_name:names grid_code:grids parent_id:x|x|y create_time:times creator:persons",
        "grid_id=grid_code name=grid_name",
    ),
    (
        "微网格属于网格",
        "grids",
        "所属网格编码:1|1|2 微网格编码:grids 微网格名称:names",
        "grid_id=微网格编码 name=微网格名称",
    ),
    (
        "拼音与英文混写",
        "villages",
        "CUN_ID:1|2 CUN_NAME:甲村|乙村 XIANG_NAME:甲乡|甲乡",
        "village_id=CUN_ID name=CUN_NAME",
    ),
    (
        "发案小时",
        "incidents",
        "网格代码:grids 发案日期:days 发案小时:1|2|3 案件性质:盗窃|诈骗|盗窃 起数:1|1|2 来源:接报|接报|巡防",
        "grid_id=网格代码 date=发案日期 hour=发案小时 category=案件性质 count=起数 source=来源",
    ),
    (
        "园区",
        "areas",
        "园区编号:1|2 园区名称:柯北工业园|滨海工业区 面积（平方公里）:3.1|4.2",
        "area_id=园区编号 name=园区名称",
    ),
]

# File, table, what its columns should be taken for.
REAL = [
    ("police/chicago/beats_2019.gpkg", "zones", "zone_id=beat_num station_id=district"),
    ("police/chicago/districts_since_dec2012.gpkg", "stations", "station_id=dist_num name=dist_label"),
    (
        "police/chicago/districts_before_dec2012_shp/PoliceDistrict.shp",
        "stations",
        "station_id=DIST_NUM name=DIST_LABEL",
    ),
    (
        "police/chicago/census_tracts_2010.gpkg",
        "grids",
        "grid_id=geoid10 name=namelsad10 village_id=commarea",
    ),
    ("police/chicago/community_areas.gpkg", "villages", "village_id=area_numbe name=community"),
    (
        "police/chicago/incidents_2019_sample50k.csv.gz",
        "incidents",
        "date=date hour=hour category=primary_type lon=longitude lat=latitude",
    ),
    (
        "police/chicago/aggravated_assaults_2010_2019.csv.gz",
        "incidents",
        "time=date lon=longitude lat=latitude",
    ),
    (
        "china/village_polygons_chiayi/villages.gpkg",
        "villages",
        "village_id=VILLCODE name=VILLNAME town_id=TOWNCODE",
    ),
    ("china/village_polygons_chiayi/towns.gpkg", "towns", "town_id=TOWNCODE name=TOWNNAME"),
    (
        "china/division_codes/keqiao_villages_utf8.csv",
        "villages",
        "village_id=code name=name town_id=streetCode",
    ),
    (
        "china/division_codes/villages_needing_gb18030.csv",
        "villages",
        "village_id=code name=name town_id=streetCode",
    ),
    ("china/division_codes/keqiao_towns.csv", "towns", "town_id=code name=name"),
    ("china/gbk_shapefiles/chongqing/区县界_area.shp", "areas", "area_id=ADMINCODE name=NAME"),
    (
        "china/county_polygons/zhejiang_counties_tianditu_cgcs2000.gpkg",
        "areas",
        "area_id=district_adcode name=district_name",
    ),
    (
        "china/county_polygons/shaoxing_6_counties_GCJ02.geojson",
        "areas",
        "area_id=adcode name=name kind=level",
    ),
    ("china/小学_gbk.csv", "facilities", "name=name kind=type lon=lon lat=lat"),
]


def columns_of(text):
    """Header → values, in rows of equal number; None where there are none."""
    given = dict(column.split(":", 1) for column in text.split())
    lists = {header: VALUES.get(values) or values.split("|") for header, values in given.items()}
    rows = min(len(values) for values in lists.values())
    return {header: None if values == ["?"] else values[:rows] for header, values in lists.items()}


def expected_of(text):
    return dict(pair.split("=", 1) for pair in text.split())


def frame_of(columns):
    return None if None in columns.values() else pd.DataFrame(columns, dtype="str")


def real_frame(path):
    if path.suffix in (".csv", ".gz"):
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return pd.read_csv(path, dtype=str, keep_default_na=False, encoding=encoding)
            except UnicodeDecodeError:
                continue
    encoding = {"encoding": "gb18030"} if "gbk" in str(path) else {}
    return gpd.read_file(path, **encoding)


@pytest.mark.parametrize(
    ("table", "columns", "expected"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_headers_as_bureaus_write_them(table, columns, expected):
    columns = columns_of(columns)
    assert guess_mapping(table, columns, frame_of(columns)) == expected_of(expected)


@pytest.mark.parametrize(("file", "table", "expected"), REAL, ids=[row[0] for row in REAL])
def test_headers_of_real_files(real_data, file, table, expected):
    frame = real_frame(real_data / file)
    assert guess_mapping(table, list(frame.columns), frame) == expected_of(expected)


def test_names_alone_guess_nothing_wrong():
    """Without values fewer columns can be told, but none is mistaken."""
    wrong, right, all_of_them = [], 0, 0
    for what, table, columns, expected in HEADERS:
        guessed, expected = guess_mapping(table, columns_of(columns)), expected_of(expected)
        all_of_them += len(expected)
        right += sum(guessed.get(name) == column for name, column in expected.items())
        wrong += [(what, name, column) for name, column in guessed.items() if expected.get(name) != column]
    # What only the values give away: x that is y, names where ids should be, free text, dates' clocks.
    assert len(wrong) <= 14, wrong
    assert right >= 0.9 * all_of_them


@pytest.mark.parametrize(
    "header",
    [
        "姓名",
        "报警人姓名",
        "联系电话",
        "身份证号",
        "户主",
        "家庭住址",
        "民警姓名",
        "phone",
        "contact_name",
        "网格员",
        "车牌号",
    ],
)
@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_column_of_persons_is_never_guessed(table, header):
    assert guess_mapping(table, [header]) == {}
    assert guess_mapping(table, [header], pd.DataFrame({header: ["a1", "a2", "a3"]})) == {}


def test_excluded_columns_are_not_guessed():
    assert guess_mapping("grids", ["网格编码", "名称"], exclude={"名称"}) == {"grid_id": "网格编码"}


def test_guess_uses_no_column_twice():
    mapping = guess_mapping("zones", ["编号", "名称", "警务区"])
    assert mapping == {"zone_id": "警务区", "name": "名称"}


def test_a_layer_with_shapes_needs_no_coordinates():
    points = gpd.GeoDataFrame(
        {"name": ["a", "b"], "lon": [120.1, 120.2], "lat": [30.1, 30.2]}, geometry=[Point(0, 0)] * 2, crs=4326
    )
    assert guess_mapping("posts", points.columns, points) == {"name": "name"}
    assert set(guess_mapping("posts", ["name", "lon", "lat"])) == {"name", "lon", "lat"}


def test_an_id_that_repeats_is_no_key():
    repeated = pd.DataFrame({"网格编码": ["a1", "a1", "a1", "a2"], "编号": ["1", "2", "3", "4"]})
    assert guess_mapping("grids", repeated.columns, repeated) == {"grid_id": "编号"}


def test_an_empty_column_gives_way_to_a_filled_one():
    frame = pd.DataFrame({"户籍人口": ["", "", ""], "人口数": ["1", "2", "3"]})
    assert guess_mapping("grids", frame.columns, frame) == {"residents": "人口数"}


def test_places_that_are_named_are_found_for_their_names():
    frame = pd.DataFrame(
        {
            "网格编号": G3,
            "所属社区": ["管墅社区", "管墅社区", "双梅村"],
            "派出所": ["柯桥派出所"] * 3,
            "网格员姓名": CALLERS3,
        }
    )
    assert guess_names("grids", frame.columns, frame) == {"village_id": "所属社区", "station_id": "派出所"}


def test_a_reference_with_codes_is_not_looked_up_by_name():
    frame = pd.DataFrame({"网格编码": G3, "社区编码": V3, "社区名称": ["管墅社区"] * 3})
    assert guess_names("grids", frame.columns, frame) == {}


TITLES = [
    ("柯桥区网格2025.gpkg", "网格", "网格编码 网格名称", "polygon", "grids"),
    ("警务区.shp", "警务区", "编号 名称", "polygon", "zones"),
    ("村界.shp", "村界", "XZQDM XZQMC", "polygon", "villages"),
    ("行政村.kml", "未命名图层", "Name Description", "polygon", "villages"),
    ("派出所辖区.gpkg", "jurisdiction", "id name", "polygon", "stations"),
    ("乡镇街道.shp", "乡镇街道", "code name", "polygon", "towns"),
    ("社区警务室.xlsx", "Sheet1", "警务室名称 经度 纬度", None, "posts"),
    ("gis_osm_roads_free_1.shp", "gis_osm_roads_free_1", "osm_id code fclass name", "line", "roads"),
    ("路网.geojson", "路网", "highway", "line", "roads"),
    ("gis_osm_water_a_free_1.shp", "x", "osm_id code fclass name", "polygon", "water"),
    ("阻隔线.gpkg", "阻隔线", "名称 类型", "line", "barriers"),
    ("gis_osm_railways_free_1.shp", "x", "osm_id code fclass name", "line", "barriers"),
    ("2026年1月警情.xlsx", "Sheet1", "报警时间 警情类别 经度 纬度", None, "incidents"),
    ("export.csv", "export", "发生时间 警情类别 经度 纬度", None, "incidents"),
    ("编组对应表.xlsx", "Sheet1", "网格编码 警务区编码", None, "declared_assignment"),
    ("数据.xlsx", "Sheet1", "网格编码 警务区编码", None, "declared_assignment"),
    ("网格信息.xlsx", "Sheet1", "网格编码 网格名称 户籍人口 流动人口", None, "grids"),
    ("表1.xlsx", "Sheet1", "网格编码 网格名称 户籍人口 流动人口", None, "grids"),
    ("警力配备.xlsx", "Sheet1", "单位编码 岗位 人数", None, "staff"),
    ("平安指数.xlsx", "1月", "村社编码 开始日期 结束日期 指标 数值", None, "indicators"),
    ("小学_gbk.csv", "小学_gbk", "name address adname pname type lat lon", None, "facilities"),
    ("beats_2019.gpkg", "beats_2019", "beat beat_num district sector", "polygon", "zones"),
    ("census_tracts_2010.gpkg", "census_tracts_2010", "geoid10 namelsad10 commarea", "polygon", "grids"),
    ("community_areas.gpkg", "community_areas", "area_numbe community shape_area", "polygon", "villages"),
    ("districts_since_dec2012.gpkg", "d", "dist_label dist_num", "polygon", "stations"),
    ("incidents_2019_sample50k.csv.gz", "", "date hour primary_type longitude latitude", None, "incidents"),
    ("aggravated_assaults_2010_2019.csv.gz", "", "date loc_cat longitude latitude", None, "incidents"),
    ("villages.gpkg", "villages", "VILLCODE TOWNNAME VILLNAME TOWNCODE", "polygon", "villages"),
    ("towns.gpkg", "towns", "COUNTYNAME TOWNNAME TOWNID TOWNCODE", "polygon", "towns"),
    ("keqiao_villages_gbk_crlf.csv", "", "code name streetCode town", None, "villages"),
    ("keqiao_towns.csv", "", "code name areaCode", None, "towns"),
    ("区县界_area.shp", "区县界_area", "NAME PYNAME ADMINCODE", "polygon", "areas"),
    ("飞地.csv", "飞地", "网格编码 备注", None, "exemptions"),
]


@pytest.mark.parametrize(
    ("file", "layer", "columns", "shape", "table"), TITLES, ids=[row[0] for row in TITLES]
)
def test_a_layer_is_told_by_its_name_its_columns_and_its_shape(file, layer, columns, shape, table):
    assert guess_table(file, layer, columns.split(), shape=shape)[0] == table


def test_tables_of_another_shape_are_left_out():
    tables = guess_table("网格.gpkg", "网格", ["网格编码"], shape="line")
    assert "grids" not in tables
    assert tables[0] == "roads"


def test_a_table_without_place_is_no_table_of_points():
    assert "posts" not in guess_table("警务室.xlsx", "Sheet1", ["警务室名称", "类型"], shape=None)


@given(
    st.sampled_from(sorted(TABLES)),
    st.dictionaries(
        st.one_of(
            st.sampled_from(["网格编码", "名称", "x", "y", "时间", "类型", "date"]), st.text(max_size=12)
        ),
        st.lists(
            st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["1", "2.5", "2026-01-05", "120.5"])),
            min_size=3,
            max_size=3,
        ),
        max_size=6,
    ),
)
def test_any_table_gets_a_mapping_of_its_own_columns_each_once(table, columns):
    sample = pd.DataFrame(columns, dtype=object)
    mapping = guess_mapping(table, columns, sample)
    assert set(mapping) <= set(input_fields(table))
    assert set(mapping.values()) <= set(columns)
    assert len(set(mapping.values())) == len(mapping)
    assert ("lon" in mapping) == ("lat" in mapping)
    assert mapping == guess_mapping(table, columns, sample)
