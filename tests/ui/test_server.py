"""The server's options: the same from the terminal door as from the folder's own configuration."""

import subprocess
import sys
import tomllib
from pathlib import Path

from ui.server import OPTIONS, options

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"


def test_the_configuration_file_says_the_same():
    sections = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    flat = {
        f"{section}.{name}": value for section, items in sections.items() for name, value in items.items()
    }
    assert flat == OPTIONS


def test_port_and_browser_are_chosen_at_the_start():
    given = options(port=8600, browser=True)
    assert "--server.port=8600" in given
    assert "--server.headless=false" in given
    assert "--server.headless=true" in options(port=8600, browser=False)
    assert "--server.address=127.0.0.1" in given
    assert len({option.partition("=")[0] for option in given}) == len(given)


def test_streamlit_knows_every_option(tmp_path):
    command = [sys.executable, "-m", "streamlit", "config", "show", *options(port=8600, browser=False)]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert 'primaryColor = "#1f4e8c"' in shown.stdout
    assert "gatherUsageStats = false" in shown.stdout


def test_no_advertising_for_programmers_reaches_planners():
    assert OPTIONS["logger.hideWelcomeMessage"] is True
