"""What tests may need from outside the project: real data and a browser. Under CI both must be there."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

# How long one example takes says more about the machine than about the code. Under CI the same commit tries
# the same examples: what is found elsewhere becomes an @example.
settings.register_profile("untimed", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("untimed")


def _absent(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what}; under CI it must be there")
    pytest.skip(what)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real public data."""
    folder = os.environ.get("GRIDBEAT_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        _absent("no real data: GRIDBEAT_TEST_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that Playwright can drive."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        _absent("no Chromium on the PATH")
    return found
