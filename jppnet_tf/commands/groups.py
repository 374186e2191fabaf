"""What the two commands share that draw scenes of several people."""

import typing
from collections.abc import Callable, Sequence

from absl import flags

from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.data.groups.composing import Scene

_MOST = 20


def define_people_flag(values: flags.FlagValues, module: str, default: str | None = None) -> None:
    """Defines --people; see `read_people_flag`.

    Args:
        values: where to define it.
        module: name of the module whose help lists it.
        default: what it is unless given.
    """
    flags.DEFINE_string(
        "people",
        default,
        "The least and the most people of a scene, two numbers: 1 5. Some scenes have nobody.",
        flag_values=values,
    )
    values.register_key_flag_for_module(module, values["people"])


def read_people_flag(values: flags.FlagValues, words: Sequence[str]) -> tuple[int, int] | None:
    """The least and the most people of a scene; None if they are not asked for.

    Args:
        values: the command's flags.
        words: what follows the flags: the second number of `--people 1 5`.

    Raises:
        InputError: they are not two numbers, or there are other words.
    """
    given = values["people"].value
    if given is None:
        if words:
            raise InputError(f"unexpected argument {words[0]!r}")
        return None
    numbers = [*given.replace(",", " ").split(), *words]
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise InputError(f"--people takes two numbers, 1 5 say, not {' '.join(numbers)}")
    least, most = map(int, numbers)
    if not 1 <= least <= most <= _MOST:
        raise InputError(f"--people: from 1 to {_MOST}, the least first, not {least} {most}")
    return least, most


def draw_groups(values: flags.FlagValues, draw: "Callable[[int], Scene]") -> None:
    """Draws a split by the flags output, split, count and overwrite, and prints what was made."""
    from tqdm import tqdm

    from jppnet_tf.data.groups.writing import check_groups_are_free, write_groups

    output, split, count = (values[name].value for name in ("output", "split", "count"))
    check_groups_are_free(output, split, values["overwrite"].value)
    with tqdm(total=count, unit="scene") as progress:
        write_groups(
            *(output, split, count, draw),
            overwrite=values["overwrite"].value, on_scene=progress.update,
        )  # fmt: skip
    print(f"{count} scenes in {output}, split {split}, seed {values['seed'].value}")
