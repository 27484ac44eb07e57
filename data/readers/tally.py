"""Notes of a reading, summed up: one a kind of thing and place, however many rows it befell."""

from __future__ import annotations

from geo.errors import Reason


class Tally:
    """
    What a source noted while its rows were read; it grows batch by batch.

    A note that says the same of the same layer and column as an earlier one is added to its ``count``,
    and the earlier ``row`` stays.
    """

    def __init__(self) -> None:
        self._notes: dict[tuple[object, ...], Reason] = {}

    @property
    def notes(self) -> list[Reason]:
        """The notes so far."""
        return list(self._notes.values())

    def add(self, note: Reason) -> None:
        """Take a note; one whose ``count`` is 0 is none."""
        if note.facts.get("count") == 0:
            return
        key = (note.code, *(note.facts.get(name) for name in ("layer", "column", "why")))
        earlier = self._notes.get(key)
        if earlier is not None and "count" in note.facts:
            count = _count(earlier) + _count(note)
            note = Reason(note.code, {**note.facts, **earlier.facts, "count": count})
        self._notes[key] = note

    def forget(self, layer: str) -> None:
        """Drop the notes of a layer that is read once more from its beginning."""
        self._notes = {key: note for key, note in self._notes.items() if note.facts.get("layer") != layer}


def _count(note: Reason) -> int:
    return int(str(note.facts["count"]))
