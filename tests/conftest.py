"""What all tests share: the embedded model and real tokenizers (both from `make setup`), and tiny random models."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import families
from tests.frontdesk.store.postgres import Cluster

ROOT = Path(__file__).parent.parent
UNUSED = [f"<unused{number}>" for number in (*range(99), 99, 1000, 6241)]
LLAMA3_TOKENS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
if "PYTEST_XDIST_WORKER" in os.environ:  # the cores are shared with the other worker
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# `make test` tries the same inputs each time. `make fuzz` draws new ones; what it finds becomes an @example.
hypothesis.settings.register_profile("fixed", derandomize=True, database=None, deadline=None, max_examples=100)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile("fixed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Schedule by group or file where the command says `--dist loadgroup`."""
    from tests.scheduler import GroupOrFile

    return GroupOrFile(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups: they take longest, and the other worker has the files meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """The converted SmolLM2-135M."""
    folder = ROOT / ".cache/models/smollm2-135m"
    assert (folder / "config.json").is_file(), "run `make setup` first"
    return folder


@pytest.fixture(scope="session")
def tiny_llama3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random 2-layer Llama and a byte-level tokenizer that has Llama-3's special tokens (no pad token, as there)."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-llama3")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=LLAMA3_TOKENS)
    tokenizer.train_from_iterator([(ROOT / "examples/faq.en.jsonl").read_text(encoding="utf-8")], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>")
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        bos_token_id=fast.convert_tokens_to_ids("<|begin_of_text|>"),
        eos_token_id=fast.convert_tokens_to_ids("<|end_of_text|>"),
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def real_llama3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Llama 3's real tokenizer and a tiny random Llama."""
    return families.llama(tmp_path_factory.mktemp("real-llama3"), minor=False)


@pytest.fixture(scope="session")
def real_llama31(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of Llama 3.1, 3.2 and 3.3."""
    return families.llama(tmp_path_factory.mktemp("real-llama31"), minor=True)


@pytest.fixture(scope="session")
def real_qwen25(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of Qwen2.5."""
    return families.qwen(tmp_path_factory.mktemp("real-qwen25"), third=False)


@pytest.fixture(scope="session")
def real_qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of Qwen3."""
    return families.qwen(tmp_path_factory.mktemp("real-qwen3"), third=True)


@pytest.fixture(scope="session")
def real_nemo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of Mistral Nemo."""
    return families.mistral(tmp_path_factory.mktemp("real-nemo"), small=False)


@pytest.fixture(scope="session")
def real_mistral(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of Mistral Small 3."""
    return families.mistral(tmp_path_factory.mktemp("real-mistral"), small=True)


@pytest.fixture(scope="session")
def tiny_gemma3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random 3-layer Gemma 3, whose first two layers see 16 tokens back, and a small tokenizer of Gemma's making.

    As in the hub's folders, tokens for HTML tags and line breaks are added but not special, and plain text begins with <bos>.
    """
    import torch
    from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig, GemmaTokenizer

    folder = tmp_path_factory.mktemp("tiny-gemma3")
    first = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]", *UNUSED[:99], "<start_of_turn>", "<end_of_turn>"]
    special = [*first, *UNUSED[99:], "<start_of_image>", "<end_of_image>", "<image_soft_token>"]
    plain = [
        *("\n" * length for length in range(1, 6)),
        *("\t" * length for length in range(1, 4)),
        "<b>",
        "</b>",
        "<s>",
        "</s>",
        "<table>",
    ]
    letters = Tokenizer(models.BPE())
    letters.normalizer = normalizers.Replace(" ", "▁")
    letters.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    taken = [*special, *plain, *(f"<0x{byte:02X}>" for byte in range(256))]
    texts = [(ROOT / "examples" / name).read_text(encoding="utf-8") for name in ("faq.en.jsonl", "faq.ko.csv")]
    letters.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=2500, special_tokens=taken, show_progress=False))
    model = json.loads(letters.to_str())["model"]
    tokenizer = GemmaTokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
    tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in special], special_tokens=True)
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in plain])
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    tokenizer.chat_template = families.own_template("gemma3")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        query_pre_attn_scalar=32,
        max_position_embeddings=8192,
        sliding_window=16,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        tie_word_embeddings=True,
    )
    Gemma3ForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    server = Cluster()
    yield server
    server.remove()
