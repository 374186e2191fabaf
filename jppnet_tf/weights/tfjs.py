"""Frozen graphs in TensorFlow.js's format: a JSON file of nodes, and shards of their constants.

`modelTopology` is TensorFlow's GraphDef as JSON, whose Const nodes have lost their values; these
lie one after the other, little-endian, in the files that `weightsManifest` lists.
"""

import dataclasses
import math
import os
import pathlib
import typing
from collections.abc import Iterator

import numpy as np

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable, read_json

_TYPES = {
    "float32": "<f4", "int32": "<i4", "bool": "?", "uint8": "u1", "uint16": "<u2", "float16": "<f2"
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Node:
    """An operation.

    Attributes:
        name: its name.
        op: what it does, such as "Conv2D".
        inputs: names of the nodes that it reads.
        attributes: dict of name to TensorFlow's AttrValue as JSON.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Graph:
    """A frozen graph.

    Attributes:
        path: its JSON file, for messages.
        nodes: dict of name to Node.
        values: dict of the constants' names to arrays, quantized ones as float32.
        readers: dict of a node's name to the nodes that read it.
    """

    path: pathlib.Path
    nodes: dict[str, Node]
    values: dict[str, np.ndarray]
    readers: dict[str, list[Node]]

    def find_value(self, name: str) -> np.ndarray | None:
        """A constant's value, perhaps by way of Identity; None of what is computed."""
        for _ in self.nodes:  # a damaged graph might go round in circles
            node = self.nodes.get(name)
            if node is None or node.op != "Identity" or not node.inputs:
                return None if node is None or node.op != "Const" else self.values.get(name)
            name = node.inputs[0]
        return None


def read_graph(path: str | os.PathLike) -> Graph:
    """Reads a graph model.

    Args:
        path: its JSON file, beside which its shards lie.

    Raises:
        InputError: a file is missing or damaged, or the model is of another kind.
    """
    path = pathlib.Path(path)
    model = read_json(path)
    try:
        listed = model["modelTopology"]["node"]
        nodes = {}
        for node in listed:
            inputs = [name for name in node.get("input", ()) if not name.startswith("^")]
            read = tuple(name.split(":")[0] for name in inputs)
            nodes[node["name"]] = Node(node["name"], node["op"], read, node.get("attr", {}))
        values = dict(_read_values(path, model["weightsManifest"]))
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise InputError(
            f"{path}: damaged, or no graph model of TensorFlow.js ({type(error).__name__}: {error})"
        ) from None
    readers: dict[str, list[Node]] = {name: [] for name in nodes}
    for node in nodes.values():
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    return Graph(path, nodes, values, readers)


def _read_values(path: pathlib.Path, manifest: list) -> Iterator[tuple[str, np.ndarray]]:
    """(name, array) of each constant."""
    shards = [path.parent / name for group in manifest for name in group["paths"]]
    for shard in shards:
        if shard.parent != path.parent:
            raise InputError(f"{path}: its shard {shard} is in another folder")
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise InputError(f"{path}: without its shards {', '.join(missing)}; put them beside it")
    for group in manifest:
        files = [path.parent / name for name in group["paths"]]
        for file in files:
            check_readable(file)
        content, start = b"".join(file.read_bytes() for file in files), 0
        for entry in group["weights"]:
            quantized = entry.get("quantization")
            kind = _TYPES.get((quantized or entry)["dtype"])
            if kind is None:
                raise InputError(f"{path}: {entry['name']} holds {entry['dtype']}, unknown here")
            count = math.prod(entry["shape"])
            end = start + count * np.dtype(kind).itemsize
            if end > len(content):
                raise InputError(f"{path}: its shards are too short; get them again")
            array = np.frombuffer(content[start:end], kind).reshape(entry["shape"])
            if quantized:
                array = array.astype(np.float32) * np.float32(quantized.get("scale", 1))
                array += np.float32(quantized.get("min", 0))
            yield entry["name"], array
            start = end
        if start != len(content):
            raise InputError(f"{path}: its shards are too long; get them again")
