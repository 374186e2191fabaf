"""Label maps that a network made of photographs which have no labels of pixels."""

import os
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from jppnet_tf.data.ccp import tables
from jppnet_tf.data.ccp.clone import Photograph, read_listed_tags
from jppnet_tf.images.reading import read_ids, read_size
from jppnet_tf.labels import IGNORE, LIP
from jppnet_tf.system.errors import InputError

_SKIN = tuple(
    number
    for number, name in enumerate(LIP.names)
    if name == "face" or name.endswith(("-arm", "-leg"))
)
_SHOES = tuple(number for number, name in enumerate(LIP.names) if name.endswith("-shoe"))
_SUIT = (LIP.names.index("coat"), LIP.names.index("pants"))


def possible_classes(tags: Iterable[str]) -> set[int]:
    """The class ids that can be in a photograph with these tags; background always can."""
    found = {0}
    for tag in tags:
        if tag in tables.SKIN:
            found |= set(_SKIN)
        elif tag in tables.SHOES:
            found |= set(_SHOES)
        elif tag in tables.SUIT:
            found |= set(_SUIT)
        else:
            found.add(tables.CLASSES[tag])
    return found - {IGNORE}


def read_guess(
    photograph: Photograph, folder: str | os.PathLike, names: Sequence[str]
) -> np.ndarray:
    """The label map that a network made of a photograph, as far as its tags allow.

    Args:
        photograph: Photograph.
        folder: what `jppnet infer` wrote of the data set's images.
        names: the tag of each number.

    Returns:
        uint8 [h, w]; 255 where the network saw what the photograph cannot hold.

    Raises:
        InputError: the label map or the photograph's list of tags is missing, damaged or does not
            fit.
    """
    path = pathlib.Path(folder) / "parsing" / f"ccp_{photograph.name}.png"
    if not path.is_file():
        raise InputError(f"{path}: no such file; run jppnet infer on the data set's images first")
    ids, size = read_ids(path), read_size(photograph.image)
    if ids.shape != size:
        shape = " x ".join(str(side) for side in ids.shape[::-1])
        raise InputError(f"{path}: is {shape}, but {photograph.image} is {size[1]} x {size[0]}")
    allowed = np.zeros(256, bool)
    allowed[list(possible_classes(names[i] for i in read_listed_tags(photograph, len(names))))] = 1
    return np.where(allowed[ids], ids, IGNORE).astype(np.uint8)
