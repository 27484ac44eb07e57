import pytest

from planning.periods import parse_period
from ui.period_words import days_label, period_label
from ui.words import words


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("2026-10", "2026年10月", "October 2026"),
        ("2026-W41", "2026年第41周", "week 41 of 2026"),
        ("2026-10-X3", "2026年10月下旬", "last days of October 2026"),
        ("2026-Q4", "2026年第4季度", "4th quarter 2026"),
        ("2026", "2026年", "2026"),
        ("2026-10-05", "2026年10月5日", "Oct 5, 2026"),
        ("2026-09-26..2026-10-25", "2026年9月26日至10月25日", "Sep 26 – Oct 25, 2026"),
    ],
)
def test_periods_are_called_as_people_call_them(text, zh, en):
    # Spaces in English dates are thin ones.
    labels = [period_label(parse_period(text), words(lang)) for lang in ("zh", "en")]
    assert [" ".join(label.split()) for label in labels] == [zh, en]


def test_days_are_told_with_what_two_of_them_share_once():
    assert days_label(parse_period("2026-10"), words("zh")) == "2026年10月1日至31日"
    assert days_label(parse_period("2025-12-26..2026-01-25"), words("zh")) == "2025年12月26日至2026年1月25日"
