"""Editions of a layer: what an import replaced stays to be looked at, and plans and tables follow."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from data import geopackage
from data.imports import changed_since
from data.plans import DRAFT, IN_FORCE, RETIRED, assignment_of, erase_plan, insert_plan, plans_of
from data.rekeying import put_back, rekey, rekeyed_tables, set_aside
from data.schemas import (
    EDITION_LAYERS,
    KIND,
    LAYER,
    NEW_ID,
    OLD_ID,
    TABLES,
    VALID_FROM,
    validate,
)
from data.successions import SAME, completed, succession_faults, whole_successors
from data.workspace import now, read_crs, record, renew_stamp, sql_types
from geo.errors import ConflictError, SchemaError, SettingError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping

    from data.workspace import Workspace

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """
    A plan on the new edition of its places.

    Parameters
    ----------
    assignment
        zone_id of each grid, indexed by grid_id.
    grids_left
        Grids that nothing gives to a zone.
    zones_left
        Zones that lost every grid, or whose new code is in doubt.
    """

    assignment: pd.Series
    grids_left: tuple[str, ...] = ()
    zones_left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CarriedPlan:
    """
    What became of one plan.

    Parameters
    ----------
    plan_id, name
        The plan on the former edition.
    follower
        The draft on the new one; None where not a single grid could be placed.
    grids_left, zones_left
        As for `Carried`.
    """

    plan_id: str
    name: str
    follower: str | None
    grids_left: tuple[str, ...] = ()
    zones_left: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RecordedEdition:
    """
    What recording an edition did.

    Parameters
    ----------
    edition_id, layer, valid_from, valid_to
        The edition that ended: its layer, first (if known) and last day.
    plans
        Plans that were carried over; those that the change does not touch are left out.
    approval_needed
        The plan in force and the draft that follows it: it is not in force before it is approved.
    rekeyed, left_old
        Rows by table that follow to a new id, and that still name a place which was divided or ended.
    """

    edition_id: str
    layer: str
    valid_from: str | None
    valid_to: str
    plans: tuple[CarriedPlan, ...] = ()
    approval_needed: tuple[str, str | None] | None = None
    rekeyed: Mapping[str, int] = field(default_factory=dict)
    left_old: Mapping[str, int] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def read_editions(workspace: Workspace) -> pd.DataFrame:
    """
    Return the editions that ended, oldest first.

    Columns edition_id, layer, valid_from, valid_to, import_id, note, created, rows.
    """
    with geopackage.reading(workspace.path) as connection:
        editions = geopackage.read_table(connection, "editions", crs=None)
        rows = [
            connection.execute(f"SELECT COUNT(*) FROM {geopackage.quoted(shelf)}").fetchone()[0]
            for shelf in editions["shelf"]
        ]
    return editions.assign(rows=pd.Series(rows, dtype="int64")).drop(columns="shelf")


def read_edition(workspace: Workspace, edition_id: str) -> Any:
    """
    Return the rows of an older edition, as `Workspace.read` returns those of today.

    Raises
    ------
    SettingError
        ``edition_unknown``.
    """
    with geopackage.reading(workspace.path) as connection:
        edition = _edition(connection, edition_id)
        return geopackage.read_table(connection, edition["shelf"], crs=read_crs(connection))


def possible_imports(workspace: Workspace) -> pd.DataFrame:
    """
    Return import_id, at, file, layer of the imports that can be recorded, oldest first.

    Several of a layer, where none of them has been recorded yet: the edition is then what was there
    before the chosen one, and all later ones belong to the new edition.
    """
    with geopackage.reading(workspace.path) as connection:
        imports = geopackage.read_table(connection, "imports", crs=None)
        open_ = [_obstacle(connection, row) is None for _, row in imports.iterrows()]
    return imports.loc[open_, ["import_id", "at", "file", "layer"]].reset_index(drop=True)


def before_and_after(workspace: Workspace, import_id: str) -> tuple[str, Any, Any]:
    """
    Return an import's layer, its rows before the import, and those of today.

    Raises
    ------
    SettingError, ConflictError
        As `record_edition`, where the import cannot become an edition.
    """
    with geopackage.reading(workspace.path) as connection:
        row = _usable_import(connection, import_id)
        crs = read_crs(connection)
        old = geopackage.read_table(connection, row["shelf"], crs=crs)
        return str(row["layer"]), old, geopackage.read_table(connection, row["layer"], crs=crs)


def record_edition(
    workspace: Workspace,
    import_id: str,
    *,
    valid_from: str,
    successions: pd.DataFrame,
    carry: Callable[[pd.Series, pd.DataFrame], Carried] | None = None,
    plan_suffix: str = "",
    note: str = "",
    who: str = "",
) -> RecordedEdition:
    """
    Say that an import was a new edition of its layer, in one transaction with all that follows from it.

    What the import replaced becomes an edition that ended the day before; the code table is kept; plans
    that are not retired are carried over as drafts beside them; rows of other tables follow where a
    place is wholly in one other (`data.rekeying`).

    Parameters
    ----------
    import_id
        An import of a layer; what came after it, up to now, belongs to the new edition as well.
    valid_from
        First day of the new edition, e.g. ``"2026-11-01"``.
    successions
        old_id, new_id (blank where a place is new or has ended), perhaps share_old and share_new; rows of
        unchanged ids may be left out (`data.successions.completed`).
    carry
        What becomes of a plan's assignment: `planning.succession.carry_over` for grids, `carry_zones` for
        zones; None where the layer does not touch plans.
    plan_suffix
        Put after the name of a plan that is carried over.

    Raises
    ------
    SettingError
        ``import_unknown``; ``edition_layer_unfit``; ``edition_date_wrong``, ``edition_date_order``: the
        edition that ends must have lasted a day.
    ConflictError
        ``edition_import_undone``; ``edition_nothing_before``: the import replaced nothing, or what it
        replaced is no longer kept; ``edition_exists``; ``edition_superseded``: an edition was
        recorded since.
    SchemaError
        ``succession_faults``, with every fault of the code table.
    """
    first_day = _day(valid_from)
    with geopackage.writing(workspace.path) as connection:
        row = _usable_import(connection, import_id)
        layer, shelf = str(row["layer"]), str(row["shelf"])
        rows = _complete(connection, layer, shelf, successions)
        since = _begin(connection, layer, first_day)
        done = RecordedEdition(
            edition_id=f"E{geopackage.next_fid(connection, 'editions')}",
            layer=layer,
            valid_from=since,
            valid_to=(first_day - _DAY).isoformat(),
        )
        _insert(connection, done, import_id=import_id, shelf=shelf, note=note)
        _keep_successions(connection, layer, first_day.isoformat(), rows)
        _date_villages(connection, done.edition_id, layer, first_day.isoformat(), rows)
        changed, left = _follow(connection, done.edition_id, layer, rows)
        plans, in_force = _carry_plans(connection, done, carry, rows, suffix=plan_suffix, who=who)
        for table, count in changed.items():
            record(connection, "rekey", table, who=who, edition=done.edition_id, rows=count)
        renew_stamp(connection)
        record(
            connection,
            "edition",
            layer,
            who=who,
            edition=done.edition_id,
            import_id=import_id,
            valid_from=first_day.isoformat(),
            plans=[plan.follower for plan in plans if plan.follower],
            rekeyed=changed,
            left_old=left,
        )
    return replace(done, plans=plans, approval_needed=in_force, rekeyed=changed, left_old=left)


def drop_edition(workspace: Workspace, edition_id: str, *, who: str = "") -> list[str]:
    """
    Take the recording of an edition back, so that its import can be undone again.

    The code table goes, rows of other tables get their old ids back, and so do villages their dates;
    plans that were carried over and that nobody has changed since go as well.

    Returns
    -------
    list
        Plans that stay because they were changed, or others follow them.

    Raises
    ------
    SettingError
        ``edition_unknown``.
    ConflictError
        ``edition_followed``: a later edition of the layer builds on it; ``edition_changed_since``: a
        table that followed has been changed since, by an import or otherwise.
    """
    with geopackage.writing(workspace.path) as connection:
        edition = _edition(connection, edition_id)
        layer, audited, facts = _recorded(connection, edition)
        later = connection.execute(
            "SELECT edition_id FROM editions WHERE layer = ? AND valid_to > ?", (layer, edition["valid_to"])
        ).fetchone()
        if later:
            raise ConflictError("edition_followed", id=edition_id, later=later[0])
        shelf = _rows_shelf(edition_id)
        for table in dict.fromkeys([layer, *rekeyed_tables(connection, shelf=shelf)]):
            if changed_since(connection, table, audited):
                raise ConflictError("edition_changed_since", id=edition_id, table=table)
        for table in put_back(connection, shelf=shelf):
            if table != layer:
                record(connection, "rekey_undone", table, who=who, edition=edition_id)
        kept = [plan for plan in facts["plans"] if not _drop_plan(connection, plan)]
        connection.execute("DELETE FROM editions WHERE edition_id = ?", (edition_id,))
        _keep_successions(connection, layer, facts[VALID_FROM], None)
        renew_stamp(connection)
        record(connection, "edition_dropped", layer, who=who, edition=edition_id)
    return kept


def _usable_import(connection: sqlite3.Connection, import_id: str) -> pd.Series:
    imports = geopackage.read_table(connection, "imports", crs=None)
    found = imports[imports["import_id"] == import_id]
    if found.empty:
        raise SettingError("import_unknown", found=import_id, known=", ".join(imports["import_id"].tail(5)))
    row = found.iloc[0]
    if row["layer"] not in EDITION_LAYERS:
        raise SettingError("edition_layer_unfit", table=row["layer"], other_layer=EDITION_LAYERS)
    if obstacle := _obstacle(connection, row):
        latest = _latest(connection, row["layer"])
        raise ConflictError(obstacle, id=import_id, table=row["layer"], latest=latest and latest[0])
    return row


def _obstacle(connection: sqlite3.Connection, row: pd.Series) -> str | None:
    """Return the code of what keeps an import from becoming an edition; "" for a layer that has none."""
    if row["layer"] not in EDITION_LAYERS:
        return ""
    if isinstance(row["undone"], str):
        return "edition_import_undone"
    if not isinstance(row["shelf"], str) or not geopackage.declared_types(connection, row["shelf"]):
        return "edition_nothing_before"
    taken = connection.execute("SELECT 1 FROM editions WHERE shelf = ?", (row["shelf"],)).fetchone()
    if taken:
        return "edition_exists"
    latest = _latest(connection, row["layer"])
    return "edition_superseded" if latest and latest[1] > row["audited"] else None


def _latest(connection: sqlite3.Connection, layer: str) -> tuple[str, int] | None:
    """Return a layer's latest edition, and the line of the audit trail that made it."""
    edition = connection.execute(
        "SELECT edition_id FROM editions WHERE layer = ? ORDER BY valid_to DESC", (layer,)
    ).fetchone()
    if edition is None:
        return None
    _, audited, _ = _recorded(connection, _edition(connection, edition[0]))
    return str(edition[0]), audited


