"""Formats: each is written from TensorFlow functions, and read back by its own runtime.

Written: `write_<format>(functions, path)`, with a dict of a signature's name to a tf.function.
Read: `read_<format>(path)` gives a function from arrays to a dict of arrays, maps as
[n, h, w, channels].
"""

import importlib
import logging
import warnings

import numpy as np
import tensorflow as tf

from jppnet_tf.errors import InputError

_OPSET = 13
"""Of ONNX; OpenCV's versions from 4.8 to 5.0 read it right."""


def need(package, extra):
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


def write_saved_model(functions, folder):
    """Writes a SavedModel with one signature for each function."""
    concrete = {name: function.get_concrete_function() for name, function in functions.items()}
    module = tf.Module()
    # Not the Keras model, whose layers would all be saved as objects of their own.
    module.weights = list({id(v): v for f in concrete.values() for v in f.variables}.values())
    level = logging.getLogger("tensorflow").level
    tf.get_logger().setLevel("ERROR")
    try:
        tf.saved_model.save(module, str(folder), signatures=concrete)
    finally:
        tf.get_logger().setLevel(level)


def read_saved_model(folder):
    """Loads a SavedModel; `run` takes the signature's name too."""
    loaded = tf.saved_model.load(str(folder))

    def run(signature, **inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return {name: x.numpy() for name, x in loaded.signatures[signature](**tensors).items()}

    return run


def write_onnx(functions, path):
    """Writes an ONNX file; maps are [n, channels, h, w] as usual there."""
    onnx, tf2onnx = need("onnx", "onnx"), need("tf2onnx", "onnx")
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    function = functions["serving_default"]
    outputs = list(function.get_concrete_function().structured_outputs)
    # tf2onnx's `from_keras` loses the names of outputs on Keras 3.
    model, _ = tf2onnx.convert.from_function(
        function,
        input_signature=function.input_signature,
        opset=_OPSET,
        inputs_as_nchw=["image"],
        outputs_as_nchw=outputs,
    )
    _mend_resizes(onnx, model.graph)
    onnx.save(model, str(path))


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


def read_onnx(path):
    """Runs an ONNX file by ONNX Runtime: some versions of OpenCV would not be reliable judges."""
    onnxruntime = need("onnxruntime", "onnx")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(image):
        maps = session.run(names, {"image": image.transpose(0, 3, 1, 2)})
        return {name: x.transpose(0, 2, 3, 1) for name, x in zip(names, maps, strict=True)}

    return run


def write_tflite(functions, path):
    """Writes a TFLite file, float32.

    By way of a SavedModel: the converter's `from_keras_model` gives the same, but has Keras 3 print
    a list of all variables.
    """
    folder = path.with_suffix(".saved_model")
    write_saved_model(functions, folder)
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert())


def read_tflite(path):
    """Runs a TFLite file by TensorFlow's interpreter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow announces that it moves to another package
        interpreter = tf.lite.Interpreter(str(path))
    runner = interpreter.get_signature_runner("serving_default")
    return lambda image: runner(image=image)


def write_openvino(functions, path):
    """Writes OpenVINO's .xml and .bin, float32.

    By way of a SavedModel: `convert_model` takes Keras models too, but fails on Python 3.13.
    """
    openvino = need("openvino", "openvino")
    folder = path.with_suffix(".saved_model")
    write_saved_model(functions, folder)
    openvino.save_model(openvino.convert_model(str(folder)), str(path), compress_to_fp16=False)


def read_openvino(path):
    """Runs OpenVINO's files, in float32 also on CPUs that would prefer something shorter."""
    openvino = need("openvino", "openvino")
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path), "CPU", exact)

    def run(image):
        results = compiled({"image": image})
        return {output.get_any_name(): np.array(results[output]) for output in compiled.outputs}

    return run


def write_frozen_graph(functions, path):
    """Writes one GraphDef with the weights inside, as TF1 programs read it."""
    path.write_bytes(_freeze(functions["serving_default"]).SerializeToString())


def read_frozen_graph(path):
    """Runs a GraphDef in a session."""
    definition = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    inputs, output = _ends(definition)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")

    def run(**images):
        with tf.compat.v1.Session(graph=graph) as session:
            feeds = {f"{name}:0": images[name] for name in inputs}
            return {output: session.run(f"{output}:0", feeds)}

    return run


def _ends(definition):
    """The names of a graph's placeholders, and of its last node."""
    inputs = [node.name for node in definition.node if node.op == "Placeholder"]
    return inputs, definition.node[-1].name


def _freeze(function):
    """A GraphDef in which constants stand for variables, as input and output are named.

    Args:
        function: tf.function of one tensor with an input signature, with one named result.
    """
    concrete = function.get_concrete_function()
    ((name, result),) = concrete.structured_outputs.items()
    (spec,) = function.input_signature
    reads = _read_values(concrete)
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(spec.dtype, spec.shape, spec.name)
        once = {name: tf.constant(value) for name, (value, _) in reads.items()}
        constants = {read: once[name] for name, (_, tensors) in reads.items() for read in tensors}
        (result,) = tf.graph_util.import_graph_def(
            _without_variables(concrete.graph.as_graph_def()),
            {concrete.inputs[0].name: image, **constants},
            return_elements=[result.name],
            name="jppnet",
        )
        tf.identity(result, name)
    return graph.as_graph_def()


def _without_variables(definition):
    """A graph without inputs, and without what reads variables and waits for its end."""
    kept = tf.compat.v1.GraphDef(versions=definition.versions)
    for node in definition.node:
        if node.op not in ("Placeholder", "ReadVariableOp", "NoOp"):
            data = [name for name in node.input if not name.startswith("^")]
            del node.input[:]
            node.input.extend(data)
            kept.node.append(node)
    return kept


def _read_values(concrete):
    """What the function reads: dict of a variable's place in it to (array, names of tensors).

    There is a tensor for each time that the network is called.
    """
    by_handle = {id(variable.handle): variable for variable in concrete.variables}
    handles = concrete.captured_inputs
    inside = concrete.inputs[len(concrete.inputs) - len(handles) :]
    reads = {
        place.name: (by_handle[id(handle)].numpy(), [])
        for place, handle in zip(inside, handles, strict=True)
    }
    for operation in concrete.graph.get_operations():
        if operation.type == "ReadVariableOp":
            reads[operation.inputs[0].name][1].append(operation.outputs[0].name)
    return reads
