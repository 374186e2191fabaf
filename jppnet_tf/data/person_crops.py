"""Every person of a data set of several, cut out: a data set in LIP's layout."""

import os
from collections.abc import Callable

import cv2
import numpy as np

from jppnet_tf.data.cihp import GroupLabels, GroupSplit
from jppnet_tf.data.lip_files import SplitWriter, writing_split
from jppnet_tf.images.reading import read_image
from jppnet_tf.labels import IGNORE, LIP, MHP
from jppnet_tf.system.errors import InputError

MARGIN = 0.1
"""What a person's box is enlarged by on each side, as a share of its width and height."""
LEAST_SIDE = 32
"""Pixels that a crop is wide and high at least; smaller people are left out."""
_QUALITY = 95

_FROM_MHP = {
    "hat": ("cap/hat", "helmet", "headwear"),
    "hair": ("hair",),
    "glove": ("gloves",),
    "sunglasses": ("sunglasses", "eyewear"),
    "upper-clothes": (
        "bikini/bra", "t-shirt", "polo-shirt", "sweater", "singlet", "tie",
        "other-upper-body-clothes",
    ),
    "dress": ("dress", "robe", "other-full-body-clothes"),
    "coat": ("jacket/windbreaker/hoodie", "coat"),
    "socks": ("stockings", "socks"),
    "pants": ("pants", "shorts/swim-shorts", "other-lower-body-clothes"),
    "jumpsuits": ("jumpsuits",),
    "scarf": ("scarf",),
    "skirt": ("skirt",),
    "face": ("face",),
    "left-arm": ("left-arm", "left-hand"),
    "right-arm": ("right-arm", "right-hand"),
    "left-leg": ("left-leg",),
    "right-leg": ("right-leg",),
    "left-shoe": ("left-boot", "left-shoe", "left-highheel", "left-sandal", "left-foot"),
    "right-shoe": ("right-boot", "right-shoe", "right-highheel", "right-sandal", "right-foot"),
}  # fmt: skip
_UNKNOWN = ("torso-skin", "belt", "protector", "watch", "wristband", "other-accessaries")
"""Of MHP's classes those of a person's pixels that LIP has no word for; things are background."""


def mhp_to_lip() -> np.ndarray:
    """Which of LIP's ids each of MHP's becomes: uint8 [256]; 255 of what LIP does not know."""
    table = np.full(256, IGNORE, np.uint8)
    table[: len(MHP.names)] = 0
    for name, sources in _FROM_MHP.items():
        for source in sources:
            table[MHP.names.index(source)] = LIP.names.index(name)
    for name in _UNKNOWN:
        table[MHP.names.index(name)] = IGNORE
    return table


def write_person_crops(
    split: GroupSplit,
    output: str | os.PathLike,
    name: str,
    margin: float = MARGIN,
    table: np.ndarray | None = None,
    overwrite: bool = False,
    on_image: Callable[[], object] | None = None,
) -> tuple[int, int]:
    """Cuts everybody out.

    In a crop, other people are background, as they are in LIP. Names are the image's and the
    person's number: `0002190_2`.

    Args:
        split: GroupSplit, whose records have photographs.
        output: folder of the new data set.
        name: "train" or "val", the split to write.
        margin: what boxes are enlarged by on each side.
        table: uint8 [256], which class id becomes which; None keeps them.
        overwrite: whether a split that is there already may be replaced.
        on_image: function of no argument, called whenever an image is done.

    Returns:
        How many people were cut out; and how many were too small.

    Raises:
        InputError: the split exists, or files are missing or damaged.
    """
    count = small = 0
    with writing_split(output, name, overwrite) as writer:
        for record in split.records:
            if record.image is None:
                raise InputError(f"{split.folder}: no photograph of {record.name}")
            rgb, labels = read_image(record.image), record.read()
            if rgb.shape[:2] != labels.classes.shape:
                raise InputError(f"{record.image}: is of another size than its labels")
            for number in range(1, len(labels.people) + 1):
                is_cut = _cut_person(writer, record.name, rgb, labels, number, margin, table)
                count, small = count + is_cut, small + (not is_cut)
            if on_image:
                on_image()
        if not count:
            raise InputError(f"{split.folder}: nobody is large enough to be cut out")
    return count, small


def _cut_person(
    writer: SplitWriter, name, rgb, labels: GroupLabels, number: int, margin, table
) -> bool:
    """Writes one person's crop, unless it would be tiny."""
    height, width = labels.classes.shape
    pixels, ids = labels.people[number - 1]
    if not len(pixels):
        return False
    rows, columns = np.divmod(pixels, width)
    low = np.array([rows.min(), columns.min()])
    high = np.array([rows.max(), columns.max()]) + 1
    more = margin * (high - low)
    top, left = np.maximum(np.floor(low - more), 0).astype(int)
    bottom, right = np.minimum(np.ceil(high + more), (height, width)).astype(int)
    if min(bottom - top, right - left) < LEAST_SIDE:
        return False
    label = np.zeros((height, width), np.uint8)
    label.flat[pixels] = ids if table is None else table[ids]
    crop = np.ascontiguousarray(rgb[top:bottom, left:right, ::-1])
    jpeg = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    writer.add(f"{name}_{number}", jpeg, label[top:bottom, left:right])
    return True
