"""The file of what people accepted at the desk stays its owner's, whatever program has saved it."""

from pathlib import Path

import pytest

from frontdesk.additions import Addition, append
from frontdesk.errors import UserError

LINE = Addition("Is there a store?", "Yes; in Leeds.", "c2")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_that_a_spreadsheet_saved_grows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "faq_additions.csv"
    path.write_bytes("question;answer;conversation\r\n매장이 있나요?;네, 성수동에 있습니다.;c1\r\n".encode(encoding))
    append(path, LINE)
    assert path.read_text(encoding="utf-8").splitlines() == [
        "question;answer;conversation",
        "매장이 있나요?;네, 성수동에 있습니다.;c1",
        'Is there a store?;"Yes; in Leeds.";c2',
    ]


def test_a_line_is_there_once_and_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "feedback/faq_additions.csv"
    for one in (LINE, LINE, Addition("=1+1?", "+44 20 7946 0000", "c3"), LINE._replace(conversation="c9")):
        append(path, one)
    assert path.read_text().splitlines() == [
        "question,answer,conversation",
        "Is there a store?,Yes; in Leeds.,c2",
        "1+1?,+44 20 7946 0000,c3",
    ]


def test_a_file_in_another_encoding_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "faq_additions.csv"
    path.write_bytes("question,answer\n매장?,네.\n".encode("cp949"))
    before = path.read_bytes()
    with pytest.raises(UserError, match="not UTF-8; expected"):
        append(path, LINE)
    assert path.read_bytes() == before
