"""The console command `jppnet`: one subcommand for each job.

This module loads neither TensorFlow nor numpy nor absl, so that `jppnet --help` answers at once.
"""

import difflib
import importlib
import sys
import typing
from collections.abc import Sequence

COMMANDS = {
    "infer": "Predicts parsing and pose in photographs and videos.",
    "train": "Trains a network on LIP, or on anything in its layout.",
    "evaluate": "Scores parsing and pose by the rules of LIP's benchmark.",
    "convert": "Converts weights from one kind of file to another.",
    "export": "Exports a network for other programs, and compares the result with Keras.",
    "figures": "Renders clothed people with labels and joints, as a data set like LIP, or COCO.",
    "import-ccp": "Makes a data set in LIP's layout of the photographs of Clothing Co-Parsing.",
    "import-hf": "Makes a data set in LIP's layout of parquet files of the Hugging Face hub.",
    "paste-people": "Pastes people of photographs before other backgrounds: a data set like COCO.",
    "cut-people": "Cuts people out of a data set of several, to train on in LIP's layout.",
    "submit": "Packs predictions of LIP's test split as the challenge takes them.",
    "benchmark": "Measures this package on this machine.",
}
"""Each command, and what it does: the first line of its module, `jppnet_tf.commands.<name>`."""


def main(arguments: Sequence[str] | None = None) -> typing.NoReturn:
    """Runs the command that the first word names, and exits with its status.

    Args:
        arguments: the words of the command line; None takes this process's.
    """
    first, *others = (sys.argv[1:] if arguments is None else arguments) or [""]
    if first in ("-h", "-help", "--help"):
        print(describe_commands())
        sys.exit(0)
    if first in ("-version", "--version"):
        from jppnet_tf import __version__

        print(f"jppnet_tf {__version__}")
        sys.exit(0)
    if first not in COMMANDS:
        print(f"error: {refuse(first)}", file=sys.stderr)
        sys.exit(2)
    from jppnet_tf.commands import cli

    module = importlib.import_module(f"jppnet_tf.commands.{first.replace('-', '_')}")
    cli.run(typing.cast(cli.Body, module), others)


def describe_commands() -> str:
    """The help of `jppnet`."""
    width = max(map(len, COMMANDS))
    return "\n".join(
        [
            "Human parsing and pose: jppnet COMMAND [FLAGS] [ARGUMENTS]",
            "",
            *(f"  {name:{width}}  {what}" for name, what in COMMANDS.items()),
            "",
            "jppnet COMMAND --help describes a command and its flags; jppnet --version prints the "
            "version.",
        ]
    )


def refuse(word: str) -> str:
    """What is wrong with a word that is not a command."""
    known = ", ".join(COMMANDS)
    if not word:
        return f"name a command: {known}; jppnet --help describes them"
    if word.startswith("-"):
        return f"{word!r} is not a command; name one of them first: {known}"
    near = difflib.get_close_matches(word.lower(), COMMANDS)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"there is no command {word!r}; {meant}There are: {known}"
