"""SS-JPPNet: parsing at three scales, merged by attention."""

from collections.abc import Mapping, Sequence

import keras

from jppnet_tf.labels import LIP
from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks, build_model, kernel_channels
from jppnet_tf.models.layers import CheckSize
from jppnet_tf.models.vgg import vgg
from jppnet_tf.system.errors import InputError

WIDTHS = (64, 128, 256, 512, 1024)
"""Channels of conv1, conv2, conv3, of conv4 and conv5, and of fc6 and fc7."""
WIDTH_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "fc6")
"""A layer of each of these widths, by which they are told."""
SCALES = {"1": (1, 1), "075": (4, 3), "05": (2, 1)}
"""Scale, as names have it -> what it shrinks and zooms the image by."""

_MODULUS, _REMAINDERS = 32, (0, 1, 26, 27, 28, 29, 30, 31)
_TO_SCALE_1 = {"1": (1, 1), "075": (3, 4), "05": (1, 2)}


def SSJPPNet(  # noqa: N802  a factory that reads like the class of model it makes
    classes: int = len(LIP.names),
    widths: Sequence[int] = WIDTHS,
    input_shape: tuple[int | None, int | None, int] = (None, None, 3),
    seed: int | None = None,
) -> keras.Model:
    """Builds the network, all three scales inside, with random weights.

    Inputs are BGR minus the mean, `preprocess(rgb, SS_MEAN_BGR)` of `maps.colours`: float32
    [batch, h, w, 3], about -123..151. The scales line up for sides that leave 0, 1 or 26 to 31
    when divided by 32; others are an error that names the nearest. It was trained on 321 x 321
    and tested on 640 x 640. It needs Keras's TensorFlow backend.

    Random weights: kernels before a ReLU by He, so that signals keep their strength, and in
    `conv1_1` 64 times smaller, so that grey levels become signals of about 1, which biases that
    begin at 0 can soon shift; `fc8_human` and `att_fc` normal with deviation 0.01, so that no
    class and no scale is preferred at first. In the original's files the attention is all 0, and
    could not learn from there.

    Args:
        classes: channels of the logits.
        widths: channels of the convolutions 1, 2, 3, of 4 and 5 (and the attention's), and of
            fc6 and fc7.
        input_shape: (h, w, 3); None leaves a size open, numbers give a static graph.
        seed: int that what dropout draws follows from; None takes another one each time.

    Returns:
        keras.Model with a dict of float32 outputs, sizes as for stride 8 with both ends kept
        (321 makes 41, 640 makes 81): `parsing` [batch, h', w', classes], the merged logits;
        `parsing_scale_1` of the same size, `parsing_scale_075` and `parsing_scale_05`, smaller,
        the logits of each scale; `attention` [batch, h', w', 3], their weights in that order,
        which add up to 1.

    Raises:
        InputError: a setting is out of range, or sides do not line up.

    Reference:
        arXiv:1804.01984; LIP_SSL human/attention.
    """
    config = check_config(classes, widths)
    image = keras.Input(input_shape, name="image")
    blocks = KerasBlocks(head_initializer="he_normal", seed=seed)
    return build_model(image, _network(blocks, image, config), "ss_jppnet")


def variable_shapes(
    classes: int = len(LIP.names), widths: Sequence[int] = WIDTHS
) -> dict[str, tuple[int, ...]]:
    """The variables that SSJPPNet with these settings has, without building it.

    Returns:
        dict of `<layer>/<variable>` to its shape.

    Raises:
        InputError: a setting is out of range.
    """
    blocks = ShapeBlocks()
    _network(blocks, 3, check_config(classes, widths))
    return blocks.shapes


def round_up(side: int) -> int:
    """The next side that lines up at all scales."""
    return CheckSize(_MODULUS, _REMAINDERS).round_up(side)


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> dict:
    """The settings of the SSJPPNet whose variables have these shapes; as jppnet.config_of."""
    widths = zip(WIDTH_LAYERS, WIDTHS, strict=True)
    return check_config(
        kernel_channels(shapes, "fc8_human", len(LIP.names)),
        [kernel_channels(shapes, layer, width) for layer, width in widths],
    )


def check_config(classes: int, widths: Sequence[int]) -> dict:
    """The settings as a dict of plain numbers, or an InputError that says what is out of range."""
    widths = [int(width) for width in widths]
    if classes < 2:
        raise InputError(f"SSJPPNet needs at least 2 classes, not {classes}")
    if len(widths) != len(WIDTHS) or min(widths) < 1:
        raise InputError(f"widths must be {len(WIDTHS)} counts from 1 up, not {widths}")
    return {"classes": int(classes), "widths": widths}


def _network(blocks, image, config):
    """Wires the whole network; the dict of its outputs."""
    image = blocks.check_size(image, "check_size", _MODULUS, _REMAINDERS)
    features, logits = {}, {}
    for scale, (shrink, zoom) in SCALES.items():
        x = image if scale == "1" else blocks.interp(image, f"image_{scale}", shrink, zoom)
        features[scale], logits[scale] = _branch(blocks, x, config)

    def at_scale_1(name, maps):
        return [
            x if scale == "1" else blocks.interp(x, f"{name}_{scale}_interp", *_TO_SCALE_1[scale])
            for scale, x in maps.items()
        ]

    x = blocks.concat(at_scale_1("fc7", features), "fc7_concat")
    x = blocks.conv(x, "att_conv1", config["widths"][3], 3, relu=True)
    x = blocks.dropout(x, "att_drop1", 0.5)
    attention = blocks.softmax(blocks.conv(x, "att_fc", len(SCALES), 1), "att_softmax")
    merged = blocks.weighted_sum(at_scale_1("fc8", logits), attention, "fc8_fusion")
    by_scale = {f"parsing_scale_{scale}": x for scale, x in logits.items()}
    return {"parsing": merged, **by_scale, "attention": attention}


def _branch(blocks, x, config):
    """What happens at each scale, with the same weights: the features of fc7, and the logits."""
    *trunk, width = config["widths"]
    x = vgg(blocks, x, trunk)
    x = blocks.conv(x, "fc6", width, 3, dilation=12, relu=True)
    x = blocks.dropout(x, "drop6", 0.5)
    x = blocks.conv(x, "fc7", width, 1, relu=True)
    x = blocks.dropout(x, "drop7", 0.5)
    return x, blocks.conv(x, "fc8_human", config["classes"], 1)
