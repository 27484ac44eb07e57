"""
Columns labelled personal, place or either, drawn from two vocabularies that share no word.

The guard was tuned on ``TUNING`` and is measured on ``HELD_OUT``: other surnames, given names, places,
roads, column names. All names and numbers are drawn at random; none is anybody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from data.personal_values import _CHECKS, _WEIGHTS


def _words(text):
    return text.split()


def _listed(text):
    return [item.strip() for item in text.split(",") if item.strip()]


def _joined(text):
    return "".join(text.split())


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    surnames: str
    compounds: list[str]
    given: list[str]
    others: list[str]
    first: list[str]
    last: list[str]
    stems: list[str]
    three: list[str]
    roads: list[str]
    shops: list[str]
    english_places: list[str]
    categories: list[str]
    tellings: list[str]
    headers: dict[str, list[str]]
    region: str


TUNING = Vocabulary(
    surnames=_joined(
        """
        王王李李张张刘刘陈陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾
        丁魏薛叶
        """
    ),
    compounds=["欧阳", "诸葛", "司马", "上官"],
    given=_words(
        """
        伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 秀兰 桂英 建国 建华 志强 志明 晓明 晓燕 海燕
        国强 文博 宇航 浩然 子轩 梓涵 欣怡 雨桐 佳琪 思远 俊杰 丽娟 春梅 红霞 玉兰 淑珍 金花 水根 阿毛 永康
        家豪 小江 国平 新民 大伟 凤仙 云飞 祥林
        """
    ),
    others=_words(
        """
        阿依古丽·买买提 买买提·吐尔逊 古丽娜·艾合买提 热依扎·阿里木 迪丽拜尔·库尔班 扎西·多吉 吐尔洪·阿不都
        """
    ),
    first=_words(
        """
        James Mary John Linda Robert Susan Michael Karen David Lisa William Nancy Richard Betty Thomas
        Sandra Kevin
        """
    ),
    last=_words(
        """
        Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Anderson Taylor Thomas Jackson White
        Harris
        """
    ),
    stems=_words(
        """
        安昌 钱清 马鞍 平水 华舍 王坛 柯岩 柯桥 齐贤 福全 漓渚 夏履 兰亭 湖塘 杨汛桥 稽东 孙端 陶堰 富盛
        皋埠 斗门 东浦 管墅 港越 梅墅 阮社 双梅 渔后 江头 万绣 秋湖 容山 叶家堰 柯西 中泽 宝业
        """
    ),
    three=_words(
        """
        王家桥 张家桥 李家湾 陈家埠 孙家渡 周家桥 马家塘 钱家湾 沈家畈 徐山里 杨家浜 胡家岭 何山头 金家店
        石家池 高桥头 温渎里 白马湖
        """
    ),
    roads=_words(
        """
        孙端路 群贤路 金柯桥大道 钱陶公路 安昌街 王府井大街 马山路 万绣路 张家弄 裕民路 兴越路 李渔路
        鲁迅中路
        """
    ),
    shops=_words(
        """
        李宁体育园 王府井百货 张记烧饼店 孙端卫生院 陈记粮油店 马山小学 钱清中学 周大福珠宝 杨汛桥医院
        王坛中心幼儿园 老王修车铺 黄酒博物馆 蓝天广场 张家桥警务室 安昌派出所 金柯桥工作站 兰亭景区
        徐渭艺术馆 鲁迅故居 万科·金域 绿城·桂花园
        """
    ),
    english_places=_listed(
        """
        Lincoln Park,Jackson,Washington Heights,Morgan Park,Austin,Douglas,Kenwood,Rogers Park,
        Mount Greenwood,Englewood,Albany Park,Norwood Park,Dunning,Avondale,Hermosa,Clearing,Beverly,Madison,
        Oakland,Montclare
        """
    ),
    categories=_words(
        """
        盗窃 抢劫 纠纷 求助 诈骗 噪音扰民 交通事故 火灾 家庭暴力 走失 高空抛物 黄赌毒 金融诈骗 马路占道
        水管爆裂
        """
    ),
    tellings=[
        "报警人{name}称在{road}被电动车撞伤，联系电话{phone}",
        "{surname}某某与{surname}某因债务发生纠纷，民警到场调解",
        "{name}（身份证{id}）报称手机被盗",
        "{plate}轿车在{road}违停，已通知车主{name}挪车",
        "接{surname}女士报警，在{stem}小区门口丢失钱包一只",
    ],
    headers={
        "name": [
            "姓名",
            "网格长",
            "联系人",
            "报警人",
            "户主",
            "网格员姓名",
            "负责人",
            "full_name",
            "Complainant",
            "Caller Name",
            "BJRXM",
        ],
        "id_number": ["身份证号", "公民身份号码", "证件号码", "SFZH", "ID Card", "网格长身份证"],
        "phone": ["联系电话", "手机", "报警电话", "网格长电话", "LXDH", "Phone", "mobile_no"],
        "plate": ["车牌号", "号牌号码", "license_plate", "CPH"],
        "birth_date": ["出生日期", "生日", "DOB", "birth_date", "CSRQ"],
        "email": ["邮箱", "E-mail"],
        "account": ["微信号", "QQ", "wechat"],
        "bank_card": ["银行卡号", "bank_card"],
        "address": ["家庭住址", "户籍地址", "home_address", "现住址"],
        "permit": ["护照号", "港澳通行证号"],
        "trait": ["性别", "年龄", "民族"],
        "hint": ["民警", "辅警", "社区民警", "Officer", "village head name"],
        "neutral": ["列3", "字段1", "名称", "Column7", "name", "值", "f5"],
        "village": ["村社", "村名", "社区名称", "village", "镇街", "名称", "name"],
        "text": ["简要警情", "备注", "报警内容", "narrative"],
        "place_address": ["事发地址", "地址", "案发地点", "address"],
        "code": ["网格编码", "编码", "grid_code", "id", "GRIDCODE"],
        "count": [
            "户数",
            "常住人口",
            "辅警",
            "民警",
            "网格员",
            "联系人数",
            "报警人数",
            "出生人数",
            "电话亭",
            "officers",
        ],
        "since": ["成立日期", "建校时间", "valid_from", "发生时间", "立案日期"],
    },
    region="330603",
)
HELD_OUT = Vocabulary(
    surnames=_joined(
        """
        潘潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文
        庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜
        """
    ),
    compounds=["尉迟", "皇甫", "慕容", "令狐", "东方"],
    given=_words(
        """
        鹏 飞 斌 玲 辉 燕 刚 峰 莉 萍 波 琴 凯 倩 颖 婷 慧 琳 淑华 玉珍 秀珍 桂兰 凤英 建平 卫东 爱国 红卫
        立新 振华 德胜 永福 长根 炳坤 菊香 美玲 雪梅 嘉怡 诗涵 一诺 奕辰 沐宸 若汐 梦洁 俊熙 天佑 晨曦 少华
        世杰 荣华 银川 冬生 阿根 关荣 海波 小龙 庆丰 林森
        """
    ),
    others=_words(
        """
        努尔买买提·艾山 帕提古丽·热合曼 木合塔尔·亚森 乌兰·巴特尔 次仁·卓玛 阿卜杜拉·马木提 索朗·旺堆
        """
    ),
    first=_words(
        """
        Christopher Patricia Daniel Jessica Matthew Ashley Anthony Emily Donald Michelle Steven Carol Andrew
        Amanda Joshua Helen
        """
    ),
    last=_words(
        """
        Thompson Martinez Robinson Clark Lewis Walker Hall Allen Young King Wright Scott Hill Baker Nelson
        Carter Novak Petrov
        """
    ),
    stems=_words(
        """
        崧厦 丰惠 章镇 汤浦 上浦 梁湖 小越 驿亭 谢塘 盖北 永和 陈溪 岭南 下管 长塘 道墟 东关 曹娥 百官 石门
        甘霖 崇仁 长乐 三界 黄泽 金庭 北漳 下王 贵门 王院 通源 里南 竹溪 雅璜 仙岩 谷来
        """
    ),
    three=_words(
        """
        吴家埠 田家畈 夏家埭 石家塘 任家湾 汪家荡 童家岭 方家庄 俞家店 金山湖 丁宅里 罗家岙 姚家浦 江家墩
        龙王堂 严巷头 章家埠 史家坞
        """
    ),
    roads=_words(
        """
        人民中路 史家弄 凤鸣路 文昌街 江东北路 康宁路 章镇路 谢晋路 舜江西路 常台公路 任家桥路 孟葑街 阳明路
        """
    ),
    shops=_words(
        """
        安踏体育城 鲁能大厦 汪氏牙科诊所 崧厦卫生院 严州府饭店 谢塘小学 春晖中学 江南百货 章镇医院
        梁湖中心幼儿园 小毛理发店 越剧博物馆 龙山广场 曹娥江警务室 丰惠派出所 石门警务站 孝德文化园 汤浦水库
        竺可桢故居 保利·江语海 恒大·御景
        """
    ),
    english_places=_listed(
        """
        Hyde Park,Lake View,Garfield Ridge,Bridgeport,Edgewater,Calumet Heights,Burnside,Pullman,Riverdale,
        Chatham,South Shore,Woodlawn,Grand Boulevard,Logan Square,Armour Square,Fuller Park,Uptown,
        Lincoln Square,Franklin,Clinton
        """
    ),
    categories=_words(
        """
        殴打他人 寻衅滋事 赌博 扒窃 失物招领 劳资纠纷 邻里纠纷 醉酒 溺水 电信诈骗 古玩诈骗 柴油泄漏 安全隐患
        成品油走私 宣传
        """
    ),
    tellings=[
        "{name}到所反映其邻居{surname}某在{road}施工影响休息，电话{phone}",
        "经查系{surname}某甲酒后滋事，已带回派出所",
        "当事人{name}，公民身份号码{id}，在{stem}集市购物时手机丢失",
        "在{road}查获无证驾驶{plate}小客车一辆",
        "据{surname}先生称，其停放在{stem}菜场旁的电动车不见了，回拨{phone}无人接听",
    ],
    headers={
        "name": [
            "姓  名",
            "报案人",
            "当事人姓名",
            "专职网格员",
            "法定代表人",
            "片区负责人姓名",
            "业主",
            "Last Name",
            "victim_name",
            "contact person",
            "WGZXM",
        ],
        "id_number": ["身份证", "居民身份证号码", "证件号", "GMSFHM", "id_number", "户主身份证号"],
        "phone": ["手机号码", "联系方式", "主叫号码", "办公电话", "SJHM", "Telephone", "Cell Phone"],
        "plate": ["车牌", "车辆号牌", "Plate No.", "HPHM"],
        "birth_date": ["出生年月", "出生年月日", "Date of Birth", "birthday", "CSNY"],
        "email": ["电子邮箱", "email_address"],
        "account": ["微信", "QQ号", "WeChat ID"],
        "bank_card": ["银行账号", "Bank Account"],
        "address": ["居住地址", "户籍所在地", "residential address", "暂住地址"],
        "permit": ["护照号码", "passport_no"],
        "trait": ["性别", "age", "婚姻状况"],
        "hint": ["责任民警", "包村辅警", "村书记", "Manager", "Principal"],
        "neutral": ["A", "Unnamed: 4", "名称", "项目", "Name", "内容1", "col_2"],
        "village": ["行政村", "所属村居", "社区", "Community Area", "所属乡镇", "名称", "Name"],
        "text": ["警情描述", "处警结果", "案情摘要", "Incident Details"],
        "place_address": ["地址", "发案地址", "位置", "Address"],
        "code": ["网格代码", "网格号", "CODE", "grid_id", "DM"],
        "count": [
            "房屋数",
            "流动人口",
            "辅警配备",
            "民警数",
            "巡防队员",
            "负责人数",
            "出租人",
            "出生人口",
            "手机店",
            "staff",
        ],
        "since": ["设立日期", "开业日期", "VALID_FROM", "接警时间", "启用日期"],
    },
    region="330604",
)


@dataclass(frozen=True, kw_only=True)
class LabelledColumn:
    """
    A column and what it holds.

    Parameters
    ----------
    label
        "either" is what nobody can tell without asking: it may be doubtful, never certain.
    telling
        Whether its name or its values tell for certain.
    trap
        What makes it hard.
    """

    name: str
    values: pd.Series
    label: Literal["personal", "place", "either"]
    kind: str
    telling: bool = True
    field: str | None = None
    trap: str = ""


class Drawer:
    def __init__(self, vocabulary: Vocabulary, seed: int) -> None:
        self.v, self.rng = vocabulary, np.random.default_rng(seed)

    def one(self, items):
        return items[int(self.rng.integers(len(items)))]

    def digits(self, count):
        return "".join(map(str, self.rng.integers(0, 10, count)))

    def size(self):
        return self.one((6, 12, 40, 150))

    def many(self, draw, *, empty=0.0):
        return [("" if self.rng.random() < empty else draw()) for _ in range(self.size())]

    def name(self):
        chance = self.rng.random()
        if chance < 0.02:
            return self.one(self.v.others)
        return (self.one(self.v.compounds) if chance < 0.04 else self.one(self.v.surnames)) + self.one(
            self.v.given
        )

    def birth(self, first=1935, last=2015):
        return pd.Timestamp(f"{first}-01-01") + pd.Timedelta(
            days=int(self.rng.integers((last - first) * 365))
        )

    def region(self):
        return (
            self.v.region
            if self.rng.random() < 0.6
            else self.one(("340103", "410221", "511302", "360726", "522401"))
        )

    def id18(self, wrong=0.05):
        body = self.region() + self.birth().strftime("%Y%m%d") + self.digits(3)
        right = _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]
        return body + (self.one("0123456789") if self.rng.random() < wrong else right)

    def id15(self):
        return self.region() + self.birth(1930, 1985).strftime("%y%m%d") + self.digits(3)

    def mobile(self):
        return "1" + self.one("3578") + self.digits(9)

    def landline(self):
        return self.one(("0575-8", "0571-6", "010-5", "(0575)8")) + self.digits(7)

    def plate(self):
        last = self.digits(4)
        return self.one(
            (
                f"浙D{self.one('ABCFK')}{last}",
                f"浙D·{self.one('123456')}{last}",
                f"沪A{last}{self.one('KLMN')}",
                f"浙DF{self.digits(5)}",
                f"浙D{self.digits(5)}F",
                f"浙D{last}警",
                f"皖 N-{self.one('PQ')}{last}",
            )
        )

    def card(self):
        body = "622" + self.one(("202", "848", "700")) + self.digits(12)
        total = sum(
            d if i % 2 else (2 * d - 9 if 2 * d > 9 else 2 * d)
            for i, d in enumerate(map(int, reversed(body)))
        )
        return body + str(-total % 10)

    def person_english(self):
        form = self.one(("{f} {l}", "{f} {l}", "{l}, {f}", "{f} {m}. {l}"))
        return form.format(f=self.one(self.v.first), l=self.one(self.v.last), m=self.one("ABCDEJKLMRST"))

    def telling(self):
        return self.one(self.v.tellings).format(
            name=self.name(),
            surname=self.one(self.v.surnames),
            phone=self.mobile(),
            id=self.id18(0),
            plate=f"浙D{self.one('ABC')}{self.digits(4)}",
            road=self.one(self.v.roads),
            stem=self.one(self.v.stems),
        )

    def home(self):
        stem, road, number = self.one(self.v.stems), self.one(self.v.roads), self.rng.integers(1, 30)
        door = f"{self.rng.integers(1, 20)}0{self.rng.integers(1, 5)}室"
        return self.one(
            (
                f"{stem}花园{number}幢{self.rng.integers(1, 4)}单元{door}",
                f"{road}{self.rng.integers(1, 900)}号{number}号楼{door}",
                f"{stem}村{self.rng.integers(1, 400)}号",
            )
        )


def labelled_columns(vocabulary: Vocabulary, *, seed: int, rounds: int = 2) -> list[LabelledColumn]:
    """Return some hundreds of columns, the same for the same seed."""
    drawn: list[LabelledColumn] = []
    for round_ in range(rounds):
        drawer = Drawer(vocabulary, 1000 * seed + round_)
        drawn += _personal(drawer) + _places(drawer)
    return drawn


def _personal(d: Drawer) -> list[LabelledColumn]:
    columns: list[LabelledColumn] = []

    def add(kind, header, values, *, telling=True, trap="", field=None):
        columns.append(
            LabelledColumn(
                name=header,
                values=pd.Series(values),
                label="personal",
                kind=kind,
                telling=telling,
                trap=trap,
                field=field,
            )
        )

    h = d.v.headers
    for header in h["name"]:
        english = header.isascii() and header.upper() != header
        add("name", header, d.many(d.person_english if english else d.name, empty=0.1))
    for header in h["hint"]:
        english = header.isascii()
        add("name", header, d.many(d.person_english if english else d.name), trap="role as header")
    for header in h["neutral"]:
        add("name", header, [d.name() for _ in range(60)], trap="no telling header")
        add("name", header, [d.person_english() for _ in range(60)], trap="no telling header, English")
    add("name", d.one(h["neutral"]), [d.name() for _ in range(60)], trap="mapped to name", field="name")
    add(
        "name",
        d.one(h["name"][:6]),
        [d.one(d.v.surnames) + d.one(("某", "某某", "*", "**")) for _ in range(30)],
        trap="masked",
    )
    add(
        "name",
        d.one(h["neutral"]),
        [d.one(d.v.surnames) + d.one(("某", "某某", "*", "**")) for _ in range(30)],
        trap="masked, no header",
    )
    add("name", d.one(h["neutral"]), [d.one(d.v.others) for _ in range(20)], trap="minority names")
    add("name", d.one(h["neutral"]), [" ".join(d.name()) for _ in range(40)], trap="spaces inside")
    add("name", d.one(h["neutral"]), [f"{d.name()}、{d.name()}" for _ in range(40)], trap="two in a cell")
    add(
        "name",
        d.one(h["neutral"]),
        [f"{d.name()}（{d.one(('组长', '村干部'))}）" for _ in range(40)],
        trap="role in brackets",
    )
    add("name", d.one(h["name"][:6]), [f"{d.name()} {d.mobile()}" for _ in range(40)], trap="name and phone")
    add(
        "phone",
        d.one(h["neutral"]),
        [f"{d.name()}{d.mobile()}" for _ in range(40)],
        trap="name and phone, no header",
    )
    short = [d.one(d.v.surnames) + d.one([g for g in d.v.given if len(g) == 1]) for _ in range(40)]
    add("name", d.one(h["village"]), short, telling=False, trap="two characters under a place's header")
    mixed = [d.name() if d.rng.random() < 0.6 else d.one(d.v.shops) for _ in range(60)]
    add("name", d.one(h["neutral"]), mixed, telling=False, trap="mixed with places")
    for header in h["id_number"]:
        add("id_number", header, d.many(d.id18, empty=0.2))
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    for header in h["neutral"]:
        add("id_number", header, [d.id18() for _ in range(40)], trap="no telling header")
    add("id_number", "c", [d.id18(0).translate(wide) for _ in range(20)], trap="full-width digits")
    add(
        "id_number",
        "c",
        [f"{n[:6]} {n[6:14]} {n[14:]}".lower() for n in (d.id18(0) for _ in range(20))],
        trap="spaces, small x",
    )
    add("id_number", "c", [f"'{d.id18(0)}" for _ in range(20)], trap="spreadsheet apostrophe")
    add("id_number", "c", [f"{n[:6]}********{n[14:]}" for n in (d.id18(0) for _ in range(20))], trap="masked")
    add(
        "id_number",
        d.one(h["id_number"]),
        [float(d.id18(0)[:17] + "0") for _ in range(20)],
        trap="spoilt by a spreadsheet",
    )
    add("id_number", d.one(h["id_number"]), [d.id15() for _ in range(30)], trap="15 digits")
    add("id_number", "c", [d.id15() for _ in range(40)], trap="15 digits, no header")
    add(
        "id_number",
        "c",
        [d.id15() if d.rng.random() < 0.1 else d.id18() for _ in range(40)],
        trap="15 and 18",
    )
    add("id_number", "grid", [d.id18() for _ in range(40)], trap="mapped to an id", field="grid_id")
    for header in h["phone"]:
        add("phone", header, d.many(d.mobile if d.rng.random() < 0.6 else d.landline, empty=0.2))
    for header in h["neutral"]:
        add("phone", header, [d.mobile() for _ in range(40)], trap="no telling header")
    add("phone", "c", [float(d.mobile()) for _ in range(30)], trap="kept as numbers")
    add(
        "phone",
        "c",
        [f"+86 {m[:3]} {m[3:7]} {m[7:]}" for m in (d.mobile() for _ in range(30))],
        trap="+86 and spaces",
    )
    add("phone", "c", [f"{m[:3]}-{m[3:7]}-{m[7:]}" for m in (d.mobile() for _ in range(30))], trap="dashes")
    add("phone", "c", [d.landline() for _ in range(30)], trap="landlines")
    add(
        "phone", "c", ["0575" + d.one("68") + d.digits(7) for _ in range(30)], telling=False, trap="undivided"
    )
    add("phone", "c", [f"{d.landline()}转{d.digits(3)}" for _ in range(30)], trap="extensions")
    add("phone", "c", [f"{d.mobile()}/{d.landline()}" for _ in range(30)], trap="two in a cell")
    add("phone", "c", [f"{m[:3]}****{m[7:]}" for m in (d.mobile() for _ in range(30))], trap="masked")
    add("phone", d.one(h["phone"]), ["6" + d.digits(5) for _ in range(30)], trap="short numbers")
    add("phone", "contact no", [f"({d.one('2345')}12) 555-{d.digits(4)}" for _ in range(30)], trap="American")
    for header in h["plate"] + h["neutral"][:3]:
        add("plate", header, [d.plate() for _ in range(30)])
    for header in h["birth_date"]:
        form = d.one(("%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日", "%Y/%m/%d"))
        add("birth_date", header, [d.birth().strftime(form) for _ in range(30)])
    add(
        "birth_date",
        d.one(h["birth_date"]),
        [d.birth().strftime("%Y-%m") for _ in range(30)],
        trap="year and month",
    )
    add(
        "birth_date",
        d.one(h["birth_date"]),
        pd.to_datetime([d.birth() for _ in range(30)]),
        trap="dates of a spreadsheet",
    )
    add(
        "birth_date",
        "c",
        [d.birth().strftime("%Y-%m-%d") for _ in range(80)],
        telling=False,
        trap="no telling header",
    )
    for header in h["email"] + h["neutral"][:2]:
        add(
            "email",
            header,
            [
                f"{d.one(d.v.first).lower()}{d.digits(3)}@{d.one(('163.com', 'qq.com', 'example.org'))}"
                for _ in range(20)
            ],
        )
    add("birth_date", d.one(h["birth_date"]), [d.birth().year for _ in range(30)], trap="years alone")
    for header in h["account"]:
        add("account", header, [d.one(("wx_", "abc", "Zhang")) + d.digits(6) for _ in range(20)])
    for header in h["bank_card"] + h["neutral"][:2]:
        add("bank_card", header, [d.card() for _ in range(20)])
    for header in h["address"]:
        add("address", header, [d.home() for _ in range(40)])
    add("address", d.one(h["place_address"]), [d.home() for _ in range(60)], trap="doors under 地址")
    for header in h["permit"]:
        add("permit", header, [d.one("EGC") + d.digits(8) for _ in range(20)])
    for header in h["trait"]:
        values = {"年龄": "34", "age": "51", "民族": "汉族", "婚姻状况": "已婚"}.get(header, "男")
        add("trait", header, [values] * 20)
    for header in h["text"] + h["neutral"][:3]:
        add("text", header, [d.telling() for _ in range(40)], trap="free text")
    add(
        "text",
        "备注",
        [d.telling() if d.rng.random() < 0.2 else "已核实" for _ in range(60)],
        trap="rare in notes",
    )
    empty = d.one(h["id_number"] + h["phone"])
    add("id_number" if empty in h["id_number"] else "phone", empty, [None] * 10, trap="empty column")
    return columns


def _places(d: Drawer) -> list[LabelledColumn]:
    columns: list[LabelledColumn] = []

    def add(header, values, trap, *, field=None, label="place"):
        columns.append(
            LabelledColumn(
                name=header, values=pd.Series(values), label=label, kind="", trap=trap, field=field
            )
        )

    h, region = d.v.headers, d.v.region
    village = lambda: f"{region}{d.rng.integers(1, 17):03d}{d.rng.integers(1, 30):03d}"  # noqa: E731
    villages = [village() for _ in range(40)]
    for header in h["code"]:
        add(
            header,
            [d.one(villages) + f"{d.rng.integers(1, 9):03d}" for _ in range(200)],
            "15-digit grid codes",
            field="grid_id",
        )
        add(
            header,
            [f"{region}{t:03d}{v:03d}001" for t in (3, 100, 101, 102) for v in range(201, 231)],
            "one grid a village, valid dates",
        )
        add(header, villages, "12-digit village codes")
        add(
            header,
            [f"{region}{d.rng.integers(20261, 20270)}{d.digits(4)}"[:15] for _ in range(90)],
            "15 digits with a year",
        )
    add(
        "c",
        [
            f"{region}2026{m:02d}{x:02d}{i:04d}"
            for i, (m, x) in enumerate(
                zip(d.rng.integers(1, 13, 300), d.rng.integers(1, 29, 300), strict=True)
            )
        ],
        "18-digit case numbers with a date",
    )
    add("接警编号", [f"{region}20261031{i:04d}" for i in range(300)], "18-digit case numbers of one day")
    for header in ("统一社会信用代码", "单位代码", "c"):
        add(
            header,
            [f"9133{region[2:]}MA2{d.digits(6)}{d.one('ABCX')}{d.digits(1)}" for _ in range(60)],
            "unified credit codes",
        )
        add(header, [f"91{region}{d.digits(10)}" for _ in range(60)], "credit codes of digits only")
    for lead in ("130102", "140105", "150102", "130283"):
        add(
            d.one(h["code"]),
            [f"{lead}{d.rng.integers(1, 90):02d}{i:03d}" for i in range(80)],
            "11-digit codes like mobiles",
        )
    add(
        "station_id",
        [f"{region}{i:02d}000" for i in range(10, 60)],
        "11-digit station codes",
        field="station_id",
    )
    for county in ("17031", "06081", "17043", "08031"):
        add("c", [county + d.digits(6) for _ in range(80)], "11-digit codes of American tracts")
    add("c", [f"{d.digits(16)}" for _ in range(100)], "16-digit codes")
    add("c", [f"{d.one(villages)}{d.digits(6)}" for _ in range(100)], "18-digit codes")
    add("设备编号", [f"{region}{d.digits(14)}" for _ in range(100)], "20-digit device numbers")
    add("c", [f"ZJ{d.mobile()}" for _ in range(60)], "letters before eleven digits")
    for header in ("lon", "经度", "X"):
        add(header, [f"120.{d.digits(11)}" for _ in range(60)], "coordinates as texts")
        add(header, [float(f"13{d.digits(6)}.{d.digits(3)}") for _ in range(60)], "metres")
    for header in h["count"]:
        add(header, d.rng.integers(0, 60, 80), "counts")
        add(header, [str(x) for x in d.rng.integers(0, 6, 30)], "counts as texts")
    add("常住人口", d.rng.integers(100, 99999, 80), "counts")
    add("金额", [f"{d.rng.integers(10, 10**9)}.{d.digits(2)}" for _ in range(80)], "amounts")
    add("amount", [int(d.mobile()) // 3 for _ in range(80)], "large amounts")
    for header in h["since"]:
        recent = "日期" not in header or header.startswith("立案")
        days = [d.birth(2025, 2027) if recent else d.birth(1949, 2024) for _ in range(80)]
        add(header, [day.strftime("%Y-%m-%d") for day in days], "dates that are no births")
    add("日期", [d.birth(2010, 2026).strftime("%Y-%m-%d") for _ in range(80)], "dates of years", field="date")
    add("c", [d.birth(2024, 2026).strftime("%Y%m%d") for _ in range(80)], "dates as eight digits")
    for header in h["village"]:
        add(header, [d.one(d.v.stems) for _ in range(80)], "bare stems", label="either")
        add(header, [d.one(d.v.three) for _ in range(80)], "villages begin with a surname")
        add(
            header,
            [d.one(d.v.stems) + d.one(("村", "社区", "村民委员会", "居委会")) for _ in range(80)],
            "villages",
        )
    for header in ("道路名称", "名称", "road_name", "c"):
        add(header, [d.one(d.v.roads) for _ in range(80)], "roads", field="name")
        add(header, [f"{d.one(d.v.roads)}{d.rng.integers(1, 999)}号" for _ in range(80)], "house numbers")
    for header in ("单位名称", "名称", "facility", "c"):
        add(header, [d.one(d.v.shops) for _ in range(80)], "facilities with surnames")
    add(
        "名称",
        [
            f"{d.one(d.v.stems)}{d.one(('第一网格', '警务区', '派出所', '警务室', '巡防队'))}"
            for _ in range(60)
        ],
        "police places",
    )
    add("网格名称", [f"{d.one(d.v.stems)}第{i}网格" for i in range(60)], "grids")
    add("公交线路", [f"{d.rng.integers(1, 900)}路" for _ in range(60)], "bus lines")
    add("c", [f"{d.one('BK')}{d.rng.integers(1, 99)}路" for _ in range(60)], "bus lines with letters")
    for header in ("警情类别", "category", "类型", "c"):
        add(header, [d.one(d.v.categories) for _ in range(200)], "classes of calls", field="category")
    add(
        "岗位",
        [d.one(("民警", "辅警", "网格员", "治保主任", "网格长", "专职网格员")) for _ in range(60)],
        "roles",
        field="role",
    )
    add("网格长度", [f"{d.rng.integers(100, 9000)}" for _ in range(60)], "lengths")
    add("出生率", [f"{d.rng.random():.4f}" for _ in range(60)], "rates")
    add("报警时间", [d.birth(2025, 2026).strftime("%Y-%m-%d %H:%M:%S") for _ in range(60)], "times of calls")
    for header in ("community", "name", "Neighborhood", "place"):
        add(header, [d.one(d.v.english_places) for _ in range(80)], "English places", field="name")
    add(
        "primary_type",
        [d.one(("THEFT", "BATTERY", "ASSAULT", "CRIMINAL DAMAGE", "MOTOR VEHICLE THEFT")) for _ in range(80)],
        "English classes",
    )
    beside = ("", "门口", "附近", "(近桥头)")
    for header in h["place_address"]:
        numbered = [f"{d.one(d.v.roads)}{d.rng.integers(1, 900)}号{d.one(beside)}" for _ in range(80)]
        add(header, [d.one(d.v.stems) + address for address in numbered], "addresses of places")
    add("编号", [f"{d.one('浙沪')}{d.one('BG')}2-2008{d.digits(4)}" for _ in range(40)], "licence numbers")
    add(
        "备注",
        [d.one(("已核实", "无", "新增", "合并", "待确认")) for _ in range(60)],
        "notes without persons",
    )
    add("是否有电话", [d.one("是否") for _ in range(40)], "flags")
    add(
        "uuid",
        [f"{d.digits(8)}-{d.digits(4)}-{d.digits(4)}-{d.digits(4)}-{d.digits(12)}" for _ in range(40)],
        "uuids",
    )
    add("杆号", [f"{d.one(d.v.stems)}支{d.digits(3)}" for _ in range(40)], "poles")
    return columns


def harsh_columns() -> list[LabelledColumn]:
    """Return what a list of words can hardly know: brands, counties, rare and foreign names."""
    either = {
        "名称": "安国 康宁 永安 华丰 明德 和平 建新 万安 金华 "
        "安宁 文明 高明 常青 宁静 安康 华安 万福 金泉 田丰",
        "单位": "周黑鸭 老乡鸡 海底捞 马兰 李宁 安踏 方太 "
        "康师傅 王老吉 沈大成 邵万生 张小泉 王星记 胡庆余 方回春",
        "c": "安庆 安阳 常州 常德 武汉 温州 金华 江门 成都 宜宾 "
        "龙岩 万宁 洪湖 荣成 安吉 德清 武义 龙游 江山 常山 温岭",
        "县市": "平阳 文成 泰顺 宁德 高安 高平 吴江 吴兴 华阴 华容 "
        "古田 关岭 余杭 萧山 富阳 诸暨 新昌 方山 石柱 白城 叶城",
        "小区": "金色家园 水岸花园 江南春城 安心公寓 明珠苑 阳光城 华宇 "
        "万丰 严家湾 锦绣华庭 安泰 白鹭洲 康乐 龙湖 万科",
        "自然村": "王庄 李家 张集 赵楼 高家 田心 石狮 马店 郭村 "
        "陈家 宋门 范营 韩岗 何楼 江家 柳林 安乐 曹营 郑岗",
        "站点": "王府井 金台夕照 安贞门 芳草地 高碑店 黄村 万寿路 "
        "白石桥 马连洼 江湾体育场 龙阳路 陈太路 顾村 罗山路 唐镇",
    }
    personal = {
        "c": "王赟 李翀 张匀 刘巽 陈沚 赵荻菡 黄蓦言 周觉 吴谧 徐郗野 "
        "孙量 胡静雯 朱颐 高鲲 林鸢 何骥 郭黛 马鼎 罗鼐 梁酉",
        "姓名": "寸丽 刀美兰 罕建国 撒海涛 锁志强 仉娜 麻伟 酆秀英 郏敏 暴国华 逄磊 佘杰 慎勇 衣明 帖军",
        "value": "寸丽华 刀美兰 罕建国 撒海涛 锁志强 仉娜英 麻伟明 "
        "酆秀英 郏敏华 暴国华 逄建国 佘志明 慎国勇 衣秀明 帖建军",
        "网格长": "陳志明 張雅婷 劉建國 楊淑芬 黃美玲 鄭文雄",
        "f3": "陳志明 張雅婷 劉建國 楊淑芬 黃美玲 鄭文雄",
        "Officer": "Kowalski Nowak Petrov Ivanova Lindqvist Okafor",
        "v": "Priya_Natarajan Kwame_Mensah Björk_Olsen Ngozi_Okafor Yuki_Tanaka Mateusz_Zielinski",
        "x": "Zhang_Wei Li_Na Wang_Xiaoming Chen_Jie Liu_Yang Zhao_Min",
    }
    columns = [
        LabelledColumn(name=name, values=pd.Series(text.split()), label="either", kind="", trap="harsh")
        for name, text in either.items()
    ]
    return columns + [
        LabelledColumn(
            name=name,
            values=pd.Series(text.split()).str.replace("_", " "),
            label="personal",
            kind="name",
            telling=False,
            trap="harsh",
        )
        for name, text in personal.items()
    ]
