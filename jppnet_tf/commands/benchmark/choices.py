"""The backends, precisions and convolutions to measure."""

from collections.abc import Sequence

from jppnet_tf.inference import backends
from jppnet_tf.inference.convolution import CONVOLUTIONS
from jppnet_tf.models.precision import PRECISIONS
from jppnet_tf.system.errors import InputError


def with_convolutions(
    choices: Sequence[tuple[str, str]], convolutions: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Each pair with each way to convolve that it has.

    Raises:
        InputError: there is no such way, or no pair has it.
    """
    unknown = [name for name in convolutions if name not in CONVOLUTIONS]
    found = [
        (backend, precision, name)
        for backend, precision in choices
        for name in convolutions
        if name == "direct" or (backend, precision) == ("tensorflow", "float32")
    ]
    if unknown or not found:
        wrong = ", ".join(unknown or convolutions)
        raise InputError(f"--convolutions {wrong}: direct, and fast of tensorflow in float32")
    return found


def find_choices(
    wanted_backends: Sequence[str] | None, wanted_precisions: Sequence[str] | None
) -> list[tuple[str, str]]:
    """Finds the pairs of backend and precision that this machine has.

    Prints what it leaves out, and why.

    Args:
        wanted_backends, wanted_precisions: the only ones to try; None tries all.

    Raises:
        InputError: there are none, or both are given and the machine lacks a pair.
    """
    choices = []
    for backend in wanted_backends or backends.BACKENDS:
        for precision in wanted_precisions or PRECISIONS:
            try:
                backends.check_backend(backend, precision)
            except InputError as error:
                if wanted_backends and wanted_precisions:
                    raise
                print(f"left out: {error}")
            else:
                choices.append((backend, precision))
    if not choices:
        raise InputError("this machine has none of the --backends and --precisions")
    return choices
