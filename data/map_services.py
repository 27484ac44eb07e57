"""Links to commercial map services: allowed by an administrator, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Collection

    from data.workspace import Workspace

# 高德, 百度.
MAP_SERVICES = ("amap", "baidu")
_SETTING = "map_services"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """
    When who last said which services are allowed.

    Parameters
    ----------
    at
        ISO text.
    who
        Label of who decided.
    """

    at: str
    who: str


def allowed_services(workspace: Workspace) -> tuple[str, ...]:
    """Return the map services to which links are allowed: none until somebody allowed them."""
    allowed = workspace.setting(_SETTING) or ()
    return tuple(name for name in MAP_SERVICES if name in allowed)


def last_allowed(workspace: Workspace) -> Allowed | None:
    """Return who last changed what is allowed, and when; None if nobody ever did."""
    trail = workspace.audit()
    found = trail[(trail["action"] == "set") & (trail["object"] == _SETTING)]
    if found.empty:
        return None
    return Allowed(at=str(found["at"].iloc[-1]), who=str(found["who"].iloc[-1]))


def allow_services(workspace: Workspace, services: Collection[str], *, who: str) -> None:
    """
    Allow links to some map services and to no others, and put on record who did, from what to what.

    Parameters
    ----------
    services
        Of `MAP_SERVICES`; none of them forbids all.
    who
        Label of who decides.

    Raises
    ------
    SettingError
        ``map_service_unknown``, ``map_service_who``.
    """
    if unknown := sorted(set(services) - set(MAP_SERVICES)):
        raise SettingError("map_service_unknown", found=unknown[0], known=", ".join(MAP_SERVICES))
    if not who.strip():
        raise SettingError("map_service_who")
    before, now = list(allowed_services(workspace)), [name for name in MAP_SERVICES if name in services]
    if before != now:
        workspace.set_setting(_SETTING, now, who=who.strip(), before=before, now=now)
