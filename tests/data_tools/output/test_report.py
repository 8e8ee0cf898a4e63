"""The report page: whole, escaped, complete, and readable without network or script."""

import copy
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data_tools.changes import NOTHING
from data_tools.output.report import write_report
from tests.pages import Page

EMPTY: dict[str, Any] = {
    **dict.fromkeys(("name", "company", "data_hash", "seed", "base"), ""),
    **dict.fromkeys(("max_length", "conflicts_total"), 0),
    **dict.fromkeys(("sources", "skipped", "turns", "answer_tokens", "stock", "allowed", "drafted", "conflicts", "preview"), ()),
    **{key: {} for key in ("rows", "languages", "roles", "tokens", "masks")},
    "messages": {"read": 0, "kept": 0, "merged": 0, "capped": 0, "set aside": 0, "dropped": {}, "masked": 0},
    "conversations": {"read": 0, "rows": 0, "windows": 0, "dropped": {}},
    "faq": {"entries": 0, "wordings": 0, "derived": {}, "dropped": {}},
    "leak": {"random": {"exact": 0, "near": 0, "of": 0}, "splits": {"exact": 0, "near": 0, "of": 0}, "clusters": 0, "largest": 0},
    "refusals": {"own": 0, "generated": {}},
    "changes": NOTHING,
    "rests": (),
    "withholds": False,
    "dates": {"expires": (), "reviewed": ()},
}
"""Facts of a run without any data."""
HOSTILE = "</title></style><script>alert('1')</script>\"' onload=x &amp; <b"


@pytest.fixture
def page(tmp_path: Path) -> Callable[[dict[str, Any]], Page]:
    """The parsed page of given facts."""

    def parsed(facts: dict[str, Any]) -> Page:
        path = tmp_path / "data" / "report.html"
        write_report(path, EMPTY | facts)
        assert [file.name for file in path.parent.iterdir()] == ["report.html"]
        return Page(path.read_text(encoding="utf-8"))

    return parsed


def entry(id: str, question: str, answer: str, source: str, heading: str = "") -> dict[str, Any]:
    """A line of `faq.jsonl`."""
    more = {"origin": {"heading": heading}} if heading else {}
    return {"id": id, "category": "", "subject": "", "questions": [question], "answers": [answer], "facts": [], "source": source, **more}


