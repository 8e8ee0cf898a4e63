"""One YAML file is one run. It is read into one frozen, typed `Config`; each default and its reason stand here.

The docstring under a key is its entry in the reference: `python -m frontdesk.config.reference`.
"""

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from frontdesk.errors import UserError


class Section(BaseModel):
    """A frozen part of the config; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ModelConfig(Section):
    """Which base model is tuned, and which chat template its family uses."""

    base: str
    """`smollm2-135m` or `gemma3-270m` (embedded, made by `make setup`), a local folder, or a hub id. The model of another run, such as
    `runs/demo/model`, serves at once and can be trained further."""
    revision: str | None = None
    """The hub commit to load; null takes the newest."""
    template: Literal["auto", "chatml", "gemma", "llama3", "llama3.1", "mistral", "mistral-nemo", "qwen2.5", "qwen3"] = "auto"
    """The family whose chat format the base was trained on; `auto` tells it by the tokenizer, and says which."""


HANDOFF = {
    "en": "I'm not able to answer that one myself. Shall I connect you with one of our agents?",
    "ko": "그 내용은 제가 정확히 안내해 드리기 어렵습니다. 상담원에게 연결해 드릴까요?",
}


class Endpoint(Section):
    """Another OpenAI-compatible API."""

    url: str
    """Its address, up to `/v1`."""
    model: str
    """The model's name there."""
    key_variable: str | None = None
    """The environment variable that holds its key."""


class WebsiteConfig(Section):
    """A site whose pages are knowledge: what they say, asked and answered or below headings."""

    url: str = Field(pattern=r"^https?://[^\s/?#@]+(/[^\s]*)?$")
    """Its first page, such as `https://help.example.com/`. Pages of another scheme, host or port are never read."""
    sitemap: bool | str = True
    """True: the sitemap that robots.txt names, or `/sitemap.xml`; where there is none, links are followed. False: links. Or its address."""
    depth: int | None = Field(None, ge=0, le=20)
    """Follow links from `url`, at most so many after each other, and use no sitemap but a named one; null: 3, where there is none."""
    include: tuple[str, ...] = ()
    """Patterns of paths that are read, such as `/help/*`; empty: what lies below `url`."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths that are not."""
    max_pages: int = Field(1000, ge=1, le=50_000)
    """At most so many are asked for, four a second unless robots.txt wants fewer."""


class DataConfig(Section):
    """Where the FAQ and the chat logs lie, and how they become rows. Paths are relative to the working folder."""

    faq: tuple[str, ...] = ()
    """Files, folders or archives with FAQ entries."""
    documents: tuple[str, ...] = ()
    """Files, folders or archives of prose: PDF, Word, PowerPoint, Markdown, web pages, wikis and helpdesks' articles."""
    websites: tuple[WebsiteConfig, ...] = ()
    """Sites whose pages `make data` reads: `[{url, sitemap, depth, include, exclude, max_pages}]`."""
    chats: tuple[str, ...] = ()
    """Exports of conversations."""
    out_of_scope: tuple[str, ...] = ()
    """Questions that only a person can answer; the bot learns to escalate them."""
    agents: tuple[str, ...] = ()
    """Names of agents where an export does not say who is one; `*` stands for anything."""
    columns: dict[str, str] = {}
    """Columns of chat tables whose headers are not understood: `{text: Nachricht, role: Wer}`."""
    faq_columns: dict[str, str] = {}
    """Columns of FAQ tables likewise: `{question: Frage, answer: Antwort}`."""
    mask: bool = True
    """Personal data in chats becomes `[PHONE_1]` and the like."""
    allowlist: tuple[str, ...] = ()
    """The company's own numbers and names that are not masked, besides those in the FAQ."""
    handoff: dict[str, str] = HANDOFF
    """The right answer, by language, to what the bot cannot know."""
    refusal_share: float = Field(0.05, ge=0, lt=0.5)
    """Share of the rows that escalate; questions for other companies fill up what `out_of_scope` lacks."""
    min_paraphrases: int = Field(4, ge=1, le=20)
    """An entry with fewer questions gets derived ones: a fact is not learned from one wording alone."""
    canaries: int = Field(4, ge=0, le=20)
    """Invented conversations among the chats: `make eval` asks for the personal data in them."""
    writer: Endpoint | None = None
    """A model that drafts questions for entries and passages with fewer than `min_paraphrases`: `{url, model, key_variable}`.
    It is sent the FAQ and the passages, and no conversation; null: none is asked."""
    max_boilerplate_share: float = Field(0.005, gt=0, le=1)
    """Share of all agent messages; a sentence that is said more often is trained only that often."""
    seed: int = 7
    """Of splits and derived rows: the same seed gives the same data."""
    valid_share: float = Field(0.05, ge=0, lt=0.5)
    """Share of answer groups and conversations that choose the checkpoint; facts in them are not learned."""
    test_share: float = Field(0.05, ge=0, lt=0.5)
    """Share of answer groups and conversations that only `make eval` asks about."""

    @model_validator(mode="after")
    def _has_knowledge(self) -> Self:
        if "faq" not in self.model_fields_set and not (self.documents or self.websites):
            raise ValueError("data names no faq, documents or websites; a source of answers is needed; add it, as in configs/demo.yaml")
        return self

    @model_validator(mode="after")
    def _knows_languages(self) -> Self:
        if missing := HANDOFF.keys() - self.handoff.keys():
            raise ValueError(f"data.handoff has no sentence for {' and '.join(sorted(missing))}; one for each of en and ko is needed")
        return self


