"""A small district, and the COINr example's tables."""

import pytest

from tests.called_district import make_district


@pytest.fixture(scope="session")
def small_district():
    return make_district()


@pytest.fixture(scope="session")
def asem(real_data):
    """Folder of COINr's ASEM example, every stage as COINr published it."""
    return real_data / "composite_index" / "coinr_asem"
