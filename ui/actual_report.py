"""A plan held against what was gone, told: JSON, lines, sheets of a workbook, map layers; never persons."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from planning.patrol.actual.visits import STATUSES
from ui.named_reasons import named_reason

if TYPE_CHECKING:
    from geo.errors import Reason
    from ui.actual_ground import Compared
    from ui.names import PlaceNames
    from ui.words import Words

_MINUTE_MS = 60_000
_TOLD = 8
_COUNTS = ("stops", *STATUSES, "late")
# Statuses that somebody has to be asked about.
_LACKING = ("missed", "short", "passed", "by_other", "no_record")


class ActualReport:
    """
    What there is to say of a plan and of what was gone.

    Parameters
    ----------
    compared
        Both.
    names
        Of the district's places.
    t
        Words of the language.
    """

    def __init__(self, compared: Compared, names: PlaceNames, t: Words) -> None:
        self.compared, self.found, self.t = compared, compared.found, t
        teams = compared.planned.teams["name"].astype(str)
        again = teams.duplicated(keep=False)
        called = {str(team): f"{name} {team}" if again[team] else name for team, name in teams.items()}
        self.names = names.renamed("teams", called)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What it comes to over all teams."""
        teams = self.found.teams
        covered, road = teams["covered_m"].sum(), teams["road_m"].sum()
        return {
            "plan": self.compared.saved.plan_id,
            "date": self.compared.saved.date,
            "teams": len(teams),
            "teams_recorded": int(teams["recorded"].sum()),
            **{name: int(teams[name].sum()) for name in _COUNTS},
            "extra": int(teams["extra"].sum()),
            "planned_km": float(teams.loc[teams["recorded"], "planned_m"].sum()) / 1000,
            "driven_km": float(teams["driven_m"].sum()) / 1000,
            "covered_share": float(covered / road) if road else None,
            "off_plan_km": float(teams["off_plan_m"].sum()) / 1000,
            "detours": int(teams["detours"].sum()),
            "gaps": int(teams["gaps"].sum()),
            "gap_min": float(teams["gap_ms"].sum()) / _MINUTE_MS,
        }

    def facts(self) -> dict[str, Any]:
        """Return it as JSON has it; keys are documented in the README and stay."""
        t = self.t
        return {
            **self.figures,
            "by_team": [
                {"team_id": str(team), **_plain(row)}
                for team, row in zip(self.found.teams.index, self.teams.to_dict("records"), strict=True)
            ],
            "by_village": [
                {"village_id": str(village), **_plain(row)}
                for village, row in zip(
                    self.found.villages.index, self.villages.to_dict("records"), strict=True
                )
            ],
            "visits": [
                {
                    **_plain(
                        {name: row[name] for name in ("team_id", "number", "stop_id", "name", "status", "by")}
                    ),
                    "planned": t.clock(row["begin_ms"]),
                    "arrived": None if row["arrive_ms"] != row["arrive_ms"] else t.clock(row["arrive_ms"]),  # noqa: PLR0124
                    "late_min": _minutes(row["late_ms"]),
                    "stay_min": _minutes(row["stay_ms"]),
                    "late": bool(row["late"]),
                }
                for row in self.found.stops.to_dict("records")
            ],
            "extras": [*self._events(self.found.extras, "stay_ms")],
            "gap_list": [*self._events(self.found.gaps)],
            "detour_list": [*self._events(self.found.detours)],
            "notes": [
                {"code": note.code, "facts": dict(note.facts), "text": named_reason(note, t, self.names)}
                for note in self.notes
            ],
        }

    @property
    def notes(self) -> tuple[Reason, ...]:
        """What is to be told of files and of teams."""
        return (*self.compared.notes, *self.found.notes)

    def lines(self) -> list[str]:
        """Return it as lines to read."""
        t, figures = self.t, self.figures
        said = {
            name: t.number(figures[name])
            for name in ("teams", "teams_recorded", *_COUNTS, "extra", "detours", "gaps")
        }
        lines = [t("actual.heading", plan=figures["plan"], name=self.compared.saved.name)]
        lines.append(t("actual.teams", teams=said["teams"], recorded=said["teams_recorded"]))
        if figures["stops"]:
            lines.append(t("actual.stops", **{name: said[name] for name in (*_COUNTS, "extra")}))
        if figures["covered_share"] is not None:
            lines.append(
                t(
                    "actual.roads",
                    share=t.percent(figures["covered_share"]),
                    driven=t.number(figures["driven_km"], 1),
                    planned=t.number(figures["planned_km"], 1),
                    detours=said["detours"],
                    off=t.number(figures["off_plan_km"], 1),
                )
            )
        if figures["gaps"]:
            lines.append(
                t("actual.gaps", count=said["gaps"], time=t.duration(figures["gap_min"] * _MINUTE_MS))
            )
        lines += [f"{t('score.note')}{named_reason(note, t, self.names)}" for note in self.notes]
        lacking = self.found.stops[self.found.stops["status"].isin(_LACKING) | self.found.stops["late"]]
        # Teams of which nothing is known say nothing stop by stop.
        silent = self.found.teams.index[~self.found.teams["recorded"].astype(bool)]
        lacking = lacking[~lacking["team_id"].isin(silent)]
        lines += [self._line(row) for row in lacking.head(_TOLD).to_dict("records")]
        if (rest := len(lacking) - _TOLD) > 0:
            lines.append(t("cli.more_faults", count=t.number(rest)))
        return lines

    def _line(self, row: dict[str, Any]) -> str:
        t = self.t
        said = t.name("actual_status", row["status"])
        if row["late"]:
            said = t("actual.late", status=said, late=t.duration(row["late_ms"]))
        return t(
            "actual.stop",
            team=self.names("teams", row["team_id"]),
            stop=row["name"],
            planned=t.clock(row["begin_ms"]),
            said=said,
        )

    @cached_property
    def teams(self) -> pd.DataFrame:
        """A row a team: name, recorded, counts, km and shares."""
        teams = self.found.teams
        km = {
            f"{name}_km": (teams[f"{name}_m"] / 1000).astype(float).round(2)
            for name in ("planned", "driven", "off_plan")
        }
        share = (teams["covered_m"] / teams["road_m"]).astype(float).round(4)
        return pd.DataFrame(
            {
                "name": [self.names("teams", team) for team in teams.index],
                "recorded": teams["recorded"].astype(bool),
                **{name: teams[name] for name in (*_COUNTS, "extra")},
                **km,
                "covered_share": share,
                "detours": teams["detours"],
                "gaps": teams["gaps"],
                "gap_min": (teams["gap_ms"] / _MINUTE_MS).round(1),
            }
        )

    @cached_property
    def villages(self) -> pd.DataFrame:
        """A row a village: name and counts."""
        villages = self.found.villages
        return villages[[*_COUNTS]].assign(name=[self.names("villages", v) for v in villages.index])[
            ["name", *_COUNTS]
        ]

    def sheets(self) -> dict[str, pd.DataFrame]:
        """Return the sheets of a workbook by title."""
        t = self.t
        stops = self.found.stops
        rows = pd.DataFrame(
            {
                "team": [self.names("teams", team) for team in stops["team_id"]],
                "number": stops["number"],
                "stop": stops["name"],
                "village": [self.names("villages", v) if v else "" for v in stops["village_id"]],
                "planned_at": [t.clock(ms) for ms in stops["begin_ms"]],
                "arrived_at": ["" if ms != ms else t.clock(ms) for ms in stops["arrive_ms"]],  # noqa: PLR0124
                "late_min": [_minutes(ms) for ms in stops["late_ms"]],
                "stay_min": [_minutes(ms) for ms in stops["stay_ms"]],
                "status": [t.name("actual_status", status) for status in stops["status"]],
            }
        )
        teams = self.teams.assign(
            recorded=[t("actual.yes" if found else "actual.no") for found in self.teams["recorded"]]
        )
        notes = pd.DataFrame({"note": [named_reason(note, t, self.names) for note in self.notes]})
        sheets = {"by_team": teams, "by_village": self.villages, "visits": rows}
        for name, frame in (
            ("extras", self.found.extras),
            ("gap_list", self.found.gaps),
            ("detour_list", self.found.detours),
        ):
            sheets[name] = pd.DataFrame([*self._events(frame, "stay_ms" if name == "extras" else None)]).drop(
                columns=["team_id"], errors="ignore"
            )
        sheets["notes"] = notes
        return {
            t(f"actual_sheet.{title}"): frame.rename(
                columns={name: t.name("actual_column", name) for name in frame}
            )
            for title, frame in sheets.items()
            if len(frame)
        }

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers that hold anything: ways, planned stops, further stops, detours."""
        crs = self.compared.planned.ways.crs
        found = {"ways": self.found.ways}
        for name, frame in (
            ("stops", self.found.stops),
            ("extras", self.found.extras),
            ("detours", self.found.detours),
        ):
            placed = frame[frame["x"].notna()]
            points = gpd.points_from_xy(placed["x"].astype(float), placed["y"].astype(float))
            found[name] = gpd.GeoDataFrame(placed.drop(columns=["x", "y"]), geometry=points, crs=crs)
        return {name: layer for name, layer in found.items() if len(layer)}

    def _events(self, frame: pd.DataFrame, stay: str | None = None) -> list[dict[str, Any]]:
        """Return what happened from when to when, where, in plain values."""
        events = []
        for row in frame.to_dict("records"):
            end = row["begin_ms"] + row[stay] if stay else row["end_ms"]
            event = {
                "team_id": str(row["team_id"]),
                "team": self.names("teams", row["team_id"]),
                "from": self.t.clock(row["begin_ms"]),
                "until": self.t.clock(end),
                "min": _minutes(end - row["begin_ms"]),
            }
            if "village_id" in row:
                event["village"] = self.names("villages", row["village_id"]) if row["village_id"] else ""
            if "m" in row:
                event["m"] = round(float(row["m"]))
            events.append(event)
        return events


def _minutes(ms: float) -> float | None:
    return None if ms != ms else round(ms / _MINUTE_MS, 1)  # noqa: PLR0124 - NaN differs from itself


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them."""
    return {
        name: None if value != value else value.item() if hasattr(value, "item") else value  # noqa: PLR0124
        for name, value in row.items()
    }
