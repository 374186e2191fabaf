"""The people of scenes as CIHP has them: the class, person and part of each pixel."""

import os
import pathlib
import shutil

import numpy as np

from jppnet_tf.data.cihp import COUNT
from jppnet_tf.data.groups.composing import Scene
from jppnet_tf.images.encoding import encode_png
from jppnet_tf.labels import IGNORE, RELABELLINGS

_MOST = 255 // COUNT  # people whose parts have ids in a byte
_FOLDERS = "Images", "Category_ids", "Human_ids", "Instance_ids"


def make_folders(folder: pathlib.Path) -> None:
    """Makes the folders of a split."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)


def write_labels(folder: pathlib.Path, image: pathlib.Path, scene: Scene) -> None:
    """Writes a scene's labels, and its image under a second name, which takes no room.

    Ids are `(person - 1) * 20 + class`; LIP's jumpsuits are dresses. Class ids are 255 where they
    are not known, and on crowds, and on all people but the twelve largest: no byte could number
    more parts.

    Args:
        folder: of the split, as `make_folders` made it.
        image: the scene's file; its name is the scene's.
        scene: Scene.
    """
    table = np.full(256, IGNORE, np.uint8)
    table[:COUNT] = RELABELLINGS["cihp"].ids
    size_hw = scene.image.shape[:2]
    classes, people = np.zeros(size_hw, np.uint8), np.zeros(size_hw, np.uint8)
    single = [member for member in scene.people if not member.is_crowd]
    known = sorted(single, key=lambda member: -np.count_nonzero(member.parsing))[:_MOST]
    count = 0
    for member in scene.people:
        parsing = table[member.parsing]
        there = member.parsing > 0
        is_known = any(member is each for each in known)
        classes[there] = parsing[there] if is_known else IGNORE
        if is_known and (there & (parsing != IGNORE)).any():
            count += 1
            people[there] = count
    parts = np.where((people > 0) & (classes != IGNORE), (people - 1.0) * COUNT + classes, 0)
    ids = np.unique(parts[parts > 0]).astype(int).tolist()
    lines = "".join(f"{i} {i % COUNT} {i // COUNT + 1}\n" for i in ids)
    maps = zip(_FOLDERS[1:], (classes, people, parts.astype(np.uint8)), strict=True)
    for name, values in maps:
        (folder / name / f"{image.stem}.png").write_bytes(encode_png(values))
    (folder / "Instance_ids" / f"{image.stem}.txt").write_text(lines)
    _link(image, folder / "Images" / image.name)


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:  # on disks without links
        shutil.copyfile(source, target)
