"""Small data sets as the Hugging Face hub has them."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from jppnet_tf.labels import ATR
from tests.conftest import draw_photo

ORIENTATION = 0x0112


def encode(pixels, kind="PNG", orientation=None, **options):
    """An image file's bytes: of uint8 [h, w] or [h, w, 3], or of a Pillow image."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    if orientation is not None:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def draw_mask(height, width, seed=0, count=18):
    """Ids in blocks: uint8 [h, w]."""
    coarse = np.random.default_rng(seed).integers(0, count, (4, 4), np.uint8)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return coarse[rows][:, columns]


def make_row(number, path=None, height=24, width=20):
    """A row's image, a JPEG, and its mask, as columns hold them."""
    image = encode(draw_photo(height, width, number), "JPEG", quality=95)
    mask = encode(draw_mask(height, width, number))
    return {"image": {"bytes": image, "path": path}, "mask": {"bytes": mask, "path": None}}


def write_parquet(path, rows, row_group=None):
    """Writes rows, dicts of columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=row_group)
    return path


def write_dataset(folder, count=20, parts=2, card="---\nlicense: cc-by-4.0\n---\n# People\n"):
    """A data set in ATR's ids, its split in several files: the rows."""
    rows = [make_row(number) for number in range(count)]
    for part in range(parts):
        share = rows[part * count // parts : (part + 1) * count // parts]
        write_parquet(folder / f"data/train-{part:05d}-of-{parts:05d}.parquet", share, row_group=4)
    names = {str(number): name.capitalize() for number, name in enumerate(ATR.names)}
    (folder / "id2label.json").write_text(json.dumps(names))
    if card:
        (folder / "README.md").write_text(card)
    return rows
