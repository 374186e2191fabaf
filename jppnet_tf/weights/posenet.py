"""PoseNet's and BodyPix's ResNet-50 as a PersonLab, from the frozen graphs of TensorFlow.js.

Convolutions are found by TF-slim's names of their nodes, and by those of the outputs. What batch
normalization makes of a convolution's result, folded into it or not, is a factor and an addend for
each channel; ours get these as gamma and beta, and statistics that change nothing. Offsets lie
there as all y before all x; edges lead outwards in one output, and inwards in another.
"""

import base64
import os
import re

import numpy as np

from jppnet_tf.models.personlab import HEADS
from jppnet_tf.models.resnet_v2 import EPSILON
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import store
from jppnet_tf.weights.tfjs import Graph, Node, read_graph

OUTPUTS = {
    "heatmaps": ("float_heatmaps",),
    "short": ("float_short_offsets",),
    "mid": tuple(f"resnet_v1_50/displacement_{way}_2/BiasAdd" for way in ("fwd", "bwd")),
    "long": ("float_long_offsets",),
    "segmentation": ("float_segments",),
}
"""The nodes that each of our outputs is made of; PoseNet has the first three."""
_OFFSETS = ("short", "mid", "long")
_POSENET = ("heatmaps", "short", "mid")
_TRUNK = re.compile(
    r"resnet_v1_50/(?:(conv1)|(block\d+)/(unit_\d+)/bottleneck_v1/(shortcut|conv\d))/"
)
_CONVOLUTIONS = ("Conv2D", "_FusedConv2D")
_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_PASSED = ("Identity", "Cast", "BatchToSpaceND")
_BEFORE = ("Identity", "Cast", "Pad", "PadV2")
_LONGEST = 20
"""Operations in a row that are believed: a damaged graph might go round in circles."""


def open_graph_model(path: str | os.PathLike) -> store.Archive:
    """Opens PoseNet or BodyPix with a ResNet-50, as a PersonLab with `trunk="resnet_v1_slim"`.

    Args:
        path: the JSON file of a graph model of TensorFlow.js, such as `model-stride16.json`.

    Returns:
        store.Archive, under our names; convolutions that PersonLab lacks, such as those of parts,
        are in `skipped`.

    Raises:
        InputError: a file is missing or damaged, or the graph is another network's.
    """
    graph = read_graph(path)
    _check_network(graph)
    arrays: dict[str, np.ndarray] = {}
    faults: list[str] = []
    used = set()
    for name, nodes in OUTPUTS.items():
        if all(node in graph.nodes for node in nodes):
            convolutions = [_walk_back(graph, node) for node in nodes]
            used |= {convolution.name for convolution, _ in convolutions}
            arrays |= _convert_head(graph, name, convolutions)
    for layer, node in _find_trunk(graph):
        used.add(node.name)
        if f"{layer}/kernel" in arrays:
            faults.append(f"{layer} comes twice")
        arrays |= _convert_trunk(graph, node, layer)
        if layer == "conv1":
            _check_input(graph, node)
    skipped = (n.name for n in graph.nodes.values() if n.op in _CONVOLUTIONS and n.name not in used)
    return store.Archive.of(
        graph.path,
        arrays,
        metadata={"model": "PersonLab"},
        skipped=tuple(skipped),
        source=graph.path,
        faults=tuple(faults),
    )


def _check_network(graph):
    """Refuses graphs of other networks."""
    if any("MobilenetV1" in name for name in graph.nodes):
        raise InputError(f"{graph.path}: has a MobileNet; only those with a ResNet-50 are read")
    missing = [node for name in _POSENET for node in OUTPUTS[name] if node not in graph.nodes]
    if missing:
        raise InputError(
            f"{graph.path}: no PoseNet or BodyPix with a ResNet-50: no nodes {', '.join(missing)}"
        )


def _find_trunk(graph):
    """(our name of a layer, its convolution) of each convolution of the trunk."""
    for node in graph.nodes.values():
        if node.op in _CONVOLUTIONS and (match := _TRUNK.search(node.name)):
            yield "__".join(part for part in match.groups() if part), node


def _convert_head(graph, name, convolutions):
    """A head's kernel and bias, its channels in our order."""
    kernels, biases = [], []
    for convolution, path in convolutions:
        kernel, factor, addend = _compose(graph, convolution, path)
        count = kernel.shape[-1] // 2
        order = np.arange(kernel.shape[-1])
        if name in _OFFSETS:  # y of all fields, x of all fields
            order = np.stack([order[count : 2 * count], order[:count]], axis=1).ravel()
        kernels.append((kernel * factor)[..., order])
        biases.append(addend[order])
    head = HEADS[name]
    return {
        f"{head}/kernel": np.concatenate(kernels, axis=-1).astype(np.float32),
        f"{head}/bias": np.concatenate(biases).astype(np.float32),
    }


