"""Persons named among other words in a short text: 支书:王月娥, 3号网格(韩成功), 郑红卫家三楼."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.personal_headers import ADDRESS, NAME, TEXT
from data.personal_names import SURNAME_PATTERN, name_log_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHO = rf"({SURNAME_PATTERN}[\u4e00-\u9fff]{{1,2}})"
_OFFICER = r"(?:民警|辅警|协警|警员|[所队组警村站]长|指导员|教导员|网格员|社工|书记|支书|主任)"
_FATE = (
    "被|涉嫌|盗窃|诈骗|故意|殴打|打架|伤人|寻衅|滋事|赌博|吸毒|酒驾|醉驾|危险驾驶|交通肇事|非法|敲诈|抢|强奸|猥亵|家庭|"
    "走失|失踪|自杀|死亡|溺水|求助|报警|报案|纠纷|邻里|感情|婚姻|债务|劳资|一案|案"
)
_ACTS = "带领|率|前往|赶往|赶到|到达|到场|到现场|现场|处警|出警|接警|处置|和|与|、|,|。|$"
_AT_HOME = (
    "$|[一二三四五六七八九十\\d]+楼|楼[上下]|隔壁|后面|后门|前面|门[口前]|旁|附近|对面|"
    "出租|老[宅屋房]|房|院|厨房|车库"
)
# One after another; the name is put to the test of `name_log_odds` afterwards, for places fit them too.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (NAME, re.compile(rf"^[\u4e00-\u9fff]{{2,6}}: ?{_WHO}(?![\u4e00-\u9fff])")),
    (NAME, re.compile(rf"\({_WHO}\)$")),
    (TEXT, re.compile(rf"^[\d.\-/年月日 ]*{_WHO}(?={_FATE})")),
    (TEXT, re.compile(rf"{_OFFICER}{_WHO}(?={_ACTS})")),
    (ADDRESS, re.compile(rf"(?:^|[村组屯寨庄区镇乡号路]){_WHO}家(?={_AT_HOME})")),
)
# Above it a name is likelier a person's than a village's: 王建国 has 4, 马鞍 is below nought.
_LIKELY = 0.8


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """
    How often texts name somebody.

    Parameters
    ----------
    kind
        What the texts are that do: `NAME`, `TEXT` or `ADDRESS`; None if none does.
    share
        Of the texts, those in which a person's name stands where a person would.
    likely
        Of the names in such places, those that read like a person's.
    """

    kind: str | None
    share: float
    likely: float


def mentions(texts: Sequence[str]) -> Mentions:
    """
    Return how often texts name somebody beside a role, in brackets, before a deed or a house.

    Parameters
    ----------
    texts
        Of one column, NFKC, none empty.
    """
    kinds: Counter[str] = Counter()
    found = 0
    for text, count in Counter(texts).items():
        # Two or three characters may be a name, but name nobody among other words.
        placed = None if len(text) < 4 or text.isascii() else _placed(text)
        if placed is not None:
            found += count
            kinds[placed[0]] += count if name_log_odds(placed[1]) >= _LIKELY else 0
    likely = kinds.total()
    if not likely:
        return Mentions(kind=None, share=0.0, likely=0.0)
    return Mentions(
        kind=max(sorted(kinds), key=lambda kind: kinds[kind]),
        share=likely / len(texts),
        likely=likely / found,
    )


def _placed(text: str) -> tuple[str, str] | None:
    for kind, pattern in _PATTERNS:
        if match := pattern.search(text):
            return kind, match.group(1)
    return None
