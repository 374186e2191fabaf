"""JPPNet: parsing and pose in one network, each refined by the other."""

import re
from collections.abc import Mapping, Sequence

import keras

from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.models.blocks import KerasBlocks, ShapeBlocks, build_model
from jppnet_tf.models.resnet import resnet
from jppnet_tf.system.errors import InputError

_DILATIONS = (6, 12, 18, 24)


def JPPNet(  # noqa: N802  a factory that reads like the class of model it makes
    classes: int = len(LIP.names),
    joints: int = len(LIP_JOINTS.names),
    refinements: int = 2,
    width: float = 1.0,
    units: Sequence[int] = (3, 4, 23, 3),
    input_shape: tuple[int | None, int | None, int] = (None, None, 3),
    update_statistics: bool = False,
    head_initializer: str = "",
    stem: int | None = None,
) -> keras.Model:
    """Builds the network for one scale, with random weights.

    Inputs are BGR minus the mean, as `jppnet_tf.preprocess` gives them: float32
    [batch, h, w, 3], about -123..151. Any size will do; the network was trained on 384 x 384.

    Args:
        classes: channels of the parsing logits.
        joints: channels of the heatmaps; 0 leaves the pose out, for which `refinements` must be
            0: the paper's first phase, parsing by the trunk alone.
        refinements: 0, 1 or 2 rounds in which parsing and pose refine each other: the
            paper's Joint, S1 and S2.
        width: factor on every channel count but those of image, classes and joints; a
            multiple of 1/64, so that all counts are whole.
        units: residual units in the trunk's four stages; (3, 4, 23, 3) is ResNet-101.
        input_shape: (h, w, 3); None leaves a size open, numbers give a static graph.
        update_statistics: whether training normalizes by each batch and learns the statistics
            of batch normalization, as a network without initial weights needs it. The original
            never does.
        head_initializer: Keras's name of an initializer for the heads' kernels before a ReLU.
            "" is the original's, normal with deviation 0.01, through which signals die out in
            heads much narrower than its own; "he_normal" keeps them up.
        stem: filters of the first convolution, from 1 up; None is 64 times `width`.

    Returns:
        keras.Model with a dict of float32 outputs at stride 8, sizes rounded up:
        `parsing_<stage>` [batch, h/8, w/8, classes] (logits) and
        `pose_<stage>` [batch, h/8, w/8, joints] (heatmaps, peaks near 1),
        stage = 1 .. refinements + 1.

    Raises:
        InputError: a setting is out of range.

    Reference:
        arXiv:1804.01984; LIP_JPPNet utils/model.py and evaluate_parsing_JPPNet-s2.py.
    """
    config = check_config(classes, joints, refinements, width, units, stem)
    blocks = KerasBlocks(update_statistics, head_initializer)
    image = keras.Input(input_shape, name="image")
    return build_model(image, _network(blocks, image, config), "jppnet")


def variable_shapes(
    classes: int = len(LIP.names),
    joints: int = len(LIP_JOINTS.names),
    refinements: int = 2,
    width: float = 1.0,
    units: Sequence[int] = (3, 4, 23, 3),
    stem: int | None = None,
) -> dict[str, tuple[int, ...]]:
    """The variables that JPPNet with these settings has, without building it.

    Returns:
        dict of `<layer>/<variable>` to its shape.

    Raises:
        InputError: a setting is out of range.
    """
    blocks = ShapeBlocks()
    _network(blocks, 3, check_config(classes, joints, refinements, width, units, stem))
    return blocks.shapes


def config_of(shapes: Mapping[str, tuple[int, ...]]) -> dict:
    """The settings of the JPPNet whose variables have these shapes.

    What the shapes do not tell is taken from the released network, so that a comparison
    with `variable_shapes` of the result names what is odd about them.

    Args:
        shapes: dict of `<layer>/<variable>` to its shape.

    Returns:
        dict of JPPNet's arguments that decide on its variables.
    """

    def channels(name, default):
        return shapes[name][-1] if len(shapes.get(name, ())) == 4 else default

    def count(pattern, default):
        return sum(bool(re.fullmatch(pattern, name)) for name in shapes) or default

    pose_head = "fc1_pose__pose_conv8/kernel"
    has_pose = any("pose" in name for name in shapes)
    without_pose = "fc1_human_c0/kernel" in shapes and not has_pose
    # The first stage's 3x3 convolutions have 64 filters at full width, whatever the stem has.
    width = channels("res2a_branch2a/kernel", channels("conv1/kernel", 64)) / 64
    stem = channels("conv1/kernel", int(64 * width))
    return check_config(
        classes=channels("fc1_human_c0/kernel", len(LIP.names)),
        joints=0 if without_pose else channels(pose_head, len(LIP_JOINTS.names)),
        refinements=count(
            r"fc[23]_pose__conv6/kernel", 0 if without_pose or pose_head in shapes else 2
        ),
        width=width,
        units=tuple(
            count(rf"res{stage}(a|b\d*|[c-z])_branch2a/kernel", default)
            for stage, default in ((2, 3), (3, 4), (4, 23), (5, 3))
        ),
        stem=None if stem == int(64 * width) else stem,
    )