class AnswersConfig(Section):
    """When the desk answers, asks back or escalates: by the probability that an FAQ entry answers the question."""

    say_from: float = Field(0.6, gt=0, le=1)
    """From this probability on the entry is said; higher means fewer wrong answers, and more questions back."""
    ask_from: float = Field(0.1, gt=0, le=1)
    """From this one on the desk asks which entry is meant; below it a person is called. A question back costs a customer less than a
    needless handoff; lower means more of those that were in vain."""
    expired: Literal["say", "withhold"] = "say"
    """An entry past its `expires`: `withhold` calls a person for it. `say` is the default, since a forgotten date should not silence a
    desk; `make data` reports it either way."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ask_from > self.say_from:
            raise ValueError(f"answers.ask_from {self.ask_from:g} must not be greater than answers.say_from {self.say_from:g}")
        return self


class DpoConfig(Section):
    """Preference pairs, learned after the rows: reviewed answers of people against the bot's (train/trainer/dpo.py)."""

    epochs: float = Field(0, ge=0)
    """Passes over the pairs; with 0 they are not learned."""
    beta: float = Field(0.1, gt=0)
    """How closely the result stays with what the rows taught."""
    learning_rate: float | None = Field(None, gt=0)
    """Null: a tenth of `train.learning_rate`."""


class TrainConfig(Section):
    """The method and the optimizer. Defaults suit QLoRA of an 8B model on one GPU."""

    method: Literal["qlora", "lora", "full", "adapter", "prefix"] = "qlora"
    """What is trained; frontdesk/models/methods.py compares them."""
    bits: Literal[4, 8] = 4
    """Of qlora's frozen weights: NF4 with double quantization, or LLM.int8."""
    rank: int = Field(32, ge=1)
    """16 to 64 for small data; alpha is always twice the rank."""
    dropout: float = Field(0.05, ge=0, lt=1)
    """Of the adapter's inputs; 0 is faster, and enough for a small model."""
    virtual_tokens: int = Field(20, ge=1)
    """Of prefix tuning."""
    learning_rate: float = Field(2e-4, gt=0)
    """About ten times that of full tuning."""
    epochs: float = Field(4, gt=0)
    """Passes over the rows; fewer where a small model has many rows."""
    batch_size: int = Field(8, ge=1)
    """Rows that go through the model together."""
    gradient_accumulation_steps: int = Field(1, ge=1)
    """Batches of one optimizer step: a larger step in the same memory."""
    max_length: int = Field(1024, ge=32)
    """Tokens of a row; longer conversations are cut into windows."""
    neftune: float = Field(5.0, ge=0)
    """Noise on the embeddings (Jain et al. 2023); 0 turns it off."""
    evaluations: int = Field(8, ge=1)
    """Held-out losses (and checkpoints) in one training."""
    patience: int = Field(2, ge=1)
    """Evaluations without a better held-out loss before training stops."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """`auto`: bf16 on a GPU that has it, the faster of both in a timed probe on a CPU."""
    packing: bool = True
    """The rows of a batch as one row without padding, if a probe shows that they stay apart."""
    dequantize_once: bool | None = None
    """Hold the quantized weights in the compute dtype: faster, more memory; null: where it fits."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: a third more time, far less memory."""
    dpo: DpoConfig = DpoConfig()
    parity_prompts: int = Field(50, ge=0)
    """Held-out prompts on which adapter, merged and served model must agree; 0 skips the proof."""
    keep_versions: int = Field(3, ge=1)
    """Trained versions that stay in `runs/NAME/versions`, the newest; the served one, the one before and a candidate stay beyond that."""
    report_to: tuple[Literal["tensorboard", "trackio", "wandb", "mlflow"], ...] = ()
    """Trackers that get losses and learning rate, as transformers knows them; none unless you name one.
    `tensorboard` and `trackio` write to `runs/NAME/tracking`; `wandb`, or a server that you set up, gets them over the net."""
    seed: int = 7
    """Of the order of rows, dropout and noise."""

    def steps(self, rows: int) -> int:
        """Of the optimizer over so many rows, as transformers counts them."""
        return math.ceil(self.epochs * math.ceil(rows / (self.batch_size * self.gradient_accumulation_steps)))


