"""The look shared by the pages: what is drawn is told as well."""

from ui.look import hour_bars


def test_bars_are_one_image_with_its_numbers_in_words():
    html = hour_bars([0] * 8 + [5] + [0] * 15, label="<时段>")
    assert html.count('role="img"') == 1
    assert 'aria-label="&lt;时段&gt;: ' in html
    assert "8:00 5" in html