def sample() -> dict[str, Any]:
    """Facts of an invented shop, as `make data` would give them."""

    def source(path: str, form: str, *numbers: int, encoding: str = "utf-8") -> dict[str, Any]:
        units = ("messages", "conversations", "entries", "rows", "damaged", "mended", "broken")
        return {"path": path, "format": form, "encoding": encoding, **dict(zip(units, numbers, strict=True))}

    read = [
        "<|im_start|>",
        "user",
        "\n",
        "my",
        " number",
        " is",
        " [",
        "PHONE",
        "_",
        "1",
        "]",
        "<|im_end|>",
        "\n",
        "<|im_start|>",
        "assistant",
    ]
    learned = ["Thank", " you", ",", " we", " call", " before", " delivery", ".", "<|im_end|>"]
    preview = [[token, False] for token in [*read, "\n"]] + [[token, True] for token in learned] + [["\n", False]]
    read = [
        "<|im_start|>",
        "user",
        "\n",
        "교환",
        " 배송비는",
        " 얼마",
        "인가요",
        "?",
        "<|im_end|>",
        "\n",
        "<|im_start|>",
        "assistant",
        "\n",
    ]
    learned = ["교환", " 배송비는", " 왕복", " 6", ",000", "원", "입니다", ".", "<|im_end|>"]
    korean = [[token, False] for token in read] + [[token, True] for token in learned]
    return {
        "name": "demo", "company": "Pebble & Pine", "data_hash": "020709648631c269", "seed": 7, "base": "smollm2-135m", "max_length": 256,
        "sources": [
            source("logs/web chat/2026-01.csv", "chat table", 6_204, 711, 0, 688, 0, 0, 2),
            source("logs/talk/초록 자갈 상담.txt", "KakaoTalk, Android", 1_518, 203, 0, 190, 3, 41, 0, encoding="cp949"),
            source("faq/shop.xlsx", "FAQ table", 0, 0, 167, 1_332, 0, 0, 1, encoding="xlsx"),
        ],
        "skipped": [{"path": "logs/web chat/notes.pdf", "reason": "found bytes that are no text; expected text in UTF-8; save it as CSV"}],
        "messages": {"read": 7_722, "kept": 6_010, "merged": 611, "capped": 383, "set aside": 24, "masked": 1_031,
                     "dropped": {"system": 420, "trailing customer": 214, "bot": 60}},
        "conversations": {"read": 914, "rows": 878, "windows": 19, "dropped": {"duplicate": 12, "no answered question": 21, "conflict": 3}},
        "faq": {"entries": 166, "wordings": 1_332, "derived": {"typing noise": 212, "spacing": 98}, "dropped": {"no answer": 1},
                "drafts": {"written": 3, "dropped": {"in another language": 5}}},
        "drafted": [
            {"entry": "guide#2", "source": "guide.pdf:31", "question": "Handbook: Returns",
             "drafts": ["How long can I take to return a lamp?", "<b>Is it free?</b>"]},
            {"entry": "안내서#1", "source": "안내서.pdf:2", "question": "안내서: 환불", "drafts": ["램프도 환불되나요?"]},
        ],
        "rows": {
            "train": {"faq": 1_184, "chat": 790, "refusal": 188}, "valid": {"faq": 41, "chat": 44, "refusal": 9},
            "test": {"faq": 38, "chat": 43, "refusal": 11}, "valid_wordings": {"faq": 77}, "test_wordings": {"faq": 78},
            "test_unseen": {"faq": 30, "chat": 37},
        },
        "languages": {"en": 1_702, "ko": 868}, "roles": {"customer": 3_815, "agent": 3_907},
        "turns": [[2, 1_871], [4, 402], [6, 188], [8, 75], [12, 34]],
        "tokens": {"train": [40 + (i * i * 7919) % 97 + (i * 31) % 61 + (i % 23 == 0) * 110 for i in range(900)],
                   "valid": [42 + (i * 7919) % 131 for i in range(94)],
                   "test": [44 + (i * 104_729) % 128 + (i == 5) * 700 for i in range(92)]},
        "answer_tokens": [8 + (i * i * 31) % 43 + (i % 11) * 3 for i in range(1_000)],
        "stock": [
            {"text": "Thank you for writing to Pebble & Pine, how may I help?", "count": 520, "trained": 40},
            {"text": "잠시만 기다려 주시면 확인해 드리겠습니다.", "count": 187, "trained": 40},
            {"text": "Have a lovely day, [NAME_1]!", "count": 96, "trained": 39},
        ],
        "masks": {
            "PHONE": {"found": 412, "samples": ["my number is [PHONE_1]", "제 번호는 [PHONE_1] 이고 집은 [PHONE_2] 예요"]},
            "NAME": {"found": 977, "samples": ["Thanks [NAME_1], that is all", "[NAME_1]님, 확인되었습니다"]},
            "BANK_ACCOUNT": {"found": 18, "samples": ["환불은 [BANK_ACCOUNT_1] 로 부탁드려요"]},
        },
        "allowed": ["1588-1234", "help@pebble.example", "https://pebble.example/returns"],
        "leak": {"random": {"exact": 14, "near": 129, "of": 301},
                 "splits": {"exact": 0, "near": 2, "of": 302}, "clusters": 403, "largest": 27},
        "refusals": {"own": 96, "generated": {"airline": 47, "bank": 65}},
        "conflicts": [
            {"source": "logs/web chat/2026-01.csv:412", "entry": "returns-window", "entry_source": "faq/shop.xlsx:31", "kind": "duration",
             "said": "14 days", "known": "30 days", "question": "can i still send the lamp back? call [PHONE_1]",
             "answer": "Yes, returns are open for 14 days after delivery."},
            {"source": "logs/talk/초록 자갈 상담.txt:88", "entry": "교환-배송비", "entry_source": "faq/shop.xlsx:52", "kind": "price",
             "said": "5,000원", "known": "6,000원", "question": "교환하면 배송비가 드나요?", "answer": "네, 왕복 5,000원입니다."},
        ],
        "conflicts_total": 3,
        "changes": {
            "day": "2026-11-28", "counts": {"changed": 31, "removed": 17, "added": 42, "moved": 13},
            "entries": [
                {"kind": "removed", "after": None, "before": entry("gift", "Do you wrap presents?", "Yes, for $2.", "faq/shop.xlsx:9")},
                {"kind": "added", "before": None, "after": entry("캠핑", "캠핑 의자도 파나요?", "네, 49,000원입니다.", "faq/shop.xlsx:77")},
                {"kind": "moved", "before": entry("returns#3", "Returns", "Within 30 days.", "help/returns.html:12", "Returns"),
                 "after": entry("returns#4", "Returns", "Within 30 days.", "help/terms.html:40", "Terms > Returns")},
            ],
        },
        "rests": [["rows that the model has learned", 127], ["scored answers", 36], ["replies of the last 14 days", 19]],
        "withholds": True,
        "dates": {"expires": [["What does the sale tent cost?", "faq/shop.xlsx:60", "2026-08-31"]],
                  "reviewed": [["교환은 며칠 안에 되나요?", "faq/shop.xlsx:52", "2019-02-11"], ["Are you open?", "a.md:3", "2022-07-01"]]},
        "preview": [{"id": "chat:4471", "kind": "chat", "tokens": preview}, {"id": "faq:교환-배송비#2", "kind": "faq", "tokens": korean}],
    }  # fmt: skip


