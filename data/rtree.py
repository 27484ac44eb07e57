"""
A spatial index in one go: SQLite's R-tree tables filled with a packed tree, level by level.

Row by row, SQLite spends most of an import on keeping the tree balanced. Its tables' format is that of
the comment "Database Format of R-Tree Tables" in SQLite's rtree.c; the packing is Sort-Tile-Recursive
(Leutenegger, Lopez and Edgington 1997). Later rows go in through SQLite as usual.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import sqlite3

# A cell is its row or child, then minx, maxx, miny, maxy, all big-endian.
_CELL = np.dtype([("id", ">i8"), ("box", ">f4", 4)])
_HEAD = struct.Struct(">HH")
_ROOT = 1


def fill_rtree(
    connection: sqlite3.Connection, name: str, fids: np.ndarray[Any, Any], boxes: np.ndarray[Any, Any]
) -> None:
    """
    Fill an empty two-dimensional R-tree.

    Parameters
    ----------
    connection
        Inside the transaction that made the virtual table.
    name
        The virtual table, made by ``USING rtree(id, minx, maxx, miny, maxy)``.
    fids
        Different row ids, shape (n,).
    boxes
        minx, maxx, miny, maxy of each row, shape (n, 4), finite.
    """
    if not len(fids):
        return
    empty = connection.execute(f'SELECT data FROM "{name}_node" WHERE nodeno = {_ROOT}').fetchone()[0]
    room = (len(empty) - _HEAD.size) // _CELL.itemsize
    cells = np.empty(len(fids), dtype=_CELL)
    cells["id"], cells["box"] = fids, _outward(boxes)
    table, column, depth, number = f"{name}_rowid", "rowid, nodeno", 0, _ROOT
    while len(cells) > room:
        cells = cells[_tiled(cells["box"].astype(np.float64), room)]
        starts = np.arange(0, len(cells), room)
        nodes = number + 1 + np.arange(len(starts))
        number = int(nodes[-1])
        _write_nodes(connection, name, cells, starts, nodes.tolist(), len(empty))
        _write_places(connection, table, column, cells["id"], np.repeat(nodes, room)[: len(cells)])
        cells = _covers(cells, starts, nodes)
        table, column, depth = f"{name}_parent", "nodeno, parentnode", depth + 1
    _write_places(connection, table, column, cells["id"], np.full(len(cells), _ROOT))
    root = (_HEAD.pack(depth, len(cells)) + cells.tobytes()).ljust(len(empty), b"\0")
    connection.execute(f'UPDATE "{name}_node" SET data = ? WHERE nodeno = {_ROOT}', (root,))


def _outward(boxes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return boxes in single precision, none of them smaller than it was."""
    single = boxes.astype(np.float32)
    low, high = single[:, [0, 2]], single[:, [1, 3]]
    single[:, [0, 2]] = np.where(low > boxes[:, [0, 2]], np.nextafter(low, np.float32(-np.inf)), low)
    single[:, [1, 3]] = np.where(high < boxes[:, [1, 3]], np.nextafter(high, np.float32(np.inf)), high)
    return single


def _tiled(boxes: np.ndarray[Any, Any], room: int) -> np.ndarray[Any, Any]:
    """Return the order in which every `room` boxes in a row lie close together."""
    x, y = boxes[:, 0] + boxes[:, 1], boxes[:, 2] + boxes[:, 3]
    slices = int(np.ceil(np.sqrt(len(boxes) / room)))
    across = np.argsort(x, kind="stable")
    strip = np.empty(len(boxes), dtype=np.int64)
    # A strip holds whole nodes, so that none reaches over into the next.
    strip[across] = np.arange(len(boxes)) // (room * -(-len(boxes) // (room * slices)))
    order: np.ndarray[Any, Any] = np.lexsort((y, strip))
    return order


def _covers(
    cells: np.ndarray[Any, Any], starts: np.ndarray[Any, Any], nodes: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return one cell for each node: the box around its cells."""
    parents = np.empty(len(starts), dtype=_CELL)
    parents["id"] = nodes
    box = cells["box"].astype(np.float32)
    for side, around in enumerate((np.minimum, np.maximum, np.minimum, np.maximum)):
        parents["box"][:, side] = around.reduceat(box[:, side], starts)
    return parents


def _write_nodes(
    connection: sqlite3.Connection,
    name: str,
    cells: np.ndarray[Any, Any],
    starts: np.ndarray[Any, Any],
    nodes: list[int],
    size: int,
) -> None:
    ends = [*starts[1:].tolist(), len(cells)]
    connection.executemany(
        f'INSERT INTO "{name}_node" (nodeno, data) VALUES (?, ?)',
        (
            (node, (_HEAD.pack(0, end - start) + cells[start:end].tobytes()).ljust(size, b"\0"))
            for node, start, end in zip(nodes, starts.tolist(), ends, strict=True)
        ),
    )


def _write_places(
    connection: sqlite3.Connection,
    table: str,
    columns: str,
    ids: np.ndarray[Any, Any],
    nodes: np.ndarray[Any, Any],
) -> None:
    order = np.argsort(ids, kind="stable")
    rows = zip(ids[order].tolist(), nodes[order].tolist(), strict=True)
    connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES (?, ?)', rows)
