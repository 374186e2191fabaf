"""Files to RGB arrays."""

import contextlib
import io
import logging
import os
import pathlib
import re
import typing
from collections.abc import Iterator

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from jppnet_tf.system.errors import InputError

MAX_PIXELS = 2 * 89_478_485
"""What an image may hold unless told otherwise: 179 megapixels, where Pillow stops too."""

ImageSource = (
    str | os.PathLike | bytes | bytearray | memoryview | typing.BinaryIO | Image.Image | np.ndarray
)
"""What `to_rgb` takes for an image."""

# Of all that Pillow reads, what photographs come as: others make it start programs, as EPS does.
_FORMATS = (
    *("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM"),
    *(("AVIF",) if "avif" in features.modules and features.check("avif") else ()),
)
_END_OF_JPEG = b"\xff\xd9"
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {  # its value -> what brings the stored rows and columns upright
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def can_read_avif() -> bool:
    """Whether the Pillow at hand reads AVIF."""
    return "AVIF" in _FORMATS


def read_image(
    path: str | os.PathLike, max_pixels: float = MAX_PIXELS, allow_truncated: bool = False
) -> np.ndarray:
    """Reads an image as the network's training saw images; see `decode_image`.

    Args:
        path: a JPEG, PNG, BMP, WebP, TIFF, GIF or PPM file, whatever it is called.
        max_pixels: how many pixels it may hold. Decoding takes 3 bytes of memory for each, and
            some formats several times that; what the file says of itself decides before.
        allow_truncated: whether a JPEG that ends too early is read as far as it goes, and a warning
            logged; what is missing is grey.

    Returns:
        uint8 array [h, w, 3], RGB.

    Raises:
        InputError: the file is missing, is not an image, is damaged, or holds more pixels.
    """
    return _decode(pathlib.Path(path), path, max_pixels, allow_truncated)


def decode_image(
    data: bytes,
    name: str | os.PathLike = "image",
    max_pixels: float = MAX_PIXELS,
    allow_truncated: bool = False,
) -> np.ndarray:
    """Decodes an image as the network's training saw images.

    JPEG is decoded by TensorFlow with its default, fast transform: other decoders give
    other pixels, and those other labels. Everything else is read by Pillow: grey, palette,
    16-bit (its upper byte), several frames (the first), transparency (over white). EXIF
    orientation is applied.

    Args:
        data: the bytes of a file.
        name: what messages call it.
        max_pixels, allow_truncated: as for `read_image`.

    Returns:
        uint8 array [h, w, 3], RGB.

    Raises:
        InputError: it is not an image, is damaged, or holds more pixels.
    """
    return _decode(io.BytesIO(data), name, max_pixels, allow_truncated)


def to_rgb(image: ImageSource, max_pixels: float = MAX_PIXELS) -> np.ndarray:
    """An image of any usual kind as an RGB array.

    Args:
        image: a path; the bytes of a file, or a binary file to read them from; a Pillow image; or
            an array: uint8 [h, w, 3] (RGB), [h, w, 4] (RGBA, put over white), [h, w] or [h, w, 1]
            (grey).
        max_pixels: how many pixels a file may hold.

    Returns:
        uint8 array [h, w, 3], RGB.

    Raises:
        InputError: it is none of these, or cannot be read.
    """
    if isinstance(image, str) and re.match(r"\w+://", image):
        raise InputError(f"{image}: is a URL: download it, and give its path or its bytes")
    if isinstance(image, (str, os.PathLike)):
        return read_image(image, max_pixels)
    if isinstance(image, (bytes, bytearray, memoryview)):
        return decode_image(bytes(image), max_pixels=max_pixels)
    if isinstance(image, Image.Image):
        orientation = read_orientation(image)
        return turn_upright(_decode_other(image), orientation)
    if hasattr(image, "read"):
        data, name = image.read(), str(getattr(image, "name", "image"))
        if not isinstance(data, bytes):
            raise InputError(f"{name}: must be opened as a binary file, as open(path, 'rb') does")
        return decode_image(data, name, max_pixels)
    array = image if isinstance(image, np.ndarray) else np.asarray(image, None)
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or not array.size:
        channels = 0
    if channels == 1:
        return np.repeat(array.reshape(*array.shape[:2], 1), 3, axis=2)
    if channels == 4:
        return _decode_other(Image.fromarray(array, "RGBA"))
    if channels == 3:
        return array
    raise InputError(
        "an image must be a path, bytes, a binary file, a Pillow image, or a uint8 array "
        f"[h, w, 3], [h, w, 4] or [h, w], not {_describe(image, array)}"
    )


def _describe(image, array):
    is_array = array.dtype != object and array.ndim
    return f"{array.dtype} {list(array.shape)}" if is_array else f"{type(image).__name__}"


def _decode(source, name, max_pixels, allow_truncated):
    """Decodes a path or a file in memory."""
    with opened(source, name, max_pixels) as image:
        # A phone's JPEG with a second picture inside calls itself MPO.
        if image.format in ("JPEG", "MPO"):
            is_path = isinstance(source, pathlib.Path)
            data = source.read_bytes() if is_path else source.getvalue()
            pixels = _decode_jpeg(data, name, allow_truncated)
        else:
            pixels = _decode_other(image)
        orientation = read_orientation(image)
    return turn_upright(pixels, orientation)


def turn_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Stored pixels [h, w, ...] as an EXIF orientation shows them; unknown ones change nothing."""
    return np.ascontiguousarray(_UPRIGHT.get(orientation, lambda a: a)(pixels))


def read_ids(path: str | os.PathLike, allow_palette: bool = False) -> np.ndarray:
    """Reads an image of one channel as it is stored: class ids, or a heatmap.

    Args:
        path: 8-bit grey PNG.
        allow_palette: whether it may have a palette, whose colours then do not matter, as other
            programs write their predictions.

    Returns:
        uint8 array [h, w].

    Raises:
        InputError: the file is missing or damaged, or is not such an image.
    """
    with opened(pathlib.Path(path), path) as image:
        if image.mode != "L" and not (allow_palette and image.mode == "P"):
            raise InputError(f"{path}: must be 8-bit grey, is of Pillow's mode {image.mode}")
        return np.array(image)


def read_size(path: str | os.PathLike) -> tuple[int, int]:
    """The size of an image without decoding it, upright: (height, width).

    Raises:
        InputError: the file is missing or is not an image.
    """
    with opened(pathlib.Path(path), path) as image:
        width, height = image.size
        return (width, height) if read_orientation(image) >= 5 else (height, width)


def check_plain(path: str | os.PathLike) -> None:
    """Refuses images that plain decoders show otherwise than `read_image`, or cannot decode.

    Raises:
        InputError: it is neither JPEG nor PNG, is turned by its EXIF orientation, or has
            transparency; or is missing or not an image.
    """
    with opened(pathlib.Path(path), path) as image:
        if image.format not in ("JPEG", "MPO", "PNG"):
            raise InputError(f"{path}: is {image.format}: convert it to JPEG or PNG")
        if read_orientation(image) != 1:
            raise InputError(f"{path}: is turned by its EXIF orientation: store it upright")
        if image.has_transparency_data:
            raise InputError(f"{path}: has transparency: store it without")


@contextlib.contextmanager
def opened(
    source: pathlib.Path | io.BytesIO, name: str | os.PathLike, max_pixels: float = MAX_PIXELS
) -> Iterator[Image.Image]:
    """Gives a Pillow image; whatever goes wrong with it in the block becomes an InputError."""
    try:
        if isinstance(source, pathlib.Path) and source.exists() and not source.is_file():
            kind = "a folder" if source.is_dir() else "not a regular file"  # a pipe would wait
            raise InputError(f"{name}: is {kind}")
        _raise_limit(max_pixels)
        with Image.open(source, formats=_FORMATS) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(name, f"{image.width} x {image.height}", max_pixels)
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except UnidentifiedImageError:
        if isinstance(source, pathlib.Path):
            size = source.stat().st_size
        else:
            size = len(source.getvalue())
        known = ", ".join(_FORMATS)
        reason = "empty" if size == 0 else f"not an image of a kind that is read ({known})"
        raise InputError(f"{name}: {reason}") from None
    except Image.DecompressionBombError as error:  # far beyond the limit, or in a part of the file
        claimed = re.search(r"\d+", str(error))
        raise _too_large(name, claimed[0] if claimed else "too many", max_pixels) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's readers raise
        raise InputError(f"{name}: cannot be read: {error}") from None


def _too_large(name, claimed, max_pixels):
    return InputError(
        f"{name}: too large: {claimed} pixels, the limit is {max_pixels / 1e6:.4g} megapixels "
        "(--max_megapixels of `jppnet infer`, max_pixels in Python)"
    )


def _raise_limit(max_pixels):
    """Lets Pillow open images that we allow: it has a limit of its own, one for the whole process.

    Set once, and never lowered again: other threads may be opening images.
    """
    if Image.MAX_IMAGE_PIXELS is not None and Image.MAX_IMAGE_PIXELS < max_pixels:
        Image.MAX_IMAGE_PIXELS = max_pixels


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation of a Pillow image: 1 is upright, also where there is none."""
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  a broken note about a picture does not break the picture
        return 1


def _decode_jpeg(data, name, allow_truncated):
    import tensorflow as tf  # only where it is needed: label maps are read without

    try:
        return tf.io.decode_jpeg(data, channels=3).numpy()
    except tf.errors.OpError:
        pass
    try:
        # Not TensorFlow's own way to recover, which does not come back from some files.
        pixels = tf.io.decode_jpeg(data + _END_OF_JPEG, channels=3).numpy()
    except tf.errors.OpError:
        raise InputError(f"{name}: damaged: it cannot be decoded; get it again") from None
    if not allow_truncated:
        raise InputError(
            f"{name}: damaged: it ends too early; get it again, or pass --damaged_images use"
        )
    logging.getLogger(__name__).warning("%s: ends too early; what there is of it is used", name)
    return pixels


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
