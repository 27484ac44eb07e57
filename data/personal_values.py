"""Values that belong to persons: ID numbers, phones, plates, cards, found alone or inside a text."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from data.personal_headers import (
    ACCOUNT,
    ADDRESS,
    BANK_CARD,
    EMAIL,
    ID_NUMBER,
    NAME,
    PERMIT,
    PHONE,
    PLATE,
)
from data.personal_names import SURNAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# The first two digits of a resident ID number: provinces as GB/T 2260 numbers them.
_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for number in range(first, last + 1)
)
# ISO 7064 MOD 11-2, as GB 11643 prescribes it.
_WEIGHTS = tuple(2**power % 11 for power in range(17, 0, -1))
_CHECKS = "10X98765432"
_EARLIEST_BIRTH, _LATEST_BIRTH = 1900, 2040

_GAP = r"[ \-]?"
# Digits are never taken out of a longer run of digits, out of a decimal, or out of a code with letters.
_ALONE = r"(?<![0-9A-Za-z.])(?<!\d[\-_])"
_PROVINCE_SIGN = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_ID18 = re.compile(rf"(?<![0-9A-Za-z.])\d{{6}}{_GAP}\d{{8}}{_GAP}\d{{3}}[0-9Xx](?![0-9A-Za-z])")
_ID15 = re.compile(r"(?<![0-9A-Za-z.])\d{15}(?![0-9A-Za-z])")
_ID_MASKED = re.compile(r"(?<![0-9A-Za-z])\d{3,14}[*xX]{4,14}(?:\d{1,4}[0-9Xx]?)?(?![0-9A-Za-z*])")
_MOBILE = re.compile(
    rf"(?:{_ALONE}|(?<=[Tt][Ee][Ll])|(?<=[Pp]hone))(?:\(?(?:\+|00)?86\)?{_GAP})?"
    rf"1[3-9]\d(?:{_GAP}\d{{4}}{_GAP}\d{{4}}|{_GAP}\d{{3}}{_GAP}\d{{5}})"
    r"(?:[,;转\-x ]{1,3}\d{1,6})?(?![0-9A-Za-z]|\.\d)"
)
_MOBILE_MASKED = re.compile(r"(?<![0-9A-Za-z])1[3-9]\d[*xX]{4}\d{4}(?!\d)")
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z.\-])(?:(?:\+|00)?86[ \-]?)?(?:\(0\d{2,3}\)[ \-]?|0?\d{2,3}[\-—–]|0\d{2,3}[ ])"
    r"[2-8]\d{6,7}(?:(?:[\-—–,]|转|ext\.?) ?\d{1,6})?(?![0-9A-Za-z]|\.\d|-\d)"
)
_LANDLINE_BARE = re.compile(r"0(?:10|2\d|[345789][1-9]\d|6(?:6[0-8]|9[12]))[2-8]\d{6,7}")
_LOCAL_NUMBER = re.compile(r"[2-8]\d{6,7}(?:[\-转,]\d{1,6})?|\d{3,6}")
_FOREIGN_PHONE = re.compile(
    r"(?<![0-9A-Za-z.])(?:\+?1[ \-.])?(?:\(\d{3}\) ?|\d{3}[\-.])\d{3}[\-.]\d{4}"
    r"(?: ?(?:x|ext\.?) ?\d{1,5})?(?![0-9A-Za-z\-])"
)
_PLATE = re.compile(
    rf"[{_PROVINCE_SIGN}][A-HJ-NP-Za-hj-np-z][·•・. \-]?"
    r"(?:(?=[A-Za-z]{0,5}\d)[A-HJ-NP-Za-hj-np-z0-9]{5,6}|(?=[A-Za-z]{0,3}\d)[A-HJ-NP-Za-hj-np-z0-9]{4}[挂学警港澳使领超])(?![0-9A-Za-z])"
    r"|WJ[·• ]?[0-9A-Z一-鿿][·• ]?[0-9A-Z]{5}(?![0-9A-Za-z])"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_ACCOUNT = re.compile(
    r"(?:微信号?|wechat|weixin|vx|v信)[:：号 为是]{0,3}[A-Za-z][A-Za-z0-9_\-]{5,19}"
    r"|(?:微信号?|QQ号?)[:： 为是]{0,3}[1-9]\d{4,11}(?!\d)",
    re.IGNORECASE,
)
_BANK_CARD = re.compile(
    r"(?<![0-9A-Za-z.])[3-69]\d{3}(?:[ \-]?\d{4}){2}[ \-]?\d{4}(?:[ \-]?\d{1,3})?(?![0-9A-Za-z])"
)
_BUILDING = re.compile(r"单元|[幢栋楼座]|[号弄]\d|\d-\d{1,2}-\d|(?i:apt|apartment|unit)")
_PERMIT = re.compile(r"(?:[EGDSP]\d{8}|E[A-HJ-NP-Z]\d{7}|[CHM]\d{8}(?:\d{2})?|[CW]\d{8}|\d{8})")
_DOORS = re.compile(
    r"(?:单元|幢|栋|号楼|座)\W?[0-9零一二三四五六七八九十A-Z]{1,3}(?:层|楼|单元)?\W?-?\d{2,4}(?:室|户|号|$)"
    r"|\d+(?:单元|幢|栋|号楼)\W?\d{3,4}(?:室|户|$)|单元\W?\d{2,4}|\d+[幢栋]\d+-\d{3,4}(?!\d)|\d+(?:号|弄|幢|栋|号楼)\d{3,4}室"
    r"|\b(?:apt|apartment|unit)\.? ?#?\d+[a-z]?\b"
    # Building, unit and room: 3-2-501 after a name of an estate.
    r"|(?<![格段桩杆线道期至])(?<![桩杆线编]号)(?<=[一-鿿])\d{1,3}-\d{1,2}-\d{3,4}(?=$|[室户,;。 (])",
    re.IGNORECASE,
)
_ROLE = (
    "报警人|报案人|当事人|联系人|负责人|举报人|投诉人|求助人|事主|户主|姓名|嫌疑人|受害人|被害人|网格长|网格员|业主|房东|租客|老板|店主|"
    "经营者|法定代表人|法人代表|驾驶员|司机|男子|女子|村民|居民|死者|伤者|家属"
)
_CALLED = "先生|女士|小姐|阿姨|大爷|大妈|大叔|大姐|师傅|老师"
_OFFICE_HELD = "支书|书记|文书|主任|[组队村社片楼]长|指导员|所长|民警|辅警"
_COMMON_GIVEN = (
    r"[伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文斌辉鹏飞宇"
    r"浩波峰晓雪婷佳欣怡梦思子轩梓豪泽睿晨萱颖慧红玲芬萍琴凤荣珍莉海林春永福生根祥]"
)
_NAMED = re.compile(
    rf"(?<![一-鿿]){SURNAME_PATTERN}某{{1,2}}(?![路街村镇])|(?<=[人员主者长子民方叫告与和被对由致]){SURNAME_PATTERN}某{{1,2}}"
    rf"|{SURNAME_PATTERN}某(?:某|[甲乙丙丁一-鿿]?(?=[,，。、:：称与和因在的(（]|$))"
    rf"|(?<![一-鿿0-9*]){SURNAME_PATTERN}[*×]{{1,2}}(?![*0-9])"
    rf"|(?:{_ROLE})(?:姓名)?(?:[:：为是 ]|叫){{0,2}}{SURNAME_PATTERN}[一-鿿]?{_COMMON_GIVEN}"
    rf"|(?:{_ROLE})(?:姓名)?[:：] ?{SURNAME_PATTERN}[一-鿿]{{1,2}}(?![一-鿿])"
    rf"|(?:{_ROLE}|人|称|接)(?:[:：]|是)?{SURNAME_PATTERN}(?:{_CALLED})"
    rf"|^{SURNAME_PATTERN}(?:{_CALLED})(?=反映|来电|称|说|报警|报案|投诉|求助|举报|打电话)"
    rf"|(?:{_OFFICE_HELD}): ?{SURNAME_PATTERN}[一-鿿]{{1,2}}(?![一-鿿])"
    # 于 and 向 are surnames, but after 民警 they say when and where to.
    rf"|(?:民警|辅警|协警)(?![于向时从马连]){SURNAME_PATTERN}[一-鿿]?{_COMMON_GIVEN}(?=带领|率领|前往|赶到|到达|到场)"
    r"|(?i:\b(?:caller|complainant|victim|suspect|witness|resident|driver|contact|m(?:r|rs|s)\.?)[: ]{1,2})"
    r"(?:(?:Mr|Mrs|Ms)\.? )?[A-Z][a-z]+ [A-Z][a-z]+"
)
# A cell that holds none of these holds nothing personal: what clean columns are passed over by.
_SUSPECT = re.compile(
    rf"\d[\d \-—–().]{{5,}}\d|[@*×某]|[{_PROVINCE_SIGN}][A-Za-z]|WJ|微信|[Qq][Qq]|[Ww]e[Cc]hat|weixin"
    rf"|[Vv][Xx]|单元|[幢栋座楼]|[号弄]\d|apt|unit|Apt|Unit|APT|{_ROLE}|{_CALLED}|(?:{_OFFICE_HELD}):|[民辅协]警[一-鿿]"
    r"|(?i:caller|complainant|victim|suspect|witness|resident|driver|contact|m[rs]s?\b)"
)
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202b\u202c\u202d\u202e"), None
)


def plain_texts(values: pd.Series) -> list[str]:
    """
    Return every value as a text of one line: NFKC (full-width digits become plain), "" where missing.

    Whole numbers are written without decimals, however spreadsheets kept them.
    """
    if pd.api.types.is_float_dtype(values):
        return ["" if value != value else _whole(value) for value in values.astype(float).tolist()]
    texts = ["" if _is_missing(value) else _as_text(value) for value in values.tolist()]
    joined = "\n".join(
        text.replace("\n", " ").replace("\r", " ") if "\n" in text or "\r" in text else text for text in texts
    )
    if ".0" in joined:
        joined = _SPREADSHEET_NUMBER.sub(r"\1", joined)
    if joined.isascii():
        return [text.strip() for text in joined.split("\n")] if texts else []
    # One call for all: the form of a character does not depend on the other lines.
    folded = unicodedata.normalize("NFKC", joined).translate(_INVISIBLE)
    return [text.strip() for text in folded.split("\n")]


# A long whole number that passed through a spreadsheet on its way to a text: 13800000000.0.
_SPREADSHEET_NUMBER = re.compile(r"^(\d{11,19})\.0+$", re.MULTILINE)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return _whole(value) if isinstance(value, float) else str(value)


def _whole(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e19 else repr(value)


def cell_kind(text: str) -> str | None:
    """
    Return the kind of personal data that a text holds or is, None if none was found.

    Only what no place, code or count could be is found here: a bare name is left to its column.

    Parameters
    ----------
    text
        One line, NFKC.
    """
    if not _SUSPECT.search(text):
        return None
    return next((kind for kind, holds in _CELL_RULES if holds(text)), None)


def suspects(texts: Iterable[str]) -> list[int]:
    """Return the positions of the texts that might hold something personal: few of a clean column."""
    return [at for at, text in enumerate(texts) if _SUSPECT.search(text)]


def birth_in_id(digits: str) -> date | None:
    """Return the birth date inside a resident ID number of 15 or 18 digits, if it is one."""
    day = digits[6:14] if len(digits) == 18 else "19" + digits[6:12]
    if digits[:2] not in _PROVINCES or not day.isdigit():
        return None
    if not _EARLIEST_BIRTH <= int(day[:4]) <= _LATEST_BIRTH:
        return None
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:]))
    except ValueError:
        return None


def id_checks(number: str) -> bool:
    """Whether the last of 18 digits is what ISO 7064 MOD 11-2 makes of the other 17."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _CHECKS[total % 11] == number[-1].upper()


