"""Where a run keeps its files. Stages know each other only through these paths."""

from dataclasses import dataclass
from pathlib import Path

EMBEDDED_NAME = "smollm2-135m"
EMBEDDED = {name: Path(".cache/models") / name for name in (EMBEDDED_NAME, "gemma3-270m")}
"""The folders of the models that `model.base` and `encoder` know by name (frontdesk/models/embedded.py)."""
ENCODERS = {name: Path(".cache/models") / name for name in ("all-minilm-l6-v2", "faq-minilm", "multilingual-e5-small")}
"""Of those that only `encoder` knows."""
NAMED = EMBEDDED | ENCODERS
EMBEDDED_MODEL = EMBEDDED[EMBEDDED_NAME]


@dataclass
class Run:
    """The paths of one run, under `runs/NAME/` of the working folder or in a `folder` of its own."""

    name: str
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.root = root = self.folder or Path("runs") / self.name
        self.data = root / "data"
        """Rows of each split, `faq.jsonl`, and `manifest.json`, which is written last."""
        self.manifest = self.data / "manifest.json"
        self.conversations = self.data / "conversations.jsonl"  # whole and masked; none without `data.mask`
        self.faq = self.data / "faq.jsonl"  # the entries that retrieval knows
        self.changes = self.data / "changes.json"  # what changed in the FAQ last (data_tools/changes.py)
        self.vectors = self.data / "vectors.npz"
        """What retrieval knows of their meaning (frontdesk/retrieval/index.py); none without `encoder`."""
        self.store = root / "desk" / "store.db"
        """Conversations, where `desk.database` names no other place. `make clean` leaves it."""
        self.additions = root / "feedback" / "faq_additions.csv"
        """Entries that people accepted at the desk, each with its conversation; read with `data.faq`
        (frontdesk/additions.py)."""
        self.offers = root / "feedback" / "faq_offers.csv"
        """What `make feedback` offers the FAQ, each line with its conversation (data_tools/feedback/faq_gaps.py)."""
        self.decisions = root / "feedback" / "drafts.jsonl"  # what people decided on drafted entries (ui/console/health.py)
        self.health = root / "health"  # what the FAQ lacks and where it contradicts itself: `index.html`, `health.json`
        self.drafts = root / "writer" / "drafts.jsonl"
        """Questions that `data.writer` drafted (data_tools/writer/drafts.py). `make clean` leaves them: they were paid for."""
        self.websites = root / "websites"  # copies of the pages of `data.websites` (data_tools/websites/kept.py)
        self.checkpoints = root / "checkpoints"
        self.adapter = root / "adapter"
        """What training left: a PEFT adapter, or for the method `full` all weights in fp32."""
        self.training = root / "training.json"  # the record of a finished training; written after the adapter
        self.parity = root / "parity.json"  # whether adapter, merged and served model say the same
        self.report = root / "report"
        """The scorecard: `index.html`, `scores.json`, `answers.jsonl`, and answers asked for before."""
        self.scores = self.report / "scores.json"  # the scorecard's numbers and its gate
        self.replay = root / "replay"  # the conversations beside what the desk would have said (evaluate/replay)
        self.model = root / "model"
        """The merged model; `provenance.json` in it is written last and means complete."""
        self.provenance = self.model / "provenance.json"
        self.served = root / "serve/model"
        """The weights that a desk serves: what `make serve` has checked, whatever was trained since."""
        self.versions = root / "versions"  # what was trained and proven, a folder for each (frontdesk/versions.py)
        self.release = root / "release"  # which version is served, and which one is tried (frontdesk/releases.py)
        self.base_settings = root / "serve/base"  # what the engine reads beside the base when it serves adapters
        self.gguf = root / "gguf"  # the merged model for llama.cpp: a folder for each kind, when it is proven (train/export/quantized.py)
        self.int8 = root / "model-w8a8"
        """The merged model in int8 (train/int8.py). `provenance.json` comes last: complete, proven."""
        self.int8_provenance = self.int8 / "provenance.json"
        self.int8_parity = root / "parity-w8a8.json"  # whether the int8 model says what the merged one says

    def rows(self, grounding: str) -> Path:
        """The folder of the rows that are trained: `train.jsonl`, `valid.jsonl`, `valid_wordings.jsonl`."""
        return self.data / "grounded" if grounding == "faq" else self.data
