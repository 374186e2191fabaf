"""PersonLab: the joints and the pixels of every person in an image, from the bottom up."""

import re
import typing
from collections.abc import Mapping, Sequence

import keras

from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.models.blocks import (
    KerasBlocks,
    ShapeBlocks,
    build_model,
    keep_float32,
    kernel_channels,
)
from jppnet_tf.models.layers import CheckSize
from jppnet_tf.models.maps.people.skeleton import DIRECTED_EDGES
from jppnet_tf.models.resnet import resnet, unit_name
from jppnet_tf.models.resnet_v1_slim import resnet_v1_slim
from jppnet_tf.models.resnet_v2 import UNITS, resnet_v2
from jppnet_tf.system.errors import InputError

_STRIDES = {"resnet_v2": (8, 16, 32), "resnet_v1": (8,), "resnet_v1_slim": (8, 16, 32)}
TRUNKS = tuple(_STRIDES)
HEADS = {
    "heatmaps": "kp_maps",
    "short": "short_offsets",
    "mid": "mid_offsets",
    "long": "long_offsets",
    "segmentation": "seg_mask",
}
"""Each output's convolution."""
AUXILIARY = "auxiliary_"
"""What the outputs of auxiliary heads begin with."""
_PAPERS_MIDDLE = {23: 13}
"""Of block 3's number of units, the one that counts as the middle, if it is not half of them."""


def PersonLab(  # noqa: N802  a factory that reads like the class of model it makes
    depth: int = 101,
    keypoints: int = len(COCO_JOINTS.names),
    stride: int = 8,
    width: float = 1.0,
    input_shape: tuple[int | None, int | None, int] = (None, None, 3),
    trunk: str = "resnet_v2",
    units: Sequence[int] | None = None,
    stem: int | None = None,
    masks: bool = True,
) -> keras.Model:
    """Builds the network for one scale, with random weights.

    Inputs are RGB from -1 to 1: float32 [batch, h, w, 3], `rgb / 127.5 - 1`. Sides are multiples
    of the stride plus 1, so that the first and the last pixel bear a cell each.

    Args:
        depth: of the trunk: 50, 101 or 152, which stands for `units`.
        keypoints: channels of the heatmaps: COCO's 17, whose tree the offsets follow.
        stride: pixels between cells: 8, 16 or 32, with the same variables; the paper trains at 16
            and predicts at 8. With "resnet_v1" it is 8.
        width: factor on every channel count of the trunk; a multiple of 1/64.
        input_shape: (h, w, 3); None leaves a size open, numbers give a static graph.
        trunk: "resnet_v2", the paper's; "resnet_v1", JPPNet's; or "resnet_v1_slim", PoseNet's and
            BodyPix's.
        units: residual units in the trunk's four blocks; None is what `depth` stands for.
        stem: filters of the first convolution, from 1 up; None is 64 times `width`.
        masks: whether there are `long` and `segmentation`, which PoseNet lacks.

    Returns:
        keras.Model with a dict of float32 outputs [batch, h', w', channels]: `heatmaps` 17 and
        `segmentation` 1 (logits), `short` 34, `mid` 64 and `long` 34 (offsets in pixels of the
        input, x and y of each field in turn; mid and long refined).

    Raises:
        InputError: a setting is out of range, or sides do not fit.

    Reference:
        arXiv:1803.08225.
    """
    config = check_config(depth, keypoints, stride, width, trunk, units, stem, masks)
    image = keras.Input(input_shape, name="image")
    return build_model(image, _network(KerasBlocks(), image, config), "personlab")


def with_auxiliary(network: keras.Model) -> keras.Model:
    """A PersonLab with the same heads once more, on features from the middle of its trunk.

    For training only: the paper observed that it makes training faster. The network that is passed
    has the same trunk and heads, and stays without auxiliary ones.

    Args:
        network: a PersonLab of stride 8 or 16.

    Returns:
        keras.Model with the network's layers and outputs, and further outputs like these, whose
        names begin with `AUXILIARY`.

    Raises:
        InputError: the network's stride is 32, and the middle's is 16.

    Reference:
        arXiv:1803.08225, section 4.1; the layer is that of octiapp/KerasPersonLab.
    """
    stride, count = stride_of(network), network.output["heatmaps"].shape[-1]
    if stride > 16:
        raise InputError(f"auxiliary heads need a stride of 8 or 16, not {stride}")
    x = network.get_layer(_middle_of({layer.name for layer in network.layers})).output
    maps = _heads(KerasBlocks(), x, count, stride, "long" in network.output, AUXILIARY)
    outputs = network.output | keep_float32(maps)
    return keras.Model(network.input, outputs, name=network.name)


