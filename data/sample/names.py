"""Invented Chinese place names: two-character stems, never drawn twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_FIRST = "云清澄碧翠青霞岚玉锦秀芳兰荷莲枫桐槐榆柏梓杏棠芦苇鹭雁鸥鹤锦石沙浅深远静安宁泰嘉瑞祥和"
_SECOND = "溪浦湾塘洲渚汀泽泉渡埠堰坞坪岭岙峰岩谷麓冈坡原畈墩墟里巷门台亭阁苑圃丘野桥林川"
# Pairs known to name real places are left out, towns of the province above all: the district is
# invented. With names of two characters others may still exist somewhere.
_REAL = frozenset(
    [
        "云亭",
        "云台",
        "云岭",
        "云林",
        "云溪",
        "兰亭",
        "兰渚",
        "兰溪",
        "和林",
        "和桥",
        "和门",
        "嘉川",
        "嘉林",
        "宁林",
        "宁洲",
        "安丘",
        "安亭",
        "安岭",
        "安溪",
        "杏林",
        "枫林",
        "枫桥",
        "枫溪",
        "柏林",
        "桐坞",
        "桐川",
        "桐林",
        "梓林",
        "棠林",
        "棠溪",
        "榆林",
        "槐林",
        "沙丘",
        "沙坪",
        "沙埠",
        "沙岭",
        "沙洲",
        "沙湾",
        "沙溪",
        "沙门",
        "泰林",
        "深浦",
        "清林",
        "清溪",
        "澄湾",
        "玉林",
        "玉泉",
        "玉溪",
        "玉门",
        "瑞林",
        "瑞溪",
        "石台",
        "石坪",
        "石塘",
        "石墟",
        "石墩",
        "石岙",
        "石岩",
        "石岭",
        "石林",
        "石桥",
        "石泉",
        "石浦",
        "石湾",
        "石门",
        "碧林",
        "碧溪",
        "祥林",
        "秀洲",
        "翠亭",
        "翠林",
        "芦洲",
        "芦溪",
        "芳林",
        "荷塘",
        "荷泽",
        "莲塘",
        "锦坞",
        "锦溪",
        "锦里",
        "雁门",
        "霞浦",
        "青墩",
        "青川",
        "青林",
        "青溪",
        "静林",
        "鸥浦",
        "鹤岭",
        "鹤林",
        "鹤浦",
        "鹭岭",
    ]
)


class Namer:
    """
    Draws stems in a random order without repeating one.

    Parameters
    ----------
    rng
        Where the order comes from.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        stems = sorted({a + b for a in _FIRST for b in _SECOND} - _REAL)
        self._stems = iter([stems[i] for i in rng.permutation(len(stems))])

    def draw(self, pattern: str = "{}") -> str:
        """Return the pattern filled with the next stem."""
        return pattern.format(next(self._stems))