def _edition(connection: sqlite3.Connection, edition_id: str) -> pd.Series:
    editions = geopackage.read_table(connection, "editions", crs=None)
    found = editions[editions["edition_id"] == edition_id]
    if found.empty:
        raise SettingError("edition_unknown", found=edition_id, known=", ".join(editions["edition_id"]))
    return found.iloc[0]


def _recorded(connection: sqlite3.Connection, edition: pd.Series) -> tuple[str, int, dict[str, Any]]:
    """Return an edition's layer, and the number and facts of the line in the audit trail that made it."""
    lines = connection.execute(
        "SELECT fid, facts FROM audit WHERE action = 'edition' AND object = ? ORDER BY fid DESC",
        (edition["layer"],),
    )
    for fid, text in lines:
        facts = json.loads(text)
        if facts["edition"] == edition["edition_id"]:
            return str(edition["layer"]), int(fid), facts
    raise SettingError("edition_unknown", found=edition["edition_id"], known="")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as fault:
        raise SettingError("edition_date_wrong", found=text) from fault


def _begin(connection: sqlite3.Connection, layer: str, first_day: dt.date) -> str | None:
    """Return the day after the layer's last edition ended, on which the one that ends now began."""
    last = connection.execute("SELECT MAX(valid_to) FROM editions WHERE layer = ?", (layer,)).fetchone()[0]
    if last is None:
        return None
    began = dt.date.fromisoformat(last) + _DAY
    if first_day <= began:
        raise SettingError("edition_date_order", found=first_day.isoformat(), since=began.isoformat())
    return began.isoformat()