def _convert_trunk(graph, convolution, layer):
    """A convolution's kernel, and a batch normalization that multiplies and adds."""
    kernel, factor, addend = _compose(graph, convolution, _walk_on(graph, convolution))
    norm = f"{layer}__BatchNorm"
    return {
        f"{layer}/kernel": np.asarray(kernel, np.float32),
        f"{norm}/gamma": factor.astype(np.float32),
        f"{norm}/beta": addend.astype(np.float32),
        f"{norm}/moving_mean": np.zeros(len(factor), np.float32),
        f"{norm}/moving_variance": np.full(len(factor), 1 - EPSILON, np.float32),
    }


def _walk_back(graph: Graph, output: str) -> tuple[Node, list[Node]]:
    """The convolution behind an output, and what comes after it."""
    path: list[Node] = []
    node = graph.nodes[output]
    while node.op not in _CONVOLUTIONS:
        is_known = node.op in (*_PASSED, *_NORMS, "BiasAdd", "Add", "AddV2", "Mul")
        if not is_known or len(path) > _LONGEST:
            raise _unknown(graph, node)
        path.insert(0, node)
        node = _computed_input(graph, node)
    return node, path


def _walk_on(graph: Graph, convolution: Node) -> list[Node]:
    """What comes after a convolution, before a rectifier or the sum with a shortcut."""
    path: list[Node] = []
    node = convolution
    while "Relu" not in _fused(node):
        following = graph.readers[node.name]
        if len(following) != 1 or len(path) > _LONGEST:
            raise _unknown(graph, node)
        (node,) = following
        is_sum = node.op in ("Add", "AddV2") and _constant_input(graph, node) is None
        if node.op == "Relu" or is_sum:
            break
        path.append(node)
    return path


def _compose(graph, convolution, path):
    """A convolution's kernel, and the factor and addend, float64 [channels], of its result."""
    kernel = graph.find_value(convolution.inputs[1])
    if kernel is None or kernel.ndim != 4:
        raise _unknown(graph, convolution)
    factor, addend = np.ones(kernel.shape[-1]), np.zeros(kernel.shape[-1])
    fused = [op for op in _fused(convolution) if op != "Relu"]
    if fused not in ([], ["BiasAdd"], ["FusedBatchNorm"]):
        raise _unknown(graph, convolution)
    if fused:
        values = [graph.find_value(name) for name in convolution.inputs[2:]]
        factor, addend = _apply(graph, convolution, fused[0], values, factor, addend)
    for node in path:
        if node.op not in _PASSED:
            op = "FusedBatchNorm" if node.op in _NORMS else node.op
            values = [graph.find_value(name) for name in node.inputs]
            values = [value for value in values if value is not None]
            factor, addend = _apply(graph, node, op, values, factor, addend)
    return kernel, factor, addend


def _apply(graph, node, op, values, factor, addend):
    """The factor and addend after one more operation."""
    values = [np.asarray(value, np.float64).ravel() for value in values if value is not None]
    wanted = {"BiasAdd": 1, "Add": 1, "AddV2": 1, "Mul": 1, "FusedBatchNorm": 4}.get(op)
    if len(values) != wanted or any(len(value) not in (1, len(factor)) for value in values):
        raise _unknown(graph, node)
    if op == "Mul":
        return factor * values[0], addend * values[0]
    if op != "FusedBatchNorm":
        return factor, addend + values[0]
    if node.attributes.get("is_training", {}).get("b"):
        raise _unknown(graph, node)
    gamma, beta, mean, variance = values
    gamma = gamma / np.sqrt(variance + node.attributes.get("epsilon", {}).get("f", 1e-4))
    return factor * gamma, (addend - mean) * gamma + beta


def _check_input(graph, node):
    """Refuses a graph that does something else to the image than this package does."""
    for _ in range(_LONGEST):
        node = _computed_input(graph, node)
        if node.op not in _BEFORE:
            break
    if node.op != "Placeholder":
        raise _unknown(graph, node)


def _fused(node):
    """What a convolution does besides."""
    listed = node.attributes.get("fused_ops", {}).get("list", {}).get("s", ())
    return [base64.b64decode(text).decode(errors="replace") for text in listed]


def _computed_input(graph, node):
    """The node that a node reads beside constants."""
    found = [graph.nodes.get(name) for name in node.inputs if graph.find_value(name) is None]
    if len(found) != 1 or found[0] is None:
        raise _unknown(graph, node)
    return found[0]


def _constant_input(graph, node):
    values = (graph.find_value(name) for name in node.inputs)
    return next((value for value in values if value is not None), None)


def _unknown(graph, node):
    return InputError(
        f"{graph.path}: a graph that is laid out otherwise than known here: its node {node.name} "
        f"({node.op}) cannot be understood"
    )
