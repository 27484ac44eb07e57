"""Times of a day as tables write them: 08:30, and windows such as 07:20-08:10;15:40-16:30."""

from __future__ import annotations

import re
import unicodedata

MS_PER_MINUTE = 60_000
MS_PER_HOUR = 3_600_000
MS_PER_DAY = 86_400_000
# A window over midnight is no longer than this: 22:00-02:00 is a night's, 16:30-15:40 a slip of the pen.
_LONGEST_OVER_MIDNIGHT_MS = MS_PER_DAY // 2
_CLOCK = re.compile(
    r"(?:次日|翌日|第二天)?(\d{1,2})(?:[:.](\d{1,2})(?::\d{1,2}(?:\.\d+)?)?|[点时](?:(\d{1,2})分?|(半))?)?"
)
_COMPACT = re.compile(r"(\d{2})(\d{2})")
_FRACTION = re.compile(r"0?\.\d+")
# Excel gives a time alone the day on which its calendar begins.
_EPOCH = re.compile(r"^(?:1899-12-3[01]|1900-01-0[01])[t ]")
_AFTERNOON = re.compile(r"^(下午|晚上?|傍晚|夜间)")
_FORENOON = re.compile(r"^(上午|早上?|凌晨|中午)")
_BETWEEN = re.compile(r"[-—–~〜～至到]+")
_AND = re.compile(r"[;,、/|\n和及]+")
_ANY_TIME = frozenset(
    {"全天", "不限", "任意", "随时", "全天候", "24小时", "any", "all day", "allday", "无", "-", "/"}
)


def clock_ms(text: str) -> int | None:
    """
    Return the milliseconds since midnight of a time of the day; None for what is none.

    Parameters
    ----------
    text
        ``08:30`` as the tables keep it, or as people and spreadsheets write it: 8：30, 8点半, 下午2点,
        次日02:00, 0830, 08:30:00, 0.354166. From 00:00 to 24:00.
    """
    plain = _EPOCH.sub("", _plain(text))
    if _FRACTION.fullmatch(plain):
        return round(float(plain) * MS_PER_DAY / MS_PER_MINUTE) * MS_PER_MINUTE
    late = bool(_AFTERNOON.match(plain))
    plain = _FORENOON.sub("", _AFTERNOON.sub("", plain))
    found = _COMPACT.fullmatch(plain) or _CLOCK.fullmatch(plain)
    if found is None:
        return None
    parts = found.groups()
    hour, minute = int(parts[0]), 30 if parts[-1] == "半" else int(next(filter(None, parts[1:]), 0))
    hour += 12 if late and hour < 12 else 0
    if minute > 59 or hour * 60 + minute > 24 * 60:
        return None
    return (hour * 60 + minute) * MS_PER_MINUTE


def clock_text(ms: int) -> str:
    """
    Return a moment as ``08:30``, to the minute and by the clock on the wall.

    Parameters
    ----------
    ms
        Since midnight of the day on which a shift begins; the next day's begin anew at 00:00, but for its
        first moment, which is 24:00.
    """
    minutes = int(ms) // MS_PER_MINUTE
    minutes = minutes if minutes == 24 * 60 else minutes % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def clock_ends(text: str) -> tuple[int, int] | None:
    """Return the two times of ``19:00-21:30`` as they stand, in milliseconds; None for what are not two."""
    ends = [clock_ms(end.replace(" ", "")) for end in _BETWEEN.split(text)]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    return ends[0], ends[1]


def windows_ms(text: str) -> tuple[tuple[int, int], ...] | None:
    """
    Return the windows of a text, earliest first, in milliseconds since midnight; None for what are none.

    Parameters
    ----------
    text
        ``07:20-08:10;15:40-16:30``, or as people write it: 7:20至8:10、15:40～16:30. Those over midnight
        end on the next day. "" and 全天 are no windows, which is any time.
    """
    if (plain := _plain(text)) in _ANY_TIME or not plain:
        return ()
    windows = [_window(part) for part in _parts(text)]
    if any(window is None for window in windows):
        return None
    return tuple(sorted(window for window in windows if window is not None))


def windows_text(windows: tuple[tuple[int, int], ...]) -> str:
    """Return windows as the tables keep them; "" for any time."""
    return ";".join(f"{clock_text(opens)}-{clock_text(closes)}" for opens, closes in windows)


def windows_fault(text: str) -> str | None:
    """
    Return the code of what is wrong with a text of windows; None where nothing is.

    ``windows_wrong``: it cannot be read; ``windows_backwards``: one ends before it begins.
    """
    if windows_ms(text) is not None:
        return None
    ends = [clock_ends(part) for part in _parts(text)]
    return "windows_wrong" if any(pair is None for pair in ends) else "windows_backwards"


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().lower()


def _parts(text: str) -> list[str]:
    return [part for part in _AND.split(unicodedata.normalize("NFKC", text)) if part.strip()]


def _window(part: str) -> tuple[int, int] | None:
    ends = clock_ends(part)
    if ends is None:
        return None
    opens, closes = ends
    if opens < closes:
        return ends
    over_midnight = 0 < closes + MS_PER_DAY - opens <= _LONGEST_OVER_MIDNIGHT_MS
    return (opens, closes + MS_PER_DAY) if over_midnight else None
