"""Results as files and records, in the ways that other projects read them.

`FORMATS` is the list; docs/formats.md has the table of what each writes, and what LIP cannot give.
"""

import dataclasses
import os
import typing
from collections.abc import Sequence

from jppnet_tf.labels import LIP, RELABELLINGS, Classes
from jppnet_tf.predictions.formats import (
    instances,
    lip,
    openpose,
    palettes,
    person_maps,
    segments,
    tryon,
)
from jppnet_tf.predictions.relabelling import relabel_prediction
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.formats.format import Format

FORMATS = {
    each.name: each
    for room in (lip, palettes, tryon, openpose, segments, person_maps, instances)
    for each in room.FORMATS
}
"""Every format by its name: dict of str to Format."""

VIDEO = lip.VIDEO

FOLDERS = tuple(folder for each in FORMATS.values() for folder in each.folders)
"""The folders below the output folder that formats write to."""


def choose_formats(
    words: Sequence[str], classes: str | None = None, palette: str | os.PathLike | None = None
) -> "tuple[Format, ...]":
    """The formats that a user means.

    Args:
        words: list of str, each a name or several with commas between.
        classes: a name of `labels.RELABELLINGS`, whose ids label maps are to have; None for the
            network's. Formats whose readers know one kind of ids keep that.
        palette: file of colours for the format `palette`, as `palettes.read_palette` reads it; None
            for the classes' own.

    Returns:
        tuple of Format, each once.

    Raises:
        InputError: a name is no format's, or there is none; there are no such classes; the palette
            cannot be read; or none of the formats has a use for the classes or the palette.
    """
    names = [name.strip() for word in words for name in word.split(",") if name.strip()]
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        wrong = f"no format {', '.join(unknown)}" if unknown else "no format is named"
        raise InputError(f"{wrong}; there are {', '.join(FORMATS)}")
    chosen = {name: FORMATS[name] for name in names}
    if palette is not None:
        if "palette" not in chosen:
            raise InputError(
                f"{palette}: colours are for the format palette, which is not asked for"
            )
        chosen["palette"] = palettes.build_format(palettes.read_palette(palette))
    if classes is None:
        return tuple(chosen.values())
    if classes not in RELABELLINGS:
        raise InputError(f"no classes {classes}; there are {', '.join(RELABELLINGS)}")
    if not any(each.any_classes for each in chosen.values()):
        able = ", ".join(each.name for each in FORMATS.values() if each.any_classes)
        raise InputError(
            f"the classes {classes} are for {able}; label maps of {', '.join(chosen)} keep theirs"
        )
    return tuple(relabelled(each, classes) for each in chosen.values())


def choice_settings(
    classes: str | None = None, palette: str | os.PathLike | None = None
) -> dict[str, object]:
    """What settings.json holds of the same arguments of `choose_formats`: it decides results.

    Returns:
        dict: `label_classes` (the name, or None), `palette` (None, or `#rrggbb` in the order of the
        ids, or a dict of them by class name).

    Raises:
        InputError: the palette cannot be read.
    """
    colours = None if palette is None else palettes.describe(palettes.read_palette(palette))
    return {"label_classes": classes, "palette": colours}


def relabelled(each: "Format", classes: str) -> "Format":
    """The same format with other ids.

    Args:
        each: a format; one whose label maps keep their ids is given back as it is.
        classes: a name in labels.RELABELLINGS.
    """
    if not each.any_classes:
        return each
    table = RELABELLINGS[classes]

    def paths(name, classes, has_pose):
        return each.paths(name, table.rename(classes), has_pose)

    def files(name, rgb, prediction, least_score=None):
        return each.files(name, rgb, relabel_prediction(prediction, table), least_score)

    def check(classes):
        if each.check is not None:
            each.check(table.classes)

    return dataclasses.replace(each, paths=paths, files=files, classes=table.source, check=check)


def check_network(
    formats: "Sequence[Format]", classes: Classes, has_pose: bool, finds_people: bool = False
) -> None:
    """Refuses formats that a network cannot give.

    Args:
        formats: sequence of Format.
        classes: labels.Classes that the network predicts.
        has_pose: whether it predicts pose.
        finds_people: whether it finds several people, or they are found for it.

    Raises:
        InputError: some of the formats need pose, people or other classes, or know one person only,
            or a palette does not suit them.
    """
    if finds_people:
        check_people(formats)
    elif needing := [each.name for each in formats if each.needs_people]:
        raise InputError(
            f"the format {', '.join(needing)} is for several people: pass --people, or take a "
            "network that finds them, PersonLab"
        )
    foreign = [each.name for each in formats if each.classes not in (None, classes)]
    if foreign:
        raise InputError(
            f"the format {', '.join(foreign)} is for the ids of other classes than this network's"
        )
    lacking = [each.name for each in formats if each.needs_pose and not has_pose]
    if lacking:
        raise InputError(f"no pose for the format {', '.join(lacking)}: the network parses only")
    for each in formats:
        if each.check is not None:
            each.check(classes)


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
            f"the format {', '.join(lacking)} knows one person in a photograph, and there may be "
            "several: cut them out first"
        )


def all_paths(name: str, class_names: Sequence[str] = LIP.names) -> set[str]:
    """The paths of all files that an image or video of that result name may have: set."""
    every = (*FORMATS.values(), VIDEO)
    return {path for each in every for path in each.all_paths(name, class_names)}
