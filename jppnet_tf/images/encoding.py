"""Pictures as bytes of files."""

import io
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image


def encode_png(pixels: np.ndarray) -> bytes:
    """PNG of uint8 [h, w] (8-bit, one channel) or [h, w, 3] (RGB): bytes."""
    # Label maps are flat: more effort than the least saves little and takes several times as long.
    return encode_image(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 2])


def encode_image(suffix: str, pixels: np.ndarray, options: Sequence[int]) -> bytes:
    """Image file of uint8 [h, w] or [h, w, 3] (RGB), with OpenCV's options: bytes."""
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(suffix, pixels, options)[1].tobytes()


def encode_palette_png(ids: np.ndarray, palette: Sequence[Sequence[int]]) -> bytes:
    """PNG with a palette, Pillow's mode P.

    Args:
        ids: uint8 [h, w], below the palette's length.
        palette: up to 256 (red, green, blue).

    Returns:
        bytes.
    """
    image = Image.fromarray(ids)
    # Up to 16 colours, Pillow would pack two pixels into a byte, which not every reader expects.
    colours = [*palette, *[(0, 0, 0)] * (17 - len(palette))]
    image.putpalette(np.asarray(colours, np.uint8).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=2)
    return file.getvalue()
