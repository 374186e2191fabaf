"""Networks in YOLOX's form that always find the same."""

import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CELLS = 80 * 80 + 40 * 40 + 20 * 20


def write_detector(path: pathlib.Path, values: np.ndarray) -> pathlib.Path:
    """A network of YOLOX's input that always gives the same: float32 [1, cells, 85]."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
        helper.make_node("ReduceMean", ["mean"], ["all"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["all", "nothing"], ["zero"]),
        helper.make_node("Reshape", ["zero", "shape"], ["flat"]),
        helper.make_node("Add", ["flat", "values"], ["y"]),
    ]
    constants = {
        "nothing": np.zeros(1, np.float32), "shape": np.array([1, 1, 1]), "values": values,
    }  # fmt: skip
    graph = helper.make_graph(
        nodes, "detector",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 640, 640])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(values.shape))],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def place(values, cell, x, y, width, height, stride, sure, score) -> None:
    """Puts a box into the output: its middle in cells from the cell's, its sides in pixels."""
    values[0, cell, :6] = x, y, np.log(width / stride), np.log(height / stride), sure, score