def _complete(
    connection: sqlite3.Connection, layer: str, shelf: str, successions: pd.DataFrame
) -> pd.DataFrame:
    old_ids, new_ids = _ids(connection, shelf, layer), _ids(connection, layer, layer)
    rows = completed(successions, old_ids=old_ids, new_ids=new_ids)
    if faults := succession_faults(rows, old_ids=old_ids, new_ids=new_ids):
        raise SchemaError("succession_faults", table=layer, count=len(faults), reasons=faults)
    return rows


def _ids(connection: sqlite3.Connection, table: str, layer: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            f"SELECT {TABLES[layer].key[0]} FROM {geopackage.quoted(table)} ORDER BY fid"
        )
    ]


def _insert(
    connection: sqlite3.Connection, done: RecordedEdition, *, import_id: str, shelf: str, note: str
) -> None:
    row = {
        "edition_id": done.edition_id,
        "layer": done.layer,
        "valid_from": done.valid_from,
        "valid_to": done.valid_to,
        "import_id": import_id,
        "shelf": shelf,
        "note": note,
        "created": now(),
    }
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO editions ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def _keep_successions(
    connection: sqlite3.Connection, layer: str, valid_from: str, rows: pd.DataFrame | None
) -> None:
    """Put the rows of one change in place of what the table has on it; without rows, take them out."""
    present = "successions" in geopackage.table_names(connection)
    parts = []
    if present:
        kept = geopackage.read_table(connection, "successions", crs=None)
        parts.append(kept[(kept[LAYER] != layer) | (kept[VALID_FROM] != valid_from)])
    if rows is not None:
        parts.append(rows.assign(**{LAYER: layer, VALID_FROM: valid_from}))
    filled = [part for part in parts if not part.empty]
    if not filled:
        geopackage.drop_table(connection, "successions")
        return
    table = pd.concat(filled, ignore_index=True).reindex(
        columns=[*TABLES["successions"].columns, *_extra(parts[0])]
    )
    validate(table, "successions")
    types = sql_types(table, "successions")
    key = TABLES["successions"].key
    geopackage.replace_table(connection, "successions", table, types=types, shape=None, unique=key)


