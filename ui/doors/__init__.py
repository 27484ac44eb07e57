"""Commands of the terminal door, a file for each topic; `ui.cli` hangs them in."""
