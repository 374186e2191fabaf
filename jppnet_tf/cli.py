"""What the programs in `tools/` share: flags, exit statuses, errors on one line."""

import os
import sys

from absl import app, flags

from jppnet_tf.errors import InputError


def run(main, positional=False):
    """Parses the flags, runs `main` and exits.

    The exit status is what `main` returns (None counts as 0); 2 for wrong flags and for an
    InputError or OSError, told on one line; 130 for Ctrl-C; 0 for --help. (`absl.app.run`
    exits with 1 for wrong flags and for --help alike.)

    Args:
        main: function of no argument, or of the list of positional arguments.
        positional: whether the program takes positional arguments.
    """
    # TensorFlow tells about the machine on every start; errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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


def _parse(argv, positional):
    if {"--help", "-help", "-h", "--helpfull"} & set(argv[1:]):
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
