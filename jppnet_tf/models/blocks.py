"""What the networks are made of.

A network here is one function that is handed its blocks. With `KerasBlocks` it builds layers;
with `ShapeBlocks` the same function lists the variables that those layers would have, without
TensorFlow and without the half gigabyte they take.
"""

import keras

FAR = 6
"""From this dilation on, taps are so far apart that FarConv2D is the faster way."""


@keras.saving.register_keras_serializable("jppnet_tf")
class FrozenBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization by the stored statistics, also while training.

    gamma and beta train; the moving mean and variance never change. A plain layer called with
    `training=False` would not do: Keras 3 overrides that with the `training=True` of `fit`.
    """

    def call(self, inputs, training=None, mask=None):
        del training, mask  # whatever the caller wants, the stored statistics are used
        return super().call(inputs, training=False)


@keras.saving.register_keras_serializable("jppnet_tf")
class FarConv2D(keras.layers.Conv2D):
    """Conv2D for wide dilations, 'SAME' padding and few filters: same variables, same results."""

    def call(self, inputs):
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        from jppnet_tf import ops  # here, so that other backends need not load TensorFlow

        return ops.far_conv(inputs, self.kernel, self.dilation_rate[0]) + self.bias


class KerasBlocks:
    """Builds Keras layers; `x` is a Keras tensor [batch, h, w, channels].

    Args:
        update_statistics: whether batch normalization normalizes by each batch while training,
            and learns its statistics.
        head_initializer: Keras's name of an initializer for the heads' kernels before a ReLU;
            "" is the original's, normal with deviation 0.01, as all others have.
    """

    def __init__(self, update_statistics=False, head_initializer=""):
        self._head_initializer = head_initializer
        self._norm = (
            keras.layers.BatchNormalization if update_statistics else FrozenBatchNormalization
        )

    def conv(
        self, x, name, filters, size, *, stride=1, dilation=1, bias=True, relu=False, init="head"
    ):
        """Convolution with 'SAME' padding; `init` is "trunk" (Glorot) or "head"."""
        kernel_initializer = bias_initializer = "glorot_uniform"
        if init == "head":
            kernel_initializer = keras.initializers.TruncatedNormal(stddev=0.01)
            kernel_initializer = (self._head_initializer if relu else "") or kernel_initializer
            bias_initializer = "zeros"
        layer = FarConv2D if dilation >= FAR else keras.layers.Conv2D
        return layer(
            filters,
            size,
            strides=stride,
            dilation_rate=dilation,
            padding="same",
            activation="relu" if relu else None,
            use_bias=bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            name=name,
        )(x)

    def batch_norm(self, x, name):
        """Batch normalization, epsilon 1e-3; by the stored statistics unless told otherwise."""
        return self._norm(epsilon=1e-3, name=name)(x)

    def relu(self, x, name):
        """Rectifier as a layer of its own."""
        return keras.layers.ReLU(name=name)(x)

    def max_pool(self, x, name, size, stride):
        """Maximum over size x size windows with 'SAME' padding."""
        return keras.layers.MaxPooling2D(size, strides=stride, padding="same", name=name)(x)

    def add(self, tensors, name):
        """Sum of tensors of one shape."""
        return keras.layers.Add(name=name)(tensors)

    def concat(self, tensors, name):
        """Channels of all tensors, one after the other."""
        return keras.layers.Concatenate(name=name)(tensors)


class ShapeBlocks:
    """Records the variables instead of building them; `x` is a number of channels.

    Attributes:
        shapes: dict of `<layer>/<variable>` to its shape, in the order of building.
    """

    def __init__(self):
        self.shapes = {}

    def conv(self, x, name, filters, size, *, bias=True, **_):
        """As KerasBlocks.conv."""
        self.shapes[f"{name}/kernel"] = (size, size, x, filters)
        if bias:
            self.shapes[f"{name}/bias"] = (filters,)
        return filters

    def batch_norm(self, x, name):
        """As KerasBlocks.batch_norm."""
        for variable in ("gamma", "beta", "moving_mean", "moving_variance"):
            self.shapes[f"{name}/{variable}"] = (x,)
        return x

    def relu(self, x, name):
        """As KerasBlocks.relu."""
        return x

    def max_pool(self, x, name, size, stride):
        """As KerasBlocks.max_pool."""
        return x

    def add(self, tensors, name):
        """As KerasBlocks.add."""
        return tensors[0]

    def concat(self, tensors, name):
        """As KerasBlocks.concat."""
        return sum(tensors)