def luhn_checks(number: str) -> bool:
    """Whether a card's last digit is right (ISO/IEC 7812)."""
    doubled = (2 * int(digit) for digit in number[-2::-2])
    return (
        sum(map(int, number[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)
    ) % 10 == 0


def undressed(text: str) -> str:
    """Return a number without the spaces, dashes and apostrophes that people write into it."""
    return text if text.isalnum() else text.translate(_DRESS)


_DRESS = dict.fromkeys(map(ord, " -'‘’`_"), None)


_LONGEST_DRESSED = 24
_PHONE_BEGINS = frozenset("0123456789+(tTpP")


def is_id18(text: str) -> bool:
    """Whether a whole text is a resident ID number's form with a possible birth date; see `id_checks`."""
    if not 18 <= len(text) <= _LONGEST_DRESSED:
        return False
    bare = undressed(text)
    return (
        len(bare) == 18
        and bare[:17].isdigit()
        and bare[17] in "0123456789Xx"
        and birth_in_id(bare) is not None
    )


def is_id15(text: str) -> bool:
    """Whether a whole text is an old resident ID number's form with a possible birth date."""
    if not 15 <= len(text) <= _LONGEST_DRESSED:
        return False
    bare = undressed(text)
    return len(bare) == 15 and bare.isdigit() and birth_in_id(bare) is not None


def is_masked_number(text: str) -> bool:
    """Whether a whole text is a number whose middle was starred out."""
    if "*" not in text and "x" not in text.lower():
        return False
    bare = undressed(text)
    return bool(_ID_MASKED.fullmatch(bare) or _MOBILE_MASKED.fullmatch(bare))


def is_mobile(text: str) -> bool:
    """Whether a whole text is a mobile number of the mainland."""
    return bool(_MOBILE.fullmatch(text) or _MOBILE_MASKED.fullmatch(undressed(text)))


def is_service_line(text: str) -> bool:
    """Whether a number is one that everybody may call, or an extension: 110, 12345, 96110, 8012."""
    return bool(_SERVICE_LINE.fullmatch(text))


_SERVICE_LINE = re.compile(r"\d{3,4}|1[02]\d{3}|11[68]\d{3}|9[56]\d{3,4}|[48]00-?\d{3,4}-?\d{3,4}")


def is_phone(text: str, *, said: bool = False) -> bool:
    """Whether a whole text is a phone number; local and short ones only where the column says so."""
    if not text or text[0] not in _PHONE_BEGINS:
        return False
    if is_mobile(text) or _LANDLINE.fullmatch(text) or _FOREIGN_PHONE.fullmatch(text):
        return True
    return bool(_LANDLINE_BARE.fullmatch(text)) or (said and bool(_LOCAL_NUMBER.fullmatch(text)))


def is_plate(text: str) -> bool:
    """Whether a whole text is a licence plate."""
    return bool(_PLATE.fullmatch(text))


def is_email(text: str) -> bool:
    """Whether a whole text is a mail address."""
    return bool(_EMAIL.fullmatch(text))


def is_permit(text: str) -> bool:
    """Whether a whole text has the form of a passport or travel permit; codes have it too."""
    return bool(_PERMIT.fullmatch(text.upper()))


def is_bank_card(text: str) -> bool:
    """Whether a whole text is a card number whose last digit is right."""
    return bool(_BANK_CARD.fullmatch(text)) and luhn_checks(undressed(text))


def has_doors(text: str) -> bool:
    """Whether an address goes on to a door inside a building: somebody's home or office."""
    return bool(_BUILDING.search(text)) and bool(_DOORS.search(text))


def _holds_id(text: str) -> bool:
    # A case number may hold a date of this year where an ID number has its birth date, and one in
    # eleven has the right last digit: the number alone in its cell is left to its column.
    found = (undressed(match.group()) for match in _ID18.finditer(text))
    said = _said_id(text)
    if any(birth_in_id(number) is not None and (said or id_checks(number)) for number in found):
        return True
    if said and any(birth_in_id(match.group()) for match in _ID15.finditer(text)):
        return True
    return bool(_ID_MASKED.search(text)) and not _MOBILE_MASKED.search(text)


def _said_id(text: str) -> bool:
    return "身份" in text or "证件" in text or "证号" in text


def _holds_phone(text: str) -> bool:
    return bool(
        _MOBILE.search(text)
        or _LANDLINE.search(text)
        or _MOBILE_MASKED.search(text)
        or _FOREIGN_PHONE.search(text)
        or _SAID_PHONE.search(text)
    )


_SAID_PHONE = re.compile(r"(?:电话|手机|联系方式|tel|phone)[:： 号码是为]{0,4}\d{7,12}(?!\d)", re.IGNORECASE)


def _holds_bank_card(text: str) -> bool:
    found = (undressed(match.group()) for match in _BANK_CARD.finditer(text))
    said = "卡" in text or "账" in text or "帐" in text or "card" in text.lower()
    return any(luhn_checks(number) and (said or number[:2] == "62") for number in found)


def _holds_permit(text: str) -> bool:
    return ("护照" in text or "通行证" in text or "passport" in text.lower()) and bool(
        re.search(r"(?<![0-9A-Za-z])[A-Z]{1,2}\d{7,10}(?!\d)", text)
    )


_CELL_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (ID_NUMBER, _holds_id),
    (PHONE, _holds_phone),
    (BANK_CARD, _holds_bank_card),
    (EMAIL, lambda text: bool(_EMAIL.search(text))),
    (PLATE, lambda text: bool(_PLATE.search(text))),
    (ACCOUNT, lambda text: bool(_ACCOUNT.search(text))),
    (PERMIT, _holds_permit),
    (NAME, lambda text: bool(_NAMED.search(text))),
    (ADDRESS, has_doors),
)
