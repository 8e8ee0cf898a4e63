"""The comparison of methods for a terminal, as a page and as a chapter of the docs, from compare.json."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evaluate.stats.summary import difference
from evaluate.systems.systems import PROMPTS, QUOTE, UNTRAINED
from frontdesk.files import write_text
from frontdesk.reports.html import Html, both
from frontdesk.reports.numbers import percent, points, span
from frontdesk.reports.page import write_page

Row = dict[str, Any]
Section = tuple[str, str, list[str]]
"""A heading in English and Korean, and its sentences."""

NONE = "–"
COLUMNS: list[tuple[str, str, str, Callable[[Row], str]]] = [
    ("system", "시스템", "system", lambda row: str(row["system"])),
    ("trainable parameters", "학습 파라미터", "trainable_parameters", lambda row: f"{row['trainable_parameters'] / 1e6:.2f} M"),
    ("peak memory", "최대 메모리", "peak_gib", lambda row: f"{row['peak_gib']:.2f} GiB"),
    ("tokens/s", "초당 토큰", "tokens_per_second", lambda row: f"{row['tokens_per_second']:,}"),
    ("bytes to store", "저장 크기", "bytes_stored", lambda row: megabytes(row["bytes_stored"])),
    ("bytes to ship", "배포 크기", "bytes_shipped", lambda row: megabytes(row["bytes_shipped"]) if row["bytes_shipped"] else "not served"),
    ("held-out loss", "평가 손실", "held_out", lambda row: f"{loss(row):.3f}"),
    ("facts right", "맞힌 답", "right", lambda row: f"{right(row)} of {row['right']['of']}, {percent(row['right']['value'])}"),
    ("95 % interval", "95 % 구간", "right", lambda row: f"{span(row['right'])} %"),
]


def table(compared: Row) -> list[list[str]]:
    """A line for each system; what it does not have is a dash."""
    lines = []
    for row in with_scores(compared):
        cells = [show(row) if key in row else NONE for *_, key, show in COLUMNS]
        lines.append([*cells[:-2], "failed", NONE] if "error" in row else cells)
    return lines


def with_scores(compared: Row) -> list[Row]:
    """The rows with each system's score of facts right."""
    scores = compared["systems"]
    return [row | ({"right": scores[row["system"]]["facts_right"]} if row["system"] in scores else {}) for row in compared["rows"]]


def right(row: Row) -> int:
    """How many answers are right."""
    return round(float(row["right"]["value"] * row["right"]["of"]))


def loss(row: Row) -> float:
    """The loss of the first held-out set (wordings of trained entries, where there are any), in nats."""
    return float(next(iter(row["held_out"].values()))["after"])


def megabytes(number: int) -> str:
    return f"{number / 1e6:.1f} MB"


def text(compared: Row) -> str:
    """Table and findings for a terminal."""
    lines = [[english for english, *_ in COLUMNS], *table(compared)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    shown = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]) for line in lines]
    return "\n".join(["", *shown, *(f"\n{heading}\n  " + "\n  ".join(said) for heading, _, said in findings(compared)), ""])


def findings(compared: Row) -> list[Section]:
    """What the figures say, in sentences."""
    rows = {row["system"]: row for row in with_scores(compared) if "error" not in row}
    return [
        ("LoRA against QLoRA", "LoRA와 QLoRA", quantized(compared, rows)),
        ("Fine-tuning against prompting", "파인튜닝과 프롬프트", prompted(compared, rows)),
        ("How it was measured", "측정 방법", measured(compared, rows)),
    ]


