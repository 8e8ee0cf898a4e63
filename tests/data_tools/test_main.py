"""Where another run's model serves without training, `make data` leaves the rows of a training to the first one."""

import sys
from pathlib import Path

import pytest

from data_tools.__main__ import main
from data_tools.pipeline import build
from data_tools.rows import grounded
from data_tools.rows.ranking import Learned
from frontdesk.config.run import Run
from frontdesk.files import read_json, sha256, write_json
from frontdesk.retrieval.index import BY_WORDS

RUN = Run("shop")
THEIRS = {"key": "k", "config": {"grounding": "faq", "model": {"template": "chatml"}}}


@pytest.fixture
def shop(write, faq_text, embedded_model, monkeypatch, capsys):
    """The shop's data by a model that another run trained; `shop(*flags)` makes it, and returns what was said."""
    write("faq.jsonl", faq_text)
    Path("theirs").mkdir()
    for file in embedded_model.iterdir():
        (Path("theirs") / file.name).symlink_to(file)
    write_json(Path("theirs/provenance.json"), THEIRS)
    monkeypatch.setattr(grounded, "learn", lambda *_: Learned(None, BY_WORDS))  # which takes seconds
    config = write(
        "configs/shop.yaml",
        "{company: S, system_prompt: S, model: {base: theirs, template: chatml}, data: {faq: [faq.jsonl], canaries: 0}}",
    )

    def run(*flags):
        monkeypatch.setattr(sys, "argv", ["data_tools", str(config), *flags])
        main()
        return capsys.readouterr().out

    return run


def test_the_faq_and_what_retrieval_learns_of_it_are_there_and_no_rows_with_entries(shop):
    said = shop()
    assert "\ntheirs can serve this without training; the rows with FAQ entries are left to `make train`\n" in said
    assert RUN.faq.is_file() and RUN.vectors.is_file() and not (RUN.data / "grounded").exists()
    assert "grounded" not in read_json(RUN.manifest) and "with FAQ train" not in said


@pytest.mark.parametrize(("case", "rows"), [("", False), ("--rows", True), ("trained", True), ("lent", False), ("no reader", True)])
def test_when_the_rows_are_made(shop, monkeypatch, case, rows):
    """When `make train` asks for them, when the run has been trained, and where there is nothing else to serve."""
    asked = []

    class Enough(Exception):
        pass

    def noted(config, folder, strict, workers, trains):
        asked.append(trains)
        raise Enough

    monkeypatch.setattr(build, "build", noted)
    if case in ("trained", "lent"):
        write_json(RUN.provenance, THEIRS | ({"reader": "theirs"} if case == "lent" else {}))
    if case == "no reader":
        Path("theirs/provenance.json").unlink()
    with pytest.raises(Enough):
        shop(*[case] * (case == "--rows"))
    assert asked == [rows]


def test_what_changed_since_the_last_is_told_and_kept(shop, write, faq_text):
    """Also where the data is made again and nothing has changed since, as a training does that wants its rows."""
    lines = faq_text.splitlines(keepends=True)
    none = "0 changed, 0 removed, 0 added, 0 moved"
    assert f"faq  since the last build or update: {none}\n" in shop(), "there was none before"
    assert read_json(RUN.changes)["day"] == "" and "Nothing has changed since the first build." in page()

    edited = lines[1].replace("Answer 1 said plainly.", "Answer 1 said anew.")
    write("faq.jsonl", "".join([edited, *lines[2:]]))
    told = shop()
    assert "faq  since the last build or update: 1 changed, 1 removed, 0 added, 0 moved\n  changed topic-1 answers: " in told
    assert "said [-plainly.-] {+anew.+} Answer 1 said otherwise." in told
    changed = RUN.changes.read_bytes()
    assert read_json(RUN.manifest)["files"]["changes.json"] == sha256(RUN.changes)
    assert read_json(RUN.manifest)["faq"]["changes"] == {"changed": 1, "removed": 1, "added": 0, "moved": 0}
    assert "<del>plainly.</del>\n<ins>anew.</ins>\n" in page() and "topic-0" in page()

    assert f"faq  since the last build or update: {none}\n" in shop("--rows")
    assert RUN.changes.read_bytes() == changed and "<ins>anew.</ins>" in page()


def page():
    return (RUN.data / "report.html").read_text(encoding="utf-8")
