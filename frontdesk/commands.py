"""The command line of every stage. `frontdesk NAME …` and `python -m MODULE …` take the same arguments.

No stage is imported here, and nothing heavy, so that help and completion come at once.

    python -m frontdesk.commands      prints the help of all commands as Markdown
"""

import argparse
import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from frontdesk.models.methods import METHODS

GIB = 2**30
UNITS = {"": GIB, "b": 1, "kib": 2**10, "mib": 2**20, "gib": GIB, "tib": 2**40}
UNITS |= {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
COMPARED = ("qlora", "qlora8", "lora", "full", "adapter", "prefix")
"""What `frontdesk compare` trains; evaluate/compare.py says with which settings."""

GGUF_KINDS = ("f16", "q8_0", "q4_k_m")  # train/export/llama_cpp.py has llama.cpp's numbers for them
RELEASES = ("status", "shadow", "canary", "ab", "promote", "rollback")

SHELLS = ("bash", "zsh", "fish")

Parser = argparse.ArgumentParser
RAW = argparse.RawDescriptionHelpFormatter


class Command(NamedTuple):
    """A stage as a command: its module, its line in the list, and what adds its arguments to a parser."""

    module: str
    summary: str
    add: Callable[[Parser], None]


def arguments(name: str) -> argparse.Namespace:
    """What the command line says, for the `main` of a stage. Ends the process with 2 where it is wrong."""
    command = COMMANDS[name]
    parser = Parser(prog=f"python -m {command.module}", description=docstring(command.module), formatter_class=RAW)
    command.add(parser)
    return parser.parse_args()


def server_arguments(module: str, description: str | None) -> argparse.Namespace:
    """`config` and `port` (None: the config's), for a server that is no command of its own: `python -m MODULE CONFIG`."""
    parser = Parser(prog=f"python -m {module}", description=description, formatter_class=RAW)
    _config(parser)
    parser.add_argument("--port", type=port, help="where to listen, instead of the config's port: several on one machine")
    return parser.parse_args()


def whole_parser() -> Parser:
    """The command line of `frontdesk` with all its commands."""
    whole = Parser(prog="frontdesk", description=docstring("frontdesk"), formatter_class=RAW)
    version = importlib.metadata.version("frontdesk")
    whole.add_argument("--version", action="version", version=f"frontdesk {version}")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    spelled = {f"python -m {command.module}": f"frontdesk {name}" for name, command in COMMANDS.items()}
    for name, command in COMMANDS.items():
        text = re.sub(r"python -m [\w.]+", lambda found: spelled.get(found[0], found[0]), docstring(command.module))
        command.add(commands.add_parser(name, help=command.summary, description=text, formatter_class=RAW))
    completion = commands.add_parser("completion", help="print what lets your shell complete these commands")
    completion.add_argument("shell", choices=SHELLS)
    return whole


def docstring(module: str) -> str:
    """What a module says of itself, read from its file: an import would bring all that the stage needs."""
    package, *rest = module.split(".")
    found = importlib.util.find_spec(package)
    assert found and found.origin, f"{package} is not installed"
    place = Path(found.origin).parent.joinpath(*rest)
    file = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
    return file.read_text(encoding="utf-8").split('"""', 2)[1]


def markdown() -> str:
    """The help of all commands, for the documentation."""
    os.environ["COLUMNS"] = "100"
    return "\n".join(f"## {one.prog}\n\n```text\n{one.format_help()}```\n" for one in _with_subcommands(whole_parser()))


def _with_subcommands(parser: Parser) -> Iterator[Parser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _with_subcommands(one)


def size(text: str) -> int:
    """Bytes of "24GiB", "24 GB" or "24" (GiB)."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-zA-Z]*)\s*", text)
    if not found or found[2].lower() not in UNITS:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a number and a unit, such as 24GiB or 24GB")
    return int(float(found[1]) * UNITS[found[2].lower()])


def seconds(text: str) -> float:
    """A time, more than none."""
    if not re.fullmatch(r"\d+(?:\.\d+)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected seconds, such as 45")
    return float(text)


def port(text: str) -> int:
    """Of TCP."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a port from 1 to 65535")
    return int(text)


def share(text: str) -> float:
    """A part of all, more than none."""
    if not re.fullmatch(r"0?\.\d+|1(?:\.0*)?", text) or float(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a share above 0 and up to 1, such as 0.05")
    return float(text)


def column(text: str) -> tuple[str, str]:
    """Field and header of "text=Message"."""
    field, equals, header = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected FIELD=HEADER, such as text=Message")
    return field, header


def yaml_files(prefix: str, **_: object) -> list[str]:
    """What a shell offers where a config is expected: YAML files, and folders, which may hold some."""
    head, slash, begun = prefix.rpartition("/")
    folder = head + slash
    found = sorted(path for path in Path(folder).glob("*") if path.name.startswith(begun))
    names = (f"{path.name}/" if path.is_dir() else path.name for path in found if path.is_dir() or path.suffix in (".yaml", ".yml"))
    return [folder + name for name in names]


def _config(parser: Parser, name: str = "config", **options: Any) -> None:
    """The config as an argument, or as the option `name`."""
    action = parser.add_argument(name, **{"help": "the run's YAML file, such as configs/demo.yaml"} | options)
    action.completer = yaml_files  # type: ignore[attr-defined]


def _data(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--strict", action="store_true", help="stop at the first broken record")
    parser.add_argument("--rows", action="store_true", help="the rows of a training too, where another run's model serves without one")
    workers = "processes that mask and clean; the result is the same"
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help=workers)


def _evaluate(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--baseline", help="a run's folder, or a scorecard's: list what got better and worse, question by question")
    parser.add_argument("--faq", help="a run's folder: ask about its FAQ, which this model was not trained on; only readers are asked")


def _compare(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--methods", nargs="+", choices=COMPARED, default=list(COMPARED), metavar="METHOD", help=", ".join(COMPARED))
    parser.add_argument("--epochs", type=float, help="of every method, instead of the config's train.epochs")
    parser.add_argument("--docs", action="store_true", help="write docs/compare.md and docs/compare.png too")


def _replay(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--all", action="store_true", help="every conversation, also those that the desk learned from")
    reply = "an agent's time for a reply; without it as measured, where the logs have times, else 60"
    parser.add_argument("--seconds-per-reply", type=seconds, metavar="SECONDS", help=reply)


def _engine(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--host", default="127.0.0.1", help="the address of this machine that desks reach (%(default)s)")
    parser.add_argument("--port", type=int, default=8100, help="(%(default)s)")


def _keys(parser: Parser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="create | list | revoke")
    new = actions.add_parser("create", help="make a key and print it")
    new.add_argument("--name", required=True, help="whose it is; agents' names stand over their replies")
    new.add_argument("--role", required=True, help="customer or agent or admin")
    new.add_argument("--rate", type=int, help="requests a minute; no limit without it")
    new.add_argument("--concurrency", type=int, help="requests at once; no limit without it")
    old = actions.add_parser("revoke", help="refuse a key from now on")
    old.add_argument("name")
    for action in (new, old, actions.add_parser("list", help="names, roles and limits; never the keys")):
        _config(action, "--config", default="configs/demo.yaml", help="the run's YAML file (%(default)s)")


def _forget(parser: Parser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--customer", metavar="ID", help="remove this customer and all their conversations")
    what.add_argument("--conversation", metavar="ID", help="remove this conversation")
    what.add_argument("--expired", action="store_true", help="remove what is older than desk.retention_days")
    _config(parser, "--config", required=True)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _release(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("action", choices=RELEASES)
    parser.add_argument("version", nargs="?", help="the candidate, or else the newest, without it")
    parser.add_argument("--share", type=share, help="of the conversations: of a canary 0.05, of ab 0.5")


def _retrain(parser: Parser) -> None:
    _config(parser)
    parser.add_argument("--because", choices=("forgotten",), required=True, help="only where something was forgotten since")


def _read(parser: Parser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    agent = "who is an agent; `*` stands for anything; repeatable"
    parser.add_argument("--agent", action="append", default=[], metavar="NAME", help=agent)
    header = "a table's column: conversation, role, name, text, time; repeatable"
    parser.add_argument("--column", "-c", type=column, action="append", default=[], metavar="FIELD=HEADER", help=header)
    parser.add_argument("--strict", action="store_true", help="stop at the first broken record")


def _plan(parser: Parser) -> None:
    parser.add_argument("--model", help="a size such as 8B or 70B, an embedded model, a folder or a config.json")
    _config(parser, "--config", help="a run's YAML file, whose settings are taken where no option names others")
    parser.add_argument("--method", choices=METHODS)
    parser.add_argument("--bits", type=int, choices=(4, 8), help="of qlora's frozen weights")
    parser.add_argument("--rank", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--gradient-accumulation-steps", type=int)
    parser.add_argument("--length", type=int, dest="max_length", help="tokens of a row")
    parser.add_argument("--gradient-checkpointing", action=argparse.BooleanOptionalAction)
    supervised = "share of the tokens that are trained on (%(default).2f)"
    parser.add_argument("--supervised", type=float, default=1 / 3, help=supervised)  # as in customer service rows
    parser.add_argument("--memory", type=size, help="what there is, such as 24GiB: say whether it fits")
    parser.add_argument("--cpu", action="store_true", help="train on a CPU instead of one GPU")
    parser.add_argument("--tflops", type=float, help="what the device does in a second, to estimate the time")
    parser.add_argument("--tokens", type=float, help="of all training rows, to estimate the time; needs --tflops")
    parser.add_argument("--epochs", type=float)


def _export(parser: Parser) -> None:
    _config(parser)
    kinds = f"GGUF files for llama.cpp and Ollama, one or several of {', '.join(GGUF_KINDS)}"
    parser.add_argument("--gguf", nargs="+", choices=GGUF_KINDS, metavar="KIND", help=kinds)
    parser.add_argument("--hub", metavar="FOLDER", help="a folder to push to a model hub, with a model card; FOLDER is made")


def _doctor(parser: Parser) -> None:
    _config(parser, nargs="?", default="configs/demo.yaml", help="the run's YAML file (%(default)s)")
    parser.add_argument("--offline", action="store_true", help="do not ask the Hugging Face hub")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the same as data, for a bug report")
    form.add_argument("--summary", action="store_true", help="one paragraph")


def _pii(parser: Parser) -> None:
    parser.add_argument("labelled", nargs="?", type=Path, help="labelled texts as JSON lines; the package's own without it")
    parser.add_argument("--errors", action="store_true", help="list every miss and every false alarm")


COMMANDS = {
    "data": Command("data_tools", "read the FAQ and chat logs, mask them, write training rows", _data),
    "train": Command("train", "train, merge, and prove that the served model matches it", _config),
    "eval": Command("evaluate", "the scorecard: facts right, wrong, invented; escalations", _evaluate),
    "compare": Command("evaluate.compare", "train every method with equal data and steps; one table", _compare),
    "replay": Command("evaluate.replay", "what the desk would have said in real conversations, beside the agents", _replay),
    "serve": Command("serve", "the API, the chat page and the agents' console", _config),
    "engine": Command("serve.engine", "one engine by itself, for desks on other machines", _engine),
    "feedback": Command("data_tools.feedback", "find what the desk's conversations could teach the bot", _config),
    "health": Command("data_tools.health", "contradictions and gaps of the FAQ, with drafted entries", _config),
    "release": Command("serve.release", "try a new version beside the served one, serve it, or go back", _release),
    "keys": Command("serve.keys", "make, list and revoke keys to the API and the console", _keys),
    "forget": Command("serve.forget", "remove a customer, a conversation, or what has expired", _forget),
    "retrain": Command("train.retrain", "train again without what was forgotten, and prove that it is", _retrain),
    "update": Command("data_tools.update", "read the FAQ again while the desk is open", _config),
    "read": Command("data_tools.read", "print the conversations of chat exports, as they were spoken", _read),
    "plan": Command("train.plan", "memory and time of a training, before it is started", _plan),
    "doctor": Command("train.doctor", "what this machine is, what it can train and serve, what is missing", _doctor),
    "int8": Command("train.int8", "int8 weights of a trained model, proven against it", _config),
    "export": Command("train.export", "the proven model as GGUF files, or as a folder for a model hub", _export),
    "pii": Command("data_tools.pii", "recall and precision of the masking on labelled texts", _pii),
}


if __name__ == "__main__":
    print(markdown(), end="")
