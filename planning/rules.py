"""Rule profiles: what bureaus have laid down for the size of a zone, checked per officer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from data.schemas import COMMUNITY, COUNT, KIND, PLACE_ID, ROLE, VILLAGE, ZONE_ID
from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

OFFICERS_TOLD, OFFICERS_ASSUMED = "told", "assumed"
_OFFICER_ROLES = ("officer", "community_officer")
_COLUMNS = (ZONE_ID, "rule", "officers", "officers_source", "found", "allowed", "ok")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """
    A limit on what one officer of a zone looks after.

    Parameters
    ----------
    name
        Stable name of the rule.
    measure
        Column of the zones that is divided by the officers.
    most
        The most an officer may have, above 0.
    kind
        Kind of zone the rule is for: by where most of its residents live; None for all.
    slack
        The share by which a rule that says "about" may be exceeded, >= 0.
    """

    name: str
    measure: Literal["present", "villages", "grids", "workload", "area_m2"]
    most: float
    kind: str | None = None
    slack: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.kind not in (None, VILLAGE, COMMUNITY):
            raise SettingError(
                "setting_wrong", name="kind", found=self.kind, allowed=f"{VILLAGE}, {COMMUNITY}"
            )
        if not self.most > 0:
            raise SettingError("setting_wrong", name="most", found=self.most, allowed="> 0")
        if not self.slack >= 0:
            raise SettingError("setting_wrong", name="slack", found=self.slack, allowed=">= 0")


@dataclass(frozen=True, kw_only=True)
class RuleProfile:
    """
    A set of rules that a bureau goes by.

    Parameters
    ----------
    name
        Stable name of the profile.
    source
        Who laid it down, and when.
    rules
        What it says of zones.
    """

    name: str
    source: str
    rules: tuple[Rule, ...]


PROFILES: Mapping[str, RuleProfile] = {
    # One province and dated: a preset to start from. "About 3,000" is read as up to a tenth more.
    "heilongjiang_2007": RuleProfile(
        name="heilongjiang_2007",
        source="Heilongjiang provincial police, 2007",
        rules=(
            Rule(name="urban_residents", measure="present", most=3000, kind=COMMUNITY, slack=0.1),
            Rule(name="rural_residents", measure="present", most=5000, kind=VILLAGE),
            Rule(name="rural_villages", measure="villages", most=4, kind=VILLAGE),
        ),
    ),
}


def rule_profile(name: str) -> RuleProfile:
    """
    Return a profile by name.

    Raises
    ------
    SettingError
        ``setting_wrong`` with the names there are.
    """
    if name not in PROFILES:
        raise SettingError("setting_wrong", name="rules", found=name, allowed=", ".join(PROFILES))
    return PROFILES[name]


def check_rules(zones: pd.DataFrame, staff: pd.DataFrame | None, profile: RuleProfile | str) -> pd.DataFrame:
    """
    Check each zone against the rules of a profile.

    Parameters
    ----------
    zones
        Indexed by zone_id: kind ("" where not known: only rules for all kinds are checked), and the measures
        that the rules name; what is missing is not checked.
    staff
        place_id, role, count: officers and community officers of zones are counted; a zone without any is
        taken to have one.
    profile
        A profile, or the name of one.

    Returns
    -------
    DataFrame
        zone_id, rule, officers, officers_source (told, or assumed to be one), found and allowed (both per
        officer), ok.

    Raises
    ------
    SettingError
        ``setting_wrong`` if there is no profile of that name.
    """
    chosen = rule_profile(profile) if isinstance(profile, str) else profile
    told = _officers(staff).reindex(zones.index)
    told = told.where(told > 0)
    officers = told.fillna(1).astype(float)
    source = told.notna().map({True: OFFICERS_TOLD, False: OFFICERS_ASSUMED})
    checks = []
    for rule in chosen.rules:
        found = (zones[rule.measure] / officers)[zones[rule.measure].notna()]
        if rule.kind is not None:
            found = found[zones[KIND].reindex(found.index) == rule.kind]
        checks.append(
            pd.DataFrame(
                {
                    ZONE_ID: found.index,
                    "rule": rule.name,
                    "officers": officers[found.index].to_numpy(),
                    "officers_source": source[found.index].to_numpy(),
                    "found": found.to_numpy(dtype=float),
                    "allowed": rule.most,
                    "ok": (found <= rule.most * (1.0 + rule.slack)).to_numpy(dtype=bool),
                },
                columns=list(_COLUMNS),
            )
        )
    if not checks:
        return pd.DataFrame(columns=list(_COLUMNS))
    return pd.concat(checks, ignore_index=True).sort_values([ZONE_ID, "rule"], ignore_index=True)


def _officers(staff: pd.DataFrame | None) -> pd.Series:
    if staff is None or staff.empty:
        return pd.Series(dtype=float)
    mine = staff[staff[ROLE].isin(_OFFICER_ROLES)]
    return mine.groupby(PLACE_ID)[COUNT].sum().astype(float)
