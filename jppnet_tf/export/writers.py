"""Formats: each is written from a content, and read back by its own runtime.

Written: `write_<format>(content, path)`, from the content's `functions()` or Keras `model`.
Read: `read_<format>(path)` gives a function from arrays to a dict of arrays, maps as
[n, h, w, channels].
"""

import contextlib
import gc
import importlib
import logging
import os
import pathlib
import threading
import types
import typing
import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from jppnet_tf.export.freezing import freeze
from jppnet_tf.inference.backends import openvino, saved_model
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.export.contents import Content, Network

_OPSET = 13
"""Of ONNX; OpenCV's versions from 4.8 to 5.0 read it right."""


def need(package: str, extra: str) -> types.ModuleType:
    """Imports a package that is not installed with this one.

    Raises:
        InputError: it is missing, or fits not to TensorFlow's own packages.
    """
    try:
        return importlib.import_module(package)
    except (ImportError, AttributeError) as error:  # the latter of an onnx too new for ml_dtypes
        raise InputError(
            f"{extra} needs the package {package}, which cannot be imported ({error}): "
            f"pip install 'jppnet-tf[{extra}]'"
        ) from None


def write_saved_model(content: "Content", folder: str | os.PathLike) -> None:
    """Writes a SavedModel with one signature for each function."""
    saved_model.save_functions(content.functions(), folder)


def read_saved_model(folder: str | os.PathLike) -> Callable:
    """Loads a SavedModel; `run` takes the signature's name too."""
    loaded = tf.saved_model.load(str(folder))

    def run(signature, **inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: x.numpy() for name, x in loaded.signatures[signature](**tensors).items()}

    return run


def write_onnx(content: "Content", path: pathlib.Path) -> None:
    """Writes an ONNX file; maps are [n, channels, h, w] as usual there."""
    onnx, tf2onnx = need("onnx", "onnx"), need("tf2onnx", "onnx")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    function = content.functions()["serving_default"]
    outputs = list(function.get_concrete_function().structured_outputs)
    # tf2onnx's `from_keras` loses the names of outputs on Keras 3.
    with _collecting_garbage():
        model, _ = tf2onnx.convert.from_function(
            function,
            input_signature=function.input_signature,
            opset=_OPSET,
            inputs_as_nchw=["image"],
            outputs_as_nchw=outputs,
        )
    _mend_resizes(onnx, model.graph)
    onnx.save(model, str(path))


@contextlib.contextmanager
def _collecting_garbage():
    """Has Python look for garbage all the time.

    Each of tf2onnx's passes, forty and more, works on a copy of all weights and leaves the last one
    behind in circles of few objects, which Python would let wait until the memory is full: more
    than 20 GB for JPPNet.
    """
    done = threading.Event()

    def collect():
        while not done.wait(0.2):
            gc.collect()

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _mend_resizes(onnx, graph):
    """Makes resizes come out as large as they should.

    tf2onnx states them as factors, from which runtimes cut the size off to whole pixels: 7 pixels
    times float32's 9 / 7 may be 8. The pixels themselves do not depend on the factor, because the
    corners stay where they are.
    """
    factors = {node.input[2] for node in graph.node if node.op_type == "Resize"}
    for tensor in graph.initializer:
        if tensor.name in factors:
            values = onnx.numpy_helper.to_array(tensor)
            values = np.where(values == 1, values, values * np.float32(1 + 1e-6))
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


def read_onnx(path: pathlib.Path) -> Callable:
    """Runs an ONNX file by ONNX Runtime: some versions of OpenCV would not be reliable judges."""
    onnxruntime = need("onnxruntime", "onnx")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(image):
        maps = session.run(names, {"image": image.transpose(0, 3, 1, 2)})
        return {name: x.transpose(0, 2, 3, 1) for name, x in zip(names, maps, strict=True)}

    return run


def write_tflite(content: "Network", path: pathlib.Path) -> None:
    """Writes a TFLite file, float32; the SavedModel that it is made from will lie beside it.

    Straight from the Keras model takes three times as long, most of it for graphs of single layers.
    """
    folder = path.with_suffix(".saved_model")
    saved_model.save_functions(content.functions(), folder)
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert())


def read_tflite(path: pathlib.Path) -> Callable:
    """Runs a TFLite file by TensorFlow's interpreter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow announces that it moves to another package
        interpreter = tf.lite.Interpreter(str(path))
    runner = interpreter.get_signature_runner("serving_default")
    return lambda image: runner(image=image)


def write_openvino(content: "Content", path: pathlib.Path) -> None:
    """Writes OpenVINO's .xml and .bin, float32."""
    openvino.write_network(content.functions(), path)


def read_openvino(path: pathlib.Path) -> Callable:
    """Runs OpenVINO's files, in float32 also on CPUs that would prefer something shorter."""
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = need("openvino", "openvino").Core().compile_model(str(path), "CPU", exact)

    def run(image):
        results = compiled({"image": image})
        return {output.get_any_name(): np.array(results[output]) for output in compiled.outputs}

    return run


def write_frozen_graph(content: "Content", path: pathlib.Path) -> None:
    """Writes one GraphDef with the weights inside, as TF1 programs read it."""
    path.write_bytes(freeze(content.functions()["serving_default"]).SerializeToString())


def read_frozen_graph(path: pathlib.Path) -> Callable:
    """Runs a GraphDef in a session."""
    definition = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    inputs = [node.name for node in definition.node if node.op == "Placeholder"]
    output = definition.node[-1].name
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
    del definition  # all weights

    def run(**images):
        with tf.compat.v1.Session(graph=graph) as session:
            feeds = {f"{name}:0": images[name] for name in inputs}
            return {output: session.run(f"{output}:0", feeds)}

    return run
