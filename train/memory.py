"""How much memory a training takes at its peak, and how many operations: derived from the model's shape,
without the model.

What autograd keeps for the backward pass is counted tensor by tensor, as transformers' Llama, PEFT and
bitsandbytes compute it; the count equals what torch saves (tests/train/test_memory.py compares the two), and
docs/memory.md compares the sum with measured peaks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from frontdesk.config.schema import TrainConfig
from train.shapes import Shape

GIB = 2**30

NF4_BYTES = 0.5 + 1 / 64 + 4 / (64 * 256)
"""Of a weight: 4 bits, an 8-bit scale for 64, a 32-bit one for 256 of those (Dettmers et al. 2023)."""
INT8_BYTES = 1.0
IMPORTS = 0.57 * GIB
"""Resident on a CPU once torch, TRL and the others are imported, measured on Linux (docs/memory.md)."""
RUNTIME = 0.25 * GIB
"""What comes to it in training: threads, kernels' buffers, rows, and what malloc keeps back."""
CUDA_CONTEXT = 0.6 * GIB
"""Context and kernels that CUDA, cuBLAS and bitsandbytes load. An assumption, not measured here."""
PART_TOKENS = 1024  # of a batch that go through the model at once on a CPU, unless one row alone is longer
SHARD = 5 * GIB
"""The largest weights file that transformers writes; a file is mapped while its tensors are read."""
TILE_TOKENS, TILE_VOCABULARY = 4096, 32768  # TRL's fused LM head makes logits in tiles of this size


@dataclass(frozen=True)
class Setup:
    """What of a training decides its memory."""

    method: str = "qlora"
    bits: int = 4  # of the frozen weights of qlora
    rank: int = 32
    virtual_tokens: int = 20  # of prefix
    dropout: bool = False
    checkpointing: bool = False
    compute: int = 2  # bytes of a number in the forward pass
    gpu: bool = True
    packed: bool = True  # rows lie end to end, each with an attention of its own (train/trainer/fast/attention.py)
    dequantized: bool = False  # the quantized base was turned back into numbers of `compute` bytes, once

    @property
    def quantized(self) -> bool:
        """Whether the base stays quantized in training."""
        return self.method == "qlora" and not self.dequantized

    @property
    def autocast(self) -> bool:
        """Whether fp32 weights compute in bf16 by autocast: on a GPU, or where all are trained."""
        return self.compute == 2 and (self.gpu or self.method == "full")

    @classmethod
    def from_config(cls, train: TrainConfig, shape: Shape, gpu: bool, compute: int = 2, free: int = 0) -> "Setup":
        """The setup of a config's `train:` section; `compute` is the bytes of a number in the precision that
        was chosen. On a CPU with much `free` memory (bytes) a quantized base is dequantized once,"""
        return cls(
            method=train.method,
            bits=train.bits,
            rank=train.rank,
            virtual_tokens=train.virtual_tokens,
            dropout=train.dropout > 0,
            checkpointing=train.gradient_checkpointing,
            compute=compute,
            gpu=gpu,
            packed=train.packing and train.method != "prefix",
            dequantized=train.method == "qlora" and dequantizes(train, compute * shape.parameters, gpu, free),
        )


def dequantizes(train: TrainConfig, weights: int, gpu: bool, free: int) -> bool:
    """Whether a quantized base of so many bytes in the compute dtype is dequantized: with room for three."""
    return not gpu and weights < free / 3 if train.dequantize_once is None else train.dequantize_once


