"""What a painter is told in words: how a zone can be mended, what others painted, what was left as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from planning.mending import Mend
    from ui.names import PlaceNames
    from ui.words import Words


def mend_text(mend: Mend, t: Words, names: PlaceNames, *, now: pd.Series) -> str:
    """
    Return a mend as one sentence.

    Parameters
    ----------
    names
        Of the places, with the plan's own names of zones.
    now
        zone_id of each grid, "" for none.
    """
    sources = sorted({str(now[grid]) for grid in mend.grids} - {mend.zone})
    targets = sorted(set(mend.grids.values()) - {mend.zone})
    others = sources if mend.kind == "link" else targets
    text = t(
        f"painter.mend_{mend.kind}",
        zone=names("zones", mend.zone),
        others=t.listed(names("zones", zone) if zone else t("zoning.no_zone") for zone in others),
        grids=t.number(len(mend.grids)),
        people=t("painter.mend_people", present=t.number(mend.present)) if mend.present else "",
    )
    if mend.splits:
        text += t("painter.mend_splits", villages=t.listed(names.all("villages", mend.splits)))
    if mend.breaks:
        text += t("painter.mend_breaks", zones=t.listed(names.all("zones", mend.breaks)))
    return text


def news_text(item: Mapping[str, Any], t: Words) -> str:
    """Return what a painter is told of news: nothing of their own strokes."""
    if "refused" in item:
        return t("painter.news_refused", grids=t.number(item["refused"]))
    if item["by"] == "self":
        return ""
    at, who = str(item["at"])[11:16], item["who"] or t("painter.somebody")
    if not item["grids"]:
        return t("painter.news_names", at=at, who=who)
    return t("painter.news_other", at=at, who=who, grids=t.number(len(item["grids"])))
