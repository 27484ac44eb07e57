"""The tree of an index: indicators at its leaves, groups of them above, one root."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import pandas as pd

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Method = Literal["arithmetic", "geometric", "harmonic", "generalised", "outranking", "copeland"]
METHODS: tuple[Method, ...] = (
    "arithmetic",
    "geometric",
    "harmonic",
    "generalised",
    "outranking",
    "copeland",
)


@dataclass(frozen=True, kw_only=True)
class Structure:
    """
    What an index is made of.

    Parameters
    ----------
    parents
        The group that each indicator and each group but the root belongs to. Branches may differ in depth.
    weights
        Weight of each of them inside its group, from 0; 1 where none is given.
    directions
        1 if more of an indicator is better, -1 if it is worse; 1 where none is given.
    methods
        How each group adds up its members; arithmetic where none is given.
    powers
        The power of each group whose method is generalised.

    Raises
    ------
    SettingError
        ``structure_without_root``, ``structure_roots``, ``structure_circular``.
    """

    parents: Mapping[str, str]
    weights: Mapping[str, float] = field(default_factory=dict)
    directions: Mapping[str, int] = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    powers: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        roots = [name for name in dict.fromkeys(self.parents.values()) if name not in self.parents]
        if not roots:
            raise SettingError("structure_circular" if self.parents else "structure_without_root")
        if len(roots) > 1:
            raise SettingError("structure_roots", found=", ".join(roots))
        if len(self.groups) != len(self._members):
            raise SettingError("structure_circular")

    @cached_property
    def _members(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for name, parent in self.parents.items():
            found.setdefault(parent, []).append(name)
        return {group: tuple(names) for group, names in found.items()}

    def _upwards(self) -> Iterator[str]:
        """Yield the groups, each after its members; those of a circle never come."""
        waiting, done = list(self._members), set(self.indicators)
        while ready := [name for name in waiting if done.issuperset(self._members[name])]:
            yield from ready
            done |= set(ready)
            waiting = [name for name in waiting if name not in done]

    @property
    def root(self) -> str:
        """The group of everything."""
        return next(name for name in self.parents.values() if name not in self.parents)

    @cached_property
    def indicators(self) -> tuple[str, ...]:
        """The leaves, in their order."""
        return tuple(name for name in self.parents if name not in self._members)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The groups, each after its members: the root comes last."""
        return tuple(self._upwards())

    def members(self, group: str) -> tuple[str, ...]:
        """Return what belongs to a group directly, in its order."""
        return self._members.get(group, ())

    def weight(self, name: str) -> float:
        """Return the weight of an indicator or a group inside its group."""
        return float(self.weights.get(name, 1.0))

    def direction(self, indicator: str) -> int:
        """Return 1 if more of an indicator is better, -1 if it is worse."""
        return int(self.directions.get(indicator, 1))

    def method(self, group: str) -> Method:
        """Return how a group adds up its members."""
        return self.methods.get(group, "arithmetic")

    def height(self, name: str) -> int:
        """Return the level of an indicator or a group: 1 for indicators, one more than the highest member."""
        members = self.members(name)
        return 1 + max(map(self.height, members)) if members else 1

    def level(self, number: int) -> tuple[str, ...]:
        """Return what stands at a level (1: the indicators)."""
        return tuple(name for name in (*self.parents, self.root) if self.height(name) == number)

    def below(self, name: str) -> tuple[str, ...]:
        """Return the indicators of a group, or the indicator itself."""
        members = self.members(name)
        return tuple(leaf for member in members for leaf in self.below(member)) if members else (name,)

    def effective_weights(self) -> pd.Series:
        """Return what each indicator and group weighs in the whole; each level sums to 1."""
        effective = {self.root: 1.0}
        for group in reversed(self.groups):
            members = self.members(group)
            total = sum(map(self.weight, members))
            for member in members:
                share = self.weight(member) / total if total > 0 else 0.0
                effective[member] = effective[group] * share
        return pd.Series(effective, name="effective", dtype=float).reindex([*self.parents, self.root])

    def with_weights(self, weights: Mapping[str, float]) -> Structure:
        """Return the tree with some weights changed."""
        return replace(self, weights={**self.weights, **weights})

    def without(self, names: Iterable[str]) -> Structure:
        """Return the tree without some indicators or groups, and without the groups that are empty then."""
        gone = set(names)
        parents = {name: parent for name, parent in self.parents.items() if name not in gone}
        while lost := {
            name
            for name in parents
            if parents[name] in gone or (self.members(name) and name not in parents.values())
        }:
            gone |= lost
            parents = {name: parent for name, parent in parents.items() if name not in lost}
        return replace(self, parents=parents)
