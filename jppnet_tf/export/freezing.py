"""TensorFlow functions as graphs of TF1, with the weights inside."""

import numpy as np
import tensorflow as tf


def freeze(function: "tf.types.experimental.PolymorphicFunction") -> tf.compat.v1.GraphDef:
    """A GraphDef in which constants stand for variables, input and output named as the function's.

    Nothing is left to compute that does not depend on the input: OpenCV cannot read what Keras 3
    makes of biases and batch norms.

    Args:
        function: tf.function of one tensor with an input signature, with one named result.

    Returns:
        GraphDef, the output's node last.
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
    return _compute_constants(graph, name)


def _compute_constants(graph, output):
    """The graph's definition, with constants for all that depends on constants only."""
    fixed: set[str] = set()
    wanted: dict[str, tf.Tensor] = {}
    for operation in graph.get_operations():  # each after its inputs
        inputs = [tensor.op.name for tensor in operation.inputs]
        if operation.type == "Const" or (inputs and fixed.issuperset(inputs)):
            fixed.add(operation.name)
        else:
            wanted |= {
                tensor.op.name: tensor
                for tensor in operation.inputs
                if tensor.op.name in fixed and tensor.op.type != "Const"
            }
    with tf.compat.v1.Session(graph=graph) as session:
        values = session.run(wanted)
    definition = graph.as_graph_def()
    for node in definition.node:
        if node.name in values:
            with tf.Graph().as_default() as one:
                tf.constant(values[node.name], name=node.name)
            node.CopyFrom(one.as_graph_def().node[0])
    return _reachable(definition, output)


def _reachable(definition, output):
    """What of a graph the output depends on."""
    inputs = {node.name: [name.split(":")[0] for name in node.input] for node in definition.node}
    seen, coming = set(), [output]
    while coming:
        name = coming.pop()
        if name not in seen:
            seen.add(name)
            coming += inputs[name]
    kept = tf.compat.v1.GraphDef(versions=definition.versions)
    kept.node.extend(node for node in definition.node if node.name in seen)
    return kept


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
    reads: dict[str, tuple[np.ndarray, list[str]]] = {
        place.name: (by_handle[id(handle)].numpy(), [])
        for place, handle in zip(inside, handles, strict=True)
    }
    for operation in concrete.graph.get_operations():
        if operation.type == "ReadVariableOp":
            reads[operation.inputs[0].name][1].append(operation.outputs[0].name)
    return reads
