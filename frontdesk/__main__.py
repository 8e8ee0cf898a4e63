"""One command for the whole desk; `frontdesk COMMAND --help` says more of each.

    frontdesk data configs/demo.yaml
    frontdesk train configs/demo.yaml
    frontdesk serve configs/demo.yaml

Exit codes: 0 done; 2 a mistake that you can correct, in one line; 1 a program that was started failed,
or a threshold was missed. Completion: `source <(frontdesk completion bash)`, for zsh likewise, and for fish
`frontdesk completion fish | source`.
"""

import runpy
import sys

import argcomplete

from frontdesk.commands import COMMANDS, whole_parser


def main() -> None:
    """Run the stage that the first word names, as `python -m` would."""
    whole = whole_parser()
    argcomplete.autocomplete(whole)
    asked = whole.parse_args()
    if asked.command == "completion":
        print(argcomplete.shellcode(["frontdesk"], shell=asked.shell))  # type: ignore[attr-defined, no-untyped-call]
        return
    sys.argv = [f"frontdesk {asked.command}", *sys.argv[2:]]
    runpy.run_module(COMMANDS[asked.command].module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
