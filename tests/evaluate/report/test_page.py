"""The page says the verdict first, shows the worst answers, holds whatever text comes, and loads nothing."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluate.report.page import OUTCOMES, first, marked, outcome, write_report
from evaluate.stats.baseline import compare
from evaluate.stats.gate import check
from evaluate.stats.summary import beside_quote, summarize
from evaluate.stats.verdict import apart, tuning, verdict
from tests.pages import Page

Record = dict[str, Any]
Answer = Callable[..., Record]
EVIL = """</p></style><script>alert(1)</script><img src=x onerror="alert(2)" style='background:url(//evil.example)'>&lt;b&gt; $9 \ud83d"""


def written(folder: Path, records: list[Record], extras: Record, **thresholds: float) -> tuple[Page, str]:
    """The page as parsed and as it stands in the file."""
    summary = summarize(records, "tuned")
    gate = check(summary["systems"]["tuned"], thresholds, beside_quote(summary))
    text = write_report(folder, summary, gate, records, extras).read_text(encoding="utf-8")
    return Page(text), text


def spaced(source: str) -> str:
    """The text of a page, the cells of its tables apart."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", source))


def everything(answer: Answer, text: str) -> tuple[list[Record], dict[str, Any]]:
    """Records of all kinds and all extras, with `text` wherever customers, models, FAQ or config may put any."""
    words = {"category": text, "answer": text, "reference": text, "source": text, "facts": [text], "invented": ["$9", text], "cited": text}
    asked = {"messages": [{"role": "user", "content": text}]}
    bad = words | asked | {"right": False, "wrong": True}
    records = [answer(f"{text}#1", **bad), answer("fee#2"), answer("fee#3", right=False, handoff=True)]
    records += [answer("tax", "out_of_scope", **words | asked, right=False)]
    turns = [{"role": "user", "content": text}, {"role": "assistant", "content": text}]
    records += [answer("d", "dialogues", right=False, messages=turns, facts=[text], stated=[False], **{"pass": i}) for i in range(3)]
    records += [answer("i", "injections", **bad, leaked=[text])]
    records += [answer("n", "noisy", **bad)]
    did = {"outcome": "said", "outcomes": ["asked back", "replaced: in no entry"], "asked": "with", "probability": 0.5}
    records = [one | did for one in records]
    records += [answer(one["id"], system=text, **{"right": True, "set": one["set"]}) for one in records if one["pass"] == 0]
    old = [record | {"right": not record["right"], "wrong": False} for record in records]
    share = {"value": 0.4, "low": 0.3, "high": 0.5, "of": 160}
    extras = {
        "name": text,
        "nearest": {f"{text}#1": [{"question": text, "answer": text, "source": text}]},
        "general": {
            "before": share,
            "after": share,
            "drop": {"value": 0.0, "low": -0.1, "high": 0.1},
            "abilities": {text: {"before": 0.5, "after": 0.4}},
        },
        "judge": {text: {"wins": 1, "losses": 2, "ties": 3, "inconsistent": 1, "unparsable": 0}},
        "baseline": {"name": text, **compare(records, old, "tuned", "tuned")},
        "foot": [text],
    }
    return records, extras


