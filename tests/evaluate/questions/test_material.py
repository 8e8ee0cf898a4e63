"""The material of the evaluation is whole: dialogues of the sample shop, prompt injections,
questions of general ability, and questions that no company's FAQ answers, none of which is trained."""

import csv
from collections import Counter
from functools import cache
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
import yaml

from frontdesk.files import read_jsonl

ROOT = Path(__file__).parents[3]
TAGS = {"pronoun", "changed-mind", "earlier-detail", "asks-twice", "angry", "topic-switch", "unanswerable"}
ALIKE = 0.5
"""The overlap of n-grams above which two questions are nearly equal."""
Rows = list[dict[str, Any]]


def faq(language: str) -> Rows:
    """The sample shop's entries: `{"id", "questions", "answers", "facts"}`; a table's rows that share an id are one entry."""
    if language == "en":
        return read_jsonl(ROOT / "examples/faq.en.jsonl")
    entries: dict[str, dict[str, Any]] = {}
    with (ROOT / "examples/faq.ko.csv").open(encoding="utf-8-sig", newline="") as table:
        for row in csv.DictReader(table):
            entry = entries.setdefault(row["id"], {"id": row["id"], "questions": [], "answers": [], "facts": []})
            entry["questions"].append(row["question"])
            entry["answers"] += filter(None, [row["answer"]])
            entry["facts"] += [fact.strip() for fact in row["facts"].split(";") if fact.strip()]
    return list(entries.values())


def dialogues(language: str) -> Rows:
    return read_jsonl(ROOT / f"examples/dialogues.{language}.jsonl")


def turns(language: str) -> Rows:
    return [turn for dialogue in dialogues(language) for turn in dialogue["turns"]]


def injections() -> Rows:
    return read_jsonl(ROOT / "evaluate/questions/injections.jsonl")


def general() -> Rows:
    return read_jsonl(ROOT / "evaluate/questions/general.jsonl")


def out_of_scope() -> Rows:
    return read_jsonl(ROOT / "evaluate/questions/out_of_scope.jsonl")


def trained(language: str) -> list[str]:
    """The questions that a model is trained to decline, and those that the sample shop's FAQ answers."""
    reading = yaml.safe_load((ROOT / f"data_tools/rows/companies/{language}.yaml").read_text(encoding="utf-8"))
    entries = faq(language) + read_jsonl(ROOT / f"examples/out_of_scope.{language}.jsonl")
    return [*reading["unanswerable"], *(question for entry in entries for question in entry["questions"])]


def overlap(one: str, other: str, size: int) -> float:
    """The Jaccard index of two texts' character n-grams, 0 to 1; a text shorter than `size` is one n-gram."""
    first, second = grams(one, size), grams(other, size)
    return len(first & second) / len(first | second)


@cache
def grams(text: str, size: int) -> set[str]:
    text = plain(text)
    return {text[i : i + size] for i in range(max(1, len(text) - size + 1))}


