"""Models in TensorFlow.js's format, of a graph that is wired here as TF-slim wires ResNet v1."""

import json

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

UNITS = (2, 1, 2, 2)
WIDTH = 16
"""By how much it is narrower than the released ones."""
HEADS = {
    "float_heatmaps": 17, "float_short_offsets": 34, "float_long_offsets": 34, "float_segments": 1,
    "float_part_heatmaps": 24, "resnet_v1_50/displacement_fwd_2/BiasAdd": 32,
    "resnet_v1_50/displacement_bwd_2/BiasAdd": 32,
}  # fmt: skip
POSENET = [name for name in HEADS if not any(word in name for word in ("long", "seg", "part"))]


class GraphWriter:
    """Wires the network, with random weights, in a TF1 graph.

    Args:
        norm: how batch normalization is in the graph: "kept", "folded" (an addend, the kernel
            multiplied) or "primitive" (a product and a sum).
        outputs: names in HEADS.
        size_hw: of the image; the output's stride is 16.
        before: function of the image; what the network reads.
    """

    def __init__(self, norm, outputs, size_hw=(65, 49), before=lambda image: image):
        self.random, self.norm = np.random.default_rng(0), norm
        with tf.Graph().as_default() as self.graph:
            image = tf.compat.v1.placeholder(tf.float32, (1, *size_hw, 3), name="sub_2")
            x = self.trunk(before(image))
            for name in outputs:
                self.head(x, name)

    def constant(self, values, name):
        return tf.constant(np.asarray(values, np.float32), name=name)

    def conv(self, x, scope, filters, size, stride=1, rate=1, relu=True):
        """Convolution without bias, batch normalization, perhaps a rectifier."""
        shape = (size, size, x.shape[-1], filters)
        kernel = self.random.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape)
        kernel /= 64 if size == 7 else 1  # pixels become signals of about 1
        gamma, variance = self.random.uniform(0.8, 1.2, (2, filters))
        beta, mean = self.random.normal(0, 0.1, (2, filters))
        factor = gamma / np.sqrt(variance + 1e-5)
        if self.norm == "folded":
            kernel = kernel * factor
        weights, padding = self.constant(kernel, f"{scope}/weights"), "SAME"
        if size > 1 and stride > 1:
            side = size // 2
            x, padding = tf.pad(x, [[0, 0], [side, side], [side, side], [0, 0]]), "VALID"
        if rate > 1:
            more = [-(side + 2 * rate) % rate for side in x.shape[1:3]]
            paddings = [[rate, rate + extra] for extra in more]
            x, padding = tf.space_to_batch(x, [rate, rate], paddings), "VALID"
        x = tf.nn.conv2d(x, weights, stride, padding, name=f"{scope}/Conv2D")
        if rate > 1:
            x = tf.batch_to_space(x, [rate, rate], [[0, extra] for extra in more])
        if self.norm == "kept":
            values = (gamma, beta, mean, variance)
            values = [self.constant(v, f"{scope}/BatchNorm/{n}") for n, v in enumerate(values)]
            x, _, _ = tf.compat.v1.nn.fused_batch_norm(
                x, *values, epsilon=1e-5, is_training=False, name=f"{scope}/BatchNorm/Fused"
            )
        elif self.norm == "folded":
            offset = self.constant(beta - mean * factor, f"{scope}/Conv2D_bn_offset")
            x = tf.nn.bias_add(x, offset, name=f"{scope}/BatchNorm/Fused")
        else:
            x = tf.multiply(x, self.constant(factor, f"{scope}/mul"), name=f"{scope}/mul_1")
            x = tf.add(self.constant(beta - mean * factor, f"{scope}/sub"), x, name=f"{scope}/add")
        return tf.nn.relu(x, name=f"{scope}/Relu") if relu else x

    def trunk(self, x):
        x = self.conv(x, "resnet_v1_50/conv1", 64 // WIDTH, 7, 2)
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")
        stride, rate = 4, 1
        for block, count in enumerate(UNITS, start=1):
            for unit in range(1, count + 1):
                wanted = 2 if unit == count and block < 4 else 1
                step = wanted if stride < 16 else 1
                scope = f"resnet_v1_50/block{block}/unit_{unit}/bottleneck_v1"
                x = self.unit(x, scope, 32 * 2**block // WIDTH, step, rate, unit == 1)
                stride, rate = stride * step, rate * wanted // step
        return x

    def unit(self, x, scope, filters, stride, rate, project):
        shortcut = x[:, ::stride, ::stride]
        if project:
            shortcut = self.conv(x, f"{scope}/shortcut", 4 * filters, 1, stride, relu=False)
        x = self.conv(x, f"{scope}/conv1", filters, 1)
        x = self.conv(x, f"{scope}/conv2", filters, 3, stride, rate)
        x = self.conv(x, f"{scope}/conv3", 4 * filters, 1, relu=False)
        return tf.nn.relu(shortcut + x, name=f"{scope}/Relu")

    def head(self, x, name):
        scope = name.removesuffix("/BiasAdd").replace("float_", "resnet_v1_50/")
        kernel = self.random.normal(0, 0.1, (1, 1, x.shape[-1], HEADS[name]))
        x = tf.nn.conv2d(x, self.constant(kernel, f"{scope}/weights"), 1, "SAME")
        bias = self.constant(self.random.normal(0, 1, HEADS[name]), f"{scope}/biases")
        x = tf.nn.bias_add(x, bias, name=f"{scope}/BiasAdd")
        if not name.endswith("BiasAdd"):
            tf.identity(x, name=name)

    def run(self, image, outputs):
        """Its outputs for an image: dict of name to array."""
        with tf.compat.v1.Session(graph=self.graph) as session:
            found = session.run([f"{name}:0" for name in outputs], {"sub_2:0": image})
        return dict(zip(outputs, found, strict=True))

    def write(self, folder, fused=False, quantized=None, shards=2, name="model-stride16.json"):
        """Writes the model and returns its path."""
        nodes = json_format.MessageToDict(self.graph.as_graph_def())["node"]
        values = {}
        for node in nodes:
            if node["op"] == "Const":
                tensor = self.graph.get_tensor_by_name(node["name"] + ":0")
                values[node["name"]] = tf.get_static_value(tensor)
                del node["attr"]["value"]
        nodes = fuse(nodes) if fused else nodes
        entries, content = zip(*(pack(n, v, quantized) for n, v in values.items()), strict=True)
        content = b"".join(content)
        paths = [f"group1-shard{number + 1}of{shards}.bin" for number in range(shards)]
        for number, shard in enumerate(paths):
            ends = (len(content) * number // shards, len(content) * (number + 1) // shards)
            (folder / shard).write_bytes(content[slice(*ends)])
        model = {
            "format": "graph-model",
            "modelTopology": {"node": nodes, "versions": {}},
            "weightsManifest": [{"paths": paths, "weights": entries}],
        }
        (folder / name).write_text(json.dumps(model))
        return folder / name


def pack(name, values, quantized):
    """A constant's entry in the manifest, and its bytes."""
    entry = {"name": name, "shape": list(values.shape), "dtype": str(values.dtype)}
    if values.dtype != np.float32 or not quantized:
        return entry, values.tobytes()
    if quantized == "float16":
        entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        return entry, values.astype(np.float16).tobytes()
    low, steps = float(values.min()), np.iinfo(quantized).max
    scale = (float(values.max()) - low) / steps or 1.0
    entry["quantization"] = {"dtype": quantized, "min": low, "scale": scale}
    return entry, np.round((values - low) / scale).astype(quantized).tobytes()


def fuse(nodes):
    """The same graph with convolutions that add their bias, and rectify, themselves."""
    readers = {}
    for node in nodes:
        for name in node.get("input", ()):
            readers.setdefault(name, []).append(node)
    dropped, by_name = set(), {node["name"]: node for node in nodes}
    for node in list(nodes):
        added = readers.get(node["name"], [])
        if node["op"] != "Conv2D" or len(added) != 1 or added[0]["op"] != "BiasAdd":
            continue
        last, operations = added[0], ["Qmlhc0FkZA=="]  # BiasAdd
        bias = last["input"][1]
        rectified = readers.get(last["name"], [])
        if len(rectified) == 1 and rectified[0]["op"] == "Relu":
            dropped.add(last["name"])
            last, operations = rectified[0], [*operations, "UmVsdQ=="]  # Relu
        dropped.add(node["name"])
        last.update(op="_FusedConv2D", input=[*node["input"], bias])
        last["attr"] = {**node["attr"], "fused_ops": {"list": {"s": operations}}}
    assert dropped
    return [node for name, node in by_name.items() if name not in dropped]