def quantized(compared: Row, rows: dict[str, Row]) -> list[str]:
    """QLoRA's figures beside LoRA's."""
    names = [name for name in ("QLoRA NF4", "QLoRA int8") if name in rows]
    if "LoRA" not in rows or not names:
        return ["Not compared: it takes both."]
    lora, said = rows["LoRA"], []
    for name in names:
        one = rows[name]
        memory, speed = (one[key] / lora[key] - 1 for key in ("peak_gib", "tokens_per_second"))
        said.append(
            f"{name} peaked at {one['peak_gib']:.2f} GiB where LoRA took {lora['peak_gib']:.2f} ({memory:+.0%}), "
            f"trained {one['tokens_per_second']:,} tokens/s against {lora['tokens_per_second']:,} ({speed:+.0%}), "
            f"and ended at a held-out loss of {loss(one):.3f} against {loss(lora):.3f} ({loss(one) - loss(lora):+.3f}). "
            + paired(compared, rows, name, "LoRA")
        )
    more = "the larger the base, the more of the peak they are. Decoding them at every product takes time."
    return [*said, f"Quantizing saves memory on the frozen weights alone: {more}"]


def prompted(compared: Row, rows: dict[str, Row]) -> list[str]:
    """The run's own method, or the first that there is, beside the best prompt for the untuned base."""
    if compared["own"] in UNTRAINED:
        return ["Not compared: no training ended."]
    costs = ", ".join(f"{rows[name]['prompt_tokens']} {name}" for name in PROMPTS)
    best = max(PROMPTS, key=lambda name: float(rows[name]["right"]["value"]))
    return [
        paired(compared, rows, compared["own"], best),
        paired(compared, rows, compared["own"], QUOTE),
        f"Tokens of a prompt, which every question pays: {costs}; {rows[compared['own']]['prompt_tokens']} tuned.",
        "No prompt of the untuned base here holds the fact that is asked for: examples show how the desk answers, and steps how to find an "
        "answer, but what the base has never read it can only guess. A larger base would use such prompts better, and with the FAQ in the "
        f"prompt it could read the fact: these rows judge {Path(compared['base']).name}, not prompting.",
    ]


def paired(compared: Row, rows: dict[str, Row], one: str, other: str) -> str:
    """Two systems on the same questions, and whether the difference is more than chance."""
    found = difference(compared, one, other)
    assert found is not None, f"{one} was not compared with {other}"
    chance = "more than chance explains" if found["low"] > 0 or found["high"] < 0 else "no more than chance explains"
    return (
        f"Facts right of {found['pairs']}: {one} {right(rows[one])}, {other} {right(rows[other])}; a difference of "
        f"{points(found['value'])} points ({points(found['low'])} to {points(found['high'])}), {chance}."
    )


def measured(compared: Row, rows: dict[str, Row]) -> list[str]:
    """Command, machine and settings; what was not equal; what failed."""
    tuned = [row for name, row in rows.items() if name not in UNTRAINED]
    where = f"{compared['command']}; trainings ended {compared['date']}, on {compared['machine']}"
    said = [f"{where}; base {Path(compared['base']).name}, data {compared['data_hash']}."]
    if tuned:
        memory = "what torch allocated on the GPU" if tuned[0]["on_gpu"] else "the largest resident size of the training's process"
        rates = ", ".join(f"{row['system']} {row['learning_rate']:g}" for row in tuned)
        texts = [(row["system"], row["held_out"]["general"]) for row in tuned if "general" in row["held_out"]]
        general = [f"{name} {general['after'] - general['before']:+.3f}" for name, general in texts]
        said += [
            f"One training each: another seed gives other figures. Steps: {same(tuned, 'steps')}; precision: {same(tuned, 'precision')}.",
            f"Peak memory is {memory}, libraries included.",
            "Stored is what training leaves; shipped is what a vLLM server needs beside the base: the adapter if it is a LoRA, else the "
            "merged model in bf16 (which takes the base's place). Prefixes cannot be served by vLLM.",
            f"The held-out loss is that of the kept checkpoint, before the merge. Learning rates: {rates}.",
            f"Forgetting, as the change of the loss on general text: {', '.join(general)}." if general else "",
        ]
    said.append(f"{QUOTE} is no model: the desk with the entry's own answer where one answers; else it asks back, once, or escalates.")
    said.append(
        "Answers are greedy, from transformers in bf16, and graded as in the scorecard (docs/scorecard.md); intervals are its bootstrap "
        "over FAQ entries."
    )
    for row in tuned:
        if len(row["merge"].get("losses", {})) > 1:
            losses = ", ".join(f"{value:.3f} in the {into} base" for into, value in row["merge"]["losses"].items())
            said.append(f"{row['system']} merged: a loss of {losses}. Asked is the better; an adapter beside a base meets the pristine.")
    failures = [f"{row['system']} failed: {row['error']}" for row in compared["rows"] if "error" in row]
    return [sentence for sentence in said + failures if sentence]


