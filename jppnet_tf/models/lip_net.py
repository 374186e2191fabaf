"""LIP-Net: parsing in real time, by few and cheap layers."""

from collections.abc import Mapping

import keras

from jppnet_tf.labels import LIP
from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks, kernel_channels
from jppnet_tf.models.layers import CropToImage
from jppnet_tf.system.errors import InputError

STRIDE = 4
"""Of the logits before they are enlarged."""

_STAGES = ((32, 1), (64, 1), (128, 2), (256, 4), (512, 8))
"""Channels and dilation of the stages, each at half the size of the one before."""
_DILATIONS = (6, 12, 18)


def LIPNet(  # noqa: N802  a factory that reads like the class of model it makes
    classes: int = len(LIP.names),
    input_shape: tuple[int | None, int | None, int] = (512, 512, 3),
    width: float = 1.0,
    dropout: float = 0.25,
    seed: int | None = None,
) -> keras.Model:
    """Builds the network, with random weights.

    Inputs are RGB / 255, `maps.colours.scale_rgb(rgb)`: float32 [batch, h, w, 3], 0..1. Any
    size will do: sides that are not multiples of 16 are padded with black inside, and the results
    cut back.
    It needs Keras's TensorFlow backend.

    Unlike the other networks' its batch normalization learns while training.

    Args:
        classes: channels of the logits.
        input_shape: (h, w, 3); None leaves a size open, numbers give a static graph.
        width: factor on every channel count but those of image and classes; a multiple of 1/16.
        dropout: the share of values that is dropped while training, after each of five stages.
        seed: int that what dropout draws follows from; None takes another one each time.

    Returns:
        keras.Model with a dict of float32 outputs: `parsing` [batch, h, w, classes], the logits;
        `parsing_quarter` [batch, h', w', classes], the same before they were enlarged fourfold
        and cut back: h' and w' are a quarter of h and w rounded up to multiples of 16.

    Raises:
        InputError: a setting is out of range.

    Reference:
        "LIP Net: Real-Time Semantic Segmentation of Person Body Parts", ICROS 2020, and its
        repository; docs/fidelity.md lists what these leave open.
    """
    config = check_config(classes, width)
    if not 0 <= dropout < 1:
        raise InputError(f"dropout must be from 0 to below 1, not {dropout}")
    image = keras.Input(input_shape, name="image")
    blocks = KerasBlocks(update_statistics=True, seed=seed)
    quarter = _network(blocks, image, config, dropout)
    # Results stay float32 where a mixed precision policy computes in something shorter.
    quarter = keras.layers.Activation("linear", dtype="float32", name="parsing_quarter")(quarter)
    parsing = keras.layers.UpSampling2D(
        STRIDE, interpolation="bilinear", dtype="float32", name="parsing_enlarged"
    )(quarter)
    parsing = CropToImage(dtype="float32", name="parsing")([parsing, image])
    return keras.Model(image, {"parsing": parsing, "parsing_quarter": quarter}, name="lip_net")


def variable_shapes(
    classes: int = len(LIP.names), width: float = 1.0
) -> dict[str, tuple[int, ...]]:
    """The variables that LIPNet with these settings has, without building it.

    Returns:
        dict of `<layer>/<variable>` to its shape.

    Raises:
        InputError: a setting is out of range.
    """
    blocks = ShapeBlocks()
    _network(blocks, 3, check_config(classes, width))
    return blocks.shapes


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> dict:
    """The settings of the LIPNet whose variables have these shapes; as jppnet.config_of."""
    return check_config(
        kernel_channels(shapes, "classify", len(LIP.names)),
        kernel_channels(shapes, "conv1", 16) / 16,
    )


def check_config(classes: int, width: float) -> dict:
    """The settings as a dict of plain numbers, or an InputError that says what is out of range."""
    if classes < 2:
        raise InputError(f"LIPNet needs at least 2 classes, not {classes}")
    if not 0 < width <= 8 or width * 16 != int(width * 16):
        raise InputError(f"width must be a multiple of 1/16 (0.0625) up to 8, not {width}")
    return {"classes": int(classes), "width": float(width)}


def _network(blocks, image, config, dropout=0.25):
    """Wires the network up to the logits at stride 4."""

    def channels(full):
        return int(full * config["width"])

    def conv(x, name, filters, size, **options):
        return blocks.conv(x, name, filters, size, init="he", **options)

    image = blocks.pad_to_multiple(image, "image_padded", 16)
    x = conv(image, "conv1", channels(16), 7)
    x = blocks.relu(blocks.batch_norm(x, "bn_conv1"), "conv1_relu")
    for stage, (filters, dilation) in enumerate(_STAGES, start=1):
        for number in (1, 2):
            is_first = number == 1
            x = _unit(blocks, x, f"s{stage}_{number}", channels(filters), dilation, is_first)
        if stage == 3:
            skip = x
        if stage < len(_STAGES):
            x = blocks.max_pool(x, f"pool{stage}", 2, 2)
        x = blocks.dropout(x, f"drop{stage}", dropout)
    for number in (1, 2):
        x = _unit(blocks, x, f"s6_{number}", channels(512), 1, False)
    views = [_normed_separable(blocks, x, "aspp_1", channels(512), 1)]
    for dilation in _DILATIONS:
        name = f"aspp_{dilation}"
        views.append(_normed_separable(blocks, x, name, channels(512), 3, dilation=dilation))
    x = blocks.concat([*views, blocks.max_pool(image, "image_pooled", 16, 16)], "aspp_concat")
    x = conv(x, "aspp_fuse", channels(256), 1)
    x = conv(x, "decoder_conv1", channels(256), 1, relu=True)
    x = blocks.upsample(x, "decoder_enlarged", 4)
    x = blocks.concat([x, conv(skip, "decoder_skip", channels(32), 1)], "decoder_concat")
    x = conv(x, "decoder_conv2", channels(128), 3)
    return conv(x, "classify", config["classes"], 1)


def _normed_separable(blocks, x, name, filters, size, dilation=1):
    x = blocks.separable_conv(x, name, filters, size, dilation=dilation)
    return blocks.batch_norm(x, f"bn_{name}")


def _unit(blocks, x, name, filters, dilation, project):
    """A bottleneck whose 3x3 convolution is separable, weighed by squeeze-excite, added to x."""
    shortcut, narrow = x, max(1, filters // 2)
    x = blocks.conv(x, f"{name}__reduce", narrow, 1, init="he")
    x = blocks.relu(blocks.batch_norm(x, f"bn_{name}__reduce"), f"{name}__reduce_relu")
    x = _normed_separable(blocks, x, f"{name}__spread", narrow, 3, dilation=dilation)
    x = blocks.relu(x, f"{name}__spread_relu")
    x = blocks.conv(x, f"{name}__expand", filters, 1, init="he")
    x = blocks.batch_norm(x, f"bn_{name}__expand")
    weights = blocks.global_pool(x, f"{name}__pool")
    weights = blocks.dense(weights, f"{name}__squeeze", max(1, filters // 8), "relu")
    weights = blocks.dense(weights, f"{name}__excite", filters, "sigmoid")
    x = blocks.multiply([x, weights], f"{name}__weighed")
    if project:
        shortcut = blocks.conv(shortcut, f"{name}__shortcut", filters, 1, init="he")
    x = blocks.add([shortcut, x], name)
    return blocks.relu(x, f"{name}_relu")
