"""What the programs in `tools/` share: flags, exit statuses, errors on one line."""

import os
import re
import signal
import sys
import tempfile

from absl import app, flags

from jppnet_tf.system.errors import InputError


def run(main, positional=False):
    """Parses the flags, runs `main` and exits.

    The exit status is what `main` returns (None counts as 0); 2 for wrong flags and for an
    InputError or OSError, told on one line; 130 for Ctrl-C; 0 for --help. (`absl.app.run`
    exits with 1 for wrong flags and for --help alike.)

    Args:
        main: function of no argument, or of the list of positional arguments.
        positional: whether the program takes positional arguments.
    """
    # A terminated program tidies up as one that failed does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    arguments = _parse(sys.argv, positional)
    try:
        status = main(arguments) if positional else main()
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = 130
    sys.exit(status)


def parse_numbers(flag, words):
    """The numbers of a list flag: list of float, or None if it was not given.

    Raises:
        InputError: a word is no number; the message names `flag`.
    """
    if words is None:
        return None
    try:
        return [float(word) for word in words]
    except ValueError:
        raise InputError(f"{flag}: numbers with commas between, not {words}") from None


PREDICTING = (
    "scales", "mirror", "fast", "subpixel", "precision", "backend", "fallback", "batch",
)  # fmt: skip
"""The flags of `define_predicting_flags`."""


def define_predicting_flags():
    """Defines the flags that decide how a network looks at images; `read_predicting_flags`."""
    flags.DEFINE_list(
        "scales",
        None,
        "Factors on the input size, which the weights state; without it, the original's: "
        "1,0.75,1.25 of JPPNet, 1 of the others.",
    )
    flags.DEFINE_bool("mirror", None, "Look at the mirror image too; without it, of JPPNet only.")
    flags.DEFINE_bool(
        "fast", False, "Look once: short for --scales 1 --nomirror. Faster, with other results."
    )
    flags.DEFINE_bool(
        "subpixel",
        False,
        "Joints between the cells of the heatmaps too: closer than the original's.",
    )
    flags.DEFINE_enum(
        "precision",
        "float32",
        ["float32", "bfloat16", "float16"],
        "What the network computes in; float32 is the original's.",
    )
    flags.DEFINE_enum(
        "backend",
        "tensorflow",
        ["tensorflow", "openvino"],
        "What computes the network: openvino is faster on CPUs, and a package of its own.",
    )
    flags.DEFINE_bool(
        "fallback",
        False,
        "If this machine lacks --backend or --precision, go on without, and say so.",
    )
    flags.DEFINE_integer(
        "batch",
        None,
        "Images per call of the network; without it, 1 on CPUs and 8 on GPUs.",
        lower_bound=1,
    )
    for name in PREDICTING:
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flags.FLAGS[name])


def read_predicting_flags():
    """What those flags say, as settings of Predictor: dict. Loads TensorFlow.

    Prints to stderr what it falls back from.

    Raises:
        InputError: flags do not go together, or this machine lacks what they ask for.
    """
    values = {name: flags.FLAGS[name].value for name in PREDICTING}
    values["scales"] = parse_numbers("--scales", values["scales"])
    if values.pop("fast"):
        if values["scales"] is not None or values["mirror"] is not None:
            raise InputError("--fast is --scales 1 --nomirror: give either")
        values |= {"scales": (1,), "mirror": False}
    load_tensorflow()
    from jppnet_tf.inference import backends

    if values.pop("fallback"):
        values["backend"], values["precision"], reasons = backends.fall_back(
            values["backend"], values["precision"]
        )
        for reason in reasons:
            print(
                f"falling back to {values['backend']}, {values['precision']}: {reason}",
                file=sys.stderr,
            )
    return values


def load_tensorflow():
    """Imports TensorFlow without what it prints about the machine on every start.

    Newer versions print some of it before they look at TF_CPP_MIN_LOG_LEVEL, from C++: so the
    standard error stream itself points elsewhere meanwhile. If the import fails, all is shown.
    """
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


def _parse(argv, positional):
    if any(re.fullmatch(r"--?(h|help|helpshort|helpfull|\?)(=.*)?", word) for word in argv[1:]):
        app.usage(shorthelp=True, writeto_stdout=True)
        sys.exit(0)
    try:
        arguments = flags.FLAGS(argv)[1:]
        if arguments and not positional:
            raise flags.Error(f"unexpected argument {arguments[0]!r}")
    except flags.Error as error:
        print(f"error: {error}; --help lists the flags", file=sys.stderr)
        sys.exit(2)
    return arguments
