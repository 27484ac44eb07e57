"""Pages: one module each, one `show(place)` each."""