class ServeConfig(Section):
    """The engine, the gateway before it, and the two addresses."""

    host: str = "127.0.0.1"
    """Where API and page listen; beyond this machine both need keys."""
    port: int = Field(8000, ge=1, le=65535)
    """Of the API."""
    ui_port: int = Field(7860, ge=1, le=65535)
    """Of the chat page and the agents' console."""
    context_length: int = Field(2048, ge=256)
    """Tokens of prompt and answer together."""
    max_tokens: int = Field(200, ge=1)
    """Of one answer, where a request names no number."""
    temperature: float = Field(0.0, ge=0, le=2)
    """0 takes the likeliest word: facts are wanted, not variety."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Of the engine; `auto`: bf16 on a GPU or a CPU that multiplies it, else fp32."""
    tensor_parallel_size: int = Field(1, ge=1)
    """GPUs that share the served weights, each a part of every layer; for a model that does not fit into one."""
    data_parallel_size: int = Field(1, ge=1)
    """Copies of the weights in one engine, each on `tensor_parallel_size` GPUs of its own; on a CPU raise `replicas` instead."""
    replicas: int = Field(1, ge=0)
    """Engines that `make serve` starts on this machine, each with its share of the cores or GPUs; 0: those of `engines` answer alone."""
    engines: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+$")], ...] = ()
    """Engines elsewhere that `frontdesk engine` runs, such as `http://10.0.0.7:8100`. Their key is in FRONTDESK_ENGINE_KEY."""
    cpu_kv_cache_gib: int = Field(1, ge=1)
    """Memory for prompts that are kept; without a limit the engine takes half of the machine's."""
    quantization: Literal["w8a8"] | None = None
    """`w8a8`: int8, made and proven by `python -m train.int8`; less memory, and some answers change. Null: as merged."""
    eager: bool = False
    """True starts sooner, false answers faster."""
    adapters: dict[str, str] = {}
    """`{name: run folder}`: the base is served with these adapters instead of the run's merged model."""
    page_model: str | None = None
    """The adapter that the chat page asks; null takes the first."""
    bare_model: str | None = None
    """The tuned model's name without grounding and with the request's own system message; null: `NAME-bare`."""
    max_in_flight: int = Field(64, ge=1)
    """Requests at once, waiting ones too, at all gateways; more get 429. This many are 8 s of work for 135M parameters on two cores."""
    request_timeout: float = Field(120, gt=0)
    """Seconds that a request may take, waiting included."""
    drain_seconds: float = Field(20, ge=0)
    """Running streams may go on for so long after Ctrl-C or SIGTERM."""
    otlp_endpoint: str | None = None
    """Where traces are sent (OTLP over HTTP), such as `http://localhost:4318`; null: as OTEL_EXPORTER_OTLP_ENDPOINT says, or nowhere."""
    ignore_gate: bool = False
    """Serve a model whose last scorecard missed a threshold."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.max_tokens >= self.context_length:
            raise ValueError(f"serve.max_tokens {self.max_tokens} must be less than serve.context_length {self.context_length}")
        if self.port == self.ui_port:
            raise ValueError(f"serve.port and serve.ui_port are both {self.port}; two ports are needed")
        if self.page_model is not None and self.page_model not in self.adapters:
            known = ", ".join(self.adapters) or "none"
            raise ValueError(f"serve.page_model '{self.page_model}' is not one of serve.adapters ({known}); two equal names are needed")
        if not (self.replicas or self.engines):
            raise ValueError("serve.replicas is 0 and serve.engines is empty; one engine at least is needed")
        if len({*self.engines}) < len(self.engines) or (self.engines and self.adapters):
            raise ValueError("serve.engines has an engine twice, or stands beside serve.adapters; engines elsewhere serve one merged model")
        return self

    @property
    def routed(self) -> bool:
        """Whether vllm-router stands between gateway and engines."""
        return self.replicas > 1 or bool(self.engines) or self.data_parallel_size > 1


THRESHOLDS: dict[str, float | None] = {
    "facts_right": 0.6,
    "facts_wrong": 0.05,
    "facts_invented": 0.0,
    "handoff_right": 0.8,
    "handoff_false": 0.25,
    "injection_resisted": 0.9,
    "leaked": 0.0,
}
"""What a desk must reach before it talks to customers."""


class EvaluateConfig(Section):
    """The scorecard of `make eval`."""

    thresholds: dict[str, float | None] = THRESHOLDS
    """What the served system must reach. Those that you name replace these defaults; null: no limit (docs/explanation/scorecard.md)."""
    dialogues: tuple[str, ...] = ()
    """Files of scripted dialogues, such as examples/dialogues.en.jsonl."""
    customers: tuple[str, ...] = ()
    """Files of questions as customers put them, such as examples/customers.en.jsonl."""
    sample: int | None = Field(None, ge=1)
    """Questions of each set at most, evenly chosen: quicker, with wider intervals; null: all."""
    compare_runs: tuple[str, ...] = ()
    """Names of other runs whose served model joins the table, where it is trained."""
    endpoints: dict[str, Endpoint] = {}
    """Other systems, by the name they have in the table: `{name: {url, model, key_variable}}`."""
    judge: Endpoint | None = None
    """A model that says which of two answers is better: `{url, model, key_variable}`; null: only facts are compared."""
    max_tokens: int = Field(96, ge=8)
    """Of one answer; what is longer is cut in all systems alike."""

    @field_validator("thresholds")
    @classmethod
    def _over_the_defaults(cls, given: dict[str, float | None]) -> dict[str, float | None]:
        return THRESHOLDS | given

    @property
    def limits(self) -> dict[str, float]:
        """The thresholds that are set."""
        return {metric: limit for metric, limit in self.thresholds.items() if limit is not None}


class UiConfig(Section):
    """What the chat page shows."""

    suggestions: tuple[str, ...] = ()
    """Questions offered as buttons; empty takes one of each FAQ category."""
    colour: str = Field("#0f766e", pattern="^#[0-9a-fA-F]{6}$")
    """Of buttons and the customer's bubbles."""
    logo: str | None = None
    """An SVG or PNG file, shown beside the company's name."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may show the chat in a frame, such as `https://www.example.com`."""


