"""The page shows both texts where they differ, holds whatever text comes, and loads nothing."""

from pathlib import Path

from evaluate.replay.gaps import gaps
from evaluate.replay.page import SHOWN, write_report
from evaluate.replay.summary import summarize
from evaluate.replay.turns import Turn
from tests.evaluate.replay.desk import turn
from tests.pages import Page

EVIL = """</p></style><script>alert(1)</script><img src=x onerror="alert(2)">&lt;b&gt; $9 \ud83d"""


def written(folder: Path, turns: list[Turn], everything: bool = False) -> Page:
    summary = {"name": "shop", "all": everything, "date": "2026-11-30", "data_hash": "abc", "set_aside": 2, **summarize(turns, [], None)}
    write_report(folder, summary, turns, gaps(turns))
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_whatever_text_comes_is_text(tmp_path: Path) -> None:
    words = {"customer": EVIL, "agent": EVIL, "desk": EVIL, "entries": [EVIL]}
    kinds = [
        ("answered", "differs"),
        ("handed over", "agrees"),
        ("handed over", "differs"),
        ("small talk", "silent"),
        ("asked back", "agrees"),
    ]
    page = written(tmp_path, [turn(*kind, **words) for kind in kinds])

    assert not {"script", "img"} & {name for name, _, _ in page.elements}
    assert page.text.count("alert(1)") >= 3 * len(kinds)
    assert not [value for _, attributes, _ in page.elements for value in attributes.values() if value and "//" in value]


def test_each_list_has_what_it_is_about(tmp_path: Path) -> None:
    turns = [
        turn("answered", "differs", 1, customer="how long?", agent="Two weeks.", desk="3 to 5 days."),
        turn("handed over", "agrees", 2, customer="Do you engrave?", agent="Yes, for $9.", desk="Shall I connect you?", did="states"),
        turn("handed over", "differs", 3, customer="sending, how much", agent="$4.90.", desk="Shall I connect you?"),
        turn("small talk", "differs", 4, customer="thanks, and pets?", agent="Dogs are welcome.", desk="You are welcome!"),
    ]
    text = written(tmp_path, turns).text

    differing, missing, needless = (
        text.index(one) for one in ("Read these first", "Alike questions together", "though the agent said what")
    )
    assert "that nothing can be said of" not in text
    assert differing < text.index("Two weeks.") < missing < text.index("Yes, for $9.") < needless < text.index("sending, how much")
    assert text.index("sending, how much") < text.index("Taken for small talk") < text.index("Dogs are welcome.")
    assert "A served model only chooses among its sentences" in text and "2 conversations whose agent contradicts" in text


def test_an_empty_list_says_so_and_a_long_one_how_much_is_shown(tmp_path: Path) -> None:
    few = written(tmp_path, [turn()]).text
    many = written(tmp_path, [turn("answered", "differs", number) for number in range(SHOWN + 5)])

    assert "No answer differs" in few and "Nothing was handed over that an entry answers" in few
    assert f"{SHOWN} of {SHOWN + 5} are shown" in many.text
    assert sum(name == "article" for name, _, _ in many.elements) == SHOWN


def test_a_replay_of_everything_is_marked(tmp_path: Path) -> None:
    page = written(tmp_path, [turn()], everything=True)

    assert "Beware" in page.text
    assert [attributes["class"] for name, attributes, _ in page.elements if name == "h1"] == ["verdict bad"]
