"""The README.md of an imported data set: where it comes from, and what was made of it."""

import collections
import dataclasses
import os
import pathlib
import re

import numpy as np

from jppnet_tf.data.hf.rows import Source
from jppnet_tf.data.hf.tables import ClassTable
from jppnet_tf.labels import IGNORE, LIP
from jppnet_tf.system.files import read_text

NOTES = "README.md"
"""What the file is called, here as on the hub."""


@dataclasses.dataclass(frozen=True)
class Counts:
    """How much was written.

    Attributes:
        images: how many images of each split: dict.
        classes: dict of split to how many of its images have a class of LIP: Counter, by id.
    """

    images: dict[str, int]
    classes: dict[str, collections.Counter[int]]

    def add(self, split: str, label: np.ndarray) -> None:
        """Counts an image, by its label map: uint8 [h, w]."""
        self.images[split] += 1
        there = np.flatnonzero(np.bincount(label.ravel(), minlength=256))
        self.classes[split].update(there.tolist())


def find_terms(dataset: str | os.PathLike) -> str:
    """What a data set says of its licence: the line of its card on the hub, or that it has none."""
    dataset = pathlib.Path(dataset)
    places = [dataset] if dataset.is_dir() else [dataset.parent, dataset.parent.parent]
    card = next((place / NOTES for place in places if (place / NOTES).is_file()), None)
    if card is None:
        return f"unknown: no card ({NOTES}) came with the data set"
    head = re.match(r"---\s*\n(.*?)\n---", read_text(card, errors="replace"), re.DOTALL)
    found = re.search(
        r"^license:[ \t]*(\S.*)?((?:\n[ \t]*-.*)*)", head[1] if head else "", re.MULTILINE
    )
    terms = ", ".join(re.findall(r"[^\s\-'\"\[\],][^\s'\"\[\],]*", found[0][8:])) if found else ""
    return terms or f"none stated in the data set's card ({NOTES})"


def describe_import(
    about: str,
    source: Source,
    table: ClassTable,
    counts: Counts,
    own_ids: pathlib.Path | None = None,
) -> str:
    """The text of the notes.

    Args:
        about: lines that tell what was read, and its terms.
        source, table, counts: what was read, its classes, and what was made of it.
        own_ids: where masks in the data set's own ids lie; None if there are none.
    """
    images = counts.images
    kept = own_ids and (
        f"\n`{own_ids.as_posix()}` holds the masks of the val split in their own ids:\n\n"
        f"    jppnet evaluate --ground_truth {own_ids.as_posix()} --predictions RESULTS "
        f"--dataset {table.name}\n"
    )
    return f"""\
# A data set of the Hugging Face hub in LIP's layout

Made by `jppnet import-hf`; `jppnet train --data` and `jppnet evaluate --data` read it.

{about}
- Columns: images `{source.image}`, masks `{source.mask}`.
- Files: {", ".join(f"`{path.name}`" for path in source.files)}.
- Images: {images["train"]:,} in train, {images["val"]:,} in val, of {source.rows:,} rows.
  An image's name begins with the number of its row, from 0.
- There are no joints: with this data set, networks learn parsing only.

Images are the data set's own files, except for those that had an EXIF orientation or transparency,
or were neither JPEG nor PNG: these are PNGs, upright, over white. Label maps hold LIP's class ids;
255 is what no loss and no score counts.

## Classes

| id | class | LIP's | id |
|---|---|---|---|
{_list_classes(table)}

| LIP's class | train images | val images |
|---|---|---|
{_count_classes(counts)}
{kept or ""}"""


def _list_classes(table):
    names = dict(enumerate(LIP.names)) | {IGNORE: "not counted"}
    return "\n".join(
        f"| {number} | {table.classes[number]} | {names[lip]} | {lip} |"
        for number, lip in sorted(table.ids.items())
    )


def _count_classes(counts):
    train, val = counts.classes["train"], counts.classes["val"]
    return "\n".join(
        f"| {name} | {train[number]:,} | {val[number]:,} |" for number, name in enumerate(LIP.names)
    )
