import tensorflow as tf

from jppnet_tf.commands.benchmark.arithmetic import count_operations, measure_rate


def test_multiplications_and_additions_of_a_convolution_are_counted():
    kernel = tf.ones((3, 3, 4, 5))
    count = count_operations(lambda x: tf.nn.conv2d(x, kernel, 2, "SAME"), (2, 8, 6, 4))
    assert count == 2 * (3 * 3 * 4) * (2 * 4 * 3 * 5)


def test_a_rate_is_one_of_multiplications(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    assert measure_rate("float32", size=64, seconds=3) == 2 * 64**3  # a second each
