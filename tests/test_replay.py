"""From chat logs to the replay's report: `make data replay`. No personal data gets into any file of it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.files import read_json, read_jsonl

PEOPLE = [
    ("Marguerite Oduya", "(415) 555-0137", "m.oduya@example.org", "48 Larkspur Lane", "PP-2093841", "4000 0012 3456 7899"),
    ("Torvald Ashgrove", "(212) 555-0166", "torvald77@example.net", "7 Old Ferry Street", "PP-5512907", "4111 1111 1111 1111"),
    ("한다온", "010-0482-7719", "daon@example.kr", "솔여울로 31번길 12", "2093-77-1846", "4000 0012 3456 7899"),
]
FAQ = """id,question,answer
fee,What does shipping cost?,Standard shipping costs $4.90.
fee,shipping fee,Standard shipping costs $4.90.
return,Can I return it?,Returns are free for 45 days.
return,send it back,Returns are free for 45 days.
ko,배송비는 얼마예요?,기본 배송비는 3000원입니다.
ko,배송료가 궁금해요,기본 배송비는 3000원입니다.
"""
ENGLISH = [
    ("Hi, {name} here, what does shipping cost?", "Hello {name}, standard shipping costs $4.90."),
    ("My order {order} has not come. You can reach me at {phone} or {email}.", "I see order {order}, {name}. I will call {phone}."),
    ("I live at {address} now, and my card is {card}.", "Noted, {name}: {address}."),
]
KOREAN = [
    ("안녕하세요 {name}입니다. 배송비는 얼마예요?", "네 {name} 고객님, 기본 배송비는 3000원입니다."),
    ("전화번호는 {phone}, 이메일은 {email} 이에요. 카드 {card} 로 결제했어요.", "{name} 고객님, {phone} 로 연락드리겠습니다."),
]
THINGS = ["lamp", "kettle", "stool", "mirror", "basket", "curtain"]


def chats() -> str:
    """A conversation for each person and thing, with a time every 20 seconds."""
    lines = ["conversation_id,timestamp,sender_role,sender_name,message"]
    for name, phone, email, address, order, card in PEOPLE:
        facts = {"name": name, "phone": phone, "email": email, "address": address, "order": order, "card": card}
        for thing in THINGS:
            texts = [text for pair in (ENGLISH if name.isascii() else KOREAN) for text in pair]
            texts = [f"About the {thing}: " + texts[0], *texts[1:]]
            for place, text in enumerate(texts):
                who = ("customer", name) if place % 2 == 0 else ("agent", "Hana")
                at = f"2026-02-03T09:{place // 3:02}:{20 * (place % 3):02}Z"
                lines.append(f'{name} {thing},{at},{who[0]},{who[1]},"{text.format(**facts)}"')
    return "\n".join(lines) + "\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_model: Path) -> Callable[..., None]:
    """Run a stage on a shop with these chats, retrieval by words. `data` changes the config."""
    monkeypatch.chdir(tmp_path)
    Path("faq.csv").write_text(FAQ, encoding="utf-8")
    Path("Marguerite Oduya.csv").write_text(chats(), encoding="utf-8")

    def run(name: str, *words: str, **data: Any) -> None:
        from data_tools.__main__ import main as make_data
        from evaluate.replay.__main__ import main as make_replay

        values = {
            "company": "Pebble & Pine",
            "system_prompt": "You answer for Pebble & Pine.",
            "model": {"base": str(embedded_model), "template": "chatml"},
            "grounding": "none",
            "data": {"faq": ["faq.csv"], "chats": ["Marguerite Oduya.csv"], "canaries": 2, "test_share": 0.4, **data},
        }
        Path("shop.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
        monkeypatch.setattr(sys, "argv", [name, "shop.yaml", *words])
        {"data": make_data, "replay": make_replay}[name]()

    return run


def test_the_report_holds_no_personal_data_and_every_turn(stage: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    stage("data")
    capsys.readouterr()
    stage("replay", "--all")
    run = Run("shop")
    shown = capsys.readouterr()
    files = {path.name: path.read_text(encoding="utf-8") for path in run.replay.iterdir()}

    assert files.keys() == {"index.html", "replay.json", "replay.jsonl"}
    planted = {part for person in PEOPLE for value in person for part in (value, *value.split())} - {"Old", "Street", "Lane", "7", "12"}
    planted -= {"4000", "4111", "1111", "48"}
    found = [(name, value) for name, text in {**files, "terminal": shown.out + shown.err}.items() for value in planted if value in text]
    assert not found
    turns = read_jsonl(run.replay / "replay.jsonl")
    assert len(turns) == len(THINGS) * (len(ENGLISH) * 2 + len(KOREAN)) == read_json(run.replay / "replay.json")["turns"]
    assert "[NAME_1]" in files["replay.jsonl"] and "Standard shipping costs $4.90." in files["index.html"]


def test_held_out_conversations_are_replayed_with_their_times(stage: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    stage("data")
    stage("replay")
    run = Run("shop")
    found = read_json(run.replay / "replay.json")
    held_out = [row for row in read_jsonl(run.conversations) if row["split"] == "test"]

    assert 0 < found["conversations"] == len(held_out) < len(THINGS) * len(PEOPLE)
    assert (found["time"]["seconds"], found["time"]["from"], found["all"]) == (20, "measured", False)
    assert "look at runs/shop/replay/index.html" in capsys.readouterr().out
