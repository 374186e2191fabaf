"""The residual trunk, in the Caffe layout that the released weights use."""

import string
import typing
from collections.abc import Callable, Sequence

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks

# Of each stage: bottleneck channels, stride of its first unit, dilation of its 3x3 convolutions.
_STAGES = ((64, 1, 1), (128, 2, 1), (256, 1, 2), (512, 1, 4))


def unit_name(stage: int, index: int) -> str:
    """Caffe's names: stages 2 and 5 count a, b, c; stages 3 and 4 count a, b1, b2."""
    if stage in (2, 5):
        return f"{stage}{string.ascii_lowercase[index]}"
    return f"{stage}b{index}" if index else f"{stage}a"


def _conv_norm(blocks, x, branch, filters, size, **options):
    x = blocks.conv(x, f"res{branch}", filters, size, bias=False, init="trunk", **options)
    return blocks.batch_norm(x, f"bn{branch}")


def _unit(blocks, x, name, filters, stride, dilation, project):
    shortcut = x
    if project:
        shortcut = _conv_norm(blocks, x, f"{name}_branch1", 4 * filters, 1, stride=stride)
    x = _conv_norm(blocks, x, f"{name}_branch2a", filters, 1, stride=stride)
    x = blocks.relu(x, f"res{name}_branch2a_relu")
    x = _conv_norm(blocks, x, f"{name}_branch2b", filters, 3, dilation=dilation)
    x = blocks.relu(x, f"res{name}_branch2b_relu")
    x = _conv_norm(blocks, x, f"{name}_branch2c", 4 * filters, 1)
    x = blocks.add([shortcut, x], f"res{name}")
    return blocks.relu(x, f"res{name}_relu")


def resnet(
    blocks: "KerasBlocks | ShapeBlocks",
    x: "keras.KerasTensor | int",
    channels: Callable[[int], int],
    units: Sequence[int],
    stem: int | None = None,
) -> list:
    """ResNet with output stride 8: the last two stages dilate instead of striding.

    The stride of a stage sits in its first 1x1 convolution, as in Caffe's release.

    Args:
        blocks: KerasBlocks or ShapeBlocks.
        x: the image, 3 channels.
        channels: function from the full network's channel count to this one's.
        units: number of residual units in each of the four stages; (3, 4, 23, 3) is ResNet-101.
        stem: filters of the first convolution; None is what `channels` makes of the full 64.

    Returns:
        The outputs of the last two stages, both at stride 8, with 1024 and 2048 channels
        at full width.

    Reference:
        LIP_JPPNet utils/model.py, JPPNetModel.setup.
    """
    x = blocks.conv(x, "conv1", stem or channels(64), 7, stride=2, bias=False, init="trunk")
    x = blocks.batch_norm(x, "bn_conv1")
    x = blocks.relu(x, "conv1_relu")
    x = blocks.max_pool(x, "pool1", 3, 2)
    outputs = []
    stages = zip(units, _STAGES, strict=True)
    for stage, (count, (filters, stride, dilation)) in enumerate(stages, start=2):
        for index in range(count):
            name, first = unit_name(stage, index), index == 0
            x = _unit(blocks, x, name, channels(filters), stride if first else 1, dilation, first)
        outputs.append(x)
    return outputs[-2:]
