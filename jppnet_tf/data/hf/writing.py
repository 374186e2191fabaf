"""A data set of the hub as one in LIP's layout."""

import collections
import contextlib
import hashlib
import os
import pathlib
import re
from collections.abc import Callable, Iterator

import numpy as np

from jppnet_tf.data.hf.notes import NOTES, Counts, describe_import
from jppnet_tf.data.hf.pixels import read_pair
from jppnet_tf.data.hf.rows import Row, Source, stream_rows
from jppnet_tf.data.hf.tables import ClassTable
from jppnet_tf.data.lip_files import SplitWriter, check_split_is_free, writing_split
from jppnet_tf.images.encoding import encode_png
from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError

OWN_IDS = pathlib.Path("TrainVal_parsing_annotations", "val_own_ids")
"""Where the val split's masks lie in the data set's own ids, below the folder of the data set."""
SCORED_SETS = ("atr",)
"""The sets whose own ids `jppnet evaluate --dataset` takes."""
_SPLITS = ("train", "val")


def import_hf(
    source: Source,
    table: ClassTable,
    output: str | os.PathLike,
    *,
    val_share: float = 0.1,
    overwrite: bool = False,
    about: str = "",
    on_row: Callable[[int, int], object] | None = None,
) -> Counts:
    """Writes both splits, with label maps in LIP's ids, and notes of where they come from.

    Args:
        source: what is read.
        table: what the ids of its masks stand for.
        output: folder of the data set.
        val_share: which share of the rows validates, above 0 and below 1: those whose path, or
            number without one, hashes low. The same rows validate each time, and however many
            there are.
        overwrite: whether splits that are there already may be replaced.
        about: lines for the notes that tell what was read.
        on_row: function of (rows done, of how many).

    Returns:
        Counts, what was written.

    Raises:
        InputError: a row is bad, a split gets no row, or there is something already. Nothing is
            written then.
    """
    check_output(output, overwrite)
    counts = Counts({split: 0 for split in _SPLITS}, {s: collections.Counter() for s in _SPLITS})
    keeps_ids = table.name in SCORED_SETS
    with contextlib.ExitStack() as stack:  # all or nothing
        stack.enter_context(_made_folder(output))
        writers = {s: stack.enter_context(writing_split(output, s, overwrite)) for s in _SPLITS}
        own_ids = stack.enter_context(_writing_own_ids(output, keeps_ids))
        for row in stream_rows(source):
            split = "val" if validates(row, val_share) else "train"
            name, mask, label = _write_row(writers[split], row, table)
            counts.add(split, label)
            if keeps_ids and split == "val":
                (own_ids / f"{name}.png").write_bytes(encode_png(mask))
            if on_row:
                on_row(row.number + 1, source.rows)
        for split, count in counts.images.items():
            if not count:
                raise InputError(
                    f"{source.files[0].parent}: no row of {source.rows} for the {split} split; "
                    f"change --val_share {val_share:g}"
                )
    notes = describe_import(about, source, table, counts, OWN_IDS if keeps_ids else None)
    files.write_bytes(pathlib.Path(output) / NOTES, notes.encode())
    return counts


def check_output(output: str | os.PathLike, overwrite: bool) -> None:
    """Refuses to write where a data set lies.

    Raises:
        InputError: there is one, and it may not be replaced.
    """
    for split in _SPLITS:
        check_split_is_free(output, split, overwrite)
    notes = pathlib.Path(output) / NOTES
    if notes.exists() and not overwrite:
        raise InputError(f"{notes}: exists already; pass --overwrite to replace it")


def validates(row: Row, share: float) -> bool:
    """Whether a row belongs to the share that validates: by its path, or its number without one."""
    key = row.path or str(row.number)
    number = int.from_bytes(hashlib.sha256(key.encode(errors="replace")).digest()[:8], "big")
    return number < share * 2**64


def name_row(row: Row) -> str:
    """The id of a row's image: its number, and what its file was called, in plain letters."""
    stem = pathlib.PurePosixPath(row.path.replace("\\", "/")).stem
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", stem)[:80].strip("_")
    return f"{row.number:06d}_{plain}" if plain else f"{row.number:06d}"


def _write_row(
    writer: SplitWriter, row: Row, table: ClassTable
) -> tuple[str, np.ndarray, np.ndarray]:
    """Writes a row's image and label map; gives its name, its mask and its label map."""
    image, suffix, mask = read_pair(row.image, row.mask, row.where)
    label = table.translate(mask, f"{row.where}: mask")
    name = name_row(row)
    (writer.images / f"{name}{suffix}").write_bytes(image)
    (writer.labels / f"{name}.png").write_bytes(encode_png(label))
    writer.list_image(name)
    return name, mask, label


@contextlib.contextmanager
def _made_folder(path: str | os.PathLike) -> Iterator[None]:
    """Makes a folder; when the block raises, one that was not there before is removed again."""
    path = pathlib.Path(path)
    is_new = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty: something was moved in
                path.rmdir()
        raise


@contextlib.contextmanager
def _writing_own_ids(output: str | os.PathLike, is_kept: bool) -> Iterator[pathlib.Path]:
    """Gives a folder for masks in their own ids; it takes its place when the block ends well.

    What an earlier import left there goes, also if nothing takes its place.
    """
    place = pathlib.Path(output) / OWN_IDS
    with files.scratch_folder(output) as scratch:
        folder = scratch / place.name
        folder.mkdir()
        yield folder
        if place.exists():
            place.rename(scratch / "replaced")
        if is_kept:
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(place)