def _extra(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in TABLES["successions"].columns]


def _date_villages(
    connection: sqlite3.Connection, edition_id: str, layer: str, valid_from: str, rows: pd.DataFrame
) -> None:
    """Fill in since when a village is what it is, where the layer has a column for it and it is blank."""
    if layer != "villages" or VALID_FROM not in geopackage.declared_types(connection, layer):
        return
    key = TABLES[layer].key[0]
    changed = rows.loc[(rows[KIND] != SAME) & (rows[NEW_ID] != ""), NEW_ID].unique()
    connection.execute("DROP TABLE IF EXISTS temp.changed")
    connection.execute("CREATE TEMP TABLE changed (id TEXT PRIMARY KEY)")
    connection.executemany("INSERT INTO temp.changed VALUES (?)", ((place,) for place in changed))
    where = f"{key} IN (SELECT id FROM temp.changed) AND COALESCE({VALID_FROM}, '') = ''"
    set_aside(connection, layer, VALID_FROM, where, shelf=_rows_shelf(edition_id))
    connection.execute(f"UPDATE {layer} SET {VALID_FROM} = ? WHERE {where}", (valid_from,))
    connection.execute("DROP TABLE temp.changed")


def _follow(
    connection: sqlite3.Connection, edition_id: str, layer: str, rows: pd.DataFrame
) -> tuple[dict[str, int], dict[str, int]]:
    follows = {str(old): str(new) for old, new in whole_successors(rows).items()}
    stays = set(rows[OLD_ID]) - {""} - set(follows)
    return rekey(connection, layer, follows, stays, shelf=_rows_shelf(edition_id))


