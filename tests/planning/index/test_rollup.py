"""What villages add up to in their towns and zones, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from planning.index.rollup import places_of_villages, rolled_up

GRADES = ("green", "blue", "orange", "red")
VILLAGES = pd.DataFrame(
    {
        "town_id": ["T1", "T1", "T2", "T1"],
        "station_id": ["S1", None, "S1", "S1"],
        "grade": ["green", "red", "blue", "grey"],
        "sure": [True, False, True, False],
        "score": [80.0, 40.0, 65.0, np.nan],
        "points": [95.0, 60.0, 88.0, 100.0],
        "present": [3000.0, 1000.0, 0.0, 0.0],
    },
    index=pd.Index(["V1", "V2", "V3", "V4"], name="village_id"),
)


def test_means_are_weighted_by_people_and_grey_villages_are_not_judged():
    found = rolled_up(VILLAGES, places_of_villages(VILLAGES, "town"), grades=GRADES)
    first = found.loc["T1"]
    assert first[["villages", "judged", "green", "red", "grey", "unsure"]].tolist() == [3, 2, 1, 1, 1, 1]
    assert first["score"] == pytest.approx((80 * 3000 + 40 * 1000) / 4000)
    assert first["worst"] == "V2"
    # Nobody is known to live there: each village counts alike.
    assert found.at["T2", "score"] == 65


def test_villages_of_no_station_are_told_apart():
    found = rolled_up(VILLAGES, places_of_villages(VILLAGES, "station"), grades=GRADES)
    assert found["villages"].to_dict() == {"": 1, "S1": 3}


def test_a_place_where_nothing_is_judged_has_no_score():
    found = rolled_up(VILLAGES.loc[["V4"]], pd.Series({"V4": "T9"}), grades=GRADES)
    assert np.isnan(found.at["T9", "score"])
    assert found.at["T9", "worst"] is None


def test_a_village_belongs_to_the_zone_with_most_of_its_grids():
    grids = pd.DataFrame({"grid_id": ["a", "b", "c", "d", "e"], "village_id": ["V1", "V1", "V1", "V2", "V2"]})
    zones = pd.Series({"a": "Z1", "b": "Z2", "c": "Z2", "d": "Z2", "e": "Z1"})
    found = places_of_villages(VILLAGES, "zone", grids=grids, zones=zones)
    # An even split goes to the first zone by its code.
    assert found.to_dict() == {"V1": "Z2", "V2": "Z1", "V3": "", "V4": ""}
    assert (places_of_villages(VILLAGES, "zone") == "").all()
