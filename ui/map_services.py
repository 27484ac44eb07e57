"""Which outside maps papers may link to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.map_services import allowed_services, last_allowed

if TYPE_CHECKING:
    from collections.abc import Collection

    from data.workspace import Workspace
    from ui.words import Words


def state_text(workspace: Workspace, t: Words) -> str:
    """Return which services are allowed, and who said so when."""
    allowed = allowed_services(workspace)
    text = t("map_links.some", services=services_text(allowed, t)) if allowed else t("map_links.none")
    last = last_allowed(workspace)
    if last is None:
        return text
    return f"{text} {t('map_links.by', who=last.who, at=last.at[:16].replace('T', ' '))}"


def services_text(services: Collection[str], t: Words) -> str:
    """Return the names of map services, or that none is allowed."""
    return t.listed(t.name("map_service", name) for name in services) or t("map_links.nothing")
