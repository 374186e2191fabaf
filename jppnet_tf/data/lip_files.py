"""Writes splits in the layout of LIP's released archives."""

import contextlib
import csv
import io
import os
import pathlib
import shutil
from collections.abc import Iterator

import cv2
import numpy as np

from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError


def split_places(folder: str | os.PathLike, split: str) -> dict[str, pathlib.Path]:
    """Where the parts of a split lie: dict of "ids", "images", "joints", "labels" to a path."""
    folder = pathlib.Path(folder)
    return {
        "ids": folder / "TrainVal_images" / f"{split}_id.txt",
        "images": folder / "TrainVal_images" / f"{split}_images",
        "joints": folder / "TrainVal_pose_annotations" / f"lip_{split}_set.csv",
        "labels": folder / "TrainVal_parsing_annotations" / f"{split}_segmentations",
    }


def check_split_is_free(folder: str | os.PathLike, split: str, overwrite: bool) -> None:
    """Refuses to write where a split lies.

    Raises:
        InputError: there is one, and it may not be replaced.
    """
    there = [path for path in split_places(folder, split).values() if path.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]}: exists already; pass --overwrite to replace the split")


class SplitWriter:
    """Writes one split; its files appear in their places when all are done.

    Args:
        scratch: an empty folder on the same disk.

    Attributes:
        images, labels: folders of the JPEGs and of the PNGs until then, for other processes that
            write them.
    """

    def __init__(self, scratch: pathlib.Path) -> None:
        self.images, self.labels = scratch / "jpg", scratch / "png"
        for path in (self.images, self.labels):
            path.mkdir()
        self._names: list[str] = []
        self._rows: list[list[str]] = []

    def add(
        self,
        name: str,
        jpeg: bytes,
        label: np.ndarray | None = None,
        joints: np.ndarray | None = None,
    ) -> None:
        """Adds one image.

        Args:
            name: its id.
            jpeg: bytes of the file.
            label: uint8 [h, w], class ids, or None.
            joints: as for `list_image`.
        """
        (self.images / f"{name}.jpg").write_bytes(jpeg)
        if label is not None:
            (self.labels / f"{name}.png").write_bytes(cv2.imencode(".png", label)[1].tobytes())
        self.list_image(name, joints)

    def list_image(self, name: str, joints: np.ndarray | None = None) -> None:
        """Adds an image whose files are in their folders: to the list, and its joints to the CSV.

        Args:
            name: its id.
            joints: float [16, 3] of x, y, flag, nan where missing; or None.
        """
        self._names.append(name)
        if joints is not None:
            self._rows.append(_format_row(name, joints))

    def move_in(self, folder: str | os.PathLike, split: str) -> None:
        """Puts the split in its places; labels, without which none is read, come last."""
        places = split_places(folder, split)
        for path in reversed(places.values()):
            path.parent.mkdir(exist_ok=True, parents=True)
            if path.is_dir():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self._rows)
        files.write_bytes(places["joints"], text.getvalue().encode())
        names = "".join(f"{name}\n" for name in self._names)
        files.write_bytes(places["ids"], names.encode())
        os.replace(self.images, places["images"])
        os.replace(self.labels, places["labels"])


@contextlib.contextmanager
def writing_split(
    folder: str | os.PathLike, split: str, overwrite: bool = False
) -> Iterator[SplitWriter]:
    """Gives a SplitWriter, and moves the split in when the block ends well.

    Args:
        folder: of the data set; is made if it does not exist.
        split: "train" or "val".
        overwrite: whether a split that is there already may be replaced.

    Raises:
        InputError: the split exists.
    """
    check_split_is_free(folder, split, overwrite)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    with files.scratch_folder(folder) as scratch:
        writer = SplitWriter(scratch)
        yield writer
        writer.move_in(folder, split)


def _format_row(name, joints):
    """A line of LIP's CSV: list of what its columns hold."""
    row = [f"{name}.jpg"]
    for x, y, flag in joints:
        row += ["nan"] * 3 if np.isnan(x) else [f"{x:.2f}", f"{y:.2f}", str(int(flag))]
    return row
