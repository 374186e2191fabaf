"""What the commands share: flags, exit statuses, errors on one line."""

import contextlib
import errno
import inspect
import io
import os
import re
import signal
import sys
import tempfile
import typing
from collections.abc import Callable, Iterator, Sequence

from absl import flags

from jppnet_tf.system.errors import InputError

HELP = re.compile(r"--?(h|help|helpshort|helpfull|\?)(=.*)?")
"""The words that ask for help."""
TRACEBACK = "--traceback"
"""The word that asks for the whole of an error."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
"""What writing to a file that is open already fails with, and without its name."""


class Body(typing.Protocol):
    """A module that does the work of one command; its docstring is the command's help text.

    Attributes:
        FLAGS: the command's flags. They are its own, not absl's global ones, so that several
            commands fit into one process.
        main: function of the positional arguments, or of nothing if the command takes none. It
            returns the exit status; None counts as 0.
    """

    FLAGS: flags.FlagValues
    main: Callable[..., int | None]


def run(body: Body, arguments: Sequence[str] | None = None) -> typing.NoReturn:
    """Makes a command the work of this process, and exits with the command's status.

    Args:
        body: the command.
        arguments: the words of the command line; None takes this process's.
    """
    _open_streams()
    # A terminated program tidies up as one that failed does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        status = call(body, sys.argv[1:] if arguments is None else arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 128 + signal.SIGPIPE
    sys.exit(status)


def _open_streams():
    """Lets anything be printed: to closed streams nothing, and what they cannot write escaped."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def call(body: Body, arguments: Sequence[str]) -> int:
    """Runs a command in this process, as often as you like: flags start from their defaults.

    Returns:
        The exit status: what `main` returns; 2 for wrong flags, for an InputError, and for an
        OSError that is about a file or a full disk, printed on one line; 130 for Ctrl-C; 0 for
        --help. Other exceptions are defects, and pass; with --traceback, all of them do.
    """
    shows_all = TRACEBACK in arguments
    arguments = [word for word in arguments if word != TRACEBACK]
    if any(HELP.fullmatch(word) for word in arguments):
        print(describe(body))
        return 0
    try:
        words = parse(body, arguments)
    except flags.Error as error:
        print(f"error: {error}; --help lists the flags", file=sys.stderr)
        return 2
    try:
        return (body.main(words) if _takes_words(body) else body.main()) or 0
    except BrokenPipeError:
        raise
    except (InputError, OSError) as error:
        if shows_all or not _is_the_users(error):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _is_the_users(error):
    """Whether an error is about what was given, and not a defect of ours."""
    if isinstance(error, InputError):
        return True
    return error.filename is not None or error.errno in _FULL


def describe(body: Body) -> str:
    """A command's help: its docstring, then its flags."""
    _, _, listed = body.FLAGS.module_help(body).strip().partition("\n")  # without the module's name
    last = f"  {TRACEBACK}: Show the whole of an error, for reports."
    return f"{body.__doc__}\nflags:\n{listed}\n{last}"


def parse(body: Body, arguments: Sequence[str]) -> list[str]:
    """Sets a command's flags from a command line; flags that it lacks get their defaults.

    Returns:
        The positional arguments.

    Raises:
        flags.Error: a flag is unknown, missing or out of range, or an argument is unexpected.
    """
    for name in body.FLAGS:
        body.FLAGS[name].unparse()
    words = body.FLAGS(["", *arguments])[1:]
    if words and not _takes_words(body):
        raise flags.Error(f"unexpected argument {words[0]!r}")
    return words


def _takes_words(body: Body) -> bool:
    return bool(inspect.signature(body.main).parameters)


def parse_numbers(flag: str, words: Sequence[str] | None) -> list[float] | None:
    """The numbers of a list flag; None if it was not given.

    Raises:
        InputError: a word is not a number; the message names `flag`.
    """
    if words is None:
        return None
    try:
        return [float(word) for word in words]
    except ValueError:
        raise InputError(f"{flag}: numbers with commas between, not {words}") from None


