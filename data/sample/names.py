"""Invented Chinese place names: two-character stems, never drawn twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

_FIRST = "云清澄碧翠青霞岚玉锦秀芳兰荷莲枫桐槐榆柏梓杏棠芦苇鹭雁鸥鹤锦石沙浅深远静安宁泰嘉瑞祥和"
_SECOND = "溪浦湾塘洲渚汀泽泉渡埠堰坞坪岭岙峰岩谷麓冈坡原畈墩墟里巷门台亭阁苑圃丘野桥林川"
# Pairs that do name a place in the province are left out: the district is invented.
_REAL = frozenset({"兰亭", "兰渚", "和门", "澄湾", "石岙", "锦坞"})


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
