"""Made-up ONNX files of the form of open_nsfw's: batch norm folded into biased convolutions."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BRANCHES = ("proj_shortcut", "branch2a", "branch2b", "branch2c")


def make_model(width=4, units=(1, 2, 1, 1), stem=6, seed=0):
    """A network of open_nsfw's form with random weights.

    Args:
        width: filters of the first stage's bottlenecks.
        units: residual units of each stage.
        stem: filters of the first convolution.
        seed: of the weights.

    Returns:
        onnx.ModelProto with input `input:0` [1, h, w, 3] and output `features` [1, c, h/32, w/32].
    """
    random = np.random.default_rng(seed)
    nodes, constants = [], []

    def conv(x, name, size, inputs, outputs, stride=1, gain=1.0):
        scale = gain * np.sqrt(2 / (inputs * size * size))
        kernel = random.normal(0, scale, (outputs, inputs, size, size)).astype(np.float32)
        arrays = {f"{name}_w": kernel, f"{name}_b": random.normal(0, 0.1, outputs).astype("f")}
        constants.extend(numpy_helper.from_array(a, n) for n, a in arrays.items())
        out = f"bn_{name}/FusedBatchNormV3:0"
        pads = [size // 2] * 4
        nodes.append(
            helper.make_node(
                "Conv",
                [x, *arrays],
                [out],
                strides=[stride] * 2,
                pads=pads,
                kernel_shape=[size] * 2,
            )
        )
        return out

    def relu(x):
        nodes.append(helper.make_node("Relu", [x], [f"relu_{len(nodes)}"]))
        return nodes[-1].output[0]

    nodes.append(helper.make_node("Transpose", ["input:0"], ["nchw"], perm=[0, 3, 1, 2]))
    x = relu(conv("nchw", "1", 7, 3, stem, 2, gain=1 / 64))
    pool = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]}
    nodes.append(helper.make_node("MaxPool", [x], ["pool"], **pool))
    x, channels = "pool", stem
    for stage, count in enumerate(units):
        filters = width << stage
        for block in range(count):
            name = f"stage{stage}_block{block}"
            stride = 2 if stage and not block else 1
            shortcut = x
            if not block:
                shortcut = conv(x, f"{name}_proj_shortcut", 1, channels, 4 * filters, stride)
            y = relu(conv(x, f"{name}_branch2a", 1, channels, filters, stride))
            y = relu(conv(y, f"{name}_branch2b", 3, filters, filters))
            y = conv(y, f"{name}_branch2c", 1, filters, 4 * filters, gain=0.3)
            nodes.append(helper.make_node("Add", [y, shortcut], [f"{name}_sum"]))
            x, channels = relu(f"{name}_sum"), 4 * filters
    nodes.append(helper.make_node("Identity", [x], ["features"]))
    constants.append(numpy_helper.from_array(np.ones((2, 2), np.float32), "fc_nsfw/MatMul"))
    image = helper.make_tensor_value_info("input:0", TensorProto.FLOAT, [1, None, None, 3])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "open_nsfw", [image], [features], constants)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])


def write_model(path, **options):
    """Writes such a network; gives the path."""
    onnx.save(make_model(**options), path)
    return path