def check_config(
    classes: int,
    joints: int,
    refinements: int,
    width: float,
    units: Sequence[int],
    stem: int | None = None,
) -> dict:
    """The settings as a dict of plain numbers, or an InputError that says what is out of range.

    `stem` is in it only where it is not what `width` makes it.
    """
    units = tuple(units)
    if classes < 2 or joints < 0:
        raise InputError(f"JPPNet needs at least 2 classes, not {classes} (and {joints} joints)")
    if refinements not in (0, 1, 2):
        raise InputError(f"refinements must be 0, 1 or 2, not {refinements}")
    if refinements and not joints:
        raise InputError("without joints nothing refines the parsing: set refinements to 0")
    if not 0 < width <= 8 or width * 64 != int(width * 64):
        raise InputError(f"width must be a multiple of 1/64 (0.015625) up to 8, not {width}")
    if len(units) != 4 or min(units) < 1 or max(units[0], units[3]) > 26:
        raise InputError(
            f"units must be four counts from 1 (first and last at most 26), not {units}"
        )
    if stem is not None and not (stem >= 1 and stem == int(stem)):
        raise InputError(f"stem must be a whole number from 1 up, not {stem}")
    config = {
        "classes": int(classes),
        "joints": int(joints),
        "refinements": int(refinements),
        "width": float(width),
        "units": [int(count) for count in units],
    }
    return config if stem in (None, 64 * width) else config | {"stem": int(stem)}


def _network(blocks, image, config):
    """Wires the whole network; the dict of its outputs."""

    def channels(full):
        return int(full * config["width"])

    heads = _Heads(blocks, channels, config["classes"], config["joints"])
    res4, res5 = resnet(blocks, image, channels, config["units"], config.get("stem"))
    parsing = heads.first_parsing(res5)
    if not config["joints"]:
        return {"parsing_1": parsing}
    pose, pose_features = heads.first_pose(res4)
    outputs = {"parsing_1": parsing, "pose_1": pose}
    if config["refinements"]:
        parsing_features = heads.first_parsing_features(res5)
    for stage in range(2, config["refinements"] + 2):
        # Both read the previous stage's maps, never each other's new ones.
        refined_parsing = heads.refined_parsing(stage, parsing, pose, parsing_features)
        refined_pose = heads.refined_pose(stage, parsing, pose, pose_features)
        (parsing, parsing_features), (pose, pose_features) = refined_parsing, refined_pose
        outputs |= {f"parsing_{stage}": parsing, f"pose_{stage}": pose}
    return outputs


class _Heads:
    """The heads: each returns its map, and beside it the features that a refinement reads."""

    def __init__(self, blocks, channels, classes, joints):
        self._blocks = blocks
        self._channels = channels
        self._classes = classes
        self._joints = joints

    def first_parsing(self, x):
        return self._classifier(x, "fc1_human", [f"fc1_human_c{i}" for i in range(4)], "trunk")

    def first_parsing_features(self, x):
        x = self._convs(x, ["res5d_branch2a_parsing"], [(3, 512)], "trunk")
        return self._convs(x, ["res5d_branch2b_parsing"], [(3, 256)], "trunk")

    def first_pose(self, x):
        names = [f"fc1_pose__pose_conv{i}" for i in range(1, 9)]
        features = self._convs(x, names[:6], [(3, 512)] * 2 + [(3, 256)] * 4)
        x = self._convs(features, names[6:7], [(1, 512)])
        return self._blocks.conv(x, names[7], self._joints, 1), features

    def refined_parsing(self, stage, parsing, pose, features):
        scope = f"fc{stage}_parsing"
        parsing, pose = self._remap(scope, parsing, pose)
        x, features = self._refine(scope, "parsing_conv", [parsing, pose, features])
        names = [f"{scope}__parsing_human{i}" for i in range(1, 5)]
        return self._classifier(x, scope, names, "head"), features

    def refined_pose(self, stage, parsing, pose, features):
        scope = f"fc{stage}_pose"
        parsing, pose = self._remap(scope, parsing, pose)
        x, features = self._refine(scope, "conv", [pose, parsing, features])
        return self._blocks.conv(x, f"{scope}__conv6", self._joints, 1), features

    def _remap(self, scope, parsing, pose):
        """Both maps with as many channels each, so that neither drowns beside the features."""
        parsing = self._convs(parsing, [f"{scope}__parsing_remap"], [(1, 128)])
        return parsing, self._convs(pose, [f"{scope}__pose_remap"], [(1, 128)])

    def _refine(self, scope, name, inputs):
        names = [f"{scope}__{name}{i}" for i in range(1, 6)]
        x = self._blocks.concat(inputs, f"{scope}__concat")
        features = self._convs(x, names[:4], [(3, 512), (5, 256), (7, 256), (9, 256)])
        return self._convs(features, names[4:], [(1, 256)]), features

    def _convs(self, x, names, layers, init="head"):
        """Convolutions with ReLU, one after the other; `layers` holds (size, full channels)."""
        for name, (size, filters) in zip(names, layers, strict=True):
            filters = self._channels(filters)
            x = self._blocks.conv(x, name, filters, size, relu=True, init=init)
        return x

    def _classifier(self, x, name, names, init):
        """Sum of 3x3 convolutions that look ever farther around each pixel."""
        branches = [
            self._blocks.conv(x, branch, self._classes, 3, dilation=dilation, init=init)
            for branch, dilation in zip(names, _DILATIONS, strict=True)
        ]
        return self._blocks.add(branches, name)
