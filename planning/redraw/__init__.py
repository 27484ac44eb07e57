"""Redrawing zones: the search for fair, whole and little changed ones, and proofs of how good they are."""
