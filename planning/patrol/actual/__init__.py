"""Patrols as they were gone, held against what was planned; counts and places, never persons."""