def changed(value: Any, leaf: Callable[[Any], Any], key: Callable[[str], str] = str) -> Any:
    """A copy of nested data with each leaf, and each key that comes from the data, replaced."""
    if isinstance(value, dict):
        ours = {*EMPTY, *NOTHING, *NOTHING["counts"], *EMPTY["dates"], *EMPTY["messages"], *EMPTY["conversations"], *EMPTY["faq"]}
        ours |= {*EMPTY["leak"], *EMPTY["refusals"], *OURS}
        return {name if name in ours else key(name): changed(item, leaf, key) for name, item in value.items()}
    if isinstance(value, list):
        return [changed(item, leaf, key) for item in value]
    return leaf(value)


OURS = {
    "path", "format", "encoding", "damaged", "mended", "messages", "conversations", "entries", "rows", "broken", "reason", "text", "count",
    "trained", "found", "samples", "exact", "near", "of", "source", "entry", "entry_source", "kind", "said", "known", "question", "answer",
    "id", "tokens", "drafts", "written",
}  # fmt: skip


def test_page_is_well_formed_and_has_one_of_each_section(page: Callable[..., Page]) -> None:
    ids = Counter(attributes["id"] for _, attributes, _ in page(sample()).elements if "id" in attributes)
    assert len(ids) == 13 and set(ids.values()) == {1}


@pytest.mark.parametrize("facts", [sample(), EMPTY], ids=["full", "nothing"])
def test_links_lead_to_sections_and_nothing_is_loaded(page: Callable[..., Page], facts: dict[str, Any]) -> None:
    elements = page(facts).elements
    ids = {attributes.get("id") for _, attributes, _ in elements}
    for name, attributes, _ in elements:
        assert name not in {"script", "link", "img", "iframe", "object", "base", "form"}
        assert not {"src", "srcset", "data", "xlink:href"} & set(attributes)
        assert "href" not in attributes or (attributes["href"] or "")[1:] in ids
        assert not any(key.startswith("on") or "://" in (value or "") for key, value in attributes.items()), attributes
    assert any(attributes.get("content") == "default-src 'none'; style-src 'unsafe-inline'" for _, attributes, _ in elements)


