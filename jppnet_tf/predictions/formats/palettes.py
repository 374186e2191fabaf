"""Label maps as palette PNGs of the image's own size, in LIP's colours or one's own."""

import json
import os
import pathlib
import re
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from jppnet_tf.images.encoding import encode_palette_png
from jppnet_tf.labels import Classes
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text

Colour = tuple[int, ...]
Palette = Sequence[Colour] | Mapping[str, Colour]
"""A colour for each class in the order of the ids, or for some classes by their names."""

_LARGEST = 1 << 20  # bytes of a palette in words: 256 colours take a hundredth of that


def read_palette(path: str | os.PathLike) -> Palette:
    """Reads colours of one's own.

    Args:
        path: an image with a palette; or JSON, a list of colours or a dict of class name to colour;
            or text with a colour a line. A colour is `#rrggbb`, or red, green and blue from 0 to
            255: in JSON a list, in text with commas or spaces between. Text may have empty lines
            and, behind a colour, words.

    Returns:
        tuple of (red, green, blue) in the order of the ids, or a dict of them by class name.

    Raises:
        InputError: the file is something else; the message says what and where.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: the palette is not a file")
    try:
        with Image.open(path) as image:
            colours = image.getpalette("RGB") if image.mode == "P" else None
            if colours is None:
                raise InputError(f"{path}: the image has no palette")
            return tuple(map(tuple, np.reshape(colours, (-1, 3)).tolist()))
    except Image.UnidentifiedImageError:
        pass
    except InputError:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: the palette cannot be read: {error}") from None
    return _read_words(path)


def _read_words(path):
    if path.stat().st_size > _LARGEST:
        raise InputError(f"{path}: too large for a palette")
    text = read_text(path)
    if text.lstrip()[:1] not in ("[", "{"):
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        return _check(path, tuple(_read_line(path, number, line) for number, line in lines))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: the palette cannot be read: {error}") from None
    if isinstance(content, dict):
        return {name: _make_colour(colour, f"{path}, {name}") for name, colour in content.items()}
    return _check(
        path, tuple(_make_colour(each, f"{path}, entry {i}") for i, each in enumerate(content))
    )


def _read_line(path, number, line):
    where = f"{path}, line {number}"
    word = line.split()[0]
    if word.startswith("#"):
        return _make_colour(word, where)
    numbers = re.match(r"\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?![\d.])", line)
    return _make_colour([int(value) for value in numbers.groups()] if numbers else line, where)


def _make_colour(value, where):
    if isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value):
        return tuple(bytes.fromhex(value[1:]))
    if isinstance(value, list) and len(value) == 3:
        if all(type(each) is int and 0 <= each <= 255 for each in value):
            return tuple(value)
    shown = value if isinstance(value, str) else json.dumps(value)
    raise InputError(f"{where}: not a colour, #rrggbb or three numbers up to 255: {shown[:60]}")


def _check(path, colours):
    if not 0 < len(colours) <= 256:
        raise InputError(f"{path}: {len(colours)} colours; a palette has 1 to 256")
    return colours


def describe(palette: Palette) -> list[str] | dict[str, str]:
    """A palette as JSON has it: `#rrggbb` for each colour."""
    if isinstance(palette, Mapping):
        return {name: _spell(colour) for name, colour in palette.items()}
    return [_spell(colour) for colour in palette]


def _spell(colour):
    return "#{:02x}{:02x}{:02x}".format(*colour)


def colour_classes(palette: Palette | None, classes: Classes) -> tuple[Colour, ...]:
    """The colours of a palette for some classes.

    Args:
        palette: as `read_palette` gives it; None for the classes' own.
        classes: what the ids stand for. Classes that a dict does not name keep their own colours.

    Returns:
        tuple of (red, green, blue), one per class at least.

    Raises:
        InputError: there are too few colours, or a name is not a class.
    """
    if palette is None:
        return classes.palette
    if isinstance(palette, Mapping):
        unknown = [name for name in palette if name not in classes.names]
        if unknown:
            raise InputError(f"the palette names {unknown[0]}, which is not a class of the results")
        own = zip(classes.names, classes.palette, strict=True)
        return tuple(palette.get(name, colour) for name, colour in own)
    if len(palette) < len(classes.names):
        raise InputError(
            f"the palette has {len(palette)} colours, and there are {len(classes.names)} classes"
        )
    return tuple(palette)


def build_format(palette: Palette | None = None) -> Format:
    """The format that writes palette PNGs, in colours of one's own or the classes'."""

    def files(name, rgb, prediction, least_score=None):
        colours = colour_classes(palette, prediction.classes)
        (path,) = _paths(name, (), False)
        return {path: encode_palette_png(prediction.parsing, colours)}

    return Format(
        "palette",
        ("palette",),
        _paths,
        files,
        any_classes=True,
        check=lambda classes: colour_classes(palette, classes),
    )


def _paths(name, classes, has_pose):
    return (f"palette/{name}.png",)


FORMATS = (build_format(),)
