"""How much a network computes, and how much this machine could."""

import time
from collections.abc import Callable, Sequence

import tensorflow as tf


def count_operations(function: Callable[..., object], shape: Sequence[int]) -> int:
    """Floating point operations of a function of images, as TensorFlow counts them.

    Args:
        function: takes a float32 tensor.
        shape: of that tensor.

    Returns:
        How many; a multiplication and an addition are two.
    """
    spec = tf.TensorSpec(shape, tf.float32)
    graph = tf.function(function, [spec], autograph=False).get_concrete_function().graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    level = tf.get_logger().level
    tf.get_logger().setLevel("ERROR")  # it calls itself old
    try:
        options = options.with_empty_output().build()
        return profiler.profile(graph, options=options).total_float_ops
    finally:
        tf.get_logger().setLevel(level)


def measure_rate(precision: str, size: int = 2048, seconds: float = 2.0) -> float:
    """The rate of TensorFlow's matrix multiplication: operations per second.

    Args:
        precision: name of a dtype.
        size: rows and columns of the matrices.
        seconds: for how long to try; the best time counts.
    """
    matrix = tf.cast(tf.random.stateless_normal((size, size), (0, 1)), precision)
    multiply = tf.function(lambda: tf.reduce_max(tf.matmul(matrix, matrix)), autograph=False)
    multiply()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        multiply().numpy()
        best = min(best, time.perf_counter() - begun)
    return 2 * size**3 / best
