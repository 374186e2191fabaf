import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from jppnet_tf.data.hf.pixels import read_pair
from jppnet_tf.images.reading import decode_image
from jppnet_tf.system.errors import InputError
from tests.conftest import draw_photo
from tests.data.hf.made_up import draw_mask, encode

PHOTO, MASK = draw_photo(24, 20), draw_mask(24, 20)
JPEG = encode(PHOTO, "JPEG")


def with_palette(ids):
    """A Pillow image of mode P whose colours are not its ids."""
    image = Image.fromarray(ids)
    image.putpalette(np.random.default_rng(0).integers(0, 256, 768, np.uint8).tobytes())
    assert image.mode == "P"
    return image


def grey_png(ids, bits):
    """A grey PNG whose samples have fewer than 8 bits, or 16: its bytes."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    def pack(row):
        if bits == 16:
            return row.astype(">u2").tobytes()
        return np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :]).tobytes()

    height, width = ids.shape
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + pack(row) for row in ids))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "mask",
    [
        encode(MASK),
        encode(with_palette(MASK)),
        encode(with_palette(MASK), bits=8, transparency=0),
        encode(np.repeat(MASK[..., None], 3, axis=2)),
        encode(MASK.astype(np.int32), "TIFF"),
        encode(with_palette(MASK), "TIFF", compression="tiff_lzw"),
        grey_png(MASK, 16),
    ],
    ids=["grey", "palette", "transparent", "equal channels", "32 bits", "tiff", "16 bits"],
)
def test_masks_are_ids_however_they_are_stored(mask):
    image, suffix, ids = read_pair(JPEG, mask, "row")
    assert (image, suffix, ids.dtype) == (JPEG, ".jpg", np.uint8)
    np.testing.assert_array_equal(ids, MASK)
    assert ids.max() > 10


@pytest.mark.parametrize("bits", [2, 4])
def test_ids_of_few_bits_are_not_stretched_to_grey_levels(bits):
    few = draw_mask(24, 20, count=2**bits)
    for mask in (grey_png(few, bits), encode(with_palette(few), bits=bits)):
        np.testing.assert_array_equal(read_pair(JPEG, mask, "row")[2], few)


@pytest.mark.parametrize(
    "mask, message",
    [
        (encode(with_palette(MASK).convert("RGB")), "row 3: mask: is coloured, and which class"),
        (encode(MASK, "JPEG"), "mask: is JPEG, whose compression may change ids"),
        (encode(MASK, "WEBP", lossless=True), "mask: is WEBP"),
        (encode(PHOTO, "TIFF", compression="jpeg"), "mask: is TIFF, whose compression"),
        (encode(Image.fromarray(MASK).convert("LA")), "is of Pillow's mode LA"),
        (encode(Image.fromarray(MASK).convert("1")), "is of Pillow's mode 1"),
        (encode(MASK.astype(np.int32) + 250, "TIFF"), "ids from 0 to 255"),
        (encode(MASK.astype(np.float32), "TIFF"), "is of Pillow's mode F"),
        (encode(MASK.T), "mask is 24 x 20, but the image is 20 x 24$"),
        (encode(MASK)[:-30], "row 3: mask: cannot be read"),
        (b"", "row 3: mask: empty"),
        (encode(MASK, orientation=6), "mask: is turned by an EXIF orientation of its own, 6"),
    ],
)
def test_masks_that_are_refused(mask, message):
    with pytest.raises(InputError, match=message):
        read_pair(JPEG, mask, "a.parquet, row 3")


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("of_its_own", [False, True])
def test_an_exif_orientation_turns_both(orientation, of_its_own):
    """The mask follows the pixels that it was stored with, where Pillow's own turning puts them."""
    stored = draw_mask(32, 64)  # its blocks are JPEG's
    photo = encode(stored * 14, "JPEG", quality=100, orientation=orientation)
    mask = encode(stored, orientation=orientation if of_its_own else None)
    image, suffix, ids = read_pair(photo, mask, "row")
    assert suffix == ".png" and ids.shape == ((32, 64) if orientation < 5 else (64, 32))
    upright = decode_image(image)
    np.testing.assert_array_equal(upright, decode_image(photo))
    # 14 grey levels for each id: of even blocks, JPEG moves them by less than half of that.
    np.testing.assert_array_equal(np.rint(upright[..., 0] / 14), ids)
    assert not np.array_equal(ids, stored)


def test_a_mask_of_the_upright_size_is_refused():
    photo = encode(PHOTO, "JPEG", orientation=6)
    with pytest.raises(
        InputError, match=r"24 x 20, but the image is 20 x 24, stored turned \(EXIF orientation 6"
    ):
        read_pair(photo, encode(MASK.T), "row")
    with pytest.raises(InputError, match="orientation of its own, 8"):
        read_pair(photo, encode(MASK, orientation=8), "row")


def test_images_that_training_cannot_decode_become_pngs():
    bmp = encode(PHOTO, "BMP")
    image, suffix, _ = read_pair(bmp, encode(MASK), "row")
    assert suffix == ".png" and image.startswith(b"\x89PNG")
    np.testing.assert_array_equal(decode_image(image), PHOTO)
    clear = np.dstack([PHOTO, np.zeros((24, 20), np.uint8)])
    np.testing.assert_array_equal(decode_image(read_pair(encode(clear), encode(MASK), "")[0]), 255)
    png = encode(PHOTO)
    assert read_pair(png, encode(MASK), "row")[:2] == (png, ".png")


@pytest.mark.parametrize(
    "image, message",
    [
        (JPEG[:-200], "row 3: image: cannot be read"),
        (b"text", "row 3: image: not an image"),
        (encode(PHOTO, "TIFF", orientation=6), "image: a TIFF with an EXIF orientation"),
    ],
)
def test_images_that_are_refused(image, message):
    with pytest.raises(InputError, match=message):
        read_pair(image, encode(MASK), "a.parquet, row 3")
