"""TensorFlow functions as a SavedModel, for other programs and other libraries."""

import os
from collections.abc import Mapping

import tensorflow as tf


def save_functions(
    functions: "Mapping[str, tf.types.experimental.PolymorphicFunction]", folder: str | os.PathLike
) -> None:
    """Writes a SavedModel with one signature for each function.

    Args:
        functions: dict of a signature's name to a tf.function with an input signature that gives a
            dict of tensors.
        folder: the folder to make.
    """
    concrete = {name: function.get_concrete_function() for name, function in functions.items()}
    module = tf.Module()
    # Not the Keras model, whose layers would all be saved as objects of their own.
    module.weights = list({id(v): v for f in concrete.values() for v in f.variables}.values())
    level = tf.get_logger().level
    tf.get_logger().setLevel("ERROR")
    try:
        tf.saved_model.save(module, str(folder), signatures=concrete)
    finally:
        tf.get_logger().setLevel(level)
