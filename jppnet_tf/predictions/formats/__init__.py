"""Results as files and records, in the ways that other projects read them.

`FORMATS` is the list; docs/formats.md has the table of what each writes, and what LIP cannot give.
"""

import typing
from collections.abc import Sequence

from jppnet_tf.labels import LIP, Classes
from jppnet_tf.predictions.formats import lip, openpose, segments, tryon
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.formats.format import Format

FORMATS = {
    each.name: each for each in (*lip.FORMATS, *tryon.FORMATS, *openpose.FORMATS, *segments.FORMATS)
}
"""Every format by its name: dict of str to Format."""

VIDEO = lip.VIDEO

FOLDERS = tuple(folder for each in FORMATS.values() for folder in each.folders)
"""The folders below the output folder that formats write to."""


def choose_formats(words: Sequence[str]) -> "tuple[Format, ...]":
    """The formats that a user means.

    Args:
        words: list of str, each a name or several with commas between.

    Returns:
        tuple of Format, each once.

    Raises:
        InputError: a name is not a format's, or there is none.
    """
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        wrong = f"no format {', '.join(unknown)}" if unknown else "no format is named"
        raise InputError(f"{wrong}; there are {', '.join(FORMATS)}")
    return tuple(FORMATS[name] for name in dict.fromkeys(names))


def check_network(formats: "Sequence[Format]", classes: Classes, has_pose: bool) -> None:
    """Refuses formats that a network cannot give.

    Args:
        formats: sequence of Format.
        classes: labels.Classes that the network predicts.
        has_pose: whether it predicts pose.

    Raises:
        InputError: some of the formats need pose or other classes.
    """
    foreign = [each.name for each in formats if each.classes not in (None, classes)]
    if foreign:
        raise InputError(
            f"the format {', '.join(foreign)} is for the ids of other classes than this network's"
        )
    lacking = [each.name for each in formats if each.needs_pose and not has_pose]
    if lacking:
        raise InputError(f"no pose for the format {', '.join(lacking)}: the network parses only")


def check_people(formats: "Sequence[Format]") -> None:
    """Refuses formats that several people have no place in.

    Args:
        formats: sequence of Format.

    Raises:
        InputError: there are some.
    """
    lacking = [each.name for each in formats if each.one_person]
    if lacking:
        raise InputError(
            f"the format {', '.join(lacking)} knows one person in a photograph, and boxes may name "
            "several: cut them out first"
        )


def all_paths(name: str, class_names: Sequence[str] = LIP.names) -> set[str]:
    """The paths of all files that an image or video of that result name may have: set."""
    every = (*FORMATS.values(), VIDEO)
    return {path for each in every for path in each.all_paths(name, class_names)}
