"""What a column's name says: that it is about persons, about places, or a number of something."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

NAME, ID_NUMBER, PERMIT, PHONE, PLATE, BIRTH = "name", "id_number", "permit", "phone", "plate", "birth_date"
EMAIL, ACCOUNT, BANK_CARD, ADDRESS, TRAIT, TEXT = "email", "account", "bank_card", "address", "trait", "text"
KINDS = (
    NAME,
    ID_NUMBER,
    PERMIT,
    PHONE,
    PLATE,
    BIRTH,
    EMAIL,
    ACCOUNT,
    BANK_CARD,
    ADDRESS,
    TRAIT,
    TEXT,
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """
    What a column's name says.

    Parameters
    ----------
    kind
        Kind of personal data that it speaks of, in `KINDS`; None if of none.
    tells
        The name alone is enough (身份证号); otherwise the values must agree (民警: names, or how many).
    place
        It names a kind of place (村, 学校, street).
    since
        It dates the beginning of a thing (成立日期), not of a life.
    office
        It speaks of a line that an office answers (值班电话), whoever is on duty.
    code
        It names a number that a machine gave (osm_id, 编号).
    told
        It announces a telling of what happened (简要警情), not any remark (备注).
    """

    kind: str | None = None
    tells: bool = False
    place: bool = False
    since: bool = False
    office: bool = False
    code: bool = False
    told: bool = False


# First match wins: 网格长电话 is a phone, 报警人身份证 an ID number. Abbreviations are the initials of
# the Chinese words, as ten-byte .dbf files have them. (?<![a-z]) and the like keep whole words.
_TELLING: tuple[tuple[str, str], ...] = (
    (
        ID_NUMBER,
        r"身份证|公民身份|身份号码|证件号|证件(后|末).?位|idcard|identitycard|^idno$|nationalid|^ssn$|socialsecurity",
    ),
    (ID_NUMBER, r"^(bjr|hz|fr|lxr|jmx?)?(sfzh?m?|sfzhm|gmsfhm|zjhm)$|^idnumber$"),
    (PERMIT, r"护照|通行证|驾驶证|drivers?licen[cs]e|回乡证|台胞证|居住证号|passport|travelpermit"),
    (PHONE, r"电话|手机|联系方式|联络方式|移动号|座机|传真|主叫号|来电号|固话|短号"),
    (PHONE, r"phone(?!poles?|booths?)|mobile(no|num|$)|^(tel|fax|mob)(no|number|num)?$|^contactn(o|umber)$"),
    (PHONE, r"^(lxr?|bjr?|wgz|wgy|fzr|hz)?(dh|sj)(hm?)?$|^lxfs$"),
    (PLATE, r"车牌|号牌|车辆牌|^(cph|cphm|hphm)$|licen[cs]eplate|plate(no|num)|^plates?$|vehiclereg"),
    (BIRTH, r"出生(?!地|人|率|数|缺)|(?<![发产])生日(?!期)|诞辰|birth(?!rate|place|s)|^dob$|^csrq$|^csny$"),
    (EMAIL, r"邮箱|电子邮件|email|^mail$"),
    (BANK_CARD, r"银行(卡|账|帐)|^卡号|信用卡|bankcard|bankacc|creditcard|^cardn(o|umber)$"),
    (
        ACCOUNT,
        r"微信(?!群|公众)|wechat|weixin|^qq|qq(号|$)|支付宝|alipay|抖音号|微博|警号|badge(no|num|id|$)|collar(no|num)|^(mj|fj)?jh$|(open|union|wx)id$|^username$|^账号$",
    ),
    (ADDRESS, r"户籍(地|所在|址|住)|户口所在|户口地|家庭(住|地)址|家庭地|住址|居住地|暂住地|现住|^住所$"),
    (ADDRESS, r"home(addr|$)|residen(ce|tial|t)addr|mailingaddr|^(hjdz|jtzz|jtdz|xzz|xzdz|zzdz|hjdxz)$"),
    (
        TRAIT,
        r"^性别|^民族$|^年龄$|^(周岁|虚岁)|婚姻|文化程度|政治面貌|^籍贯(?!分布|构成|结构)|出生地|与户主|^血型|宗教信仰",
    ),
    (TRAIT, r"^(gender|sex|age|ethnicity|maritalstatus|nationality|birthplace)$"),
    (
        NAME,
        r"姓名|^名字$|[人者员主]名字?$|"
        r"(联系|联络|报警|报案|举报|求助|投诉|当事|责任|负责|受害|被害|嫌疑|涉案|经办|承办|处警|出警|接警|填报|填表|录入|"
        r"法定代表|申请|监护|驾驶|知情|报料|经营|承租|出租|主管|分管|登记|制表|行为|违法|失踪|被执行|签收|紧急联系)"
        r"(人|人员)\d*$|^法人(代表)?$|法定代表人|户主|^(业主|房东|房主|租客|车主|司机|驾驶员|事主|嫌犯|店主|老板)$|"
        r"网格(长|员|指导员|警员)$|^(网格)?(组长|楼长|片长|队长|楼道长)$",
    ),
    (NAME, r"^(full|first|last|given|middle|family|maiden|fore|nick|sur)names?$|^surname$"),
    (
        NAME,
        r"^(caller|complainant|contact|owner|person|persons|resident|driver|officer|victim|suspect|witness|"
        r"patient|student|member|householder|tenant|landlord|employee|applicant|reporter|guardian|customer|"
        r"headman|chief|offender|responsible)s?(full)?names?$|(head|leader|manager|chief|officer|captain|secretary|"
        r"director|principal|constable|contact|owner)(full)?name$",
    ),
    (NAME, r"^(caller|complainant|contactperson|householder|responsibleperson|suspect|witness)$"),
    (NAME, r"^(bjrxm|lxrxm|bjr|lxr|fzr|hzxm|frdb|fddbr|wgzxm|wgyxm|dsr|lxr\d|sjrxm)$"),
)
_HINTING: tuple[tuple[str, str], ...] = (
    (PHONE, r"^(dh|tel|mobile|cell|contact)$"),
    (
        NAME,
        r"民警|辅警|警长|警员|协警|巡防员|队员|网格(长|员)|治保(主任|员)|书记|主任|所长|干部|社长|村长|[队组楼]长|经营者|指导员|教导员|校长|园长|院长",
    ),
    (
        NAME,
        r"[^工]人$|人员$|[^成职党官]员$|负责人|责任人|联系人|报警人|当事人|^xm$|^wg[zy]$|领导|值班|家属|配偶|父亲|母亲|志愿者",
    ),
    (
        NAME,
        r"^(officer|contact|owner|driver|resident|manager|chief|head|person|tenant|landlord|secretary|leader)s?$",
    ),
    (
        NAME,
        r"(reported|attended|called|taken|recorded|handled|investigated|approved|signed)by$|"
        r"(officer|person)s?(incharge|attending|oncase|onduty)$|^(oic|attending|attendingofficers?|caseofficer)$",
    ),
    (
        NAME,
        r"^(principal|reporter|applicant|deputy|guardian|victim|offender|employee|staff|people|constable)s?$",
    ),
    (ADDRESS, r"地址|门牌|^dz$|^xxdz$|addr(ess)?$"),
    (
        TEXT,
        r"警情(内容|描述|概况|详情|摘要)|简要(警情|案情|情况)|报警内容|案情|处警(情况|结果|内容|反馈|经过|过程)|反馈内容",
    ),
    (TEXT, r"narrative|^(incident|call|case|event)?(details?|descr(iption)?|remarks?|comments?|notes?)$"),
    (TEXT, r"描述|备注|内容|情况|说明|摘要|纪要"),
)
_TELLING_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in _TELLING)
_HINTING_RULES = tuple((kind, re.compile(pattern)) for kind, pattern in _HINTING)
# The last of the hints is any remark; those of texts before it announce a telling.
_REMARK = _HINTING_RULES[-1][1]
# What is counted, timed or classed is not the person, or the number, itself.
_ABOUT = re.compile(
    r"(数|数量|人数|总数|次数|总量|比例|占比|比|率|合计|小计|面积|长度|时间|时刻|日期|单位|部门|机构|类型|类别|种类|性质|编码|代码|编号|"
    r"地点|派出所|辖区|职务|状态|原因|来源|等级|配备|力量|情况|count|cnt|total|rate|pct|percent|ratio|type|"
    r"class|category|station|unit|code|date|time|density)$|^(是否|有无|数量|number of|num of|no of|has|is)"
)
_SINCE = re.compile(
    r"成立|建成|建立|设立|始建|竣工|开业|注册|建校|办学|投用|启用|生效|发证|许可|开工|built|opened|founded|established|since|valid"
)
_PLACE = re.compile(
    r"村|社区|镇|街道|乡|地名|路名|道路|街路|小区|楼盘|学校|小学|医院|单位|企业|公司|场所|设施|派出所|警务|网格名|桥|河|点位|"
    r"place|street|road|village|town|district|area|neighbou?rhood|school|park|community|ward|city|county|"
    r"station|facility|venue|location|beat|site"
)
_OFFICE = re.compile(
    r"值班|办公|热线|单位|派出所|警务室|报警点|服务|咨询|监督|窗口|前台|总机|内线|分机|"
    r"hotline|helpline|office|station|switchboard|desk|frontdesk|duty"
)
_CODE = re.compile(r"(^|[a-z_@:])id$|编号$|编码$|代码$|序号$|流水号$|code$|^(bm|bh|dm)$|ref$")
_BRACKETED = re.compile(r"[(（\[【<].*?[)）\]】>]")
_JOINTS = re.compile(r"[\s_\-./:*#·]+")


def read_header(column_name: str) -> Header:
    """
    Return what a column's name says, without looking at its values.

    Parameters
    ----------
    column_name
        As it stands in the file, Chinese or English, or the initials of the Chinese words.
    """
    spaced = _BRACKETED.sub("", unicodedata.normalize("NFKC", str(column_name)).replace("﻿", "")).strip()
    # "Officer Name", "officer_name" and "OfficerName" are one name.
    name = _JOINTS.sub("", spaced).lower()
    place, since = bool(_PLACE.search(name)), bool(_SINCE.search(name))
    about = bool(_ABOUT.search(name))
    office, code = bool(_OFFICE.search(name)), bool(_CODE.search(name))
    for kind, pattern in _TELLING_RULES:
        if pattern.search(name) and (not about or kind in _SAFE_FROM_ABOUT):
            return Header(kind=kind, tells=True, since=since, office=office, code=code)
    for kind, pattern in _HINTING_RULES:
        if pattern.search(name) and (not about or kind == TEXT):
            return Header(
                kind=kind,
                place=place and kind != NAME,
                since=since,
                office=office,
                code=code,
                told=kind == TEXT and pattern is not _REMARK,
            )
    return Header(place=place, since=since, office=office, code=code)


# 出生日期 ends like a time, 联系方式 like a way: their own patterns are narrow enough.
_SAFE_FROM_ABOUT = frozenset({BIRTH, ID_NUMBER, ADDRESS, TRAIT})
