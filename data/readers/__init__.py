"""Readers: every kind of file that bureaus hand over, opened safely and read in batches."""
