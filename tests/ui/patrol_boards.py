"""Boards of patrols for tests: the squads' evening, on roads that only remember what is closed."""

from data.workspace import Workspace
from ui.names import PlaceNames
from ui.painter.patrol_board import PatrolBoard


class Roads:
    """Roads that only remember what is closed."""

    def __init__(self):
        self.closed = set()

    def near(self, lon, lat, within_m):
        return "R1" if within_m > 1 else None

    def is_closed(self, road):
        return road in self.closed

    def put(self, road, *, closed):
        (self.closed.add if closed else self.closed.discard)(road)

    def name(self, road, t):
        return f"{road} 路"

    def told(self, t):
        return [{"id": road, "name": self.name(road, t), "way": [0, 0, 1, 1]} for road in sorted(self.closed)]

    def stale(self, problem, plan, t, names):
        return "走不通" if self.closed else ""


def board_of(squad_day, plan, keep):
    """The board of a plan of the squads' evening (fixture `squad_day`)."""
    day, path = squad_day
    return PatrolBoard(
        plan_id="D1",
        origin="o",
        problem=day.problem,
        plan=plan,
        places=day.places,
        names=PlaceNames.of(Workspace.open(path).read_all(["stations"])),
        roads=Roads(),
        keep=keep,
    )
