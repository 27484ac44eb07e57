"""How much a short text looks like a person's name rather than a place's: a small model by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.personal_words import (
    ALSO_PLACE,
    COMPOUND,
    ENGLISH_FIRST,
    ENGLISH_LAST,
    FIRST_RANK,
    GIVEN,
    MARKEDLY_PLACE,
    NOT_A_NAME,
    PINYIN_LAST,
    PLACE,
    SECOND_RANK,
    SYLLABLES_OF_OTHERS,
    THIRD_RANK,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACE_WORDS = re.compile(
    r"村|社区|街道|[镇乡路街巷弄桥]$|大道|派出所|警务|学校|小学|中学|大学|学院|幼儿园|医院|卫生|诊所|公司|银行|超市|市场|广场|公园|"
    r"小区|花园|新村|居委|委员会|网格|中心|大厦|宾馆|酒店|饭店|商店|工业|园区|车站|站$|街区|公寓|家园|景区|体育|故居|祠堂|教堂|"
    r"厂$|店$|局$|所$|室$|队$|组$|办$|馆$|院$|校$|园$|部$|处$|县|市$|区$|省"
)
_TITLE = re.compile(
    r"(先生|女士|小姐|同志|师傅|老板|警官|民警|辅警|老师|医生|大爷|大妈|大叔|大姐|大哥|阿姨|奶奶|爷爷|网格长|网格员|"
    r"副?(?:所长|主任|书记|支书|队长|组长|村长|站长|局长|科长|校长|院长|警长|指导员|教导员))$"
)
_HAN_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}")
_DOTTED = re.compile(r"[\u4e00-\u9fff]{1,7}[·•・.][\u4e00-\u9fff]{1,8}(?:[·•・.][\u4e00-\u9fff]{1,8})?")
_SURNAMES = FIRST_RANK | SECOND_RANK | THIRD_RANK
SURNAME_PATTERN = "(?:" + "|".join(sorted(COMPOUND)) + "|[" + "".join(sorted(_SURNAMES)) + "])"
_MASKED = re.compile(
    rf"{SURNAME_PATTERN}(?:[某X×x*○□_][\u4e00-\u9fff]|[某*×○□]{{1,3}}[甲乙丙丁]?|[Xx]{{1,2}})|\*{{1,2}}[\u4e00-\u9fff]{{1,2}}"
)
_BRACKETED = re.compile(r"[(（\[【].*?[)）\]】]")
_BETWEEN_NAMES = re.compile(r"[、,，;；/|\n]+")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")

_ENGLISH_PLACE = re.compile(
    r"\b(park|town|heights|street|st|road|rd|avenue|ave|boulevard|blvd|drive|lane|ln|square|plaza|school|elementary|"
    r"high|academy|college|university|hospital|clinic|center|centre|church|station|district|village|county|city|north|"
    r"south|east|west|upper|lower|near|side|loop|beach|island|islands|river|lake|creek|bridge|hill|hills|ridge|valley|"
    r"forest|gardens?|grove|mount|mt|port|fort|point|court|ct|place|pl|way|terrace|ranch|springs?|manor|estates?|"
    r"crossing|yards|shore|shores|tract|ward|beat|zone|area|sector|grid|block|building|store|shop|mall|market|bank|"
    r"library|museum|airport|highway|hwy|house|hall|and|of|the|the|at|on|theft|assault|battery|police|fire|"
    r"community|residence|company|co|ltd|inc|hotel|bar|field|san|santa|los|las|el|el|saint|corner|green|old|new|"
    r"cottage|parkway|pkwy|expressway|tower|apartments?|condo|public|private|vehicle|offense|criminal|other|damage)\b"
)
_ENGLISH_TITLE = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|officer|ofc|po|sgt|sergeant|lt|lieutenant|capt|captain|det|detective|insp|inspector|"
    r"pc|pcso|wpc|dc|ds|di|dci|cpl|corporal|deputy|supt|superintendent|constable|chief)\.?\s+)+(?=\w+\s*,?\s*\w)"
)
_SIMPLIFIED = str.maketrans(
    "張陳劉楊黃趙吳孫馬羅鄭謝許鄧馮蕭葉蔣蘇呂盧鐘譚陸賈韋鄒龍賀顧龔萬錢莊華偉靜麗強軍艷傑濤國蘭鳳榮東寶貴慶興藝"
    "飛鵬輝剛麟寧",
    "张陈刘杨黄赵吴孙马罗郑谢许邓冯萧叶蒋苏吕卢钟谭陆贾韦邹龙贺顾龚万钱庄华伟静丽强军艳杰涛国兰凤荣东宝贵庆兴艺"
    "飞鹏辉刚麟宁",
)
_ENGLISH = re.compile(r"[a-z][a-z'’\-]*\.?(?:,?\s+[a-z][a-z'’\-]*\.?){0,3},?")
_ENGLISH_CASED = re.compile(r"[A-Z][A-Za-z'’\-]*\.?(?:,?\s+[A-Z][A-Za-z'’\-]*\.?){0,3},?")


@dataclass(frozen=True, kw_only=True)
class NameSigns:
    """
    How a column's distinct texts read.

    Parameters
    ----------
    share
        Of them, that read like a person's name.
    placelike
        Of them, that hold a word that persons' names do not hold: 村, 小学, Park.
    log_odds
        Mean over those that could be either, natural logarithm.
    long
        Of the name-like ones, those that say more than two characters of Chinese can: three
        characters, a compound surname, masked, foreign.
    """

    share: float
    placelike: float
    log_odds: float
    long: float


def name_signs(texts: Sequence[str]) -> NameSigns:
    """
    Return how a column's texts read, as names of persons or of places.

    Parameters
    ----------
    texts
        Distinct, not empty, NFKC.
    """
    scores = [name_log_odds(text) for text in texts]
    alike = [(text, score) for text, score in zip(texts, scores, strict=True) if score > 0.0]
    odds = [score for score in scores if score > _IMPOSSIBLE]
    return NameSigns(
        share=len(alike) / max(len(texts), 1),
        placelike=sum(1 for score in scores if score <= _PLACE_SAID) / max(len(texts), 1),
        log_odds=sum(odds) / max(len(odds), 1),
        long=sum(1 for text, _ in alike if len(text) > 2) / max(len(alike), 1),
    )


_IMPOSSIBLE = -5.0
_PLACE_SAID = -9.0


def name_log_odds(text: str) -> float:
    """
    Return the log-odds that a text is a person's name rather than a place's or a thing's.

    Weights are set by hand: rank of the surname, how usual the other characters are in given names
    and in names of places, length. Several names in one cell are judged by the first.
    """
    text = _BETWEEN_NAMES.split(text.strip(), maxsplit=1)[0] if text[:1] > "\u2e7f" else text.strip()
    if text[:1] and text[0] < "\u0250" and text[0] != "*":
        return _english_log_odds(text)
    bare = _HAN_GAP.sub("", _BRACKETED.sub("", text)).strip().translate(_SIMPLIFIED)
    if _MASKED.fullmatch(bare):
        return 4.0
    if _DOTTED.fullmatch(bare):
        return _dotted_log_odds(bare)
    if titled := _TITLE.search(bare):
        stem = bare[: titled.start()]
        return 3.0 if stem in _SURNAMES else name_log_odds(stem) + 1.0 if len(stem) > 1 else _IMPOSSIBLE
    return _chinese_log_odds(bare)


def _chinese_log_odds(bare: str) -> float:
    if _PLACE_WORDS.search(bare):
        return 2 * _IMPOSSIBLE
    if not _HAN_NAME.fullmatch(bare) or bare in NOT_A_NAME:
        return _IMPOSSIBLE
    if bare[:2] in COMPOUND and len(bare) > 2:
        return 2.5 + sum(_character_log_odds(character) for character in bare[2:])
    if len(bare) > 3 or (bare[0] not in _SURNAMES and (len(bare) < 3 or bare[0] in PLACE)):
        return _IMPOSSIBLE
    if bare[0] not in _SURNAMES:
        # A surname that no list holds, before two characters that only given names have.
        return -1.0 + sum(_character_log_odds(character) for character in bare[1:])
    score = 1.6 if bare[0] in FIRST_RANK else 1.0 if bare[0] in SECOND_RANK else 0.2
    score += 0.6 if len(bare) > 2 else -0.4
    score -= 0.7 if bare[0] in ALSO_PLACE else 0.0
    score -= 2.0 if bare[-1] in MARKEDLY_PLACE else 0.0
    # 王家…, 李家…: 家 is common in given names of men, but 家 and a piece of land is a hamlet.
    score -= 2.0 if bare[1] == "家" and bare[-1] in PLACE else 0.0
    return score + sum(_character_log_odds(character) for character in bare[1:])


def _character_log_odds(character: str) -> float:
    given, place = character in GIVEN, character in PLACE
    if given and place:
        return -0.3
    return 0.9 if given else -1.6 if place else -0.3


def _dotted_log_odds(text: str) -> float:
    letters = [character for character in text if character > "\u2e7f"]
    foreign = sum(1 for character in letters if character in SYLLABLES_OF_OTHERS) / len(letters)
    return 3.0 if foreign >= 0.6 and not _PLACE_WORDS.search(text) else _IMPOSSIBLE


def _english_log_odds(text: str) -> float:
    lower = text.lower()
    bare = _ENGLISH_TITLE.sub("", lower)
    score = 2.0 if bare != lower else 0.0
    if not _ENGLISH.fullmatch(bare) or not (score or _ENGLISH_CASED.fullmatch(text)):
        return _IMPOSSIBLE
    if _ENGLISH_PLACE.search(bare):
        return 2 * _IMPOSSIBLE
    words = re.findall(r"[a-z'’\-]+", bare)
    if len(words) == 1:
        known = words[0] in ENGLISH_FIRST or words[0] in ENGLISH_LAST
        # Sgt Lockwood: a rank is enough for a family that no list holds.
        return score + (-1.0 if known else -1.5 if score else -3.0)
    plain = [word.replace("'", "").replace("’", "") for word in words]
    turned = "," in bare
    first, last = (plain[1], plain[0]) if turned else (plain[0], plain[-1])
    score += -1.5 + (1.5 if turned else 0.0)
    score += 2.5 if first in ENGLISH_FIRST else 1.0 if len(first) == 1 else 0.0
    score += 1.5 if last in ENGLISH_LAST or last.split("-")[-1] in ENGLISH_LAST else 0.0
    score += 1.0 if len(plain) > 2 and len(plain[1 if not turned else -1]) == 1 else 0.0
    if first not in ENGLISH_FIRST and (plain[0] in PINYIN_LAST or plain[-1] in PINYIN_LAST):
        score += 2.0
    # Families that the lists do not hold: capitals first, or all of it in capitals with a given name.
    if plain[0] in ENGLISH_LAST and plain[-1] in ENGLISH_FIRST and not turned:
        score += 2.0
    return score
