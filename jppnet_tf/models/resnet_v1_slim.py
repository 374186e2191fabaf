"""The residual trunk of ResNet v1 as TF-slim has it, whose units convolve before they normalize."""

import typing
from collections.abc import Callable, Sequence

from jppnet_tf.models.resnet_v2 import EPSILON, stack_units

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks


def resnet_v1_slim(
    blocks: "KerasBlocks | ShapeBlocks",
    x: "keras.KerasTensor | int",
    channels: Callable[[int], int],
    units: Sequence[int],
    output_stride: int,
    stem: int | None = None,
) -> "keras.KerasTensor | int":
    """ResNet v1 with any output stride; it strides where `resnet_v2` does, unlike Caffe's release.

    Args:
        blocks, x, channels, units, output_stride, stem: as for `resnet_v2`; the image is RGB minus
            the mean colour.

    Returns:
        The features, 2048 channels at full width, rectified.

    Reference:
        TF-slim nets/resnet_v1.py; arXiv:1512.03385.
    """
    x = _conv_norm(blocks, x, "conv1", stem or channels(64), 7, stride=2, zeros=3)
    x = blocks.relu(x, "conv1__relu")
    x = blocks.max_pool(x, "pool1", 3, 2)
    return stack_units(blocks, x, _unit, channels, units, output_stride)


def _unit(blocks, x, name, filters, stride, dilation, project):
    if project:
        shortcut = _conv_norm(blocks, x, f"{name}__shortcut", 4 * filters, 1, stride=stride)
    else:
        shortcut = x if stride == 1 else blocks.subsample(x, f"{name}__subsample", stride)
    x = _conv_norm(blocks, x, f"{name}__conv1", filters, 1)
    x = blocks.relu(x, f"{name}__conv1__relu")
    # Where it strides, slim pads as if it did not know the size: 1 on each side.
    spaced = {"stride": stride, "zeros": 1} if stride > 1 else {"dilation": dilation}
    x = _conv_norm(blocks, x, f"{name}__conv2", filters, 3, **spaced)
    x = blocks.relu(x, f"{name}__conv2__relu")
    x = _conv_norm(blocks, x, f"{name}__conv3", 4 * filters, 1)
    return blocks.relu(blocks.add([shortcut, x], name), f"{name}__relu")


def _conv_norm(blocks, x, name, filters, size, **options):
    x = blocks.conv(x, name, filters, size, bias=False, init="trunk", **options)
    return blocks.batch_norm(x, f"{name}__BatchNorm", EPSILON)
