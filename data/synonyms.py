"""What bureaus call our tables, columns and values, in Chinese, English and pinyin initials; words only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.schemas import (
    AREA_ID,
    BASIS,
    BRIDGE,
    CATEGORY,
    CLASS,
    CLOSED_FROM,
    CLOSED_TO,
    COMMUNITY,
    COUNT,
    DATE,
    DUE,
    DWELL_MIN,
    EXPOSURE,
    FACILITY_ID,
    FLOATING,
    FORCE,
    GRID_ID,
    HOUR,
    HOUSES,
    INDICATOR,
    KEY_UNITS,
    KIND,
    LAT,
    LENGTH_M,
    LON,
    MEMBER_NAMES,
    MEMBERS,
    NAME,
    NOTE,
    ONEWAY,
    PATROL,
    PERIOD_END,
    PERIOD_START,
    PLACE_ID,
    POST_ID,
    PRIORITY,
    RENTED,
    REPORTED,
    RESIDENTS,
    ROAD_ID,
    ROLE,
    SHIFT,
    SHIFT_END,
    SHIFT_START,
    SKILL,
    SKILLS,
    SOURCE,
    SQUAD,
    STATION_ID,
    STOP_ID,
    TEAM_ID,
    TIME,
    TOWN_ID,
    TRAVEL_MODE,
    VALID_FROM,
    VALID_TO,
    VALUE,
    VENUES,
    VILLAGE,
    VILLAGE_ID,
    WINDOWS,
    WKT,
    ZONE_ID,
)
from geo.osm import HIGHWAYS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Words are separated by spaces, most telling first.

# What a kind of place is called: Chinese, English, pinyin initials (as in PGIS).
STEMS: Mapping[str, tuple[str, str, str]] = {
    GRID_ID: (
        "网格 综治网格 基础网格 全科网格 村社网格 专属网格 微网格 单元网格 格子",
        "grid cell tract",
        "wg jcwg zzwg",
    ),
    ZONE_ID: (
        "警务区 警格 警务责任区 社区警务区 责任区 警区 警务网格",
        "zone beat policezone",
        "jwq zrq jwzrq jg sqjwq",
    ),
    VILLAGE_ID: (
        "村社 村居 村社区 行政村 社区 居村委 居村委会 居委村委 村委会 居委会 村庄 建制村 村",
        "village vill community comm",
        "cs cj jcw sq xzc cun cwh jwh sqjcwh",
    ),
    STATION_ID: (
        "派出所 辖区派出所 管辖派出所 责任派出所 公安派出所 所队 管辖单位",
        "station policestation district dist precinct",
        "pcs gxpcs gxdw",
    ),
    TOWN_ID: (
        "镇街 乡镇 乡镇街道 镇街道 街镇 街道乡镇 街乡镇 乡街 街道 街道办 镇 乡",
        "town township subdistrict street streettown",
        "xzjd zj xz jd jz",
    ),
    POST_ID: (
        "站室 警务站室 警务室 警务站 警务工作站 社区警务室 站点",
        "post policepost policeroom",
        "jws jwz sqjws",
    ),
    ROAD_ID: (
        "道路 路段 公路 路线 街路",
        "road osm way link edge",
        "dl ld lx",
    ),
    FACILITY_ID: (
        "设施 场所 单位 学校 医院 企业 机构 点位 阵地",
        "facility poi school hospital unit",
        "ss csbh dw xx yy",
    ),
    AREA_ID: (
        "区域 区县 园区 片区 景区 县区 行政区划 行政区 区划",
        "area region district county admin ad",
        "qy qx xzqh xzq pq",
    ),
    TEAM_ID: (
        "巡防队 巡逻队 巡防队伍 巡逻队伍 队伍 巡防小队 巡防组 巡逻组 班组 小队 队",
        "team patrolteam crew",
        "xfd dwbh",
    ),
    STOP_ID: (
        "必巡点 巡防点 巡逻点 巡查点 巡更点 签到点 打卡点 必到点 护学岗 停留点 点位",
        "stop patrolpoint checkpoint waypoint",
        "bxd xfdw",
    ),
    PLACE_ID: (
        "单位 地点 场所 村社 机构 部门",
        "place unit",
        "dw jg",
    ),
}
# How the id and the name of a place are marked, after its stem.
ID_MARKS = ("编码 编号 代码 号 标识 id 标识码 唯一编码", "code id num number no adcode key", "bm bh dm id")

NAME_MARKS = ("名称 名 全称 简称", "name label title", "mc")
# What says, before a stem, that a row belongs to the place.
OWNER_MARKS = ("所属 归属 所在 隶属 管辖 上级 对应", "", "ss gx sz")
# No more than "id" or "name": the table's own, and only where it stands alone.
ANY_ID = "编码 编号 代码 标识码 统计用区划代码 区划代码 code id bm bh dm"
ANY_NAME = "名称 全称 name mc fullname namechn label"

# Further words for single columns; a table's own come before those of every table.
COLUMN_WORDS: Mapping[str, str] = {
    RESIDENTS: (
        "residents 户籍人口 户籍人口数 户籍人数 户籍人员数 常住人口 常住人口数 人口总数 人口数 总人口 "
        "人口 population totalpop poptotal pop etotpop hjrk hjrks czrk rks"
    ),
    FLOATING: (
        "floating 流动人口 流动人口数 流动人数 外来人口 外来人口数 暂住人口 暂住人口数 来绍人员数 "
        "新居民数 floatingpopulation ldrk ldrks wlrk zzrk"
    ),
    HOUSES: (
        "houses 实有房屋 实有房屋数 房屋数 房屋数量 房屋总数 房屋 住房数 套数 housingunits dwellings "
        "ehu syfw syfws fws"
    ),
    RENTED: (
        "rented 出租房屋 出租房屋数 出租房 出租房数 租赁房屋 租赁住房 居住出租房 居住出租房屋 "
        "rentedhouses rentals czfw czfws czf"
    ),
    VENUES: "venues 行业场所 行业场所数 特种行业场所 场所数 场所数量 九小场所 九小场所数 hycs hycss",
    KEY_UNITS: "key_units 重点单位 重点单位数 治安重点单位 治保重点单位 重点单位数量 内保单位数 zddw zddws",
    VALID_FROM: "valid_from 生效日期 启用日期 有效期起 设立日期 启用时间 生效时间",
    VALID_TO: "valid_to 失效日期 停用日期 有效期止 撤销日期 停用时间 失效时间",
    LENGTH_M: "length_m 长度 道路长度 路段长度 length lengthm",
    ONEWAY: "oneway 单行 单行线 是否单行 单行道 是否单行道 单向 是否单向 通行方向",
    BRIDGE: "bridge 桥梁 是否桥梁 桥 是否桥",
    NOTE: "note 备注 说明 理由 remark remarks",
    DATE: (
        "date 日期 接警日期 报警日期 发生日期 发案日期 案发日期 接报日期 统计日期 day jjrq bjrq farq fsrq rq"
    ),
    HOUR: "hour 小时 发案小时 发生小时 接警小时 报警小时 时段 发案时段 接警时段 发生时段 钟点 sd",
    TIME: (
        "time datetime timestamp 发生时间 案发时间 发案时间 报警时间 接警时间 接报时间 接警日期时间 "
        "报警日期时间 受理时间 时间 fssj fasj afsj bjsj jjsj occurred occurredat occurreddate "
        "incidentdate incidenttime reportedat dateocc calltime calldatetime"
    ),
    CATEGORY: (
        "category 警情类别 警情类型 警情分类 警情性质 报警类别 报警类型 案件类别 案件类型 案件性质 "
        "事件类型 案由 类别 primarytype offense offence crimetype offensetype calltype incidenttype "
        "eventtype bjlb bjlbmc jqlb jqlbmc jqlx jqxz ajlb ajlbmc"
    ),
    SOURCE: (
        "source 来源 警情来源 报警来源 报警方式 接警方式 来电类型 发现方式 信息来源 bjfs jqly callsource"
    ),
    BASIS: "basis 统计口径 口径 警情口径 是否有效警情 有效性 警情有效性",
    COUNT: (
        "count 数量 起数 警情数 警情数量 接报数 接警数 次数 件数 合计 counts number total incidents sl jqs"
    ),
    PERIOD_START: "period_start 起始日期 开始日期 起始时间 开始时间 期初 startdate periodfrom ksrq",
    PERIOD_END: "period_end 截止日期 结束日期 终止日期 截止时间 结束时间 期末 enddate periodto jsrq jzrq",
    INDICATOR: "indicator 指标 指标名称 指标代码 指标编码 指标项 zb zbmc zbdm",
    VALUE: "value 数值 指标值 值 得分 实际值 zbz",
    EXPOSURE: "exposure 基数 分母 人口基数 基准数",
    ROLE: "role 岗位 岗位类别 人员类别 人员类型 警力类别 警力类型 队伍类型 职务",
    FORCE: (
        "force 巡防力量 力量 力量类型 力量类别 队伍类型 队伍类别 队伍性质 队伍种类 巡防队类型 巡防队类别 "
        "forcetype teamtype"
    ),
    TRAVEL_MODE: (
        "travel_mode 出行方式 巡逻方式 交通工具 交通方式 巡逻工具 巡防工具 车辆类型 配备车辆 travelmode "
        "transport vehicle vehicletype"
    ),
    MEMBERS: (
        "members 人数 队员数 队员人数 队员数量 成员数 成员人数 人员数 人员数量 队伍人数 在岗人数 配备人数 "
        "队员 成员 headcount teamsize rs dys"
    ),
    MEMBER_NAMES: (
        "member_names 队员姓名 队员名单 成员姓名 成员名单 人员姓名 人员名单 巡防队员 巡逻队员 队员 成员 人员 "
        "姓名 membernames roster xm dyxm"
    ),
    SHIFT: (
        "shift 班次 班次时间 巡防时间 巡逻时间 巡防时段 巡逻时段 值班时间 工作时间 勤务时间 在岗时间 "
        "上班时段 shifthours workinghours bc"
    ),
    SHIFT_START: (
        "shift_start 上班时间 上岗时间 开始时间 起始时间 班次开始 班次起 出巡时间 出发时间 巡逻开始时间 "
        "巡防开始时间 shiftbegin starttime start"
    ),
    SHIFT_END: (
        "shift_end 下班时间 下岗时间 结束时间 截止时间 班次结束 班次止 收巡时间 收队时间 巡逻结束时间 "
        "巡防结束时间 shiftfinish endtime end"
    ),
    SKILLS: "skills 技能 队伍技能 专长 特长 资质 skill jn",
    DWELL_MIN: (
        "dwell_min 停留 停留时间 停留时长 停留分钟 停留分钟数 驻留时间 驻点时间 驻守时间 巡查时长 检查时长 "
        "dwell dwelltime dwellminutes servicetime minutes tlsj"
    ),
    WINDOWS: (
        "windows 时间窗 时间窗口 时间段 时段 时段要求 时间要求 护学时段 护学时间 巡逻时段 巡防时段 巡查时段 "
        "到点时间 window timewindow timewindows sjc"
    ),
    PRIORITY: "priority 优先级 优先级别 重要程度 重要性 巡防等级 必巡等级 是否必巡 级别 等级 yxj",
    SKILL: "skill 所需技能 技能要求 技能 skillneeded requiredskill",
    DUE: (
        "due 到期 到期日 到期日期 期限 截止日期 最迟日期 应检日期 下次检查 下次检查日期 检查期限 duedate "
        "deadline"
    ),
    CLOSED_FROM: (
        "closed_from 封闭日期 封路日期 封闭开始 封闭起 封闭开始日期 开始日期 起始日期 开始时间 起始时间 "
        "startdate from"
    ),
    CLOSED_TO: (
        "closed_to 封闭结束 封闭止 封闭结束日期 结束日期 截止日期 终止日期 结束时间 截止时间 enddate to"
    ),
    LON: (
        "lon lng longitude 经度 东经 经度坐标 中心经度 百度经度 高德经度 long pointx xcoord "
        "xcoordinate coordx 坐标x x坐标 横坐标 x jd zxjd jdzb bjdzjd gislon centerx"
    ),
    LAT: (
        "lat latitude 纬度 北纬 纬度坐标 中心纬度 百度纬度 高德纬度 pointy ycoord ycoordinate coordy "
        "坐标y y坐标 纵坐标 y wd zxwd wdzb bjdzwd gislat centery"
    ),
    WKT: "wkt geomwkt wktgeom geometry geom thegeom shape 空间坐标 几何 边界坐标",
}
TABLE_WORDS: Mapping[tuple[str, str], str] = {
    ("towns", TOWN_ID): "admincode adcode xzqdm xzqhdm 行政区代码 行政区划代码 区划代码",
    ("towns", NAME): "xzqmc 行政区名称",
    ("villages", VILLAGE_ID): (
        "areanum areanumbe areanumber commarea communityarea xqdm xzqdm zldwdm admincode adcode 行政区代码 "
        "行政区划代码"
    ),
    ("villages", NAME): "xqmc xzqmc zldwmc 行政区名称",
    ("villages", KIND): "kind 村社类型 村居类型 类型 类别 性质 type lx lb",
    ("grids", GRID_ID): "geoid geoid10 geoid20 tractce tractce10 tractce20 tractid",
    ("grids", NAME): "namelsad namelsad10 namelsad20",
    ("grids", VILLAGE_ID): "commarea communityarea communityareanumber xqdm",
    ("zones", STATION_ID): "districtno policedistrict",
    ("stations", STATION_ID): "adcode orgcode 机构代码 机构编码 单位代码 单位编码 jgdm dwdm",
    ("stations", NAME): "机构名称 单位名称 orgname jgmc dwmc",
    ("stations", CLASS): "class 派出所等级 派出所类别 派出所类型 等级 所级 级别 类别 stationclass",
    ("posts", KIND): "kind 站室类型 站室类别 警务室类型 类型 类别 type lx lb",
    ("posts", NAME): "站名 室名",
    ("roads", ROAD_ID): "osmid fid linkid objectid",
    ("roads", NAME): "路名 街路名称 streetname roadname",
    ("roads", CLASS): (
        "class highway fclass 道路等级 公路等级 技术等级 行政等级 道路类型 道路类别 道路级别 路型 等级 "
        "类型 类别 roadclass roadtype streettype type dldj jsdj xzdj dllx"
    ),
    ("water", NAME): "水系名称 河流名称 河名 湖泊名称 水体名称",
    ("water", KIND): "kind 水系类型 水体类型 类型 类别 fclass waterway water type lx",
    ("barriers", NAME): "阻隔名称 障碍名称 河流名称 河名 铁路名称 线路名称 高速名称 高速公路名称",
    (
        "barriers",
        KIND,
    ): "kind 阻隔类型 阻隔类别 障碍类型 障碍物类型 类型 类别 barrier railway waterway fclass type lx",
    ("areas", AREA_ID): "adcode admincode district_adcode xzqdm xzqhdm 行政区代码",
    ("areas", NAME): "name district_name xzqmc 行政区名称",
    ("areas", KIND): "kind 区域类型 区域类别 类型 类别 landuse fclass level type lx",
    ("facilities", NAME): "校名 院名",
    ("facilities", KIND): (
        "kind 设施类型 设施类别 机构类型 单位类型 单位类别 场所类型 场所类别 企业类型 学校类型 办学类型 类型 "
        "类别 行业类别 fclass amenity type typename lx lb"
    ),
    ("teams", NAME): "队名 队伍名 班组名",
    ("stops", NAME): "点名 校名 单位名称 地点 地点名称",
    (
        "stops",
        KIND,
    ): "kind 点位类型 点位类别 巡防点类型 必巡点类型 场所类型 单位类型 单位类别 类型 类别 性质 type lx lb",
    ("closed_roads", NOTE): "封闭原因 封路原因 原因 事由 reason",
    ("staff", COUNT): "count 人数 人员数 人员数量 数量 警力数 配备人数 编制数 在岗人数 headcount rs",
    ("staff", PLACE_ID): "村社编码 村社代码 派出所编码 派出所代码 警务区编码 警务区代码",
    ("population", RESIDENTS): "人数 count rs",
}
# A column that speaks of a person is never guessed, whatever else its name says.
NEVER = (
    "姓名 电话 手机 身份证 证件 证号 联系 地址 住址 户主 法人 负责人姓 报警人 当事人 嫌疑人 受害人 "
    "网格员 网格长 民警 警号 接警员 车牌 号牌 phone mobile idcard identity address email owner contact "
    "officername personname username firstname lastname"
)
# Units that our columns are not in: a header that names one is no count and no length of ours.
OTHER_UNITS = "万 千人 公里 千米 km % ‰ 比例 占比 率 平方"

# Words in the names of files and layers.
FILE_WORDS: Mapping[str, str] = {
    "grids": "网格 微网格 grid tract wangge wg",
    "zones": "警务区 警格 责任区 警区 zone beat jwq zrq",
    "villages": "村社 村居 行政村 社区 村界 村庄 居委会 村委会 村 village community community_area vill",
    "stations": "派出所 辖区 station precinct district policedistrict pcs",
    "towns": "乡镇 镇街 街道 乡镇街道 镇 town township subdistrict",
    "posts": "警务室 警务站 警务工作站 站室 岗亭 post jws",
    "roads": "道路 路网 公路 街路 路段 road street highway osm_road",
    "water": "水系 河流 湖泊 水面 水体 河道 水域 water river lake",
    "barriers": "阻隔 阻隔线 障碍 障碍物 隔离带 铁路 河道中心线 barrier barriers railway",
    "areas": "区域 片区 园区 景区 区县 区县界 县界 县区 行政区 area landuse county counties region",
    "facilities": (
        "学校 小学 中学 幼儿园 医院 企业 设施 场所 重点单位 银行 加油站 阵地 poi school hospital facilit shop"
    ),
    "population": "人口点 人口分布 population worldpop",
    "incidents": (
        "警情 接警 接处警 报警 接报 案件 发案 110 incident crime call assault offense burglar theft"
    ),
    "indicators": "指标 指数 矛盾纠纷 隐患 满意度 indicator index",
    "staff": "警力 辅警 巡防队 人员配备 队伍 编制 staff personnel",
    "teams": "巡防队伍 巡逻队伍 巡防力量 队伍台账 队伍表 队伍花名册 花名册 班组 班次表 team teams roster",
    "stops": "必巡点 巡防点 巡逻点 巡查点 巡更点 签到点 打卡点 护学岗 stop stops checkpoint patrolpoint",
    "closed_roads": "封闭道路 封路 道路封闭 断路 closed_road closure closures",
    "declared_assignment": "编组 编组对应 对应表 对应关系 对照表 归属表 assignment",
    "exemptions": "飞地 豁免 exempt exclave",
}

_ROADS_BESIDE_OSM = {
    "motorway": "高速 高速公路 高速路",
    "trunk": "国道 快速路 快速道路 城市快速路 国道快速路",
    "primary": "省道 主干路 主干道 城市主干路 一级公路",
    "secondary": "县道 次干路 次干道 城市次干路 二级公路",
    "tertiary": "乡道 支路 城市支路 支线 三级公路",
    "residential": "村道 居住区道路 小区道路 街巷 巷道 四级公路",
    "service": "内部道路 内部路",
    "track": "track_grade1 track_grade2 track_grade3 track_grade4 track_grade5 机耕路 机耕道",
    "path": "小路 步道 人行道 步行街 便道",
}
_ROADS = {name: f"{HIGHWAYS[name]} {words}" for name, words in _ROADS_BESIDE_OSM.items()}
_VILLAGES = {
    VILLAGE: "village 行政村 建制村 村 农村 村委会 村民委员会 村庄",
    COMMUNITY: "community 社区 城市社区 居委会 居民委员会 社区居委会 社区居民委员会 居民区 居委",
}
_POSTS = {
    "police_room": "police_room 警务室 社区警务室 农村警务室 村警务室 驻村警务室 城区警务室",
    "workstation": "workstation 警务工作站 警务站 村社警务站 辅警工作站",
    "special": "special 特色警务站 特色警务室 企业警务站 园区警务站 校园警务站 景区警务站",
}
_FACILITIES = {
    "enterprise": "规上企业 规模以上企业 企业 规上工业企业",
    "kindergarten": "kindergarten 幼儿园 托幼",
    "primary_school": "小学",
    "middle_school": "中学 初中 高中 初级中学 高级中学",
    "college": "college university 高校 高等院校 大学 学院",
    "hospital": "hospital 医院 综合医院 专科医院",
    "clinic": "clinic 卫生服务站 诊所 卫生院 社区卫生服务中心",
    "market": "marketplace 农贸市场 菜市场",
    "mall": "mall 购物中心 商场",
    "bank": "bank 银行 银行网点",
    "petrol_station": "fuel 加油站",
    "bus_station": "bus_station 客运站 汽车站 长途汽车站",
    "police_school": "社区警校",
    "mediation_room": "调解室",
    "governance_centre": "村社社会治理中心 社会治理中心",
}
_AREAS = {
    "complex": "治安复杂区域",
    "industrial_park": "industrial 工业园区 产业园区 工业区",
    "campus": "大学园区 高教园区",
    "scenic": "景区 旅游景区 风景区",
}
_SOURCES = {
    REPORTED: (
        "接报 群众报警 110接警 110报警 电话报警 报警 接警 来电 短信报警 网络报警 微信报警 口头报警 "
        "来所报警 当面报警 110 reported citizen call"
    ),
    PATROL: "巡逻发现 巡防发现 巡逻 巡防 巡查发现 工作中发现 民警发现 巡逻盘查 patrol officer onview",
}
# 接报 is all calls together: neither effective nor diverted, so it has no code here.
_BASES = {
    "valid": "valid 有效 有效警情 警务警情 警务类",
    "non_police": "non_police 非警务 非警务警情 非警务类 分流 已分流",
    "invalid": "invalid 无效 无效警情 误报 骚扰 重复报警 虚假警情",
}
_CATEGORIES = {
    "help": "群众求助 求助 求助类 公共求助",
    "traffic": "交通 交通警情 交通类 交通事故 道路交通",
    "dispute": "纠纷 纠纷类 矛盾纠纷 民间纠纷",
    "noise": "噪声扰民 噪音扰民 噪声 噪音",
    "theft": "盗窃 盗窃类 theft",
    "fraud": "诈骗 诈骗类 电信诈骗 电信网络诈骗",
    "public_order": "治安 治安警情 治安类 行政治安",
    "assault": "伤害 故意伤害 殴打他人 assault",
    "fire": "火灾 火警 火灾警情 消防",
}
_INDICATORS = {
    "disputes_opened": "矛盾纠纷 矛盾纠纷数 纠纷排查数",
    "disputes_closed": "纠纷化解 纠纷化解数 矛盾纠纷化解数",
    "hazards_opened": "安全隐患 安全隐患数",
    "hazards_closed": "隐患整改 隐患整改数",
    "petition": "信访事项 信访 信访量",
    "fire": "火灾警情 火灾",
    "satisfied": "群众满意 满意人数",
    "criminal": "刑事警情",
    "public_order": "治安警情",
    "traffic": "交通警情",
}
_ROLES = {
    "auxiliary": "辅警 村社辅警 社区辅警 驻村辅警",
    "patrol_member": "巡防队员 村社巡防队员 巡防员 巡防队",
    "security_committee": "治保会成员 治保会 治保委员",
    "community_officer": "社区民警 社区警 驻村民警",
    "officer": "民警 派出所民警 所民警",
}
# Roads that run against their drawing (-1) have no code: 1 would turn them round.
_YES_NO = {
    "1": "1 yes true y 是 有 √ 单行 单行线 单行道 单向 viaduct 桥 桥梁",
    "0": "0 no false n 否 无 双向 双行 reversible alternating none",
}
_FORCES = {
    VILLAGE: (
        "village 村社 村居 村级 村社巡防队 村社巡防 专兼职 兼职 专兼职巡防队 义务巡防队 义务 平安巡防队 "
        "群防群治 护校队 护院队 护厂队 内保"
    ),
    SQUAD: "squad 专职 专职巡防队 专职巡防 专职队 派出所 所队 巡特警 特巡警 巡逻中队 民警 辅警 police",
}
_TRAVEL_MODES = {
    "walk": "walk 步行 步巡 徒步 走路 walking foot onfoot",
    "ebike": "ebike 电动自行车 电动车 电瓶车 电驴 两轮电动车 自行车 骑行 骑巡 bike bicycle e-bike cycling",
    "car": "car 汽车 警车 巡逻车 巡防车 车巡 车辆 机动车 四轮车 面包车 轿车 摩托车 警用摩托 driving vehicle",
}
_STOPS = {
    "village": "village 村社 行政村 社区 村居 自然村",
    "school": "school 学校 小学 中学 初中 高中 幼儿园 校园 护学岗 护学点 护学 kindergarten",
    "key_unit": "key_unit 重点单位 重点部位 治安重点单位 内保单位 银行 加油站 水厂 电厂 机关 keyunit",
    "venue": (
        "venue 行业场所 场所 娱乐场所 商场 市场 农贸市场 购物中心 旅馆 网吧 车站 客运站 广场 公园 market mall"
    ),
    "hospital": "hospital 医院 卫生院 诊所 医疗机构 clinic",
    "enterprise": "enterprise 企业 规上企业 工厂 公司 园区 factory company",
    "hot_spot": "hot_spot 高发部位 高发区域 案件高发 热点 警情热点 复杂区域 治安复杂区域 hotspot hot",
    "checkpoint": "checkpoint 必巡点 巡防点 巡逻点 巡更点 签到点 打卡点 卡点 路口 岗点 点位 point",
    "inspection": "inspection 检查 检查点 安全检查 消防检查 隐患 隐患点 复查",
    "festival": "festival 节日 节庆 节假日 庙会 活动 大型活动 景区 event",
}
_PRIORITIES = {
    "1": "1 必巡 必到 一级 高 重要 a a级 必巡点 是 must high",
    "2": "2 应巡 二级 中 一般 b b级 否 should medium normal",
    "3": "3 可巡 三级 低 次要 c c级 may low",
}


def _by_word(codes: Mapping[str, str]) -> dict[str, str]:
    return {word: code for code, words in codes.items() for word in words.split()}


# Table → column → what bureaus write → what we keep.
VALUE_SYNONYMS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "villages": {KIND: _by_word(_VILLAGES)},
    "posts": {KIND: _by_word(_POSTS)},
    "facilities": {KIND: _by_word(_FACILITIES)},
    "areas": {KIND: _by_word(_AREAS)},
    "roads": {CLASS: _by_word(_ROADS), ONEWAY: _by_word(_YES_NO), BRIDGE: _by_word(_YES_NO)},
    "incidents": {SOURCE: _by_word(_SOURCES), BASIS: _by_word(_BASES), CATEGORY: _by_word(_CATEGORIES)},
    "indicators": {INDICATOR: _by_word(_INDICATORS)},
    "staff": {ROLE: _by_word(_ROLES)},
    "teams": {FORCE: _by_word(_FORCES), TRAVEL_MODE: _by_word(_TRAVEL_MODES)},
    "stops": {KIND: _by_word(_STOPS), FORCE: _by_word(_FORCES), PRIORITY: _by_word(_PRIORITIES)},
}