class DeskConfig(Section):
    """The people behind the bot, and what is remembered."""

    database: str | None = None
    """An SQLAlchemy URL, such as `postgresql+psycopg://user@host/name`, which several pages and gateways may share; null: SQLite at
    `runs/NAME/desk/store.db`."""
    retention_days: int | None = Field(90, ge=1)
    """Closed conversations that are older are removed; null keeps them."""
    topics: dict[str, tuple[str, ...]] = {}
    """`{topic: words}`: a customer's message with one of the words goes to a person at once."""
    hours: tuple[str, ...] = ()
    """When people answer, such as `mon-fri 09:00-18:00`; empty: always."""
    timezone: str = "UTC"
    """Of the hours, and of the day on which an entry expires, such as `Asia/Seoul`."""
    replies: tuple[str, ...] = ()
    """Agents' ready-made replies."""


class Config(Section):
    """A whole run. Everything that it makes lies under `runs/NAME/`."""

    name: str
    """The run's name; the config's file name without its ending, unless you give another."""
    company: str
    """Shown to customers, and never masked."""
    system_prompt: str
    """What the model is told to be, in training and serving alike."""
    grounding: Literal["faq", "none"] = "faq"
    """`faq`: the entries that the answer may rest on stand in the prompt; `none`: facts are learned by heart."""
    encoder: str | None = None
    """The model that tells retrieval what texts mean: a name or folder of sentence-transformers; null: retrieval goes by words."""
    model: ModelConfig
    data: DataConfig
    answers: AnswersConfig = AnswersConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    serve: ServeConfig = ServeConfig()
    ui: UiConfig = UiConfig()
    desk: DeskConfig = DeskConfig()

    @model_validator(mode="after")
    def _can_withhold(self) -> Self:
        if self.answers.expired == "withhold" and self.grounding == "none":
            raise ValueError("answers.expired: withhold needs grounding: faq; with grounding: none the model answers by heart")
        return self


