"""What files of images are called."""

import os
import pathlib

from jppnet_tf.images.reading import can_read_avif
from jppnet_tf.system.errors import InputError

SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif",
    *((".avif",) if can_read_avif() else ()),
)  # fmt: skip
"""What a folder's images are recognised by; how they are read depends on their content alone."""


def image_id(text: str) -> str:
    """The name of an image without folders and suffix.

    Args:
        text: a file's name or path, or an id already, as lists and tables have them: maybe in
            quotes, or with Windows' separators. Dots and blanks within are part of the name.

    Returns:
        str: "img.v2" of "img.v2", "img.v2.JPG" and "x\\img.v2.jpg".
    """
    text = text.strip().strip("\"'")
    name = (text if "/" in text else text.replace("\\", "/")).rpartition("/")[2]
    base, suffix = os.path.splitext(name)
    return base if suffix.lower() in SUFFIXES else name


def find_by_id(
    folder: str | os.PathLike, suffixes: tuple[str, ...] = SUFFIXES
) -> dict[str, pathlib.Path]:
    """The images of a folder, hidden ones left out.

    Args:
        folder: where they lie, not deeper.
        suffixes: what they may end with, in any case.

    Returns:
        dict of `image_id` to path, sorted.

    Raises:
        InputError: two have the same id.
    """
    found: dict[str, pathlib.Path] = {}
    for name in sorted(os.listdir(folder)):
        if name.startswith(".") or os.path.splitext(name)[1].lower() not in suffixes:
            continue
        key, path = image_id(name), pathlib.Path(folder, name)
        if key in found:
            raise InputError(f"{path}: {found[key].name} beside it has the same name")
        found[key] = path
    return found
