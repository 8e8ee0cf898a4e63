"""Where a run keeps its files. Stages know each other only through these paths."""

from dataclasses import dataclass
from pathlib import Path

EMBEDDED_NAME = "smollm2-135m"
EMBEDDED = {name: Path(".cache/models") / name for name in (EMBEDDED_NAME, "gemma3-270m")}
"""The folders of the models that `model.base` and `encoder` know by name; frontdesk/models/embedded.py makes them."""
ENCODERS = {name: Path(".cache/models") / name for name in ("all-minilm-l6-v2", "multilingual-e5-small")}
"""Of those that only `encoder` knows."""
NAMED = EMBEDDED | ENCODERS
EMBEDDED_MODEL = EMBEDDED[EMBEDDED_NAME]


@dataclass(frozen=True)
class Run:
    """The paths of one run, under `runs/NAME/` of the working folder or in a `folder` of its own."""

    name: str
    folder: Path | None = None

    @property
    def root(self) -> Path:
        return self.folder or Path("runs") / self.name

    @property
    def data(self) -> Path:
        """Rows of each split, `faq.jsonl`, and `manifest.json`, which is written last."""
        return self.root / "data"

    def rows(self, grounding: str) -> Path:
        """The folder of the rows that are trained: `train.jsonl`, `valid.jsonl`, `valid_wordings.jsonl`."""
        return self.data / "grounded" if grounding == "faq" else self.data

    @property
    def manifest(self) -> Path:
        return self.data / "manifest.json"

    @property
    def faq(self) -> Path:
        """The entries that retrieval knows."""
        return self.data / "faq.jsonl"

    @property
    def vectors(self) -> Path:
        """What retrieval knows of their meaning (frontdesk/retrieval/index.py); none without `encoder`."""
        return self.data / "vectors.npz"

    @property
    def store(self) -> Path:
        """Conversations, where `desk.database` names no other place. `make clean` leaves it."""
        return self.root / "desk" / "store.db"

    @property
    def additions(self) -> Path:
        """What `make feedback` offers the FAQ, each line with the conversation that it comes from (data_tools/feedback/faq_gaps.py)."""
        return self.root / "feedback" / "faq_additions.csv"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def adapter(self) -> Path:
        """What training left: a PEFT adapter, or for the method `full` all weights in fp32."""
        return self.root / "adapter"

    @property
    def training(self) -> Path:
        """The record of a finished training; written after the adapter."""
        return self.root / "training.json"

    @property
    def parity(self) -> Path:
        """Whether adapter, merged and served model say the same."""
        return self.root / "parity.json"

    @property
    def report(self) -> Path:
        """The scorecard: `index.html`, `scores.json`, `answers.jsonl`, and the answers that were asked for before."""
        return self.root / "report"

    @property
    def scores(self) -> Path:
        """The scorecard's numbers and its gate."""
        return self.report / "scores.json"

    @property
    def model(self) -> Path:
        """The merged model; `provenance.json` in it is written last and means complete."""
        return self.root / "model"

    @property
    def provenance(self) -> Path:
        return self.model / "provenance.json"

    @property
    def served(self) -> Path:
        """The weights that a desk serves: those that `make serve` has checked, whatever `make train` has made since."""
        return self.root / "serve/model"

    @property
    def int8(self) -> Path:
        """The merged model in int8 (train/int8.py); `provenance.json` in it is written last and means complete and proven."""
        return self.root / "model-w8a8"

    @property
    def int8_provenance(self) -> Path:
        return self.int8 / "provenance.json"

    @property
    def int8_parity(self) -> Path:
        """Whether the int8 model says what the merged one says."""
        return self.root / "parity-w8a8.json"
