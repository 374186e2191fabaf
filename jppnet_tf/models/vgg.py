"""VGG-16's convolutions, widened to see farther at stride 8."""

import typing
from collections.abc import Sequence

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks

# Of each stage: how many convolutions, their dilation, and the stride of the pooling after them.
_STAGES = ((2, 1, 2), (2, 1, 2), (3, 1, 2), (3, 1, 1), (3, 2, 1))


def vgg(
    blocks: "KerasBlocks | ShapeBlocks", x: "keras.KerasTensor | int", widths: Sequence[int]
) -> "keras.KerasTensor | int":
    """The five stages of VGG-16 with their poolings, at stride 8.

    The last two poolings do not stride, and the last stage dilates instead.

    Args:
        blocks: KerasBlocks or ShapeBlocks.
        x: the image, 3 channels.
        widths: channels of the first three stages and of the last two together; VGG-16 has
            (64, 128, 256, 512).

    Returns:
        The last pooling's output, at stride 8, with the last of `widths` as its channels.

    Reference:
        arXiv:1606.00915, DeepLab-LargeFOV.
    """
    filters_of = (*widths, widths[-1])
    for stage, (count, dilation, stride) in enumerate(_STAGES, start=1):
        for number in range(1, count + 1):
            name = f"conv{stage}_{number}"
            init = "pixels" if name == "conv1_1" else "head"
            x = blocks.conv(
                x, name, filters_of[stage - 1], 3, dilation=dilation, relu=True, init=init
            )
        x = blocks.caffe_max_pool(x, f"pool{stage}", stride)
    return x