PREDICTING = (
    "scales", "mirror", "fast", "subpixel", "precision", "backend", "convolution", "fallback",
    "batch",
)  # fmt: skip
"""The flags of `define_predicting_flags`."""


def define_predicting_flags(values: flags.FlagValues, module: str) -> None:
    """Defines the flags that decide how a network looks at images; see `read_predicting_flags`.

    Args:
        values: where to define them.
        module: name of the module whose help lists them.
    """
    flags.DEFINE_list(
        "scales",
        None,
        "Factors on the input size, which the weights state; without it, the original's: "
        "1,0.75,1.25 of JPPNet, 1 of the others.",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "mirror",
        None,
        "Look at the mirror image too; without it, of JPPNet only.",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "fast",
        False,
        "Look once: short for --scales 1 --nomirror. Faster, with other results.",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "subpixel",
        False,
        "Joints between the cells of the heatmaps too: closer than the original's.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "precision",
        "float32",
        ["float32", "bfloat16", "float16"],
        "What the network computes in; float32 is the original's.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "backend",
        "tensorflow",
        ["tensorflow", "openvino"],
        "What computes the network: openvino is faster on CPUs, and a package of its own.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "convolution",
        "direct",
        ["direct", "fast"],
        "fast takes fewer multiplications and more memory, for nearly the same numbers; "
        "TensorFlow in float32 only.",
        flag_values=values,
    )
    flags.DEFINE_bool(
        "fallback",
        False,
        "If this machine lacks --backend or --precision, go on without, and say so.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "batch",
        None,
        "Images per call of the network; without it, 1 on CPUs and 8 on GPUs.",
        lower_bound=1,
        flag_values=values,
    )
    for name in PREDICTING:
        values.register_key_flag_for_module(module, values[name])


def read_predicting_flags(values: flags.FlagValues) -> dict[str, typing.Any]:
    """What those flags say, as arguments of Predictor. Loads TensorFlow.

    Prints to stderr what it falls back from.

    Raises:
        InputError: flags do not go together, or this machine lacks what they ask for.
    """
    given = {name: values[name].value for name in PREDICTING}
    given["scales"] = parse_numbers("--scales", given["scales"])
    if given.pop("fast"):
        if given["scales"] is not None or given["mirror"] is not None:
            raise InputError("--fast is --scales 1 --nomirror: give either")
        given |= {"scales": (1,), "mirror": False}
    load_tensorflow()
    from jppnet_tf.inference import backends

    if given.pop("fallback"):
        given["backend"], given["precision"], reasons = backends.fall_back(
            str(given["backend"]), str(given["precision"])
        )
        for reason in reasons:
            print(
                f"falling back to {given['backend']}, {given['precision']}: {reason}",
                file=sys.stderr,
            )
    return given


def name_weights(weights: str) -> str:
    """What results call their weights: the name of the file or folder."""
    from jppnet_tf.weights import presets

    return os.path.basename(os.path.abspath(presets.locate(weights)))


def load_tensorflow() -> None:
    """Imports TensorFlow without what it prints about the machine on every start.

    Newer versions print some of it before they look at TF_CPP_MIN_LOG_LEVEL, from C++: so the
    standard error stream itself points elsewhere meanwhile. If the import fails, all is shown.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            printed.seek(0)
            os.write(stream, printed.read())
            raise
        finally:
            os.dup2(stream, 2)
            os.close(stream)


@contextlib.contextmanager
def show_progress(unit: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function of (how many are done, of how many) that draws a bar.

    Args:
        unit: what is counted.
    """
    from tqdm import tqdm

    with contextlib.ExitStack() as stack:
        bars: list[tqdm] = []

        def show(done, total):
            if not bars:  # not before there is something to show: an error would follow a bar
                bars.append(stack.enter_context(tqdm(total=total, unit=unit)))
            bars[0].update(done - bars[0].n)

        yield show
