"""Weeks and months of patrols: promises that are kept, days that vary, rosters, plans that change little."""
