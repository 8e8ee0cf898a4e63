"""The file of what the FAQ lacks stays its owner's, whatever program has saved it."""

from pathlib import Path

import pytest

from data_tools.feedback.faq_gaps import write
from data_tools.sources.text import read_source
from frontdesk.additions import Addition


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_file_that_a_spreadsheet_saved_grows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "faq_offers.csv"
    path.write_bytes("question;answer;conversation\r\n매장이 있나요?;네, 성수동에 있습니다.;c1\r\n".encode(encoding))
    write(path, [Addition("Is there a store?", "Yes; in Leeds.", "c2")], "".join(read_source(path).chunks()))
    assert path.read_text(encoding="utf-8").splitlines() == [
        "question;answer;conversation",
        "매장이 있나요?;네, 성수동에 있습니다.;c1",
        'Is there a store?;"Yes; in Leeds.";c2',
    ]