def _middle_of(layers):
    """The layer whose features auxiliary heads read: of v2, what the next unit begins with."""
    units = sum(bool(re.fullmatch(r"block3__unit_\d+|res4(a|b\d+)", name)) for name in layers)
    middle = _PAPERS_MIDDLE.get(units, (units + 1) // 2)
    if "block3__unit_1" not in layers:
        return f"res{unit_name(4, middle - 1)}_relu"
    if "postnorm" not in layers:
        return f"block3__unit_{middle}__relu"
    following = "block4__unit_1" if middle == units else f"block3__unit_{middle + 1}"
    return f"{following}__preact_relu"


def variable_shapes(**settings: typing.Any) -> dict[str, tuple[int, ...]]:
    """The variables that PersonLab with these settings has, without building it.

    Args:
        **settings: as for `check_config`.

    Returns:
        dict of `<layer>/<variable>` to its shape.

    Raises:
        InputError: a setting is out of range.
    """
    blocks = ShapeBlocks()
    _network(blocks, 3, check_config(**settings))
    return blocks.shapes


def round_up(side: int, stride: int = 8) -> int:
    """The next side that fits."""
    return CheckSize(stride, (1,)).round_up(side)


def stride_of(model: keras.Model) -> int:
    """The stride that a PersonLab was built with."""
    return model.get_layer("refined_mid").stride


def trunk_of(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The trunk of the PersonLab whose variables have these shapes, as cards call it."""
    if "bn_conv1/gamma" in shapes:
        return "resnet"
    return "resnet_v1_slim" if "conv1__BatchNorm/gamma" in shapes else "resnet_v2"


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> dict:
    """The settings of the PersonLab whose variables have these shapes; as jppnet.config_of."""
    trunk = trunk_of(shapes)
    first, unit, start = "block1__unit_1__conv1", r"block{}__unit_\d+__conv1/kernel", 1
    if trunk == "resnet":
        trunk = "resnet_v1"
        first, unit, start = "res2a_branch2a", r"res{}(a|b\d*|[c-z])_branch2a/kernel", 2
    width = kernel_channels(shapes, first, 64) / 64
    units = [
        sum(bool(re.fullmatch(unit.format(block + start), name)) for name in shapes) or usual
        for block, usual in enumerate(UNITS[101])
    ]
    return check_config(
        keypoints=kernel_channels(shapes, HEADS["heatmaps"], len(COCO_JOINTS.names)),
        width=width,
        trunk=trunk,
        units=units,
        stem=kernel_channels(shapes, "conv1", int(64 * width)),
        masks=any(name.startswith((HEADS["long"], HEADS["segmentation"])) for name in shapes),
    )


def check_config(
    depth: int = 101,
    keypoints: int = len(COCO_JOINTS.names),
    stride: int = 8,
    width: float = 1.0,
    trunk: str = "resnet_v2",
    units: Sequence[int] | None = None,
    stem: int | None = None,
    masks: bool = True,
) -> dict:
    """The settings as a dict of plain values, or an InputError that says what is out of range.

    `units` stand for the depth. `stride`, `stem` and `masks` are in it only where they are not the
    usual.
    """
    if trunk not in TRUNKS:
        raise InputError(f"trunk is one of {', '.join(TRUNKS)}, not {trunk!r}")
    if depth not in UNITS:
        raise InputError(f"depth is one of {', '.join(map(str, UNITS))}, not {depth}")
    units = UNITS[depth] if units is None else tuple(units)
    if len(units) != 4 or min(units) < 1 or max(units[0], units[3]) > 26:
        raise InputError(
            f"units must be four counts from 1 (first and last at most 26), not {units}"
        )
    if keypoints != len(COCO_JOINTS.names):
        raise InputError(f"keypoints are COCO's {len(COCO_JOINTS.names)}, not {keypoints}")
    if stride not in _STRIDES[trunk]:
        known = " or ".join(map(str, _STRIDES[trunk]))
        raise InputError(f"stride must be {known} with {trunk}, not {stride}")
    if not 0 < width <= 8 or width * 64 != int(width * 64):
        raise InputError(f"width must be a multiple of 1/64 (0.015625) up to 8, not {width}")
    if stem is not None and not (stem >= 1 and stem == int(stem)):
        raise InputError(f"stem must be a whole number from 1 up, not {stem}")
    config = {
        "keypoints": int(keypoints),
        "width": float(width),
        "trunk": trunk,
        "units": [int(count) for count in units],
    }
    config |= {} if stride == 8 else {"stride": int(stride)}
    config |= {} if masks else {"masks": False}
    return config if stem in (None, 64 * width) else config | {"stem": int(stem)}


def _network(blocks, image, config):
    """Wires the whole network; the dict of its outputs."""

    def channels(full):
        return int(full * config["width"])

    stride, stem = config.get("stride", 8), config.get("stem")
    image = blocks.check_size(image, "check_size", stride, (1,))
    if config["trunk"] == "resnet_v2":
        x = resnet_v2(blocks, image, channels, config["units"], stride, stem)
    elif config["trunk"] == "resnet_v1_slim":
        image = blocks.to_posenet_colours(image, "posenet_colours")
        x = resnet_v1_slim(blocks, image, channels, config["units"], stride, stem)
    else:
        # The trunk of JPPNet reads other colours; the network itself reads the same with both.
        image = blocks.to_caffe_colours(image, "caffe_colours")
        _, x = resnet(blocks, image, channels, config["units"], stem)
    return _heads(blocks, x, config["keypoints"], stride, config.get("masks", True))


def _heads(blocks, x, count, stride, masks, prefix=""):
    """The maps of features; the dict of outputs, whose names begin with the prefix."""
    fields = {"heatmaps": count, "short": 2 * count, "mid": 2 * len(DIRECTED_EDGES)}
    fields |= {"long": 2 * count, "segmentation": 1} if masks else {}
    maps = {
        name: blocks.conv(x, prefix + HEADS[name], number, 1, init="head")
        for name, number in fields.items()
    }
    for name in ("mid", "long") if masks else ("mid",):
        refined = f"{prefix}refined_{name}"
        maps[name] = blocks.refine(maps[name], maps["short"], refined, name, stride)
    return {prefix + name: values for name, values in maps.items()}
