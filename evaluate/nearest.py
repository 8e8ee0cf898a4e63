"""The training rows that are nearest to a question: what to mend in the data where its answer is wrong."""

from typing import Any

from frontdesk.files import read_jsonl
from frontdesk.retrieval import Entry, Index
from frontdesk.run import Run

COUNT = 3


def nearest(run: Run, records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """For each record up to COUNT rows {"question", "answer", "source"}, the nearest first, by words and their pieces."""
    rows = [row for row in read_jsonl(run.data / "train.jsonl") if row["kind"] in ("faq", "chat", "feedback")]
    texts = [[message["content"] for message in row["messages"]] for row in rows]
    if not rows:
        return {}
    index = Index([Entry(str(place), (said[0],), (said[1],)) for place, said in enumerate(texts)])
    found = {}
    for record in records:
        places = [int(entry.id) for entry in index.search([record["messages"][-2]["content"]], COUNT)]
        found[record["id"]] = [{"question": texts[i][0], "answer": texts[i][1], "source": rows[i]["source"]} for i in places]
    return found
