"""JPPNet's trunk from the files of keras.applications' ResNet50, 101 and 152.

Those networks are ours under other names, strides in the same convolutions, with four differences:

- Their convolutions have biases, and their batch norm another epsilon. Both go into our batch
  norm here, so that the features are equal.
- They pad alike on all sides, where 'SAME' may pad more below and to the right. For images with
  sides 4k + 1 that is the same; for others our grid lies up to 3 pixels further down and right.
- They read BGR minus a mean, as ours do, but that of red is 1.0 grey level higher (103.939,
  116.779, 123.68). That is left to the training that follows.
- Their last two stages stride where ours dilate: theirs have every second and every fourth of
  our pixels.
"""

import os
import pathlib
import re
import typing
from collections.abc import Mapping

import numpy as np

from jppnet_tf.models.resnet import unit_name
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights.imagenet import keras_file

if typing.TYPE_CHECKING:
    from jppnet_tf.weights.store import Archive

_THEIR_EPSILON = 1.001e-5
_OUR_EPSILON = 1e-3
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
TRUNK = re.compile(r"(conv1|bn_conv1|(res|bn)[2-5](a|b\d*|[c-z])_branch(1|2[abc]))/\w+")


def open_file(path: str | os.PathLike) -> "Archive":
    """Reads a weights file of keras.applications' ResNet50, 101 or 152 as weights of our trunk.

    The file is one that Keras keeps in `~/.keras/models` (`resnet101_weights_*.h5`), with or
    without the classifier, or that `model.save("x.h5")` wrote. How many units the network has
    follows from the file.

    Args:
        path: the file.

    Returns:
        store.Archive of the trunk's variables, under our names; the classifier is in `skipped`.

    Raises:
        InputError: the file is missing, damaged or of another format, or holds another network;
            the message lists every difference.
    """
    path = pathlib.Path(path)
    found, skipped = keras_file.read_arrays(path, "ResNet")
    units = _count_units(found)
    found = keras_file.check_arrays(path, found, _their_shapes(units), f"ResNet of {units} units")
    return keras_file.make_archive(path, _convert(found, units), skipped)


def check_width(path: str | os.PathLike, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuses a model that is wider or narrower than their networks.

    Args:
        path: of the file, for the message.
        shapes: dict of the model's names to shapes.

    Raises:
        InputError: the model's width is not 1.
    """
    width = shapes.get("conv1/kernel", (64,))[-1] / 64
    if width != 1:
        raise InputError(
            f"{path}: ImageNet weights fit a model of width 1 only, not {width:g}; "
            "build it with width=1.0, or train its trunk from random weights"
        )


def _count_units(names):
    """How many residual units each stage has; ResNet-101's number where there is none."""
    counts = []
    for stage, default in zip((2, 3, 4, 5), (3, 4, 23, 3), strict=True):
        found = [re.match(rf"conv{stage}_block(\d+)_", name) for name in names]
        count = len({match.group(1) for match in found if match}) or default
        # The first and last stage name their units by letters.
        counts.append(min(count, 26) if stage in (2, 5) else count)
    return tuple(counts)


def _convolutions(units):
    """Per convolution: their stem of its names, our two layers, and the kernel's shape."""
    yield "conv1", "conv1", "bn_conv1", (7, 7, 3, 64)
    channels = 64
    for stage, count in enumerate(units, start=2):
        filters = 16 << stage
        for index in range(count):
            kernels = [
                ("0", "1", (1, 1, channels, 4 * filters)),
                ("1", "2a", (1, 1, channels, filters)),
                ("2", "2b", (3, 3, filters, filters)),
                ("3", "2c", (1, 1, filters, 4 * filters)),
            ]
            for number, branch, kernel in kernels[bool(index) :]:
                ours = f"{unit_name(stage, index)}_branch{branch}"
                theirs = f"conv{stage}_block{index + 1}_{number}"
                yield theirs, f"res{ours}", f"bn{ours}", kernel
            channels = 4 * filters


def _their_shapes(units):
    shapes: dict[str, tuple[int, ...]] = {}
    for theirs, _, _, kernel in _convolutions(units):
        shapes |= {f"{theirs}_conv/kernel": kernel, f"{theirs}_conv/bias": kernel[-1:]}
        shapes |= {f"{theirs}_bn/{variable}": kernel[-1:] for variable in _NORM}
    return shapes


def _convert(found, units):
    """Their arrays as ours, with biases and epsilon inside the batch norm."""
    arrays = {}
    for theirs, convolution, norm, _ in _convolutions(units):
        gamma, beta, mean, variance = (
            found[f"{theirs}_bn/{variable}"].astype(np.float64) for variable in _NORM
        )
        with np.errstate(divide="ignore", invalid="ignore"):  # the caller looks at the result
            gamma = gamma * np.sqrt((variance + _OUR_EPSILON) / (variance + _THEIR_EPSILON))
        mean = mean - found[f"{theirs}_conv/bias"]
        values = (gamma, beta, mean, variance)
        arrays[f"{convolution}/kernel"] = found[f"{theirs}_conv/kernel"]
        arrays |= {
            f"{norm}/{variable}": value.astype(np.float32)
            for variable, value in zip(_NORM, values, strict=True)
        }
    return arrays
