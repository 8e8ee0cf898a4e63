"""The comparison as a table on the terminal, a page for people, and a chapter of the docs, all from compare.json's record."""

import io
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from evaluate.stats.intervals import sign_test
from frontdesk.files import write_text

Record = dict[str, Any]
Section = tuple[str, str, list[str]]
"""A heading in English and Korean, and its sentences."""

NONE = "–"
COLUMNS: list[tuple[str, str, str, Callable[[Record], str]]] = [
    ("system", "시스템", "label", lambda row: str(row["label"])),
    ("trainable parameters", "학습 파라미터", "trainable_parameters", lambda row: f"{row['trainable_parameters'] / 1e6:.2f} M"),
    ("peak memory", "최대 메모리", "peak_gib", lambda row: f"{row['peak_gib']:.2f} GiB"),
    ("tokens/s", "초당 토큰", "tokens_per_second", lambda row: f"{row['tokens_per_second']:,}"),
    ("bytes to store", "저장 크기", "bytes_stored", lambda row: megabytes(row["bytes_stored"])),
    ("bytes to ship", "배포 크기", "bytes_shipped", lambda row: megabytes(row["bytes_shipped"]) if row["bytes_shipped"] else "not served"),
    ("held-out loss", "평가 손실", "held_out", lambda row: f"{loss(row):.3f}"),
    ("facts right", "맞힌 답", "right", lambda row: f"{row['right']} of {row['of']}, {row['right'] / row['of']:.0%}"),
    ("95 % interval", "95 % 구간", "interval", lambda row: "{:.0%} to {:.0%}".format(*row["interval"])),
]
TITLE = ("Methods compared", "방법 비교")
STYLE = """
:root { color-scheme: light }
body { max-width: 62rem; margin: 3rem auto; padding: 0 1.5rem; color: #1c2423; background: #fbfaf7 }
body { font: 15px/1.55 system-ui, "Noto Sans KR", sans-serif }
h1 { font-size: 2rem; margin: 0 } h2 { font-size: 1.3rem; margin: 2rem 0 .5rem }
[lang=ko] { color: #5d6967; font-size: .85em; font-weight: 400 }
figure, .scroll { margin: 1.5rem 0; padding: .5rem; border: 1px solid #e3e0d8; border-radius: 12px; background: #fff; overflow-x: auto }
svg { width: 100%; height: auto }
table { width: 100%; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums }
th, td { padding: .45rem .6rem; text-align: right; vertical-align: bottom }
td { white-space: nowrap } th:first-child, td:first-child { text-align: left }
th [lang=ko] { display: block } tr + tr > * { border-top: 1px solid #e3e0d8 } code { font-size: .9em }
"""


def cells(row: Record) -> list[str]:
    """A system's line of the table; what it does not have is a dash."""
    out = [show(row) if key in row else NONE for *_, key, show in COLUMNS]
    return [*out[:-2], "failed", NONE] if "error" in row else out


def loss(row: Record) -> float:
    """The loss of the first held-out set (wordings of trained entries, where there are any), in nats."""
    return float(next(iter(row["held_out"].values()))["after"])


def megabytes(number: int) -> str:
    """Bytes for people."""
    return f"{number / 1e6:.1f} MB"


