"""Files to RGB arrays."""

import contextlib
import pathlib
import threading

import numpy as np
from PIL import Image, UnidentifiedImageError

from jppnet_tf.system.errors import InputError

MAX_PIXELS = 2 * 89_478_485
"""What an image may hold unless told otherwise: 179 megapixels, where Pillow stops too."""

# Of all that Pillow reads, what photographs come as: others make it start programs, as EPS does.
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
_OPENING = threading.Lock()
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {  # its value -> what brings the stored rows and columns upright
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
    7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda a: a.transpose(1, 0, 2)[::-1],
}


def read_image(path, max_pixels=MAX_PIXELS):
    """Reads a photograph as the network's training saw photographs.

    JPEG is decoded by TensorFlow with its default, fast transform: other decoders give
    other pixels, and those other labels. Everything else is read by Pillow: grey, palette,
    16-bit (its upper byte), several frames (the first), transparency (over white). EXIF
    orientation is applied.

    Args:
        path: a JPEG, PNG, BMP, WebP, TIFF, GIF or PPM file, whatever it is called.
        max_pixels: how many pixels it may hold. Decoding takes 3 bytes of memory for each, and
            some formats several times that; what the file says of itself decides before.

    Returns:
        uint8 array [h, w, 3], RGB.

    Raises:
        InputError: the file is missing, is no image, is damaged, or holds more pixels.
    """
    with _opened(path, max_pixels) as image:
        # A phone's JPEG with a second picture inside calls itself MPO.
        jpeg = image.format in ("JPEG", "MPO")
        pixels = _decode_jpeg(pathlib.Path(path)) if jpeg else _decode_other(image)
        orientation = _read_orientation(image)
    return np.ascontiguousarray(_UPRIGHT.get(orientation, lambda a: a)(pixels))


def read_ids(path, allow_palette=False):
    """Reads an image of one channel as it is stored: class ids, or a heatmap.

    Args:
        path: 8-bit grey PNG.
        allow_palette: whether it may have a palette, whose colours then do not matter, as other
            programs write their predictions.

    Returns:
        uint8 array [h, w].

    Raises:
        InputError: the file is missing or damaged, or is no such image.
    """
    with _opened(path) as image:
        if image.mode != "L" and not (allow_palette and image.mode == "P"):
            raise InputError(f"{path}: must be 8-bit grey, is of Pillow's mode {image.mode}")
        return np.array(image)


def read_size(path):
    """The size of an image without decoding it, upright: (height, width).

    Raises:
        InputError: the file is missing or is no image.
    """
    with _opened(path) as image:
        width, height = image.size
        return (width, height) if _read_orientation(image) >= 5 else (height, width)


@contextlib.contextmanager
def _opened(path, max_pixels=MAX_PIXELS):
    """A Pillow image; whatever goes wrong with it in the block becomes an InputError."""
    path = pathlib.Path(path)
    try:
        with _open_without_limit(path) as image:
            if image.width * image.height > max_pixels:
                raise InputError(
                    f"{path}: too large: {image.width} x {image.height} pixels, the limit is "
                    f"{max_pixels / 1e6:.4g} megapixels (--max_megapixels of tools/infer.py, "
                    "max_pixels in Python)"
                )
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnidentifiedImageError:
        size = path.stat().st_size
        known = ", ".join(_FORMATS)
        reason = "empty" if size == 0 else f"not an image of a kind that is read ({known})"
        raise InputError(f"{path}: {reason}") from None
    except Image.DecompressionBombError as error:  # parts that say something else than the whole
        raise InputError(f"{path}: too large: {error}") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's readers raise
        raise InputError(f"{path}: cannot be read: {error}") from None


def _open_without_limit(path):
    """Opens an image: reads what it says of itself, and decodes nothing.

    Pillow has a limit of its own here, one for the whole process, and warns at half of it.
    """
    with _OPENING:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(path, formats=_FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _read_orientation(image):
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a broken note about the picture is no broken picture
        return 1


def _decode_jpeg(path):
    import tensorflow as tf  # only where it is needed: label maps are read without

    try:
        return tf.io.decode_jpeg(path.read_bytes(), channels=3).numpy()
    except tf.errors.OpError as error:
        raise InputError(f"{path}: damaged: {error.message.splitlines()[0]}") from None


def _decode_other(image):
    if image.mode == "F" or (image.mode == "I" and image.format != "PNG"):
        raise ValueError("32 bits per pixel, whose black and white nobody knows; make it 8 or 16")
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip at 255
        grey = (np.asarray(image, np.uint32) >> 8).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return np.asarray(image.convert("RGB"))
