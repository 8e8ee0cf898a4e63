"""What makes two wordings the same question: a projection of the encoder's vectors, learned by contrast.

Two texts of one FAQ entry are drawn near each other and away from those of all others in the batch (InfoNCE, van den Oord et al. 2018),
with half of the numbers of each vector dropped at random (as SimCSE does, Gao et al. 2021), so that a few hundred entries are not
learned by heart. It starts as the whitening (frontdesk/retrieval.py) and takes seconds, since the vectors are at hand. On the demo's
held-out wordings it raises the share whose entry is found first from 0.66 to 0.76, with a decoder's states alone (docs/experiments.md).
"""

from typing import TYPE_CHECKING

from frontdesk.retrieval import Whitening, split, whitening

if TYPE_CHECKING:
    import numpy as np

STEPS = 800
BATCH = 256
RATE = 1e-3
TEMPERATURE = 0.1
DROPOUT = 0.5


def learn(vectors: "np.ndarray", owner: "np.ndarray", seed: int, widths: tuple[int, ...] = ()) -> Whitening:
    """From vectors [n, size] of texts and the entry (0, 1, …) that each belongs to; the whitening alone where no entry has two.

    `widths`: the sizes of the parts of a vector that are each learned for themselves (see `Whitening`).
    """
    import numpy as np
    import torch

    if len(widths) > 1:
        parts = [learn(part, owner, seed) for part in split(vectors, widths)]
        matrix = torch.block_diag(*(torch.from_numpy(part.matrix) for part in parts)).numpy()
        return Whitening(np.concatenate([part.mean for part in parts]), matrix, widths)
    white = whitening(vectors, owner)
    groups = [places for number in range(int(owner.max()) + 1) if len(places := np.flatnonzero(owner == number)) > 1]
    if len(groups) < 2:
        return white
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    texts = torch.from_numpy((vectors - white.mean) @ white.matrix)
    projection = torch.eye(texts.shape[1], requires_grad=True)
    optimizer = torch.optim.AdamW([projection], lr=RATE, weight_decay=0)
    for _ in range(STEPS):
        chosen = rng.choice(len(groups), min(BATCH, len(groups)), replace=False)
        pairs = torch.from_numpy(np.array([rng.choice(groups[number], 2, replace=False) for number in chosen]))
        kept = (torch.rand(2, len(chosen), texts.shape[1], generator=generator) >= DROPOUT) / (1 - DROPOUT)
        one, other = (torch.nn.functional.normalize((texts[pairs[:, side]] * kept[side]) @ projection, dim=1) for side in (0, 1))
        alike, same = one @ other.T / TEMPERATURE, torch.arange(len(chosen))
        loss = torch.nn.functional.cross_entropy(alike, same) + torch.nn.functional.cross_entropy(alike.T, same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Whitening(white.mean, (white.matrix @ projection.detach().numpy()).astype(np.float32))
