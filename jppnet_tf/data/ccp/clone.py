"""A clone of CCP's repository on disk."""

import dataclasses
import os
import pathlib
import struct
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from jppnet_tf.data.ccp import tables
from jppnet_tf.data.mat_files import read_mat
from jppnet_tf.images.reading import read_size
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import list_visible

POINTS = 33
"""How many landmarks BlazePose gives."""
# What numpy raises of a damaged archive.
_TROUBLE = (
    *(OSError, ValueError, KeyError, EOFError, TypeError, NotImplementedError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)


@dataclasses.dataclass(frozen=True)
class Photograph:
    """One photograph of CCP.

    Attributes:
        name: its id, such as "0001".
        image: path of the JPEG.
        tags: path of the .mat with the tag of each pixel, or None.
        landmarks: float32 [33, 4] of x, y in pixels, z, visibility 0..1; or None.
        listed: path of the .mat with the tags that occur, or None.
    """

    name: str
    image: pathlib.Path
    tags: pathlib.Path | None = None
    landmarks: np.ndarray | None = dataclasses.field(default=None, repr=False, compare=False)
    listed: pathlib.Path | None = None


def read_clone(
    folder: str | os.PathLike, landmarks: Mapping[str, np.ndarray]
) -> tuple[list[Photograph], list[str]]:
    """Lists the photographs of a clone.

    Args:
        folder: the repository's, with `photos`, `annotations` and `label_list.mat`.
        landmarks: dict of name to float32 [33, 4], as `read_landmarks` gives it.

    Returns:
        List of Photograph, by name; and list of str, the tag of each number.

    Raises:
        InputError: parts are missing, a tag is not in the table, or a label has no photograph.
    """
    folder = pathlib.Path(folder)
    photos, pixels = folder / "photos", folder / "annotations" / "pixel-level"
    for part in (photos, pixels):
        if not part.is_dir():
            raise InputError(f"{part}: no such folder; --source takes a clone of CCP's repository")
    names = read_tag_names(folder / "label_list.mat")
    images = {path.stem: path for path in list_visible(photos, ".jpg")}
    tags = {path.stem: path for path in list_visible(pixels, ".mat")}
    lists = pixels.with_name("image-level")
    listed = {path.stem: path for path in list_visible(lists, ".mat")} if lists.is_dir() else {}
    lacking = [name for name in tags if name not in images]
    if lacking:
        raise InputError(f"{photos}: no photograph for {', '.join(lacking[:10])}")
    if not images:
        raise InputError(f"{photos}: no photographs")
    found = [
        Photograph(name, path, tags.get(name), landmarks.get(name), listed.get(name))
        for name, path in images.items()
    ]
    return found, names


def read_tag_names(path: str | os.PathLike) -> list[str]:
    """Reads the names of the tags: list of str, by number.

    Raises:
        InputError: the file is missing or damaged, or names a tag that the table lacks.
    """
    cells = _read_variable(path, "label_list")
    names = [str(cell.item()) if np.size(cell) == 1 else "" for cell in cells.ravel()]
    strange = [repr(name) for name in names if name not in tables.CLASSES]
    if strange:
        raise InputError(f"{path}: tags that are not known: {', '.join(strange)}")
    return names


def read_tags(photograph: Photograph, count: int) -> np.ndarray:
    """Reads the tag of each pixel: uint8 [h, w].

    Args:
        photograph: Photograph with `tags`.
        count: how many tags there are.

    Raises:
        InputError: the file is damaged, of another size than the photograph, or holds a number
            that is not a tag's.
    """
    path = photograph.tags
    tags = np.asarray(_read_variable(path, "groundtruth"))
    size = read_size(photograph.image)
    if tags.shape != size:
        shape = " x ".join(str(side) for side in tags.shape[::-1])
        raise InputError(f"{path}: is {shape}, but {photograph.image} is {size[1]} x {size[0]}")
    if tags.dtype.kind not in "ui" or tags.max() >= count:
        raise InputError(f"{path}: holds {tags.max()}; there are {count} tags, from 0")
    return tags.astype(np.uint8)


def read_listed_tags(photograph: Photograph, count: int) -> list[int]:
    """Reads which tags occur in a photograph: list of int, their numbers.

    Args:
        photograph: Photograph.
        count: how many tags there are.

    Raises:
        InputError: the file is missing or damaged, or holds a number that is not a tag's.
    """
    if photograph.listed is None:
        raise InputError(f"{photograph.image}: annotations/image-level has no list of its tags")
    tags = np.asarray(_read_variable(photograph.listed, "tags")).ravel()
    if tags.dtype.kind not in "ui" or tags.max(initial=0) >= count:
        raise InputError(f"{photograph.listed}: holds other than tags; there are {count}, from 0")
    return [int(tag) for tag in tags]


def read_landmarks(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads an .npz of `name` [n] and `landmarks` float [n, 33, 4], in pixels of the photographs.

    Returns:
        dict of name to float32 [33, 4]; without those where no person was found (nan).

    Raises:
        InputError: the file is missing or damaged, or holds something else.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with np.load(path) as arrays:
            names, values = arrays["name"], arrays["landmarks"]
    except _TROUBLE as error:
        raise InputError(f"{path}: damaged, or not a file of landmarks: {error}") from None
    if values.shape != (len(names), POINTS, 4) or values.dtype.kind != "f":
        raise InputError(f"{path}: landmarks must be floats [{len(names)}, {POINTS}, 4]")
    return {
        str(name): points.astype(np.float32)
        for name, points in zip(names, values, strict=True)
        if np.isfinite(points).all()
    }


def _read_variable(path, name):
    try:
        return read_mat(path)[name]
    except KeyError:
        raise InputError(f"{path}: has no variable {name}") from None