def test_whatever_text_comes_is_text(tmp_path: Path, answer: Answer) -> None:
    """The page's elements are those of the same page with harmless text."""
    evil, source = written(tmp_path / "evil", *everything(answer, EVIL), facts_right=0.6, leaked=0)
    plain, _ = written(tmp_path / "plain", *everything(answer, "harmless $9 text"), facts_right=0.6, leaked=0)
    assert [name for name, *_ in evil.elements] == [name for name, *_ in plain.elements]
    assert "<script" not in source
    assert "<img" not in source
    assert evil.text.count("<script>alert(1)</script>") == plain.text.count("harmless $9 text") > 40


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path, answer: Answer) -> None:
    page, source = written(tmp_path, *everything(answer, EVIL), facts_right=0.6)
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "nav",
        "section",
        "footer",
        "article",
        "details",
        "summary",
    }
    allowed |= {
        "h1",
        "h2",
        "h3",
        "p",
        "a",
        "b",
        "i",
        "div",
        "span",
        "small",
        "code",
        "mark",
        "figure",
        "figcaption",
        "dl",
        "dt",
        "dd",
        "ul",
        "li",
    }
    allowed |= {"table", "thead", "tbody", "tr", "th", "td", "svg", "rect", "line"}
    assert {name for name, *_ in page.elements} <= allowed
    names = {name for _, attributes, _ in page.elements for name in attributes}
    assert not names & {"src", "srcset", "style", "action", "data", "poster"}
    assert not [name for name in names if name.startswith("on")]
    links = [attributes["href"] for _, attributes, _ in page.elements if "href" in attributes]
    targets = {attributes["id"] for _, attributes, _ in page.elements if "id" in attributes}
    assert links and all(str(link).startswith("#") and str(link)[1:] in targets for link in links)
    style = source[source.index("<style>") : source.index("</style>")]
    assert not re.search(r"url\(|@import|http", style)
    policy = next(attributes for name, attributes, _ in page.elements if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_headings_are_in_both_languages(tmp_path: Path, answer: Answer) -> None:
    _, source = written(tmp_path, *everything(answer, "text"), facts_right=0.6)
    headings = re.findall("<h2>(.*?)</h2>", source)
    assert len(headings) == 16
    assert all(re.fullmatch(r"[A-Z][\w, ]+ <span lang=\"ko\">[가-힣 ·]+</span>", heading) for heading in headings)


def test_a_page_of_little(tmp_path: Path, answer: Answer) -> None:
    """One system, one question, no limits, no extras."""
    page, _ = written(tmp_path, [answer()], {})
    assert "Nothing was decided: the config sets no limits." in page.text
    assert "No answer was wrong." in page.text
    assert "Since the baseline" not in page.text
    assert "Forgetting" not in page.text


def test_the_verdict_stands_first(tmp_path: Path, answer: Answer) -> None:
    records = [answer(f"e{i}#1", right=i < 26) for i in range(50)]
    _, source = written(tmp_path, records, {}, facts_right=0.6)
    first = re.search("<h1[^>]*>(.*?)</h1>", source)
    assert first
    said = first[1].replace("\u00a0", " ")
    begin = re.escape("The desk may not talk to customers yet: it states the facts in 52 % (")
    assert re.fullmatch(begin + r"\d\d to \d\d\) of questions, where at least 60 % is required\.", said)


def test_quoting_the_faq_stands_right_below_it_and_is_explained(tmp_path: Path, answer: Answer) -> None:
    records = [answer(f"e{i}#1", system=system, right=i < right) for system, right in (("quote", 40), ("tuned", 20)) for i in range(50)]
    page, source = written(tmp_path, records, {}, facts_right=0.3)
    assert re.search(r"Facts right 정답률against quote\s*−40−", page.text) and page.text.count("not worse beyond chance") == 2
    assert [page.text.count(word) for word in ("kept 통과", "missed 미달")] == [2, 1]
    leads = re.findall(r'<p class="lead"(?: lang="ko")?>(.*?)</p>', source)
    assert leads[1].startswith(
        "The model does not earn its place: “tuned” is less often right than quoting the nearest FAQ entry: right 40\u00a0%"
    )
    assert leads[2].startswith("모델이 제 몫을 못 합니다: ") and leads[3].startswith("Whether tuning pays")
    assert "The same desk without a model: where an entry answers it says that entry" in source
    assert "모델이 없는 같은 데스크입니다." in source


def test_verdicts(answer: Answer) -> None:
    summary = summarize([answer(f"e{i}#1", right=i < 45, wrong=i >= 45, invented=["$9"] * (i >= 47)) for i in range(50)], "tuned")
    scores = summary["systems"]["tuned"]

    def said(**thresholds: float) -> tuple[str, str]:
        return verdict(summary, check(scores, thresholds))

    assert said(facts_right=0.6, facts_invented=0.1)[0].startswith(
        "The desk may talk to customers: all 2 limits are kept; it states the facts in 90 % ("
    )
    assert said(facts_right=0.6)[0].startswith("The desk may talk to customers: the one limit is kept; ")
    assert "기준 1개를 모두 지켰습니다. 정답률은 90%(" in said(facts_right=0.6)[1]
    english, korean = said(facts_right=0.95, facts_invented=0.05, facts_wrong=0.2, handoff_right=0.8)
    assert english.startswith("The desk may not talk to customers yet: it states the facts in 90 % (")
    assert "; it invents facts in 6 % (" in english
    assert english.endswith("; “Escalated rightly” was not measured, and at least 80 % is required.")
    assert "wrong facts" not in english
    assert korean.startswith("아직 고객을 응대할 수 없습니다: 사실을 맞힌 질문 90%(")


@pytest.mark.parametrize(
    ("tuned", "base", "begins"),
    [
        (
            80,
            50,
            "Tuning pays: “tuned” states the facts more often than the best prompt alone, “base + FAQ in prompt”: 80 % against 50 % (+30",
        ),
        (
            30,
            60,
            "Tuning does not pay: the best prompt alone, “base + FAQ in prompt”, states the facts more often than “tuned”: 30 % against",
        ),
        (51, 50, "That tuning pays is not shown: “tuned” and the best prompt alone, “base + FAQ in prompt”, differ by no more than chance"),
    ],
)
def test_whether_tuning_pays_is_said_plainly(answer: Answer, tuned: int, base: int, begins: str) -> None:
    """Which questions are right is scattered, so that neither system's are a part of the other's."""
    shares = {"tuned": tuned, "base + FAQ in prompt": base, "base": 2}
    strides = {"tuned": 37, "base + FAQ in prompt": 59, "base": 1}
    records = [answer(f"e{i}#1", system=name, right=i * strides[name] % 100 < share) for name, share in shares.items() for i in range(100)]
    assert tuning(summarize(records, "tuned"))[0].startswith(begins)
    assert tuning(summarize(records, "base + FAQ in prompt"))[0].startswith(begins)  # whichever is served


def test_without_a_prompt_or_a_tuning_nothing_is_claimed(answer: Answer) -> None:
    assert tuning(summarize([answer()], "tuned"))[0].startswith("Whether tuning pays was not measured")


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (-0.03, 0.07, "no more than chance explains"),
        (0.01, 0.05, "−2 points (−5 to −1), more than chance explains"),
        (-0.09, -0.01, "a gain"),
    ],
)
def test_forgetting(tmp_path: Path, answer: Answer, low: float, high: float, says: str) -> None:
    share = {"value": 0.4, "low": 0.3, "high": 0.5, "of": 160}
    drop = {"value": (low + high) / 2 if low <= 0 else 0.02, "low": low, "high": high}
    page, _ = written(tmp_path, [answer()], {"general": {"before": share, "after": share, "drop": drop, "abilities": {}}})
    assert f", {says}." in page.text or f": {says}." in page.text


