"""Notes on what reading a file came across, so many that people can still read them."""

from __future__ import annotations

from collections import Counter

from geo.errors import Reason

MOST_OF_A_KIND = 100


class Notes:
    """
    Notes of one pass over one layer, kept in a list that several layers share.

    Of each kind the first `MOST_OF_A_KIND` are kept; ``notes_more`` says how many others there are.

    Parameters
    ----------
    shared
        The list that the notes are added to.
    file
        Name of the file, for every note.
    """

    def __init__(self, shared: list[Reason], *, file: str) -> None:
        self._shared, self._file = shared, file
        self._own: list[Reason] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, **facts: object) -> None:
        """Note something, once."""
        self._counts[code] += 1
        if self._counts[code] <= MOST_OF_A_KIND:
            self._keep(Reason(code, {"file": self._file, **facts}))

    def close(self) -> None:
        """Say how many notes were too many to be kept."""
        for _, count in sorted(self._counts.items()):
            if count > MOST_OF_A_KIND:
                self._keep(Reason("notes_more", {"file": self._file, "count": count - MOST_OF_A_KIND}))
        self._counts.clear()

    def withdraw(self) -> None:
        """Take the notes back, for another pass over the same layer to make them again."""
        for reason in self._own:
            self._shared.remove(reason)
        self._own.clear()

    def _keep(self, reason: Reason) -> None:
        self._own.append(reason)
        self._shared.append(reason)
