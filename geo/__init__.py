"""Space: CRS, coverage topology, overlay, adjacency, nesting. Knows shapes, not districts."""