def test_style_loads_nothing(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", EMPTY)
    style = (tmp_path / "report.html").read_text(encoding="utf-8").split("<style>")[1].split("</style>")[0]
    assert "{" in style and not re.search(r"url\(|@import|//", style)


def test_text_of_the_data_is_never_markup(page: Callable[..., Page]) -> None:
    numbers = itertools.count()
    clean = page(sample())

    def hostile(value: Any) -> Any:
        return f"{next(numbers)}{HOSTILE}" if isinstance(value, str) else value

    apart = {key: sample()[key] for key in ("changes", "withholds")}  # of changes only the words that differ are shown together
    dirty = page(changed({key: value for key, value in sample().items() if key not in apart}, hostile, hostile) | apart)
    assert {name for name, *_ in dirty.elements} <= {name for name, *_ in clean.elements}
    assert {key for _, attributes, _ in dirty.elements for key in attributes} <= {
        key for _, attributes, _ in clean.elements for key in attributes
    }
    blanks = str.maketrans({" ": "·"})
    text = dirty.text.translate(blanks)
    for number in range(next(numbers)):
        assert f"{number}{HOSTILE}".translate(blanks) in text, f"text {number} is missing"


def test_every_number_is_shown(page: Callable[..., Page]) -> None:
    numbers = itertools.count(1_000_003, 7)
    facts = sample()
    lengths = {key: facts.pop(key) for key in ("tokens", "answer_tokens", "preview", "max_length", "withholds")}
    facts = changed(facts, lambda value: next(numbers) if isinstance(value, int) else value)
    text = " ".join(text for _, text in page(facts | lengths).texts).replace(str(facts["seed"]), f"{facts['seed']:,}")
    shown = set(re.findall(r"\d[\d,]*\d", text))
    missing = [f"{number:,}" for number in range(1_000_003, next(numbers), 7) if f"{number:,}" not in shown]
    assert not missing
    assert "256" in shown


def strings(value: Any) -> Iterator[str]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    yield from ([value] if isinstance(value, str) else [])
    for item in items:
        yield from strings(item)


def test_every_text_is_shown(page: Callable[..., Page]) -> None:
    facts = sample()
    text = page(facts).text
    del facts["preview"], facts["changes"]["entries"][-1]  # of one that moved only the two places are shown
    assert [given for given in strings(facts) if given not in text and given not in facts["masks"] and given not in ("PHONE",)] == []


@pytest.mark.parametrize("key", [key for key, value in EMPTY.items() if not isinstance(value, str | int)])
def test_page_works_without_any_one_part(page: Callable[..., Page], key: str) -> None:
    assert len(page(sample() | {key: EMPTY[key]}).elements) > 100


def test_empty_facts_are_plain_sentences(page: Callable[..., Page]) -> None:
    parsed = page(EMPTY)
    assert not [name for name, *_ in parsed.elements if name in ("table", "svg", "article", "figure")]
    for sentence in ("No conflict was found.", "No message was read.", "No personal data was found.", "No source was read."):
        assert sentence in parsed.text


@pytest.mark.parametrize("facts", [sample(), {}], ids=["full", "nothing"])
def test_every_chart_and_table_has_a_sentence_in_both_languages(page: Callable[..., Page], facts: dict[str, Any]) -> None:
    elements = page(facts).elements
    sentences = Counter(name for name, attributes, _ in elements if name == "figcaption" or attributes.get("class") == "none")
    korean = [inside[-1] for name, attributes, inside in elements if name == "span" and attributes.get("lang") == "ko"]
    assert Counter(name for name, *_ in elements)["figure"] == sentences["figcaption"] == korean.count("figcaption")
    assert all("figure" in inside for name, _, inside in elements if name in ("table", "svg", "article"))
    assert all(f"h{level}" in korean for level in (2, 3)) or not facts


def test_ledger_that_does_not_add_up_is_marked(page: Callable[..., Page]) -> None:
    assert "✓ The counts add up to 7,722 of 7,722." in page(sample()).text
    facts = sample()
    facts["messages"]["kept"] -= 1
    assert "✗ The counts add up to 7,721 of 7,722." in page(facts).text


def test_numbers_of_tables_stand_right(page: Callable[..., Page]) -> None:
    elements = page(sample()).elements
    cells = [attributes.get("class") for name, attributes, inside in elements if name == "td" and inside[-3:] == ("table", "tbody", "tr")]
    assert cells.count("n") > 40


def test_the_bars_of_messages_follow_one_another(page: Callable[..., Page]) -> None:
    rects = [attributes for name, attributes, inside in page(sample()).elements if name == "rect" and "tr" in inside]
    counts = sample()["messages"]
    number = 5 + len(counts["dropped"])
    spans = [(int(rect["x"] or 0), int(rect["width"] or 0)) for rect in rects[:number]]
    assert spans[0] == (0, counts["read"])
    assert all(start + width == after for (start, width), (after, _) in itertools.pairwise(spans[1:]))
    assert sum(spans[-1]) == counts["read"]


def test_placeholders_are_marked_and_nothing_else(page: Callable[..., Page]) -> None:
    facts = {"masks": {"PHONE": {"found": 1, "samples": ["[PHONE_1] and [BANK_ACCOUNT_12], [note] [PHONE] [phone_1] [1]"]}}}
    assert page(facts).within("mark") == ["[PHONE_1]", "[BANK_ACCOUNT_12]"]


def test_preview_tells_trained_tokens_and_shows_blanks(page: Callable[..., Page]) -> None:
    tokens = [["<|im_start|>", False], ["a\n", False], [" b\tc", True], ["\n\n", True], ["·", True]]
    parsed = page({"preview": [{"id": "x", "kind": "faq", "tokens": tokens}]})
    assert parsed.within("i")[1:] == ["<|im_start|>", "a↵"]
    assert parsed.within("b")[-3:] == ["·b⇥c", "↵↵", "·"]
    assert [name for name, *_ in parsed.elements].count("br") == 2


def test_conflicts_beyond_those_shown_are_counted(page: Callable[..., Page]) -> None:
    assert "3 answers in chats, 2 of which are shown" in page(sample()).text


@pytest.mark.parametrize(("of", "expected"), [(0, "No held-out row was compared"), (10, "10 rows")])
def test_leak_is_told_or_said_to_be_unknown(page: Callable[..., Page], of: int, expected: str) -> None:
    leak = {"random": {"exact": 1, "near": 2, "of": of}, "splits": {"exact": 0, "near": 0, "of": of}, "clusters": 1, "largest": 1}
    assert expected in page({"leak": leak}).text


def test_same_facts_give_the_same_page_and_stay_as_they_were(tmp_path: Path) -> None:
    facts = sample()
    before = copy.deepcopy(facts)
    for name in ("one", "two"):
        write_report(tmp_path / name, facts)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert facts == before


def test_broken_letters_do_not_stop_the_page(page: Callable[..., Page]) -> None:
    facts = {"stock": [{"text": "half \ud83d a pair \x00 \u202e", "count": 2, "trained": 1}]}
    assert "half ? a pair" in page(facts).text


def test_the_words_that_changed_are_marked(page: Callable[..., Page]) -> None:
    before = entry("fee", "What is the fee?", f"It is $4.90. {HOSTILE}", "faq.csv:2")
    after = before | {"answers": ["It is $5.20. 5,200원입니다."], "category": "shipping"}
    counts = {"changed": 1, "removed": 0, "added": 0, "moved": 0}
    changes = {"day": "2026-11-28", "counts": counts, "entries": [{"kind": "changed", "before": before, "after": after}]}
    shown = page({"changes": changes})
    marks = {name: [text for element, text in shown.texts if element == name] for name in ("del", "ins")}
    assert marks == {"del": [f"$4.90. {HOSTILE}"], "ins": ["$5.20. 5,200원입니다.", "shipping"]}
    assert "category" in shown.text and "facts" not in shown.text and not any(name == "script" for name, *_ in shown.elements)


@pytest.mark.parametrize(("withholds", "then"), [(True, "a person is called for them"), (False, "the desk still says them")])
def test_what_is_past_its_day_is_listed_with_what_the_desk_does(page: Callable[..., Page], withholds: bool, then: str) -> None:
    dates = {"expires": [["Sale?", "faq.csv:2", "2026-08-31"]], "reviewed": []}
    text = page({"dates": dates, "withholds": withholds}).text
    assert "2026-08-31" in text and then in text and "No source says when an entry was reviewed." in text
