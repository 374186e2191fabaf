"""The residual trunk whose units normalize before they convolve, as TF-slim has it."""

import typing
from collections.abc import Callable, Sequence

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks

UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Units in the four blocks, by the name's number."""
EPSILON = 1e-5
_FILTERS = (64, 128, 256, 512)
_STRIDES = (2, 2, 2, 1)  # of each block's last unit


def resnet_v2(
    blocks: "KerasBlocks | ShapeBlocks",
    x: "keras.KerasTensor | int",
    channels: Callable[[int], int],
    units: Sequence[int],
    output_stride: int,
    stem: int | None = None,
) -> "keras.KerasTensor | int":
    """ResNet v2 with any output stride: where it is reached, units dilate instead of striding.

    The stride of a block sits in its last unit. That unit has the block's own dilation; the next
    block's is wider.

    Args:
        blocks: KerasBlocks or ShapeBlocks.
        x: the image, 3 channels, -1..1.
        channels: function from the full network's channel count to this one's.
        units: number of units in each of the four blocks.
        output_stride: 8, 16 or 32.
        stem: filters of the first convolution; None is what `channels` makes of the full 64.

    Returns:
        The features, 2048 channels at full width, normalized and rectified.

    Reference:
        TF-slim nets/resnet_v2.py; arXiv:1603.05027.
    """
    x = blocks.conv(x, "conv1", stem or channels(64), 7, stride=2, zeros=3, init="trunk")
    x = blocks.max_pool(x, "pool1", 3, 2)
    x = stack_units(blocks, x, _unit, channels, units, output_stride)
    x = blocks.batch_norm(x, "postnorm", EPSILON)
    return blocks.relu(x, "postnorm_relu")


def stack_units(
    blocks: "KerasBlocks | ShapeBlocks",
    x: "keras.KerasTensor | int",
    unit: Callable,
    channels: Callable[[int], int],
    units: Sequence[int],
    output_stride: int,
) -> "keras.KerasTensor | int":
    """The four blocks of a residual trunk of TF-slim's, on features of stride 4.

    Args:
        unit: function of (blocks, x, name, filters, stride, dilation, whether to project).
        blocks, x, channels, units, output_stride: as for `resnet_v2`.
    """
    stride, dilation = 4, 1
    for block, (count, filters, last) in enumerate(zip(units, _FILTERS, _STRIDES, strict=True), 1):
        for number in range(1, count + 1):
            wanted = last if number == count else 1
            step = wanted if stride < output_stride else 1
            name = f"block{block}__unit_{number}"
            x = unit(blocks, x, name, channels(filters), step, dilation, project=number == 1)
            stride *= step
            dilation *= wanted // step
    return x


def _unit(blocks, x, name, filters, stride, dilation, project):
    before = blocks.relu(blocks.batch_norm(x, f"{name}__preact", EPSILON), f"{name}__preact_relu")
    if project:
        shortcut = blocks.conv(
            before, f"{name}__shortcut", 4 * filters, 1, stride=stride, init="trunk"
        )
    else:
        shortcut = x if stride == 1 else blocks.subsample(x, f"{name}__subsample", stride)
    x = _conv_norm(blocks, before, f"{name}__conv1", filters, 1)
    # Where it strides, slim pads as if it did not know the size: 1 on each side.
    spaced = {"stride": stride, "zeros": 1} if stride > 1 else {"dilation": dilation}
    x = _conv_norm(blocks, x, f"{name}__conv2", filters, 3, **spaced)
    x = blocks.conv(x, f"{name}__conv3", 4 * filters, 1, init="trunk")
    return blocks.add([shortcut, x], name)


def _conv_norm(blocks, x, name, filters, size, **options):
    x = blocks.conv(x, name, filters, size, bias=False, init="trunk", **options)
    x = blocks.batch_norm(x, f"{name}__BatchNorm", EPSILON)
    return blocks.relu(x, f"{name}__relu")