def test_outcomes_are_parts_of_a_whole(answer: Answer) -> None:
    both = (True, False)
    flags = itertools.product(both, both, both, (None, "with", "without"))
    names = {outcome(answer(right=right, wrong=wrong, handoff=handoff, asked=asked)) for right, wrong, handoff, asked in flags}
    assert names == set(OUTCOMES)


@pytest.mark.parametrize(
    ("changed", "ended", "began"),
    [
        ({}, "right", "right"),
        ({"asked": "with"}, "after", "after"),
        ({"asked": "with", "right": False, "wrong": True}, "wrong", "after"),
        ({"asked": "without", "right": False, "handoff": True, "outcome": "escalated"}, "vain", "vain"),
        ({"right": False, "handoff": True, "outcome": "escalated"}, "over", "over"),
        ({"right": False, "wrong": True}, "wrong", "right"),
    ],
)
def test_how_a_question_ended_and_how_it_began(answer: Answer, changed: dict[str, Any], ended: str, began: str) -> None:
    record = answer(**({"outcome": "said"} | changed))
    assert (outcome(record), first(record)) == (ended, began)


def test_what_the_desk_did_first_is_shown_of_desks_only(tmp_path: Path, answer: Answer) -> None:
    asked = [answer(f"e{i}#1", outcome="said", asked="with" if i < 2 else None) for i in range(8)]
    page, _ = written(tmp_path, [*asked, *(answer(f"e{i}#1", system="base") for i in range(8))], {})
    assert "right after a question back 25 %" in page.text and "answers 75 % · asks back with the right entry 25 %" in page.text
    assert page.text.count("answers 75 %") == 1, "base is not there"


def test_what_the_check_replaced_is_shown_with_the_reason(tmp_path: Path, answer: Answer) -> None:
    done = ["said", "said", "said in part: repeated", "replaced: in no entry", "asked back", "quoted"]
    page, source = written(tmp_path, [answer(f"e{i}#1", outcome="said", outcomes=[name]) for i, name in enumerate(done)], {})
    assert "Of 4 answers that the model wrote, 1 were replaced as a whole and 1 were cut" in page.text
    assert "replaced with the entry's own words: in no entry" in page.text and "항목의 원문으로 바꿈: 항목에 없는 말" in page.text
    assert "said by the model 모델의 말 2 33 %" in spaced(source)
    assert "What the desk did" not in written(tmp_path, [answer()], {})[0].text


def test_the_reliability_diagram_stands_beside_its_figures(tmp_path: Path, answer: Answer) -> None:
    inside = [answer(f"e{i}#1", probability=0.85, first_right=i < 6) for i in range(8)]
    outside = [answer(f"o{i}", "out_of_scope", probability=0.05 + 0.82 * (i == 0)) for i in range(4)]
    _, source = written(tmp_path, [*inside, *outside], {})
    text = spaced(source)
    assert "(expected calibration error, 12 questions)" in text and "in 75 % of pairs (AUROC)" in text
    assert "0.8 to 0.9 9 85 % 67 % 35 to 88" in text and "0 to 0.1 3 5 % 0 %" in text
    assert source.count("of 9 questions</title>") == 1
    assert "Calibration" not in written(tmp_path, [answer()], {})[0].text


def test_inventions_are_marked_and_the_rest_stays() -> None:
    text = "It costs $9 or $90 & <b>$9</b>."
    shown = marked(text, ["$9", "absent", ""])
    mark = '<mark class="bad">$9</mark>'
    assert shown == f"It costs {mark} or {mark}0 &amp; &lt;b&gt;{mark}&lt;/b&gt;."


def test_a_missed_limit_never_reads_as_kept() -> None:
    assert apart(0.597, 0.6) == ("59.7 %", "60 %")
    assert apart(0.0504, 0.05) == ("5.04 %", "5 %")
    assert apart(0.6, 0.6) == ("60 %", "60 %")
