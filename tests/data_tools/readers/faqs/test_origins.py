"""Links and dates of entries, in English and Korean."""

import pytest

from data_tools.readers.faqs.origins import Dates, iso_day, known


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-04", "2026-03-04"), ("2026-03-04T10:00:00+09:00", "2026-03-04"), ("20260304", "2026-03-04"), ("2026/3/4", "2026-03-04"),
        ("2026. 3. 4.", "2026-03-04"), ("2026년 3월 4일", "2026-03-04"), ("March 4th, 2026", "2026-03-04"), ("4 Mar 2026", "2026-03-04"),
        ("24/12/2026", "2026-12-24"), ("12/24/2026", "2026-12-24"), ("31.12.2026", "2026-12-31"), ("5/5/2026", "2026-05-05"),
        ("2026.01.01 ~ 2026.12.31", "2026-12-31"), ("5/6/2026", ""), ("2026-02-31", ""), ("31/31/2026", ""), ("soon", ""), ("", ""),
    ],
)  # fmt: skip
def test_days(text, day):
    assert iso_day(text) == day


def test_what_is_no_date_is_one_line(source, capsys):
    dates = Dates(source("text"))
    origins = [
        known(f"faq.csv:{line}", {"수정일": day, "Link": "javascript:x"}, dates)
        for line, day in enumerate(("soon", "2026-1-2", "later"), 2)
    ]
    dates.report()

    assert [origin.updated for origin in origins] == ["", "2026-01-02", ""]
    assert {origin.url for origin in origins} == {""}
    told = "warning: faq.csv:2: found 'soon' in '수정일' and 1 more that are none; expected a date such as 2026-11-30;"
    assert capsys.readouterr().err.startswith(told)
