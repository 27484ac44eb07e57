"""How Streamlit serves the app: the options that hold wherever the program is started from."""

from __future__ import annotations

# Nothing leaves the machine: no statistics, no e-mail prompt, no outside fonts. `.streamlit/config.toml`
# says the same for `streamlit run` in this folder; an installed program has no such file.
OPTIONS: dict[str, str | int | bool] = {
    "browser.gatherUsageStats": False,
    "server.address": "127.0.0.1",
    "server.headless": True,
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    # Its welcome would offer planners to install aids for programmers, on the page too.
    "logger.hideWelcomeMessage": True,
    # Megabytes; what is larger is given by its path on this PC.
    "server.maxUploadSize": 1024,
    # A full collection after each run takes longer than a stroke's whole answer; Python's own suffices.
    "runner.postScriptGC": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.base": "light",
    "theme.primaryColor": "#1f4e8c",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f3f5f8",
    "theme.textColor": "#1c2733",
    "theme.borderColor": "#d9dfe7",
    "theme.baseRadius": "4px",
    "theme.baseFontSize": 14,
    "theme.font": (
        "'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', "
        "'Source Han Sans SC', sans-serif"
    ),
    "theme.headingFont": ("'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"),
}


def options(*, port: int, browser: bool) -> list[str]:
    """
    Return the options that follow ``streamlit run app.py`` on the command line.

    Parameters
    ----------
    port
        Port on this machine.
    browser
        Whether a browser is opened.
    """
    chosen = {**OPTIONS, "server.port": port, "server.headless": not browser}
    return [f"--{name}={_text(value)}" for name, value in chosen.items()]


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
