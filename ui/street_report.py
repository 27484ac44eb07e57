"""A patrol of streets told: the facts by the names that the terminal's JSON has, in words, and as tables."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.errors import Reason
from planning.patrol.streets.legs import street_legs
from planning.patrol.streets.plan import PASSING
from planning.patrol.streets.problem import CLOSED, CUT_OFF, NO_STOP, NOT_FOR_MODE
from ui.named_reasons import named_reason
from ui.names import PlaceNames

if TYPE_CHECKING:
    import geopandas as gpd

    from planning.patrol.streets.plan import StreetPlan, StreetRoute
    from ui.street_ground import Streets
    from ui.words import Words

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
_TOLD = 8
# What is told of streets that nobody can cover, by why.
_LEFT_CODES = {
    CLOSED: "streets_closed",
    NOT_FOR_MODE: "streets_not_for_mode",
    NO_STOP: "streets_no_stopping",
    CUT_OFF: "streets_cut_off",
}
_WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


class StreetReport:
    """
    What there is to say of a patrol of streets.

    Parameters
    ----------
    streets, plan
        What was asked, and the answer.
    t
        Words of the language.
    """

    def __init__(self, streets: Streets, plan: StreetPlan, t: Words) -> None:
        self.streets, self.plan, self.t = streets, plan, t
        problem = streets.problem
        self.names = PlaceNames({"teams": {str(team): self.team(str(team)) for team in problem.teams.index}})

    def team(self, team_id: str) -> str:
        """Return what a team is called."""
        teams = self.streets.problem.teams
        name = str(teams.at[team_id, "name"]) if team_id in teams.index else team_id
        return name if self.streets.order.team_ids else self.t("street.team", number=name)

    def called(self, roads: pd.Series) -> list[str]:
        """Return the name of each road; "" where it has none."""
        return [self.streets.names.get(str(road), "") for road in roads]

    @cached_property
    def legs(self) -> gpd.GeoDataFrame:
        """Every leg, see `planning.patrol.streets.legs.street_legs`."""
        return street_legs(self.streets.problem, self.plan, self.streets.names)

    def legs_of(self, route: StreetRoute) -> gpd.GeoDataFrame:
        """Return the legs of a route."""
        return self.legs[self.legs["team_id"] == route.team_id]

    def metres(self, route: StreetRoute) -> tuple[float, float]:
        """Return how far a route goes, and how much of that covers nothing."""
        metres = self.streets.problem.metres
        whole = sum(float(metres[step.arc]) for step in route.steps)
        passing = sum(float(metres[step.arc]) for step in route.steps if step.task == PASSING)
        return whole, passing

    @cached_property
    def uncovered(self) -> pd.DataFrame:
        """Streets for which the shifts do not suffice, on one side or both: road_id, name, m."""
        tasks = self.streets.problem.tasks.iloc[[*self.plan.uncovered]].drop_duplicates("edge")
        summed = tasks.groupby("road_id", sort=False)["length_m"].sum().reset_index(name="m")
        summed["name"] = self.called(summed["road_id"])
        return pd.DataFrame(summed[["road_id", "name", "m"]])

    @cached_property
    def left(self) -> pd.DataFrame:
        """Streets that nobody can cover: code, road_id, name, m."""
        left = self.streets.problem.left
        summed = left.groupby(["code", "road_id"], sort=False)["length_m"].sum().reset_index(name="m")
        summed["name"] = self.called(summed["road_id"])
        return pd.DataFrame(summed[["code", "road_id", "name", "m"]])

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What the patrol comes to, by the names that JSON has."""
        problem, order = self.streets.problem, self.streets.order
        done = [step.task for route in self.plan.routes for step in route.steps if step.task != PASSING]
        ways = [self.metres(route) for route in self.plan.routes]
        km, passing_km = (sum(way[i] for way in ways) / 1000 for i in (0, 1))
        length = problem.tasks.drop_duplicates("edge")["length_m"].sum() if len(problem.tasks) else 0.0
        return {
            **self.plan.summary(),
            "areas": list(self.streets.areas),
            "date": order.date.isoformat(),
            "sides": order.sides,
            "travel_mode": order.travel_mode,
            "when": self.streets.when,
            "post": self.streets.post,
            "streets": int(problem.tasks["edge"].nunique()) if len(problem.tasks) else 0,
            "street_km": float(length) / 1000,
            "covered_km": float(problem.tasks["length_m"].to_numpy()[done].sum()) / 1000,
            "distance_km": km,
            "passing_km": passing_km,
            "passing_share": passing_km / km if km else 0.0,
            "gap": self.plan.value_ms / self.plan.bound_ms - 1 if self.plan.bound_ms else None,
        }

    @cached_property
    def notes(self) -> tuple[Reason, ...]:
        """What was taken for granted, and what shifts do not suffice for."""
        notes = [*self.streets.notes]
        if len(self.uncovered):
            teams, bound = self.streets.problem.teams, self.plan.bound_ms
            shift = (teams["shift_end_ms"] - teams["shift_start_ms"]).max()
            most = int(min(shift, self.plan.cap_ms or shift))
            each = bound if self.plan.objective == "hours" else (bound or 0) * len(teams)
            facts: dict[str, Any] = {"count": len(self.uncovered), "covered_m": self.uncovered["m"].sum()}
            facts["teams"] = max(-(-each // most), len(teams) + 1) if each else None
            notes.append(Reason("streets_uncovered", {**facts, "shift_ms": most}))
        for code, rows in self.left.groupby("code", sort=False):
            roads = rows["name"].where(rows["name"] != "", rows["road_id"]).tolist()
            facts = {"count": len(rows), "covered_m": rows["m"].sum(), "ids": roads[:_TOLD]}
            notes.append(Reason(_LEFT_CODES[code], facts))
        return tuple(notes)

    def facts(self) -> dict[str, Any]:
        """Return the patrol as JSON has it; keys are documented in the README and stay."""
        return {
            **self.figures,
            "uncovered": self.uncovered.to_dict("records"),
            "left": [
                {**row, "text": self.t(f"street_left.{row['code']}")} for row in self.left.to_dict("records")
            ],
            "faults": [self._said(fault) for fault in self.plan.faults],
            "notes": [self._said(note) for note in self.notes],
            "routes": [self._route(route) for route in self.plan.routes],
        }

    def lines(self) -> list[str]:
        """Return the patrol as lines to read."""
        t, figures = self.t, self.figures
        lines = [
            t(
                "street.heading",
                areas=t.listed(figures["areas"]) if figures["areas"] else t("street.listed_roads"),
                mode=t.name("travel_mode", figures["travel_mode"]),
                sides=t.name("street_sides", figures["sides"]),
            ),
            t(
                "street.figures",
                streets=t.number(figures["streets"]),
                km=t.number(figures["street_km"], 1),
                teams=t.number(figures["teams"]),
                hours=t.number(figures["hours"], 1),
                longest=t.number(figures["longest_shift_h"], 1),
                way=t.number(figures["distance_km"], 1),
                passing=t.percent(figures["passing_share"]),
            ),
            self.proof(),
        ]
        lines += [f"{t('patrol.fault')}{named_reason(fault, t, self.names)}" for fault in self.plan.faults]
        lines += [f"{t('score.note')}{named_reason(note, t, self.names)}" for note in self.notes]
        return [*lines, *(self._line(route) for route in self.plan.routes)]

    def proof(self) -> str:
        """Return how good the plan is known to be."""
        if self.plan.exact:
            return self.t("street.exact")
        gap = self.figures["gap"]
        if gap is None or self.plan.uncovered:
            return self.t("street.no_bound")
        return self.t("street.gap", share=self.t.percent(gap))

    def turns(self, route: StreetRoute) -> pd.DataFrame:
        """Return a row a leg, in words: number, time, turn, street, towards, m, minutes, does."""
        t = self.t
        rows = [
            {
                "number": leg["number"],
                "time": t.clock(leg["begin_ms"]),
                "turn": t(f"street_turn.{leg['turn']}"),
                "street": self.street(leg),
                "towards": t(f"wind.{wind(leg['heading_deg'])}"),
                "m": leg["m"],
                "minutes": round(leg["ms"] / _MINUTE_MS, 1),
                "does": t("street.covers" if leg["covers"] else "street.passes"),
            }
            for leg in self.legs_of(route).drop(columns="geometry").to_dict("records")
        ]
        columns = ["number", "time", "turn", "street", "towards", "m", "minutes", "does"]
        return pd.DataFrame(rows, columns=columns)

    def street(self, leg: dict[str, Any]) -> str:
        """Return what a leg's road is called."""
        if not leg["road_id"]:
            return self.t("street.link")
        return leg["name"] or self.t("street.unnamed", id=leg["road_id"])

    def _route(self, route: StreetRoute) -> dict[str, Any]:
        metres, passing = self.metres(route)
        return {
            "team_id": route.team_id,
            "name": self.team(route.team_id),
            "start": self.t.clock(route.start_ms),
            "end": self.t.clock(route.start_ms + route.duration_ms),
            "hours": route.duration_ms / _HOUR_MS,
            "distance_km": metres / 1000,
            "passing_km": passing / 1000,
            "passing_share": passing / metres if metres else 0.0,
            "legs": [
                {
                    "number": leg["number"],
                    "road_id": leg["road_id"],
                    "name": leg["name"],
                    "covers": bool(leg["covers"]),
                    "turn": leg["turn"],
                    "towards": wind(leg["heading_deg"]),
                    "begin": self.t.clock(leg["begin_ms"]),
                    "min": round(leg["ms"] / _MINUTE_MS, 1),
                    "m": leg["m"],
                }
                for leg in self.legs_of(route).drop(columns="geometry").to_dict("records")
            ],
        }

    def _line(self, route: StreetRoute) -> str:
        metres, passing = self.metres(route)
        legs = self.legs_of(route)
        named = dict.fromkeys(name for name in legs.loc[legs["covers"], "name"] if name)
        return self.t(
            "street.round",
            team=self.team(route.team_id),
            start=self.t.clock(route.start_ms),
            end=self.t.clock(route.start_ms + route.duration_ms),
            km=self.t.number(metres / 1000, 1),
            passing=self.t.percent(passing / metres if metres else 0.0),
            legs=self.t.number(len(legs)),
            streets=self.t.listed(named) if named else self.t("street.no_names"),
        )

    def _said(self, reason: Reason) -> dict[str, Any]:
        text = named_reason(reason, self.t, self.names)
        return {"code": reason.code, "facts": dict(reason.facts), "text": text}


def wind(degrees: float) -> str:
    """Return the direction of a heading: n, ne, e, se, s, sw, w or nw."""
    return _WINDS[round(degrees / 45) % 8]
