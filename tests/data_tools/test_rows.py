"""From entries and conversations to rows."""

from collections import Counter

from data_tools.conversation import ChatFile, Conversation, Turn
from data_tools.faq import Entry, Wording
from data_tools.rows import chat_rows, entry_rows


def entry(name, questions, answers):
    return Entry(name, "faq:1", questions=[Wording(text, f"faq:{i}") for i, text in enumerate(questions)], answers=answers)


def talk(name, *texts):
    """A conversation; what the agent says is in capitals."""
    return Conversation(
        name, "log:1", [Turn("agent" if text.isupper() else "customer", text, None, f"log:{i}") for i, text in enumerate(texts)]
    )


def test_answers_take_turns():
    rows = entry_rows([entry("e", ["q0", "q1", "q2"], ["a0", "a1"])], "faq", Counter())

    assert [(row.id, [message["content"] for message in row.messages], row.source) for row in rows] == [
        ("e#0", ["q0", "a0"], "faq:0"), ("e#1", ["q1", "a1"], "faq:1"), ("e#2", ["q2", "a0"], "faq:2"),
    ]  # fmt: skip


def test_equal_rows_are_dropped_whatever_the_order():
    one, two = entry("one", ["q", "r"], ["a"]), entry("two", ["q", "s"], ["a"])
    kept = []
    for entries in ([one, two], [two, one]):
        dropped = Counter()
        kept.append(sorted(row.id for row in entry_rows(entries, "faq", dropped)))
        assert dropped == {"row: duplicate": 1}

    assert kept == [["one#0", "one#1", "two#1"]] * 2


def test_messages_of_duplicate_conversations_are_accounted_for():
    dropped = Counter()
    files = [
        ChatFile([talk("1", "hi", "price?", "FIVE", "why?", "SO")]),
        ChatFile([talk("2", "hi", "price?", "FIVE", "why?", "SO"), talk("1", "x", "Y", "z")]),
    ]
    rows, merged = chat_rows(files, dropped)

    assert [(row.id, row.group, len(row.messages)) for row in rows] == [("chat:1", "chat:1", 4), ("chat:1#2", "chat:1", 2)]
    assert dropped["message: in a duplicate conversation"] == 5
    assert sum(len(row.messages) for row in rows) + merged + sum(n for reason, n in dropped.items() if reason.startswith("message: ")) == 13
