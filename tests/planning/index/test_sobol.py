"""Sobol' indices against a function whose indices are known, and against scipy's."""

import numpy as np
import pytest
from scipy.stats import sobol_indices as scipy_sobol
from scipy.stats import uniform

from planning.index.sobol import sobol_design, sobol_indices


def ishigami(u):
    x = (u - 0.5) * 2 * np.pi
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def test_indices_of_ishigamis_function():
    """Ishigami and Homma (1990): first 0.3139, 0.4424, 0; total 0.5576, 0.4424, 0.2437."""
    found = sobol_indices(ishigami(sobol_design(4096, 3)), ["a", "b", "c"], resamples=100)
    assert found["first"].tolist() == pytest.approx([0.3139, 0.4424, 0], abs=0.01)
    assert found["total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)
    assert ((found["total_low"] <= found["total"]) & (found["total"] <= found["total_high"])).all()


def test_indices_are_scipys():
    theirs = scipy_sobol(
        func=lambda x: ishigami(x.T), n=2048, dists=[uniform()] * 3, rng=np.random.default_rng(0)
    )
    ours = sobol_indices(ishigami(sobol_design(2048, 3)), ["a", "b", "c"])
    np.testing.assert_allclose(ours["first"], theirs.first_order, atol=0.02)
    np.testing.assert_allclose(ours["total"], theirs.total_order, atol=0.02)


def test_the_design_changes_one_factor_at_a_time():
    design = sobol_design(5, 2, seed=3)
    assert design.shape == (8 * 4, 2)
    a, b, first, second = np.split(design, 4)
    np.testing.assert_array_equal(first, np.column_stack([b[:, 0], a[:, 1]]))
    np.testing.assert_array_equal(second, np.column_stack([a[:, 0], b[:, 1]]))
    assert ((design >= 0) & (design < 1)).all()
    np.testing.assert_array_equal(design, sobol_design(5, 2, seed=3))


def test_what_does_not_vary_hangs_on_nothing():
    found = sobol_indices(np.ones(8 * 4), ["a", "b"])
    assert (found[["first", "total"]] == 0).all(axis=None)


def test_taking_off_the_mean_leaves_the_total_and_calms_the_first():
    design = sobol_design(64, 3, seed=1)
    shifted = ishigami(design) + 100
    plain, centred = (sobol_indices(shifted, ["a", "b", "c"], centred=c) for c in (False, True))
    np.testing.assert_allclose(plain["total"], centred["total"])
    truth = [0.3139, 0.4424, 0]
    assert np.abs(centred["first"] - truth).max() < np.abs(plain["first"] - truth).max()


def test_an_output_that_does_not_vary_hangs_on_nothing_with_intervals_too():
    found = sobol_indices(np.full(16 * 5, 3.0), ["a", "b", "c"], resamples=10)
    assert set(found) == {"first", "total", "first_low", "first_high", "total_low", "total_high"}
    assert (found == 0).all(axis=None)
    assert set(sobol_indices(np.full(16 * 5, 3.0), ["a", "b", "c"])) == {"first", "total"}
