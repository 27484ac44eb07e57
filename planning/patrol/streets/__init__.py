"""Patrols along streets: every street of an area covered, on one side or on both, by one team or several."""
