"""Decisions on frames: workload, plans. Never draws or stores."""