def plain(text: str) -> str:
    """What remains of a text when only its letters and digits count."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def korean(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


@pytest.mark.parametrize(("language", "count", "each"), [("en", 36, 5), ("ko", 24, 3)])
def test_there_are_dialogues_of_every_kind(language: str, count: int, each: int) -> None:
    tags = Counter(tag for dialogue in dialogues(language) for tag in dialogue["tags"])
    assert len(dialogues(language)) >= count
    assert set(tags) == TAGS
    assert min(tags.values()) >= each


@pytest.mark.parametrize("language", ["en", "ko"])
def test_dialogues_keep_their_schema(language: str) -> None:
    for dialogue in dialogues(language):
        assert set(dialogue) == {"id", "tags", "turns"}, dialogue["id"]
        assert dialogue["tags"], dialogue["id"]
        assert len(set(dialogue["tags"])) == len(dialogue["tags"]), dialogue["id"]
        assert 2 <= len(dialogue["turns"]) <= 5, dialogue["id"]
        assert any(turn["facts"] for turn in dialogue["turns"]), dialogue["id"]
    for turn in turns(language):
        assert set(turn) == {"customer", "entry", "facts", "handoff"}, turn
        assert turn["customer"] == turn["customer"].strip() != "", turn
        assert isinstance(turn["handoff"], bool), turn
        assert bool(turn["facts"]) == (turn["entry"] is not None), turn
        assert not (turn["handoff"] and turn["facts"]), turn


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_facts_of_a_turn_are_those_of_its_entry(language: str) -> None:
    facts = {entry["id"]: entry["facts"] for entry in faq(language)}
    scored = [turn for turn in turns(language) if turn["entry"] is not None]
    assert [turn for turn in scored if not set(turn["facts"]) <= set(facts[turn["entry"]])] == []
    assert [turn for turn in scored if len(set(turn["facts"])) != len(turn["facts"])] == []
    assert len({turn["entry"] for turn in scored}) > 0.75 * len(facts)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_customer_of_a_dialogue_speaks_the_words_of_the_faq(language: str) -> None:
    chitchat = read_jsonl(ROOT / f"examples/out_of_scope.{language}.jsonl")
    asked = {plain(question) for entry in faq(language) + chitchat for question in entry["questions"]}
    said = [plain(turn["customer"]) for turn in turns(language)]
    assert [words for words in said if words in asked] == []
    assert [words for words, count in Counter(said).items() if count > 1] == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_dialogue_is_what_its_tags_say(language: str) -> None:
    for dialogue in dialogues(language):
        entries = [turn["entry"] for turn in dialogue["turns"] if turn["entry"] is not None]
        assert any(turn["handoff"] for turn in dialogue["turns"]) == ("unanswerable" in dialogue["tags"]), dialogue["id"]
        if "asks-twice" in dialogue["tags"]:
            assert any(first == second for first, second in pairwise(entries)), dialogue["id"]
        if {"topic-switch", "changed-mind"} & set(dialogue["tags"]) and "unanswerable" not in dialogue["tags"]:
            assert len(set(entries)) >= 2, dialogue["id"]
        if "earlier-detail" in dialogue["tags"]:
            assert dialogue["turns"][0]["entry"] is None, dialogue["id"]


def test_the_language_of_each_text_is_the_one_named() -> None:
    texts = [(language, turn["customer"]) for language in ("en", "ko") for turn in turns(language)]
    texts += [(row["language"], row["text"]) for row in injections() + out_of_scope()]
    texts += [(row["language"], row["prompt"]) for row in general()]
    assert [text for language, text in texts if korean(text) != (language == "ko")] == []


def test_ids_are_unique() -> None:
    ids = [row["id"] for row in dialogues("en") + dialogues("ko") + injections() + general() + out_of_scope()]
    assert [name for name, count in Counter(ids).items() if count > 1] == []


def test_injections_keep_their_schema_and_are_of_every_kind() -> None:
    rows = injections()
    assert all(set(row) == {"id", "language", "goal", "text", "marker"} for row in rows)
    languages = Counter(row["language"] for row in rows)
    assert (languages["en"] >= 24, languages["ko"] >= 16) == (True, True)
    kinds = Counter((row["language"], row["goal"]) for row in rows)
    assert set(kinds) == {(language, goal) for language in ("en", "ko") for goal in ("marker", "prompt", "persona", "promise")}
    assert min(kinds.values()) >= 3


def test_an_injection_states_its_marker_and_no_other_text_contains_it() -> None:
    rows = injections()
    for row in rows:
        assert (row["marker"] == "") == (row["goal"] == "prompt"), row["id"]
        assert row["marker"] in row["text"], row["id"]
    markers = [row["marker"] for row in rows if row["marker"]]
    assert len(set(markers)) == len(markers)
    faqs = "\n".join(path.read_text(encoding="utf-8-sig") for path in sorted((ROOT / "examples").glob("faq.*")))
    assert [marker for marker in markers if marker in faqs] == []
    assert [row["id"] for row in rows for marker in markers if marker != row["marker"] and marker in row["text"]] == []


def test_injections_fit_any_company() -> None:
    assert [row["id"] for row in injections() if "pebble" in row["text"].casefold() or "페블" in row["text"]] == []


@pytest.mark.parametrize(("language", "count"), [("en", 60), ("ko", 40)])
def test_questions_out_of_scope_keep_their_schema_and_count(language: str, count: int) -> None:
    rows = [row for row in out_of_scope() if row["language"] == language]
    assert len(rows) >= count
    assert [row for row in rows if set(row) != {"id", "language", "text"}] == []
    assert [row["id"] for row in rows if not row["text"] or row["text"] != row["text"].strip()] == []
    assert [row["id"] for row in rows if not row["id"].startswith(f"oos-eval-{language}-")] == []


@pytest.mark.parametrize(("language", "size"), [("en", 4), ("ko", 4), ("ko", 2)])
def test_no_question_out_of_scope_is_like_a_trained_one_or_another(language: str, size: int) -> None:
    """Korean ones are compared by two syllables too, which hold about what four letters do."""
    texts = [row["text"] for row in out_of_scope() if row["language"] == language]
    known = trained(language)
    assert len(known) > 2 * len(texts)
    assert [(text, other) for text in texts for other in known if overlap(text, other, size) > ALIKE] == []
    assert [pair for pair in combinations(texts, 2) if overlap(*pair, size) > ALIKE] == []


@pytest.mark.parametrize(("language", "size"), [("en", 4), ("ko", 4), ("ko", 2)])
def test_no_injection_is_like_a_trained_question_or_another(language: str, size: int) -> None:
    texts = [row["text"] for row in injections() if row["language"] == language]
    known = trained(language)
    assert [(text, other) for text in texts for other in known if overlap(text, other, size) > ALIKE] == []
    assert [pair for pair in combinations(texts, 2) if overlap(*pair, size) > ALIKE] == []


def test_overlap_tells_a_rewording_from_another_question() -> None:
    assert overlap("Did you post it?", "did you POST it", 4) == 1
    assert overlap("can you look up my order 5512 for me", "can you look up my order 6613 for me", 4) > ALIKE
    assert overlap("지금 몇 시야?", "지금 몇 시예요?", 2) >= ALIKE
    assert overlap("What's the capital of Mongolia?", "Which planet has the most moons?", 4) < ALIKE
    assert overlap("no", "yes", 4) == 0


def test_general_questions_keep_their_schema_and_count() -> None:
    rows = general()
    assert all(set(row) == {"id", "ability", "language", "prompt", "choices", "answer"} for row in rows)
    assert {row["ability"] for row in rows} == {"instruction", "arithmetic", "knowledge", "language"}
    assert min(Counter(row["ability"] for row in rows).values()) >= 40
    languages = Counter(row["language"] for row in rows)
    assert (languages["en"] >= 110, languages["ko"] >= 50) == (True, True)
    asked = Counter((plain(row["prompt"]), tuple(sorted(row["choices"]))) for row in rows)
    assert max(asked.values()) == 1


def test_choices_are_four_short_ones_of_like_length() -> None:
    for row in general():
        lengths = [len(choice) for choice in row["choices"]]
        assert len(set(row["choices"])) == 4, row["id"]
        assert all(1 <= len(choice.split()) <= 8 for choice in row["choices"]), row["id"]
        assert max(lengths) - min(lengths) <= 8, row["id"]


def test_no_choice_is_the_beginning_of_another() -> None:
    """Otherwise the likelihood of the longer one contains that of the shorter, and per character it wins."""
    pairs = [(first, second) for row in general() for first, second in permutations(row["choices"], 2)]
    assert [pair for pair in pairs if pair[1].startswith(pair[0])] == []


def test_neither_place_nor_length_gives_the_answer_away() -> None:
    rows = general()
    for ability in {row["ability"] for row in rows}:
        places = Counter(row["answer"] for row in rows if row["ability"] == ability)
        assert set(places) == {0, 1, 2, 3}
        assert max(places.values()) - min(places.values()) <= 1
    for extreme in ("shortest", "longest"):
        assert sum(is_the_only(row, extreme) for row in rows) <= 0.25 * len(rows)


def is_the_only(row: dict[str, Any], extreme: str) -> bool:
    """True if the right choice is shorter, or longer, than each of the others."""
    lengths = [len(choice) * (1 if extreme == "shortest" else -1) for choice in row["choices"]]
    right = lengths.pop(row["answer"])
    return right < min(lengths)
