"""From chat logs to the replay's report: `make data replay`. No personal data gets into any file of it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from data_tools.__main__ import main as make_data
from evaluate.replay.__main__ import main as make_replay
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
COLOURS = dict(zip((phone for _, phone, *_ in PEOPLE), ("red", "blue", "green"), strict=True))  # or masked ones would be copies
HARMLESS = {"Old", "Street", "Lane", "7", "12", "48", "4000", "4111", "1111"}
"""Parts of personal data that stand elsewhere, too."""
THINGS = ["lamp", "kettle", "stool", "mirror", "basket", "curtain"]


def chats() -> str:
    """A conversation for each person and thing, with a time every 20 seconds."""
    lines = ["conversation_id,timestamp,sender_role,sender_name,message"]
    for name, phone, email, address, order, card in PEOPLE:
        facts = {"name": name, "phone": phone, "email": email, "address": address, "order": order, "card": card}
        for thing in THINGS:
            texts = [text for pair in (ENGLISH if name.isascii() else KOREAN) for text in pair]
            texts = [f"About the {COLOURS[phone]} {thing}: " + texts[0], *texts[1:]]
            for place, text in enumerate(texts):
                who = ("customer", name) if place % 2 == 0 else ("agent", "Hana")
                at = f"2026-02-03T09:{place // 3:02}:{20 * (place % 3):02}Z"
                lines.append(f'{name} {thing},{at},{who[0]},{who[1]},"{text.format(**facts)}"')
    return "\n".join(lines) + "\n"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_model: Path) -> Callable[..., None]:
    """Run a stage on a shop with these chats, retrieval by words."""
    monkeypatch.chdir(tmp_path)
    Path("faq.csv").write_text(FAQ, encoding="utf-8")
    Path("Marguerite Oduya.csv").write_text(chats(), encoding="utf-8")
    values = {
        "company": "Pebble & Pine",
        "system_prompt": "You answer for Pebble & Pine.",
        "model": {"base": str(embedded_model), "template": "chatml"},
        "grounding": "none",
        "answers": {"say_from": 0.05, "ask_from": 0.01},
        "data": {"faq": ["faq.csv"], "chats": ["Marguerite Oduya.csv"], "canaries": 2, "test_share": 0.4},
    }
    Path("shop.yaml").write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")

    def run(main: Callable[[], None], *words: str) -> None:
        monkeypatch.setattr(sys, "argv", ["stage", "shop.yaml", *words])
        main()

    return run


def test_the_report_has_every_turn_with_its_time_and_no_personal_data(
    stage: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run("shop")
    stage(make_data)
    capsys.readouterr()  # which names the files that were read
    stage(make_replay)
    held_out = read_json(run.replay / "replay.json")
    stage(make_replay, "--all")
    shown = capsys.readouterr()
    files = {path.name: path.read_text(encoding="utf-8") for path in run.replay.iterdir()}
    everything = read_json(run.replay / "replay.json")

    assert files.keys() == {"index.html", "replay.json", "replay.jsonl"}
    planted = {part for person in PEOPLE for value in person for part in (value, *value.split())} - HARMLESS
    assert not [(name, value) for name, text in {**files, "terminal": shown.out + shown.err}.items() for value in planted if value in text]
    assert len(read_jsonl(run.replay / "replay.jsonl")) == everything["turns"] == len(THINGS) * (2 * len(ENGLISH) + len(KOREAN))
    assert "[NAME_1]" in files["replay.jsonl"] and "Standard shipping costs $4.90." in files["index.html"]
    assert (
        0 < held_out["conversations"] == sum(row["split"] == "test" for row in read_jsonl(run.conversations)) < everything["conversations"]
    )
    assert (held_out["time"]["seconds"], held_out["time"]["from"], held_out["all"]) == (20, "measured", False)
    assert "look at runs/shop/replay/index.html" in shown.out and "warning: --all" in shown.err
