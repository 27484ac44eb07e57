"""The safety index: from counts to points, scores and grades that know how sure they are."""
