"""The training rows that are nearest to a question: what to fix in the data where its answer is wrong."""

from typing import Any

from evaluate.scoring.customers import customer_turns
from frontdesk.config.run import Run
from frontdesk.facts.entries import Entry
from frontdesk.files import read_jsonl
from frontdesk.retrieval.index import Index

COUNT = 3


def nearest_rows(run: Run, records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """For each record up to COUNT rows {"question", "answer", "source"}, the nearest first, by words and
    their pieces: of refusals too where the desk should have escalated."""
    rows = read_jsonl(run.data / "train.jsonl")
    answered = [row for row in rows if row["kind"] in ("faq", "chat", "feedback")]
    found = _nearest_in(answered, [record for record in records if record["expects"] != "handoff"])
    refused = [row for row in rows if row["kind"] == "refusal"]
    return found | _nearest_in(answered + refused, [record for record in records if record["expects"] == "handoff"])


def _nearest_in(rows: list[dict[str, Any]], records: list[dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    if not rows or not records:
        return {}
    texts = [[message["content"] for message in row["messages"]] for row in rows]
    index = Index([Entry(str(place), (said[0],), (said[1],)) for place, said in enumerate(texts)])
    found = {}
    for record in records:
        places = [int(entry.id) for entry in index.search(customer_turns(record["messages"])[-1:], COUNT)]
        found[record["id"]] = [{"question": texts[i][0], "answer": texts[i][1], "source": rows[i]["source"]} for i in places]
    return found
