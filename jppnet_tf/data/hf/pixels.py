"""An image and its mask, from the contents of their files."""

import io

import numpy as np
from PIL import Image

from jppnet_tf.images.encoding import encode_png
from jppnet_tf.images.reading import decode_image, opened, read_orientation, turn_upright
from jppnet_tf.system.errors import InputError

_BITS_PER_SAMPLE = 258  # TIFF's tag


def read_pair(image: bytes, mask: bytes, where: str) -> tuple[bytes, str, np.ndarray]:
    """Reads an image and its mask as training needs them.

    A mask belongs to the pixels as they are stored: it must have their size, and the image's EXIF
    orientation turns both. One of the size that the image has once it is turned is refused: were
    the mask upright already, no size would tell so of images that are turned by 180 degrees.

    Args:
        image, mask: contents of files.
        where: what messages call the two.

    Returns:
        Content of an image file that `reading.check_plain` accepts, the same if the image is one
        already; its suffix, ".jpg" or ".png"; and the mask, uint8 [h, w].

    Raises:
        InputError: one is damaged, the mask is not of ids, or the two do not fit.
    """
    with opened(io.BytesIO(image), f"{where}: image") as picture:
        turn, kind, size = read_orientation(picture), picture.format, picture.size
        if turn != 1 and kind == "TIFF":  # Pillow turns these itself, and others do not
            raise InputError(f"{where}: image: a TIFF with an EXIF orientation; store it upright")
        is_plain = kind in ("JPEG", "MPO", "PNG") and not picture.has_transparency_data
        picture.load()
    ids = _read_mask(mask, turn, f"{where}: mask")
    if ids.shape != size[::-1]:
        turned = f", stored turned (EXIF orientation {turn})" if turn != 1 else ""
        raise InputError(
            f"{where}: mask is {ids.shape[1]} x {ids.shape[0]}, but the image is "
            f"{size[0]} x {size[1]}{turned}"
        )
    if is_plain and turn == 1:
        return image, ".png" if kind == "PNG" else ".jpg", ids
    upright = decode_image(image, f"{where}: image")
    return encode_png(upright), ".png", turn_upright(ids, turn)


def _read_mask(content, turn, name):
    """The ids of a mask as they are stored: uint8 [h, w]; never its colours."""
    with opened(io.BytesIO(content), name) as mask:
        if mask.format not in ("PNG", "TIFF") or mask.info.get("compression") in ("jpeg", "webp"):
            raise InputError(
                f"{name}: is {mask.format}, whose compression may change ids; store it as PNG"
            )
        own = read_orientation(mask)
        if own != 1 and (own != turn or mask.format == "TIFF"):
            raise InputError(
                f"{name}: is turned by an EXIF orientation of its own, {own}; store it without"
            )
        bits = content[24] if mask.format == "PNG" else _tiff_bits(mask)
        return _take_ids(mask, bits, name)


def _tiff_bits(mask):
    return mask.tag_v2.get(_BITS_PER_SAMPLE, (1,))[0]


def _take_ids(mask: Image.Image, bits: int, name: str) -> np.ndarray:
    """The ids of an image of Pillow's whose samples are stored with so many bits."""
    ids = np.array(mask)
    if mask.mode == "P" or (mask.mode == "L" and bits == 8):
        return ids
    if mask.mode == "L" and bits in (2, 4):  # Pillow stretches these to 0 .. 255
        return ids // (255 // (2**bits - 1))
    if mask.mode in ("I", "I;16", "I;16B") and ids.min() >= 0 and ids.max() <= 255:
        return ids.astype(np.uint8)
    if mask.mode == "RGB" and bits == 8 and (ids == ids[..., :1]).all():
        return np.ascontiguousarray(ids[..., 0])
    if mask.mode == "RGB":
        raise InputError(
            f"{name}: is coloured, and which class a colour stands for is not known; store ids, "
            "grey or with a palette"
        )
    raise InputError(
        f"{name}: must hold ids from 0 to 255, grey or with a palette; is of Pillow's mode "
        f"{mask.mode}"
    )