def text(record: Record) -> str:
    """Table and findings for a terminal."""
    lines = [[english for english, *_ in COLUMNS], *(cells(row) for row in record["systems"])]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    table = [
        "  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    return "\n".join(["", *table, *(f"\n{heading}\n  " + "\n  ".join(said) for heading, _, said in findings(record)), ""])


def findings(record: Record) -> list[Section]:
    """What the figures say, in sentences."""
    rows = {row["system"]: row for row in record["systems"] if "error" not in row}
    return [
        ("LoRA against QLoRA", "LoRA와 QLoRA", quantized(rows)),
        ("Fine-tuning against prompting", "파인튜닝과 프롬프트", prompted(record, rows)),
        ("How it was measured", "측정 방법", measured(record, rows)),
    ]


def quantized(rows: dict[str, Record]) -> list[str]:
    """QLoRA's figures beside LoRA's."""
    if "lora" not in rows or not rows.keys() & {"qlora", "qlora8"}:
        return ["Not compared: it takes both."]
    lora, said = rows["lora"], []
    for name in ("qlora", "qlora8"):
        if name in rows:
            one = rows[name]
            memory, speed = (one[key] / lora[key] - 1 for key in ("peak_gib", "tokens_per_second"))
            said.append(
                f"{one['label']} peaked at {one['peak_gib']:.2f} GiB where LoRA took {lora['peak_gib']:.2f} ({memory:+.0%}), "
                f"trained {one['tokens_per_second']:,} tokens/s against {lora['tokens_per_second']:,} ({speed:+.0%}), "
                f"and ended at a held-out loss of {loss(one):.3f} against {loss(lora):.3f} ({loss(one) - loss(lora):+.3f}). "
                + paired(one, lora)
            )
    return [
        *said,
        "Quantizing saves memory on the frozen weights alone: the larger the base, the more of the peak they are. Decoding "
        "them at every product takes time.",
    ]


def prompted(record: Record, rows: dict[str, Record]) -> list[str]:
    """The run's own method, or the first that there is, beside the best prompt for the untuned base."""
    ways = [row for row in rows.values() if row["kind"] == "prompt"]
    tuned = rows.get(record["own"]) or next((row for row in rows.values() if row["kind"] == "tuned"), None)
    if tuned is None:
        return ["Not compared: no training ended."]
    costs = ", ".join(f"{row['prompt_tokens']} {row['system']}" for row in ways)
    return [
        paired(tuned, max(ways, key=lambda row: row["right"])),
        f"Tokens of a prompt, which every question pays: {costs}; {tuned['prompt_tokens']} tuned.",
        "No prompt of the untuned base here holds the fact that is asked for: examples show how the desk answers, and steps how to find an "
        "answer, but what the base has never read it can only guess. A larger base would use such prompts better, and with the FAQ in the "
        f"prompt it could read the fact: these rows judge {Path(record['base']).name}, not prompting.",
    ]


def paired(one: Record, other: Record) -> str:
    """Two systems on the same questions, and whether the difference is more than chance."""
    flags = [(a["right"], b["right"]) for a, b in zip(one["answers"], other["answers"], strict=True)]
    first, second = flags.count((True, False)), flags.count((False, True))
    p = sign_test(first, second)
    verdict = "more than chance" if p < 0.05 else "chance alone may do that"
    return (
        f"Facts right of {one['of']}: {one['label']} {one['right']}, {other['label']} {other['right']}; {first} that only the former gets "
        f"right, {second} that only the latter (sign test, p {'< 0.001' if p < 0.001 else f'= {p:.3f}'}: {verdict})."
    )


def measured(record: Record, rows: dict[str, Record]) -> list[str]:
    """Command, machine and settings; what was not equal; what failed."""
    tuned = [row for row in rows.values() if row["kind"] == "tuned"]
    where = f"{record['command']}; trainings ended {record['date']}, on {record['machine']}"
    said = [f"{where}; base {Path(record['base']).name}, data {record['data_hash']}."]
    if tuned:
        memory = "what torch allocated on the GPU" if tuned[0]["on_gpu"] else "the largest resident size of the training's process"
        rates = ", ".join(f"{row['label']} {row['learning_rate']:g}" for row in tuned)
        general = [f"{row['label']} {change:+.3f}" for row in tuned if (change := forgotten(row)) is not None]
        said += [
            f"One training each: another seed gives other figures. Steps: {same(tuned, 'steps')}; precision: {same(tuned, 'precision')}.",
            f"Peak memory is {memory}, libraries included.",
            "Stored is what training leaves; shipped is what a vLLM server needs beside the base: the adapter if it is a LoRA, else the "
            "merged model in bf16 (which takes the base's place). Prefixes cannot be served by vLLM.",
            f"The held-out loss is that of the kept checkpoint, before the merge. Learning rates: {rates}.",
            f"Forgetting, as the change of the loss on general text: {', '.join(general)}." if general else "",
        ]
    said.append(
        "Answers are greedy, from transformers in bf16; right is one that states all facts of its FAQ entry. Intervals are Wilson's."
    )
    for row in tuned:
        if len(row["merge"].get("losses", {})) > 1:
            losses = ", ".join(f"{value:.3f} in the {into} base" for into, value in row["merge"]["losses"].items())
            said.append(f"{row['label']} merged: a loss of {losses}. Asked is the better; an adapter beside a base meets the pristine.")
    failures = [f"{row['label']} failed: {row['error']}" for row in record["systems"] if "error" in row]
    return [sentence for sentence in said + failures if sentence]


def same(rows: list[Record], key: str) -> str:
    """The value that all rows share, or a warning with each one's."""
    values = {str(row[key]) for row in rows}
    return values.pop() if len(values) == 1 else "NOT EQUAL, " + ", ".join(f"{row['label']} {row[key]}" for row in rows)


def forgotten(row: Record) -> float | None:
    """By how much the loss on general text rose."""
    general = row["held_out"].get("general")
    return general["after"] - general["before"] if general else None


def draw(record: Record, target: Path | io.StringIO) -> None:
    """Two charts side by side: facts right by system, and peak memory against held-out loss. A PNG at a path, or SVG into a buffer."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in record["systems"] if "error" not in row][::-1]
    tuned = [row for row in rows if row["kind"] == "tuned"]
    with pyplot.rc_context({"svg.hashsalt": "compare"}):
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.6), dpi=120)
        for place, row in enumerate(rows):
            low, high = row["interval"]
            colour = "#1f6f69" if row["kind"] == "tuned" else "#9a8f7a"
            left.barh(place, row["right"] / row["of"], color=colour, height=0.6)
            left.plot([low, high], [place, place], color="#1c2423", linewidth=1.2)
        left.set_yticks(range(len(rows)), [row["label"] for row in rows])
        left.set(xlim=(0, 1), xlabel="answers that state the facts, with 95 % interval", title="Facts right")
        left.xaxis.set_major_formatter("{x:.0%}")
        for row, marker in zip(tuned[::-1], "osDv^P", strict=False):
            right.scatter(row["peak_gib"], loss(row), s=70, marker=marker, alpha=0.8, label=row["label"])
        right.set(xlabel="peak memory of the training, GiB", ylabel="held-out loss (nats)", title="Memory against loss")
        right.grid(alpha=0.3)
        if tuned:
            right.legend()
        figure.tight_layout()
        named = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # left out: the page has no address of anything
        figure.savefig(target, **({"format": "svg", "metadata": named} if isinstance(target, io.StringIO) else {"format": "png"}))
        pyplot.close(figure)


def write_page(record: Record, target: Path) -> None:
    """A page that needs no network and no script."""
    chart = io.StringIO()
    draw(record, chart)
    svg = chart.getvalue()[chart.getvalue().index("<svg") :]
    head = "".join(f"<th>{english} <span lang=ko>{korean}</span></th>" for english, korean, *_ in COLUMNS)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells(row)) + "</tr>" for row in record["systems"])
    sections = "".join(
        f"<h2>{english} <span lang=ko>{korean}</span></h2>" + "".join(f"<p>{escape(sentence)}</p>" for sentence in said)
        for english, korean, said in findings(record)
    )
    english, korean = TITLE
    title = f"{escape(record['name'])}: {english}"
    write_text(
        target,
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title>"
        f"<style>{STYLE}</style><h1>{title} <span lang=ko>{korean}</span></h1>"
        f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<figure role=img aria-label='Facts right by system; peak memory against held-out loss'>{svg}</figure>{sections}</html>\n",
    )


def write_docs(record: Record, folder: Path) -> None:
    """`compare.md` and `compare.png` in `folder`."""
    folder.mkdir(exist_ok=True)
    draw(record, folder / "compare.png")
    lines = [
        f"# {' · '.join(TITLE)}",
        "",
        f"`{record['command']}` wrote this page.",
        "",
        "| " + " | ".join(f"{english}<br>{korean}" for english, korean, *_ in COLUMNS) + " |",
        "|---" + "|--:" * (len(COLUMNS) - 1) + "|",
        *("| " + " | ".join(cells(row)) + " |" for row in record["systems"]),
        "",
        "![Facts right by system; peak memory against held-out loss](compare.png)",
    ]
    for english, korean, said in findings(record):
        lines += ["", f"## {english} · {korean}", "", *(f"* {sentence}" for sentence in said)]
    write_text(folder / "compare.md", "\n".join(lines) + "\n")
