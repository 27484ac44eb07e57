"""Recording a new edition: the same steps behind the page's button and the terminal's command."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.editions import RecordedEdition, before_and_after, possible_imports, record_edition
from data.imports import read_imports
from data.readers import opened
from data.schemas import KIND, NAME, NEW_ID, OLD_ID, SHARE_NEW, SHARE_OLD, TABLES
from data.successions import completed, succession_faults
from geo.errors import SchemaError, SettingError
from planning.succession import CHECK, WHY, carry_over, carry_zones, guess_succession, measured
from ui.tables import unguarded
from ui.words import LANGS, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from data.editions import Carried
    from data.workspace import Workspace
    from ui.words import Words

# What touches plans: their grids, or the codes of their zones.
_CARRIERS: dict[str, Callable[[pd.Series, pd.DataFrame], Carried]] = {
    "grids": carry_over,
    "zones": carry_zones,
}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """
    An import that may be a new edition.

    Parameters
    ----------
    import_id, layer, key
        The import, its layer, and the layer's id column.
    old, new
        The layer before the import, and now.
    rows
        Who follows whom, as guessed (`planning.succession.guess_succession`).
    """

    import_id: str
    layer: str
    key: str
    old: Any
    new: Any
    rows: pd.DataFrame

    @property
    def changed(self) -> bool:
        """Whether anything is other than it was."""
        return bool(((self.rows[KIND] != "same") | self.rows[CHECK]).any())

    @property
    def today(self) -> str:
        """A first guess at the new edition's first day: that of the next month."""
        first = dt.date.today().replace(day=1)
        return (first + dt.timedelta(days=32)).replace(day=1).isoformat()


def import_of(workspace: Workspace, layer: str) -> str:
    """
    Return the latest import of a layer that changed its places, else the latest that can be recorded.

    Raises
    ------
    SettingError
        ``edition_no_import``: the layer was never imported.
    """
    possible = possible_imports(workspace)
    mine = [str(one) for one in possible.loc[possible["layer"] == layer, "import_id"][::-1]]
    if found := next((one for one in mine if propose(workspace, one).changed), None):
        return found
    imports = read_imports(workspace)
    known = [*mine, *imports.loc[imports["layer"] == layer, "import_id"][::-1]]
    if not known:
        raise SettingError("edition_no_import", table=layer)
    return str(known[0])


def propose(workspace: Workspace, import_id: str) -> Proposal:
    """Return what shapes, ids and names suggest; raises as `data.editions.before_and_after`."""
    layer, old, new = before_and_after(workspace, import_id)
    key = TABLES[layer].key[0]
    rows = guess_succession(old, new, key=key)
    return Proposal(import_id=import_id, layer=layer, key=key, old=old, new=new, rows=rows)


def settled(proposal: Proposal, stated: pd.DataFrame | None) -> pd.DataFrame:
    """
    Return the whole code table for the pairs that a person stated: kinds, and shares where shapes tell.

    Parameters
    ----------
    stated
        old_id and new_id (blank where a place is new or has ended); None for the guess as it is.

    Raises
    ------
    SchemaError
        ``succession_faults``, with every fault.
    """
    if stated is None:
        return proposal.rows
    old_ids, new_ids = (frame[proposal.key].astype("str") for frame in (proposal.old, proposal.new))
    pairs = completed(stated[[OLD_ID, NEW_ID]], old_ids=old_ids, new_ids=new_ids)
    if faults := succession_faults(pairs, old_ids=old_ids, new_ids=new_ids):
        raise SchemaError("succession_faults", table=proposal.layer, count=len(faults), reasons=faults)
    known = proposal.rows.set_index([OLD_ID, NEW_ID])[[SHARE_OLD, SHARE_NEW]]
    shares = known.reindex(pd.MultiIndex.from_frame(pairs[[OLD_ID, NEW_ID]])).set_index(pairs.index)
    # Who says that a place goes on in one of two has decided the matter.
    decided = _successors(pairs) == 1
    decided &= _successors(proposal.rows, of=pairs[OLD_ID]) > 1
    shares[SHARE_OLD] = shares[SHARE_OLD].mask(decided)
    return measured(pairs.assign(**shares), proposal.old, proposal.new, key=proposal.key)


