"""Tunes all-minilm-l6-v2 for FAQs; the result is frontdesk/models/faq_minilm.safetensors, which `make setup` merges.

    python -m bench.encoder --intents train.csv --held-out held_out_intents.txt

Texts that ask the same, and a question and its answer, are drawn together, away from the other entries of the
same company and from other intents (InfoNCE, van den Oord et al. 2018): the invented companies of this project,
and people's questions by intent, a CSV with the columns text and category, such as banking77 (Casanueva et al.
2020). Half of the questions are made as they might be heard or typed in haste. A LoRA (Hu et al. 2022) of rank 16
holds what is learned. Intents in `--held-out` are not trained; what the encoder does on them is printed before
and after.
"""

import argparse
import csv
import random
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from peft import LoraConfig
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from torch.nn.functional import cross_entropy, normalize

from data_tools.rows.synthetic_faqs import for_encoder
from frontdesk.config.run import NAMED
from frontdesk.models.embedded import FAQ_LORA
from frontdesk.terminal import track

if TYPE_CHECKING:
    from torch import Tensor

STEPS, RATE, WARMUP, TEMPERATURE, RANK = 120, 4e-4, 20, 0.05, 16
COMPANIES, INTENTS = 4, 24  # in a batch
FILLERS = ["um", "uh", "like", "you know", "so", "well", "hi", "hello", "please", "i was wondering", "can you tell me", "okay", "yeah"]
Intents = dict[str, list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.encoder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--intents", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    held_out, intents = set(args.held_out.read_text().split()), read(args.intents)
    trained = {name: texts for name, texts in intents.items() if name not in held_out}
    torch.manual_seed(args.seed)
    model = SentenceTransformer(str(NAMED["all-minilm-l6-v2"]), device="cpu", local_files_only=True)
    others = {name: texts for name, texts in intents.items() if name in held_out}
    print(f"{len(trained)} intents trained, {len(others)} held out: nearest intent right {accuracy(model, others):.3f}")
    model.add_adapter(LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=["query", "key", "value", "dense"]))
    learn(model, trained, random.Random(args.seed))
    print(f"after: {accuracy(model, others):.3f}")
    save_file({name: value.half().contiguous() for name, value in model.get_adapter_state_dict().items()}, FAQ_LORA)


def read(path: Path) -> Intents:
    """The texts of each category."""
    found: Intents = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["category"]].append(row["text"])
    return dict(found)


def learn(model: SentenceTransformer, intents: Intents, rng: random.Random) -> None:
    """Tune the adapter; the learning rate rises, then falls to 0."""
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad], lr=RATE, weight_decay=0.01)
    model.train()
    for step in track(range(STEPS), "tuning", STEPS, "steps"):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * (1 - step / STEPS)
        asked, meant = zip(*batch(intents, rng), strict=True)
        loss = contrastive_loss(encode(model, asked), encode(model, meant))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()


def batch(intents: Intents, rng: random.Random) -> list[tuple[str, str]]:
    """Pairs: a question and a text that it should be near to, the answer, another wording, or both."""
    pairs = []
    for company in rng.sample(for_encoder("en"), COMPANIES):
        for entry in company.entries:
            asked, other = rng.sample(entry.questions, 2)
            kind = rng.random()
            pairs.append((heard(asked, rng), entry.answers[0] if kind < 0.35 else other if kind < 0.5 else f"{other} {entry.answers[0]}"))
    for name in rng.sample(sorted(intents), INTENTS):
        asked, other = rng.sample(intents[name], 2)
        pairs.append((heard(asked, rng), other))
    return pairs


def heard(text: str, rng: random.Random) -> str:
    """Half of the time the text as it is; else without marks, with fillers, slips and missing words."""
    if rng.random() < 0.5:
        return text
    words = re.sub(r"[^\w\s']", "", text.lower()).split()
    for _ in range(rng.randint(0, 3)):
        words.insert(rng.randint(0, len(words)), rng.choice(FILLERS))
    return " ".join(slip for word in words if (slip := _slip(word, rng))) or text


def _slip(word: str, rng: random.Random) -> str:
    """The word; or with two letters changed over, or one missing; or nothing."""
    chance = rng.random()
    if chance < 0.06 and len(word) > 3:
        place = rng.randrange(len(word) - 1)
        return word[:place] + (word[place + 1] + word[place] if chance < 0.03 else "") + word[place + (2 if chance < 0.03 else 1) :]
    return "" if 0.06 <= chance < 0.08 else word


def encode(model: SentenceTransformer, texts: tuple[str, ...]) -> "Tensor":
    """Unit vectors with gradients: [texts, size]."""
    features = model.preprocess(list(texts))
    return normalize(model(features)["sentence_embedding"], dim=1)


def contrastive_loss(one: "Tensor", other: "Tensor") -> "Tensor":
    """InfoNCE in both directions for unit vectors [batch, size], row i of one side beside row i of the other."""
    similarity, same = one @ other.T / TEMPERATURE, torch.arange(len(one))
    loss: Tensor = cross_entropy(similarity, same) + cross_entropy(similarity.T, same)
    return loss


def accuracy(model: SentenceTransformer, intents: Intents) -> float:
    """Share of questions, ten of each intent, whose nearest centroid of ten others is their own intent's."""
    names = sorted(intents)
    known = np.stack([model.encode(intents[name][:10], normalize_embeddings=True, show_progress_bar=False).mean(axis=0) for name in names])
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    asked = [model.encode(intents[name][20:30], normalize_embeddings=True, show_progress_bar=False) for name in names]
    return float(np.mean([(vectors @ known.T).argmax(axis=1) == place for place, vectors in enumerate(asked)]))


if __name__ == "__main__":
    main()
