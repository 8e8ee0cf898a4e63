"""The FAQ as Markdown and plain text: where questions stand, what answers keep, and lines."""

import pytest

from data_tools.readers.faqs import markdown as faq_markdown
from data_tools.readers.records import FaqRecord
from frontdesk.errors import UserError

PAGE = """---
title: Help
---
# Questions

Find [yours](#when).

## Orders

### 1. When does it come?
<a name="when"></a>
Within **two** days.
See [the map](https://shop.example/map "Map"), <https://shop.example> or \\*.

* by post
* by bike
  1. small
  2. large

> Not on Sundays.

| Size | Price |
|------|-------|
| S    | 3     |

```
code
```

Can I cancel?
-------------

**Yes:** call us.
"""


def read(source):
    assert faq_markdown.looks_like(source)
    return [
        (*record.questions, *record.answers, int(record.source.rsplit(":", 1)[1]))
        for record in faq_markdown.read(source)
        if isinstance(record, FaqRecord)
    ]


def test_answers_keep_lists_links_tables_and_code_as_lines(source):
    answer = [
        *("Within two days.", "See the map (https://shop.example/map), https://shop.example or *.", "- by post", "- by bike", "  1. small"),
        *("  2. large", "Not on Sundays.", "Size | Price", "S | 3", "```", "code", "```"),
    ]

    assert read(source(PAGE)) == [
        ("When does it come?", "\n".join(answer), 10),
        ("Can I cancel?", "Yes: call us.", PAGE[: PAGE.index("Can I")].count("\n") + 1),
    ]
    assert [record.category for record in faq_markdown.read(source(PAGE))] == ["Orders", "Questions"]


@pytest.mark.parametrize(
    "text",
    [
        "# FAQ\n\n## When?\n\nAt nine.\n\n## Why?\nSo.\n",
        "**When?**\n\nAt nine.\n\n**Why?**\n\nSo.\n",
        "__When?__\nAt nine.\n\n__Why?__\nSo.\n",
        "**Q: When?** A: At nine.\n\n**Q: Why?** So.\n",
        "- **When?** At nine.\n- **Why?** So.\n",
        "1. **When?**\n   At nine.\n2. **Why?**\n\n   So.\n",
        "Q. When?\nA. At nine.\n\nQ. Why?\nA. So.\n",
        "Q1: When?\r\nA1: At nine.\r\nQ2: Why?\r\nA2: So.\r\n",
        "질문: When?\n답변: At nine.\n\n질문: Why?\n답변: So.\n",
        "- Q: When?\n- A: At nine.\n- Q: Why?\n- A: So.\n",
        "**Q:** When?  \n**A:** At nine.\n\n**Q:** Why?<br>**A:** So.\n",
        "<details>\n<summary>When?</summary>\n\nAt nine.\n\n</details>\n<details><summary><b>Why?</b></summary>So.</details>\n",
    ],
)
def test_questions_of_each_style(source, text):
    found = read(source(text))

    assert [record[:-1] for record in found] == [("When?", "At nine."), ("Why?", "So.")]
    assert all("When?" in text.splitlines()[found[0][-1] - 1] and "Why?" in text.splitlines()[found[1][-1] - 1] for _ in found)


def test_code_stays_as_it_is_written(source):
    code = "```python\nfor m in box:\n    if m.ok:\n\n        m.ack()  # Q. done?\n```"

    assert read(source(f"## What does `E-1 <b>` mean?\n\nRun `a  --b=*c*`:\n\n{code}\n\n**Then** wait.\n")) == [
        ("What does `E-1 <b>` mean?", f"Run `a  --b=*c*`:\n{code}\nThen wait.", 1)
    ]


def test_a_letter_in_another_encoding_is_read(source):
    assert read(source("## 언제 와요?\n내일 도착합니다\n", encoding="cp949")) == [("언제 와요?", "내일 도착합니다", 1)]


def test_a_page_without_questions_is_refused(source):
    with pytest.raises(UserError, match=r"input\.txt:1: found no question; expected headings or lines"):
        list(faq_markdown.read(source("# Only a heading\n")))


@pytest.mark.parametrize(
    "text",
    [
        "question,answer\nQ: a,b\n",
        "a,b\n1,2\n",
        '{"question": "a"}\n',
        "<!DOCTYPE html>\n<h1>Q. a</h1>\n",
        "only words\nwithout marks\n",
        "",
    ],
)
def test_other_formats_are_left_alone(source, text):
    assert not faq_markdown.looks_like(source(text))


@pytest.mark.parametrize("piece", ["[", "*", "> ", "- ", "(((", "<", "`", "# a\n", "**a?**\n", "![", "| a "])
def test_no_text_takes_long_or_fails(source, piece):
    opened = source("Q: Why?\n" + piece * 3000 + "\nQ: How?\nSo.\n")

    assert read(opened)[0][0] == "Why?"
