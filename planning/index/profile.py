"""
Profiles of a safety index: what it is made of, what counts how much, and how points are given.

A profile is a TOML file (`profile_reading`) that the bureau keeps; these are its parts. Names are held in
Chinese and English, since they are the bureau's own words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from planning.index.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from planning.index.imputing import By
    from planning.index.structure import Method

Measure = Literal["rate", "share", "level"]
Source = Literal["incidents", "indicators"]
RuleKind = Literal["each", "rate", "share", "level", "change", "veto"]
Against = Literal["year_before", "previous", "district_base"]
Weighting = Literal["given", "equal", "entropy", "pca", "optimised"]
Scale = Literal["goalposts", "minmax", "percentile_rank"]
Treating = Literal["none", "skew"]
GradeBy = Literal["score", "points"]
GREY = "grey"
NO_LIMIT = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """
    How an indicator gives or takes points.

    ``points`` are given for each `step` by which the quantity lies beyond `beyond`; negative ones are taken.

    Parameters
    ----------
    kind
        The quantity: each (how many there were), rate (how many per `per` of the denominator), share (per
        cent), level (the value), change (per cent against another period), veto (how many; from `beyond` on
        the whole falls to the veto's points).
    points
        For each step.
    step, beyond
        In units of the quantity; step above 0.
    side
        Whether what lies above `beyond` counts, or what lies below.
    cap
        The most points that the rule may give or take, without sign; None for no limit.
    whole
        Whether only full steps count.
    per
        Of a rate: per how many of the denominator.
    against
        What a change is told against: the same period of last year, the period before, or the district's
        mean rate in the base year.
    least
        A change is only told from this many in the period compared with, or this one.
    """

    kind: RuleKind
    points: float = 0.0
    step: float = 1.0
    beyond: float = 0.0
    side: Literal["above", "below"] = "above"
    cap: float | None = None
    whole: bool = False
    per: float = 10_000.0
    against: Against = "year_before"
    least: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """
    One indicator.

    Parameters
    ----------
    code
        Stable name inside the profile.
    name
        By language (zh, en).
    source
        The table it is counted from: calls (incidents) or the table of indicators.
    categories
        Of the calls; () for all.
    series
        Names in the table of indicators, added up.
    measure
        rate (counts per denominator and year), share (counts of trials), level (a value as it stands).
    per
        Denominator of a rate: present, residents, floating, area_km2, road_km, another numeric column of the
        grids or villages, or exposure: what the table of indicators itself states.
    direction
        -1 if more is worse, 1 if more is better.
    weight
        Inside its group, from 0.
    goalposts
        Worst and best value, as people read them (rates per 10,000 and year, shares in per cent); None for
        those of the base year.
    smoothed
        Whether small numbers are drawn in.
    optional
        Whether it may lack without being missed.
    entered
        Whether it is only ever entered by an authorised body, and never made up for.
    rules
        How it gives or takes points.
    """

    code: str
    name: Mapping[str, str]
    source: Source = "indicators"
    categories: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    measure: Measure = "rate"
    per: str = "present"
    direction: int = -1
    weight: float = 1.0
    goalposts: tuple[float, float] | None = None
    smoothed: bool = True
    optional: bool = False
    entered: bool = False
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """
    Indicators and groups that belong together; the highest ones are the pillars.

    Parameters
    ----------
    code, name, weight, optional
        As of an indicator.
    method, power
        How the members are added up.
    weighting
        Where the members' weights come from.
    pairwise
        Judgements in pairs of the members, above the diagonal, from which their weights follow (AHP); () for
        none.
    full
        The most points that the group's rules may take in all; None for no limit.
    members
        Groups and indicators, in their order.
    """

    code: str
    name: Mapping[str, str]
    weight: float = 1.0
    optional: bool = False
    method: Method = "arithmetic"
    power: float = 1.0
    weighting: Weighting = "given"
    pairwise: tuple[tuple[float | str, ...], ...] = ()
    full: float | None = None
    members: tuple[Group | Indicator, ...] = ()

    def walk(self) -> Iterator[Group | Indicator]:
        """Yield everything below, each group before its members."""
        for member in self.members:
            yield member
            if isinstance(member, Group):
                yield from member.walk()


@dataclass(frozen=True, kw_only=True)
class Grades:
    """
    Grades by fixed cut points.

    Parameters
    ----------
    codes
        From the best to the worst.
    score, points
        What each grade but the worst begins with, on the index's scale and in points.
    by
        Which of the two gives a village its grade.
    names
        Of the codes by language, where the profile has words of its own.
    """

    codes: tuple[str, ...] = ("green", "blue", "orange", "red")
    score: tuple[float, ...] = (75.0, 60.0, 45.0)
    points: tuple[float, ...] = (90.0, 80.0, 60.0)
    by: GradeBy = "score"
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PointRules:
    """
    What frames the points.

    Parameters
    ----------
    base
        What each village begins with.
    floor, ceiling
        The least and the most it can end with.
    veto
        What it has at most after a veto (一票否决); None where the profile knows none.
    days
        How long a period the rules are made for; others are noted.
    """

    base: float = 100.0
    floor: float = 0.0
    ceiling: float = 100.0
    veto: float | None = None
    days: tuple[int, int] = (28, 31)


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """
    What the Monte-Carlo runs hold for uncertain, besides the chance in the counts.

    Parameters
    ----------
    weights
        Share by which every weight may be off.
    scales
        Scales of which one is drawn in each run; grades are told from the runs on goalposts, which their cut
        points are made for.
    methods
        Of which one is drawn for the root in each run, beside the root's own.
    runs
        How many there are.
    sure
        A grade of at least this probability is held for sure.
    """

    weights: float = 0.25
    scales: tuple[Scale, ...] = ("goalposts", "minmax", "percentile_rank")
    methods: tuple[Method, ...] = ("geometric", "arithmetic")
    runs: int = 2000
    sure: float = 0.8


@dataclass(frozen=True, kw_only=True)
class IndexProfile:
    """
    A profile of a safety index.

    Parameters
    ----------
    code, name, source
        What it is called, and after whom or what it is made.
    basis
        统计口径 of the calls; None for the widest that the table can answer.
    window_months
        Months up to the period's end that the statistical index looks back on; 0 for the period alone.
    least_known
        Share of a village's indicators that has to be known, else it is grey.
    imputing
        What stands in for single missing values.
    carry
        How many reports of a series may be overdue before it counts as missing.
    classes
        Columns of the villages that make villages alike: kind, town_id, station_id.
    size_bands
        Into how many bands of people present each class is further divided; 1 for none.
    treating
        How outliers are treated.
    quantiles
        Of the base year's values at which the goalposts stand where the profile gives none.
    floor
        What the worst goalpost gives, above 0, so that means which multiply stay above 0.
    grades, points, doubt
        See there.
    root
        The tree; its members are the pillars.
    """

    code: str
    name: Mapping[str, str]
    source: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    window_months: int = 12
    least_known: float = 0.65
    imputing: By = "group_median"
    carry: int = 1
    classes: tuple[str, ...] = ("kind",)
    size_bands: int = 1
    treating: Treating = "none"
    quantiles: tuple[float, float] = (0.02, 0.98)
    floor: float = 1.0
    grades: Grades = field(default_factory=Grades)
    points: PointRules = field(default_factory=PointRules)
    doubt: Doubt = field(default_factory=Doubt)
    root: Group

    @property
    def pillars(self) -> tuple[Group | Indicator, ...]:
        """The highest groups, in their order."""
        return self.root.members

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """The leaves of the tree, in their order."""
        return tuple(member for member in self.root.walk() if isinstance(member, Indicator))

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, each before its members, the root first."""
        return (self.root, *(member for member in self.root.walk() if isinstance(member, Group)))

    def name_of(self, code: str, lang: str) -> str:
        """Return what an indicator or a group is called, or its code."""
        for part in (self.root, *self.root.walk()):
            if part.code == code:
                return part.name.get(lang) or next(iter(part.name.values()), code)
        return code

    def pillar_of(self, code: str) -> str:
        """Return the pillar that an indicator or a group belongs to."""
        parents = {member.code: group.code for group in self.groups for member in group.members}
        while parents.get(code, self.root.code) != self.root.code:
            code = parents[code]
        return code

    def structure(self) -> Structure:
        """Return the tree that adds up, with the weights that the profile gives."""
        parts = {member.code: group.code for group in self.groups for member in group.members}
        everything = (self.root, *self.root.walk())
        return Structure(
            parents=parts,
            weights={part.code: part.weight for part in everything},
            directions={part.code: part.direction for part in self.indicators},
            methods={group.code: group.method for group in self.groups},
            powers={group.code: group.power for group in self.groups},
        )
