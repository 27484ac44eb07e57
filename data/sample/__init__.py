"""An invented district with a county's counts: to try GridBeat on, and to test it with."""

from data.sample.district import District, make_district

__all__ = ["District", "make_district"]
