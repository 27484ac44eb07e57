import json

import pytest

from geo.errors import SettingError
from planning.redraw.params import RedrawParams


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"tolerance": -0.01}, "tolerance"),
        ({"tolerance": 1.01}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"split_above": 0}, "split_above"),
        ({"split_above": float("nan")}, "split_above"),
        ({"zones": 0}, "zones"),
    ],
)
def test_settings_outside_their_range_are_told(wrong, name):
    with pytest.raises(SettingError, match="setting_wrong") as err:
        RedrawParams(**wrong)
    assert err.value.facts["name"] == name


@pytest.mark.parametrize("params", [RedrawParams(), RedrawParams(tolerance=0, zones=1, locked=("甲", "b"))])
def test_settings_come_back_from_what_is_kept_with_a_plan(params):
    kept = json.loads(json.dumps(params.to_dict()))
    assert RedrawParams.from_dict(kept) == params
