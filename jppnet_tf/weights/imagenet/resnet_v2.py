"""PersonLab's trunk from TF-slim's checkpoints and keras.applications' files of ResNet V2.

Both are our trunk under other names. What keras.applications does otherwise: its batch norm has an
epsilon of 1.001e-5, which goes into our gamma here; and its first pooling pads with zeros, which
win over negative values at the border, where ours pads with nothing, as TF-slim's does. That is
left to the training that follows.
"""

import os
import pathlib
import re
import typing
from collections.abc import Collection, Mapping

import numpy as np
import tensorflow as tf

from jppnet_tf.models.personlab import HEADS, variable_shapes
from jppnet_tf.models.resnet_v2 import EPSILON, UNITS
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet import keras_file, resnet

if typing.TYPE_CHECKING:
    from jppnet_tf.weights.store import Archive

TRUNK = re.compile(r"(conv1|postnorm|block\d__unit_\d+__\w+)/\w+")
_THEIR_EPSILON = 1.001e-5
_PREFIX = "resnet_v2_{}"
_LEAVES = {"kernel": "weights", "bias": "biases"}
_HEADS = re.compile("|".join(HEADS.values()))
_KERAS = {
    "preact": "preact_bn", "shortcut": "0_conv", "conv1": "1_conv", "conv1__BatchNorm": "1_bn",
    "conv2": "2_conv", "conv2__BatchNorm": "2_bn", "conv3": "3_conv",
}  # fmt: skip
_KERAS_ENDS = {"conv1": "conv1_conv", "postnorm": "post_bn"}

check_width = resnet.check_width


def slim_name(name: str, depth: int) -> str:
    """`block1__unit_1__conv1/kernel` -> `resnet_v2_101/block1/unit_1/bottleneck_v2/conv1/weights`.

    The heads keep their names: `kp_maps/kernel` -> `kp_maps/weights`.
    """
    layer, variable = name.rsplit("/", 1)
    scope = re.sub(r"^(block\d)__(unit_\d+)__", r"\1/\2/bottleneck_v2/", layer).replace("__", "/")
    start = "" if _HEADS.fullmatch(layer) else f"{_PREFIX.format(depth)}/"
    return f"{start}{scope}/{_LEAVES.get(variable, variable)}"


def keras_name(name: str) -> str:
    """`block1__unit_2__conv1/kernel` -> `conv2_block2_1_conv/kernel`."""
    layer, variable = name.rsplit("/", 1)
    if layer in _KERAS_ENDS:
        return f"{_KERAS_ENDS[layer]}/{variable}"
    block, unit, part = typing.cast(
        re.Match, re.fullmatch(r"block(\d)__unit_(\d+)__(\w+)", layer)
    ).groups()
    return f"conv{int(block) + 1}_block{unit}_{_KERAS[part]}/{variable}"


def open_file(path: str | os.PathLike) -> "Archive":
    """Reads weights of ResNet-50, 101 or 152 V2 as weights of our trunk.

    Args:
        path: a file of keras.applications' ResNet50V2, 101V2 or 152V2 (.h5), with or without the
            classifier; or TF-slim's checkpoint, the one file `resnet_v2_101.ckpt`.

    Returns:
        store.Archive of the trunk's variables, under our names; what else the file holds, such as
        the classifier, is in `skipped`.

    Raises:
        InputError: the file is missing, damaged or of another format, or holds another network;
            the message lists every difference.
    """
    path = pathlib.Path(path)
    return _open_slim(path) if path.suffix == ".ckpt" else _open_keras(path)


def _open_keras(path):
    found, skipped = keras_file.read_arrays(path, "ResNetV2")
    counts = [_count(rf"conv{block}_block(\d+)_", found) for block in (2, 3, 4, 5)]
    shapes = _trunk_shapes(counts)
    theirs = {keras_name(name): shape for name, shape in shapes.items()}
    found = keras_file.check_arrays(path, found, theirs, f"ResNetV2 of {counts} units")
    arrays = {name: found[keras_name(name)] for name in shapes}
    for name in [name for name in arrays if name.endswith("/gamma")]:
        variance = arrays[name.replace("/gamma", "/moving_variance")].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):  # make_archive looks at the result
            factor = np.sqrt((variance + EPSILON) / (variance + _THEIR_EPSILON))
        arrays[name] = (arrays[name] * factor).astype(np.float32)
    return keras_file.make_archive(path, arrays, skipped)


def _open_slim(path):
    if not path.is_file():
        raise InputError(f"{path}: no such file; TF-slim's checkpoint is one file, once unpacked")
    reader = _guarded(path, tf.train.load_checkpoint, str(path))
    held = reader.get_variable_to_shape_map()
    depth = next((d for d in UNITS if any(n.startswith(_PREFIX.format(d) + "/") for n in held)), 0)
    if not depth:
        raise InputError(f"{path}: holds no resnet_v2 of 50, 101 or 152 layers")
    shapes = _trunk_shapes(UNITS[depth])
    names = {name: slim_name(name, depth) for name in shapes}
    skipped = tuple(
        name for name in held if name == "global_step" or "/logits/" in name or "/mean_rgb" in name
    )
    found = {name: _guarded(path, reader.get_tensor, name) for name in held if name not in skipped}
    store.check_shapes(
        store.Archive.of(path, found),
        {names[name]: shape for name, shape in shapes.items()},
        f"TF-slim resnet_v2_{depth}",
    )
    arrays = {name: found[theirs] for name, theirs in names.items()}
    return keras_file.make_archive(path, arrays, skipped)


def _guarded(path, function, argument):
    """Calls TensorFlow's reader, which has a different way to fail for each kind of damage."""
    try:
        return function(argument)
    except (tf.errors.OpError, IndexError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "message", error)).splitlines()[0]
        raise InputError(f"{path}: damaged, or no checkpoint: {reason}; get it again") from None


def _count(pattern: str, names: Collection[str]) -> int:
    found = {match[1] for name in names if (match := re.match(pattern, name))}
    return min(max(len(found), 1), 64)


def _trunk_shapes(units) -> Mapping[str, tuple[int, ...]]:
    shapes = variable_shapes(units=units)
    return {name: shape for name, shape in shapes.items() if TRUNK.fullmatch(name)}