@dataclass(frozen=True)
class Batch:
    """The largest part of a batch that goes through the model at once."""

    tokens: int  # padding included
    supervised: int  # tokens with a label: those that the LM head sees
    span: int  # tokens of the longest row: what eager attention's scores are wide
    passes: int = 1  # parts and accumulated batches of one optimizer step

    @classmethod
    def largest(cls, rows: Sequence[tuple[int, int]], train: TrainConfig, gpu: bool) -> "Batch":
        """The largest of `rows` of (tokens, supervised): padded unless packed, on a CPU in PART_TOKENS."""
        lengths = sorted((tokens for tokens, _ in rows), reverse=True)
        together = sum(lengths[: train.batch_size]) if train.packing and train.method != "prefix" else train.batch_size * lengths[0]
        limit = together if gpu else max(lengths[0], min(together, PART_TOKENS))
        left, supervised, taken = limit, 0, 0
        for tokens, of_it in sorted(rows, key=lambda row: -row[1]):  # the most that the LM head can see
            if taken < train.batch_size and tokens <= left:
                left, supervised, taken = left - tokens, supervised + of_it, taken + 1
        return cls(limit, supervised, lengths[0], train.gradient_accumulation_steps * -(-together // limit))


@dataclass(frozen=True)
class Memory:
    """Bytes at the peak of a training step, by what holds them; and the peaks before and after training."""

    weights: int
    adapter: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    overhead: int
    loading: int  # overhead included, as in the next
    merge: int

    @property
    def total(self) -> int:
        """The peak of a step."""
        return self.weights + self.adapter + self.gradients + self.optimizer + self.activations + self.logits + self.overhead

    @property
    def peak(self) -> int:
        """What `make train` needs from its beginning to its end."""
        return max(self.total, self.loading, self.merge)


def predict(shape: Shape, setup: Setup, batch: Batch, overhead: int | None = None, merge_bytes: int | None = None) -> Memory:
    """The memory of a training, in bytes. `overhead` is what the process holds besides the model (by default
    IMPORTS and RUNTIME, or CUDA_CONTEXT); `merge_bytes` are those of a number while the adapter is merged (by
    default 4 on a CPU, 2 on a GPU)."""
    if overhead is None:
        overhead = int(CUDA_CONTEXT if setup.gpu else IMPORTS + RUNTIME)
    trained = trained_parameters(shape, setup)
    full = setup.method == "full"
    weights = weight_bytes(shape, setup)
    adapter = 0 if full else 4 * trained
    gradients: float = 4 * trained
    activations = activation_bytes(shape, setup, batch)
    logits = logit_bytes(shape, setup, batch)
    if setup.gpu and batch.passes == 1:
        # Gradients take the place of activations that the same backward pass has freed; on a CPU they did not
        # (docs/memory.md).
        gradients = max(0, gradients - activations - logits)
    numbers = shape.parameters * (merge_bytes or (2 if setup.gpu else 4))
    return Memory(
        weights=int(weights),
        adapter=adapter,
        gradients=int(gradients),
        optimizer=(2 if setup.gpu else 8) * trained,  # AdamW's two moments, in 8 bits on a GPU
        activations=int(activations),
        logits=int(logits),
        overhead=overhead,
        # On a CPU the pages of the mapped file count as well; a GPU gets tensor by tensor.
        loading=int(weights + overhead + (0 if setup.gpu else min(SHARD, 2 * shape.parameters))),
        merge=0 if full or setup.method == "prefix" else int(numbers + adapter + overhead),
    )


def trained_parameters(shape: Shape, setup: Setup) -> int:
    """How many parameters the method trains (see train/methods.py)."""
    if setup.method == "full":
        return shape.parameters
    if setup.method == "prefix":
        return setup.virtual_tokens * shape.layers * 2 * shape.keys
    if setup.method == "adapter":
        return setup.rank * shape.layers * sum(outputs for _, outputs in shape.linears)
    return setup.rank * shape.layers * sum(inputs + outputs for inputs, outputs in shape.linears)


def weight_bytes(shape: Shape, setup: Setup) -> float:
    """Bytes of the base model in training."""
    if setup.method == "full":
        return 4 * shape.parameters
    if not setup.quantized:
        return setup.compute * shape.parameters
    return (NF4_BYTES if setup.bits == 4 else INT8_BYTES) * shape.linear_parameters + setup.compute * shape.other_parameters


def kept_by_layer(shape: Shape, setup: Setup, batch: Batch) -> float:
    """Bytes that autograd keeps of one layer for the backward pass, without gradient checkpointing."""
    h, i, q, s = shape.hidden, shape.intermediate, shape.queries, setup.compute
    own = 2 * h + q + i  # features that go into linear maps: into q, k and v; o; gate and up; down
    each = sum(width for width, _ in shape.linears)  # the same, where each map has a copy of its own
    maps = len(shape.linears)
    low_rank = setup.method in ("qlora", "lora")
    keys = 1 + (setup.virtual_tokens / batch.span if setup.method == "prefix" else 0)  # for each query
    kept: float = 2 * (4 * h + 4)  # both norms keep their input in fp32, and a scale
    kept += 3 * s * i  # SiLU's input, and the two factors of its product with `up`
    kept += s * q * (2 + 2 * keys) + 4 * shape.heads  # queries, output; keys and values, repeated for each head; log-sum-exp
    kept += 0 if setup.packed else s * keys * batch.span  # the mask, in numbers
    if setup.method == "full":
        kept += 2 * h * (4 if setup.autocast else s)  # the gain of each norm has a gradient too
        kept += s * (each if setup.autocast else own)
        kept -= 0 if setup.packed else s * q  # o's input is the attention's output itself, where rows need not be joined
    if low_rank:  # a frozen weight keeps nothing, but A keeps its input and B its own
        kept += s * (each if setup.autocast or setup.dropout else own) + s * maps * setup.rank
        if setup.dropout:
            kept += (1 if setup.gpu else s) * each  # the mask, which is in numbers on a CPU
        elif not setup.autocast and not setup.packed:
            kept -= s * q
    if setup.method == "adapter":
        kept += (s if setup.autocast else 4) * maps * setup.rank  # the sums of an input's shards
    return kept * batch.tokens + cast_bytes(shape, setup)


def cast_bytes(shape: Shape, setup: Setup) -> float:
    """Bytes of a layer's trained weights in the compute type, kept beside those in fp32."""
    if setup.compute == 4 or setup.method == "prefix" or (setup.method == "adapter" and not setup.autocast):
        return 0
    trained = shape.linear_parameters if setup.method == "full" else trained_parameters(shape, setup)
    return setup.compute * trained / shape.layers


def activation_bytes(shape: Shape, setup: Setup, batch: Batch) -> float:
    """Bytes of all layers after the forward pass; with checkpointing, of each layer's input and one layer."""
    layer = kept_by_layer(shape, setup, batch)
    # A quantized weight is decoded for its product, one at a time.
    decoded = setup.compute * max(inputs * outputs for inputs, outputs in shape.linears) if setup.quantized else 0
    if not setup.checkpointing:
        return shape.layers * layer + decoded
    residual = 4 if setup.autocast and setup.method == "full" else setup.compute
    cached = (shape.layers - 1) * cast_bytes(shape, setup) if setup.autocast else 0  # autocast casts a weight once in a forward pass
    return shape.layers * residual * shape.hidden * batch.tokens + layer + cached + decoded


def logit_bytes(shape: Shape, setup: Setup, batch: Batch) -> float:
    """Bytes of the LM head's output in the backward pass."""
    if setup.gpu:  # TRL's fused head: a tile of logits, and the gradients that it sums up in fp32
        tile = min(batch.supervised, TILE_TOKENS) * min(shape.vocabulary, TILE_VOCABULARY) * setup.compute
        head = 4 * shape.vocabulary * shape.hidden if setup.method == "full" else 0
        return tile + 4 * batch.supervised * shape.hidden + head
    return 12 * batch.supervised * shape.vocabulary  # log-probabilities and the gradients before and after them, in fp32


def disk_bytes(parameters: float, method: str) -> float:
    """What a run writes: the merged model and checkpoints."""
    checkpoints = 3 * 12 * parameters if method == "full" else 0  # three, of fp32 weights and AdamW's two moments
    return 2 * parameters + checkpoints + GIB


def flops(shape: Shape, setup: Setup, tokens: int, supervised: int, length: int) -> float:
    """Floating point operations of training on so many tokens in rows of `length`, a multiply-add as two. A
    frozen weight costs one product forward and one backward, for its input; a trained one two backward;
    checkpointing repeats the forward."""
    passes = (3 if setup.method == "full" else 2) + setup.checkpointing
    attention = 4 * shape.queries * shape.layers * length / 2 * (3 + setup.checkpointing)  # causal: half of the scores
    dense = 2 * passes * shape.linear_parameters + attention
    if setup.method != "full":
        dense += 2 * (3 + setup.checkpointing) * trained_parameters(shape, setup)
    return tokens * dense + supervised * 2 * passes * shape.vocabulary * shape.hidden


def cheaper(setup: Setup, batch: Batch) -> Iterator[tuple[str, Setup, Batch]]:
    """Changes that need less memory, the cheapest first: what to write in the config, and what follows."""
    rows = batch.tokens // batch.span
    one_row = replace(batch, tokens=batch.span, supervised=-(-batch.supervised // max(1, rows)), passes=batch.passes * max(1, rows))
    for method in dict.fromkeys((setup.method, "qlora" if setup.method != "prefix" else "prefix")):
        for checkpointing in dict.fromkeys((setup.checkpointing, True)):
            for part in dict.fromkeys((batch, one_row)):
                words = ["train.method: qlora"] * (method != setup.method)
                words += ["train.gradient_checkpointing: true"] * (checkpointing != setup.checkpointing)
                words += [f"train.batch_size: 1 with {rows} times the train.gradient_accumulation_steps"] * (part != batch)
                if words:
                    yield " and ".join(words), replace(setup, method=method, checkpointing=checkpointing, dequantized=False), part
