"""SSJPPNet's trunk, and with it fc6 and fc7, from the files of keras.applications' VGG16.

Its 13 convolutions are ours under other names, with the same kernels and biases. What differs
around them is left to the training that follows:

- They read BGR minus a mean, as ours do, but that of red is 1.0 grey level higher (103.939,
  116.779, 123.68).
- Their poolings are 2 x 2 and lie between pixels, ours are 3 x 3 and lie on them. Ours take in
  more, and a cell at stride 8 looks 3.5 pixels further up and left than theirs.
- Their last two poolings stride. Ours do not; conv5 and fc6 dilate instead, so that they look at
  places as far apart as theirs do.

Their two dense layers become convolutions with a quarter of the channels, every fourth one:

- fc1 is a 7 x 7 convolution at stride 32, our fc6 a 3 x 3 one of dilation 12 at stride 8. Our taps
  are 12 * 8 = 96 pixels apart, as their taps 0, 3 and 6 are, 3 * 32: so these are the ones to take,
  and both kernels reach over the same 192 pixels. 9 taps add up to less than 49, and the kernel
  is multiplied by 49/9: where features change little from tap to tap, the sum stays in
  proportion to the bias.
- fc2 is a 1 x 1 convolution, as our fc7 is. It keeps every fourth input, too, those that fc6
  still gives; its kernel is multiplied by 4 for the same reason.

The classifier is left aside. What gives classes and attention here starts at random.
"""

import os
import pathlib
import re
import typing
from collections.abc import Mapping, Sequence

from jppnet_tf.models.ss_jppnet import WIDTH_LAYERS, WIDTHS
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights.imagenet import keras_file

if typing.TYPE_CHECKING:
    from jppnet_tf.weights.store import Archive

TRUNK = re.compile(r"conv[1-5]_[1-3]/\w+")

_COUNTS = (2, 2, 3, 3, 3)  # convolutions per stage
_SIDE = 7  # of the map that fc1 reads
_TAP_STEP = 3
_CHANNEL_STEP = 4


def open_file(path: str | os.PathLike, widths: Sequence[int] = WIDTHS) -> "Archive":
    """Reads a weights file of keras.applications' VGG16 as weights of SSJPPNet.

    The file is one that Keras keeps in `~/.keras/models` (`vgg16_weights_tf_*.h5`), or that
    `model.save("x.h5")` wrote. With the top it gives fc6 and fc7, too; without (`_notop`) the
    convolutions alone.

    Args:
        path: the file.
        widths: of the SSJPPNet; the default is the one that VGG16 fits.

    Returns:
        store.Archive under our names; the classifier is in `skipped`.

    Raises:
        InputError: the file is missing, damaged or of another format, or holds another network;
            the message lists every difference.
    """
    path = pathlib.Path(path)
    found, skipped = keras_file.read_arrays(path, "VGG")
    has_top = bool(skipped) or any(name.startswith(("fc1/", "fc2/")) for name in found)
    shapes = _their_shapes(widths, has_top)
    found = keras_file.check_arrays(
        path, found, shapes, f"VGG16 {'with' if has_top else 'without'} top"
    )
    arrays = {
        f"{ours}/{variable}": found[f"{theirs}/{variable}"]
        for theirs, ours, _ in _convolutions(widths)
        for variable in ("kernel", "bias")
    }
    if has_top:
        arrays |= _thin_out(found)
    return keras_file.make_archive(path, arrays, skipped)


def check_width(path: str | os.PathLike, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuses a model of other widths than VGG16 has.

    Args:
        path: of the file, for the message.
        shapes: dict of the model's names to shapes.

    Raises:
        InputError: the model's widths are others.
    """
    widths = tuple(shapes[f"{layer}/kernel"][-1] for layer in WIDTH_LAYERS)
    if widths != WIDTHS:
        raise InputError(
            f"{path}: ImageNet weights fit a model of widths {WIDTHS} only, not {widths}; "
            "build it with these, or train it from random weights"
        )


def _convolutions(widths):
    """Per convolution: their name, ours, and the kernel's shape."""
    channels = 3
    for stage, count in enumerate(_COUNTS, start=1):
        filters = widths[min(stage, 4) - 1]
        for number in range(1, count + 1):
            ours = f"conv{stage}_{number}"
            yield f"block{stage}_conv{number}", ours, (3, 3, channels, filters)
            channels = filters


def _their_shapes(widths, has_top):
    kernels = {theirs: kernel for theirs, _, kernel in _convolutions(widths)}
    if has_top:
        units = widths[4] * _CHANNEL_STEP
        kernels |= {"fc1": (_SIDE**2 * widths[3], units), "fc2": (units, units)}
    shapes = {f"{layer}/kernel": kernel for layer, kernel in kernels.items()}
    return shapes | {f"{layer}/bias": kernel[-1:] for layer, kernel in kernels.items()}


def _thin_out(found):
    """fc6 and fc7 of their dense layers, as the module's text says."""
    fc1, fc2 = found["fc1/kernel"], found["fc2/kernel"]
    # fc1 reads a map [h, w, channels] that was made a row of numbers.
    taps = fc1.reshape(_SIDE, _SIDE, -1, fc1.shape[1])[::_TAP_STEP, ::_TAP_STEP]
    kept = slice(None, None, _CHANNEL_STEP)
    return {
        "fc6/kernel": taps[..., kept] * (_SIDE**2 / (taps.shape[0] * taps.shape[1])),
        "fc6/bias": found["fc1/bias"][kept],
        "fc7/kernel": fc2[None, None, kept, kept] * _CHANNEL_STEP,
        "fc7/bias": found["fc2/bias"][kept],
    }
