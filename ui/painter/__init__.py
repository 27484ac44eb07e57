"""The map component: grids are painted, and plans compared, in the browser."""
