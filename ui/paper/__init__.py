"""Papers that a bureau signs: the hand-over of a plan as memo, tables, maps, lists and layers."""
