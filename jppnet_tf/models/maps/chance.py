"""Random numbers and dropout whose state can be saved."""

import tensorflow as tf


def random_generator(seed: int) -> tf.random.Generator:
    """Random numbers whose state tf.train.Checkpoint keeps: tf.random.Generator."""
    return tf.random.Generator.from_seed(seed)


def dropout(x: tf.Tensor, rate: float, generator: tf.random.Generator) -> tf.Tensor:
    """Sets a share of the values to 0, and enlarges the others so that the mean stays.

    Args:
        x: floating point, of any shape.
        rate: the share, 0 to below 1.
        generator: as `random_generator` gives it.

    Returns:
        The same shape and type.
    """
    return tf.nn.experimental.general_dropout(x, rate, generator.uniform)