def _rows_shelf(edition_id: str) -> str:
    return f"shelf_{edition_id}"


def _carry_plans(
    connection: sqlite3.Connection,
    edition: RecordedEdition,
    carry: Callable[[pd.Series, pd.DataFrame], Carried] | None,
    rows: pd.DataFrame,
    *,
    suffix: str,
    who: str,
) -> tuple[tuple[CarriedPlan, ...], tuple[str, str | None] | None]:
    if carry is None:
        return (), None
    done, in_force = [], None
    plans = plans_of(connection)
    for plan in plans[plans["status"] != RETIRED].to_dict("records"):
        before = assignment_of(connection, plan["plan_id"])
        carried = carry(before, rows)
        if not carried.grids_left and carried.assignment.to_dict() == before.to_dict():
            continue
        follower = None
        if len(carried.assignment):
            follower = insert_plan(
                connection,
                carried.assignment,
                kind=plan["kind"],
                name=plan["name"] + suffix,
                author=who,
                note=plan["note"],
                parent=plan["plan_id"],
                params={**json.loads(plan["params"]), "edition": edition.edition_id},
                zone_names=_followed_names(plan, edition.layer, rows),
                locked=_followed_locks(plan, edition.layer, rows),
            )
        done.append(
            CarriedPlan(
                plan_id=plan["plan_id"],
                name=plan["name"],
                follower=follower,
                grids_left=carried.grids_left,
                zones_left=carried.zones_left,
            )
        )
        if plan["status"] == IN_FORCE:
            in_force = plan["plan_id"], follower
    return tuple(done), in_force


def _followed_names(plan: Mapping[Any, Any], layer: str, rows: pd.DataFrame) -> dict[str, str]:
    """Return the names that a plan gives zones, by their new ids; zones that ended or divided lose theirs."""
    names: dict[str, str] = json.loads(plan["zone_names"])
    ids = _new_ids(names, rows) if layer == "zones" else {zone: zone for zone in names}
    return {ids[zone]: name for zone, name in names.items() if zone in ids}


def _followed_locks(plan: Mapping[Any, Any], layer: str, rows: pd.DataFrame) -> set[str]:
    """Return what a plan locks, by the places' new ids; a lock on a place that ended or divided goes."""
    locked = [lock.partition(":") for lock in json.loads(plan["locked"])]
    places = {place for kind, _, place in locked if f"{kind}s" == layer}
    ids = _new_ids(places, rows)
    return {
        f"{kind}:{ids[place] if place in places else place}"
        for kind, _, place in locked
        if place in ids or f"{kind}s" != layer
    }


def _new_ids(places: Iterable[str], rows: pd.DataFrame) -> dict[str, str]:
    """Return the new id of each place that is wholly in one; places that no row names keep theirs."""
    named = set(rows[OLD_ID])
    follows = {str(old): str(new) for old, new in whole_successors(rows).items()}
    same = set(rows.loc[rows[KIND] == SAME, OLD_ID])
    return {
        place: follows.get(place, place)
        for place in places
        if place in follows or place in same or place not in named
    }


def _drop_plan(connection: sqlite3.Connection, plan_id: str) -> bool:
    """Delete a plan that nobody has changed and none follows, and return whether it is gone."""
    row = connection.execute("SELECT rev, status FROM plans WHERE plan_id = ?", (plan_id,)).fetchone()
    if row is None:
        return True
    followed = connection.execute("SELECT 1 FROM plans WHERE parent = ?", (plan_id,)).fetchone()
    if row != (1, DRAFT) or followed:
        return False
    erase_plan(connection, plan_id)
    return True