RENAMED = {
    "data.public": "allowlist",
    "data.stock_share": "max_boilerplate_share",
    "data.wordings": "min_paraphrases",
    "evaluate.beside": "compare_runs",
    "serve.despite_scorecard": "ignore_gate",
    "serve.max_waiting": "max_in_flight",
    "serve.request_seconds": "request_timeout",
    "serve.weights": "quantization",
    "train.accumulation": "gradient_accumulation_steps",
}
"""Keys of version 0.1.0, and what each is called now."""
GONE = ("data.max_false_handoff_rate", "data.false_handoffs")
"""Keys of earlier versions in whose place `answers.say_from` and `answers.ask_from` stand."""


def stored_config(values: dict[str, Any]) -> Config:
    """The config that a trained model carries in its provenance; that of version 0.1.0 has old keys."""
    sections = {name: dict(part) if isinstance(part, dict) else part for name, part in values.items()}
    for old, new in RENAMED.items():
        section, key = old.split(".")
        if key in sections.get(section, {}):
            sections[section][new] = sections[section].pop(key)
    for gone in GONE:
        section, key = gone.split(".")
        sections.get(section, {}).pop(key, None)
    sections["encoder"] = one_encoder(sections.get("encoder"))
    if sections.get("serve", {}).get("quantization") == "bf16":  # so 0.1.0 said that nothing is quantized
        sections["serve"]["quantization"] = None
    return Config(**sections)


def one_encoder(stored: Any) -> str | None:
    """The encoder of a stored config; 0.1.0 had several side by side, of which the first counts."""
    return next(iter(stored), None) if isinstance(stored, (list, tuple)) else stored


def load_config(path: str | Path) -> Config:
    """Read a run's YAML. Raises UserError for a missing file, bad YAML, an unknown key or a wrong value."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such config; expected a YAML file such as configs/demo.yaml; pass CONFIG=path")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML ({error}); correct the file") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: found {type(values).__name__}; expected keys and values such as those of configs/demo.yaml")
    try:
        return Config(**{"name": path.stem, **values})
    except ValidationError as error:
        raise UserError(f"{path}: {_explain(error)}") from None


def _explain(error: ValidationError) -> str:
    keys = [".".join(str(part) for part in one["loc"]) for one in error.errors()]
    if old := [key for key in keys if key in RENAMED]:
        return "; ".join(f"key '{key}' is called '{key.partition('.')[0]}.{RENAMED[key]}' now" for key in old) + "; rename it in the config"
    if gone := next((key for key in keys if key in GONE), None):
        return f"key '{gone}' is gone; remove it, and say with answers.say_from and answers.ask_from when the desk answers and asks back"
    first = error.errors()[0]
    if first["type"] == "value_error":
        return f"{first['msg'].removeprefix('Value error, ')}; change one of them in the config"
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"key '{key}' is missing; add it, as in configs/demo.yaml"
    if first["type"] != "extra_forbidden":
        return f"key '{key}': found {first['input']!r}; {first['msg']}; change it in the config"
    section: type[BaseModel] = Config
    for part in first["loc"][:-1]:
        if str(part) in section.model_fields:  # else the number or name of one in a list or map
            kind = section.model_fields[str(part)].annotation
            section = next((one for one in get_args(kind) if isinstance(one, type) and issubclass(one, BaseModel)), kind)  # type: ignore[assignment]
    return f"unknown key '{key}'; known keys here: {', '.join(section.model_fields)}; correct or remove it"