def same(rows: list[Row], key: str) -> str:
    """The value that all rows share, or a warning with each one's."""
    values = {str(row[key]) for row in rows}
    return values.pop() if len(values) == 1 else "NOT EQUAL, " + ", ".join(f"{row['system']} {row[key]}" for row in rows)


def draw(compared: Row, target: Path | io.StringIO) -> None:
    """Two charts side by side: a PNG at a path, or SVG into a buffer."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in with_scores(compared) if "error" not in row][::-1]
    tuned = [row for row in rows if row["system"] not in UNTRAINED]
    with pyplot.rc_context({"svg.hashsalt": "compare"}):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.6), dpi=120)
        for place, row in enumerate(rows):
            score = row["right"]
            colour = "#9a8f7a" if row["system"] in UNTRAINED else "#1f6f69"
            left.barh(place, score["value"], color=colour, height=0.6)
            left.plot([score["low"], score["high"]], [place, place], color="#1c2423", linewidth=1.2)
        left.set_yticks(range(len(rows)), [row["system"] for row in rows])
        left.set(xlim=(0, 1), xlabel="answers that state the facts, with 95 % interval", title="Facts right")
        left.xaxis.set_major_formatter("{x:.0%}")
        for row, marker in zip(tuned[::-1], "osDv^P", strict=False):
            right.scatter(row["peak_gib"], loss(row), s=70, marker=marker, alpha=0.8, label=row["system"])
        right.set(xlabel="peak memory of the training, GiB", ylabel="held-out loss (nats)", title="Memory against loss")
        right.grid(alpha=0.3)
        if tuned:
            right.legend()
        figure.tight_layout()
        named = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # left out: the page has no address of anything
        figure.savefig(target, **({"format": "svg", "metadata": named} if isinstance(target, io.StringIO) else {"format": "png"}))
        pyplot.close(figure)


def write_methods(compared: Row, path: Path) -> None:
    """A page that needs no network and no script."""
    chart = io.StringIO()
    draw(compared, chart)
    svg = Html(chart.getvalue()[chart.getvalue().index("<svg") :])
    heads = [both(english, korean) for english, korean, *_ in COLUMNS]
    said = dict(zip(("quantized", "prompted", "measured"), findings(compared), strict=True))
    write_page(path, "evaluate.report", "methods.jinja", name=compared["name"], heads=heads, rows=table(compared), svg=svg, said=said)


def write_docs(compared: Row, folder: Path) -> None:
    """`compare.md` and `compare.png` in `folder`."""
    folder.mkdir(exist_ok=True)
    draw(compared, folder / "compare.png")
    lines = [
        "# Methods compared · 방법 비교",
        "",
        f"`{compared['command']}` wrote this page.",
        "",
        "| " + " | ".join(f"{english}<br>{korean}" for english, korean, *_ in COLUMNS) + " |",
        "|---" + "|--:" * (len(COLUMNS) - 1) + "|",
        *("| " + " | ".join(line) + " |" for line in table(compared)),
        "",
        "![Facts right by system; peak memory against held-out loss](compare.png)",
    ]
    for english, korean, said in findings(compared):
        lines += ["", f"## {english} · {korean}", "", *(f"* {sentence}" for sentence in said)]
    write_text(folder / "compare.md", "\n".join(lines) + "\n")