def record(
    workspace: Workspace, proposal: Proposal, rows: pd.DataFrame, *, valid_from: str, note: str, t: Words
) -> RecordedEdition:
    """Record a settled proposal; raises as `data.editions.record_edition`."""
    return record_edition(
        workspace,
        proposal.import_id,
        valid_from=valid_from,
        successions=rows,
        carry=_CARRIERS.get(proposal.layer),
        plan_suffix=t("edition.plan_suffix", date=valid_from, table=t.name("table", proposal.layer)),
        note=note,
    )


def counts_by_kind(rows: pd.DataFrame) -> dict[str, int]:
    """Return how many rows there are of each kind, in the kinds' order."""
    counts = rows[KIND].value_counts()
    choices = TABLES["successions"].columns[KIND].choices or ()
    return {kind: int(counts[kind]) for kind in choices if kind in counts}


def codes_table(proposal: Proposal, rows: pd.DataFrame, t: Words) -> pd.DataFrame:
    """Return a code table as people read and correct it, changed rows first."""
    names = [_names(frame, proposal.key) for frame in (proposal.old, proposal.new)]
    why = rows[WHY] if WHY in rows else pd.Series("", index=rows.index)
    check = rows[CHECK] if CHECK in rows else pd.Series(data=False, index=rows.index)
    table = pd.DataFrame(
        {
            t("column.old_id"): rows[OLD_ID],
            t("column.old_name"): rows[OLD_ID].map(names[0]).fillna(""),
            t("column.new_id"): rows[NEW_ID],
            t("column.new_name"): rows[NEW_ID].map(names[1]).fillna(""),
            t("column.succession"): [t.name("succession", kind) for kind in rows[KIND]],
            t("column.share_old"): rows[SHARE_OLD].round(3),
            t("column.share_new"): rows[SHARE_NEW].round(3),
            t("column.why"): [t.name("succession_why", code) if code else "" for code in why],
            t("column.check"): [t("edition.check") if wanted else "" for wanted in check],
        }
    )
    return table.iloc[changed_first(rows)].reset_index(drop=True)


def changed_first(rows: pd.DataFrame) -> list[int]:
    """Return the positions of the rows, those that changed before those that are the same."""
    same = (rows[KIND] == "same").to_numpy()
    if CHECK in rows:
        same = same & ~rows[CHECK].to_numpy(dtype=bool)
    return [*(~same).nonzero()[0], *same.nonzero()[0]]


def read_codes(path: Path) -> pd.DataFrame:
    """
    Return old_id and new_id of a code table in a file, under our headings in either language.

    Raises
    ------
    SchemaError
        ``id_column_unknown`` where the headings are not there.
    FileError
        As `data.readers.opened`.
    """
    with opened(path) as source:
        for layer in source.layers:
            columns = {name: _column(layer.columns, name) for name in (OLD_ID, NEW_ID)}
            if None in columns.values():
                continue
            wanted = [str(column) for column in columns.values()]
            parts = [pd.DataFrame(part)[wanted] for part in source.batches(layer, wanted)]
            rows = pd.concat(parts) if parts else pd.DataFrame(columns=wanted)
            rows = rows.set_axis(list(columns), axis=1).reset_index(drop=True)
            return rows.fillna("").astype("str").map(unguarded)
        found = [name for layer in source.layers for name in layer.columns]
    raise SchemaError(
        "id_column_unknown",
        file=path.name,
        table="successions",
        column=f"{OLD_ID}, {NEW_ID}",
        known=", ".join(found),
    )


def _successors(rows: pd.DataFrame, *, of: pd.Series | None = None) -> pd.Series:
    """Return how many rows each old place has, for every row of `of`, or of the table itself."""
    counts = rows.loc[rows[OLD_ID] != "", OLD_ID].value_counts()
    return (rows[OLD_ID] if of is None else of).map(counts).fillna(0)


def _column(columns: tuple[str, ...], name: str) -> str | None:
    headings = {name, *(words(lang)(f"column.{name}") for lang in LANGS)}
    return next((column for column in columns if column.strip() in headings), None)


def _names(frame: pd.DataFrame, key: str) -> dict[str, str]:
    if NAME not in frame:
        return {}
    named = frame[frame[NAME].notna()]
    return dict(zip(named[key].astype("str"), named[NAME].astype("str"), strict=True))
