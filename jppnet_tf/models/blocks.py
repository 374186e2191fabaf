"""What the networks are made of.

A network here is one function that is handed its blocks. With `KerasBlocks` it builds layers;
with `ShapeBlocks` the same function lists the variables that those layers would have, without
TensorFlow and without the half gigabyte they take.
"""

import keras

from jppnet_tf.models.layers import (
    CheckSize,
    CropToImage,
    FarConv2D,
    FrozenBatchNormalization,
    Interp,
    PadToMultiple,
    RestorableDropout,
    WeightedSum,
)

FAR = 6
"""From this dilation on, taps are so far apart that FarConv2D is the faster way."""
FEW = 64
"""With more filters than this, Conv2D stays: FarConv2D's products would take much memory."""
GREY_LEVELS = 64
"""About the deviation of a photograph's pixels from the mean colour."""


class KerasBlocks:
    """Builds Keras layers; `x` is a Keras tensor [batch, h, w, channels].

    A name that comes again is the same layer again, with the same variables.

    Args:
        update_statistics: whether batch normalization normalizes by each batch while training,
            and learns its statistics.
        head_initializer: Keras's name of an initializer for the heads' kernels before a ReLU;
            "" is JPPNet's, normal with deviation 0.01, as all others have.
    """

    def __init__(self, update_statistics=False, head_initializer=""):
        self._head_initializer = head_initializer
        self._norm = (
            keras.layers.BatchNormalization if update_statistics else FrozenBatchNormalization
        )
        self._layers = {}

    def _shared(self, layer):
        """The first layer of this name."""
        return self._layers.setdefault(layer.name, layer)

    def conv(
        self, x, name, filters, size, *, stride=1, dilation=1, bias=True, relu=False, init="head"
    ):
        """Convolution with 'SAME' padding; `init` is "trunk" (Glorot), "head", "he" or "pixels"."""
        kernel_initializer = bias_initializer = "glorot_uniform"
        if init == "he":
            kernel_initializer, bias_initializer = "he_normal", "zeros"
        elif init == "pixels":  # He's, and down from grey levels to signals of about 1
            kernel_initializer = keras.initializers.VarianceScaling(2 / GREY_LEVELS**2)
            bias_initializer = "zeros"
        elif init == "head":
            kernel_initializer = keras.initializers.TruncatedNormal(stddev=0.01)
            kernel_initializer = (self._head_initializer if relu else "") or kernel_initializer
            bias_initializer = "zeros"
        layer = FarConv2D if dilation >= FAR and filters <= FEW else keras.layers.Conv2D
        layer = layer(
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
        )
        return self._shared(layer)(x)

    def separable_conv(self, x, name, filters, size, *, dilation=1):
        """Convolution of each channel for itself, then of all at each place; 'SAME' padding."""
        layer = keras.layers.SeparableConv2D(
            filters,
            size,
            dilation_rate=dilation,
            padding="same",
            depthwise_initializer="he_normal",
            pointwise_initializer="he_normal",
            name=name,
        )
        return self._shared(layer)(x)

    def dense(self, x, name, units, activation):
        """Every place's channels times a matrix, without bias."""
        layer = keras.layers.Dense(
            units, activation, use_bias=False, kernel_initializer="he_normal", name=name
        )
        return self._shared(layer)(x)

    def batch_norm(self, x, name):
        """Batch normalization, epsilon 1e-3; by the stored statistics unless told otherwise."""
        return self._shared(self._norm(epsilon=1e-3, name=name))(x)

    def relu(self, x, name):
        """Rectifier as a layer of its own."""
        return self._shared(keras.layers.ReLU(name=name))(x)

    def softmax(self, x, name):
        """Softmax over the channels."""
        return self._shared(keras.layers.Softmax(name=name))(x)

    def dropout(self, x, name, rate):
        """Sets a share of the values to 0 while training."""
        return self._shared(RestorableDropout(rate, name=name))(x)

    def max_pool(self, x, name, size, stride):
        """Maximum over size x size windows with 'SAME' padding."""
        return self._shared(keras.layers.MaxPooling2D(size, stride, "same", name=name))(x)

    def caffe_max_pool(self, x, name, stride):
        """Maximum over 3 x 3 windows as Caffe places them: from -1 on, the last one beyond the end.

        Equal to 'SAME' but for even sides and stride 2, which 'SAME' pads at the end only and
        Caffe at both. `x` must be at least 0, because the padding is.
        """
        # For odd sides the last row and column of the padding are left over.
        x = self._shared(
            keras.layers.ZeroPadding2D(((1, stride), (1, stride)), name=f"{name}_pad")
        )(x)
        return self._shared(keras.layers.MaxPooling2D(3, stride, "valid", name=name))(x)

    def global_pool(self, x, name):
        """Mean over all places: float32 [batch, 1, 1, channels]."""
        # In float32 under any policy: TensorFlow sums in the input's own type, and 16 bits lose
        # all that a large map adds.
        layer = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype="float32", name=name)
        return self._shared(layer)(x)

    def upsample(self, x, name, factor):
        """Bilinear enlargement by a whole factor, pixels being squares: half-pixel centres."""
        layer = keras.layers.UpSampling2D(factor, interpolation="bilinear", name=name)
        return self._shared(layer)(x)

    def pad_to_multiple(self, x, name, multiple):
        """Zeros below and to the right, up to sides that are multiples."""
        return self._shared(PadToMultiple(multiple, name=name))(x)

    def crop_to_image(self, x, image, name):
        """What lies on the image of a map of its padded size."""
        return self._shared(CropToImage(name=name))([x, image])

    def interp(self, x, name, shrink=1, zoom=1):
        """Caffe's resize by whole factors, see `maps.resizing.interp`."""
        return self._shared(Interp(shrink, zoom, name=name))(x)

    def check_size(self, x, name, modulus, remainders):
        """Lets only sizes pass that leave one of the remainders; see CheckSize."""
        return self._shared(CheckSize(modulus, remainders, name=name))(x)

    def add(self, tensors, name):
        """Sum of tensors of one shape."""
        return self._shared(keras.layers.Add(name=name))(tensors)

    def multiply(self, tensors, name):
        """Product of tensors; one of a single place counts everywhere."""
        return self._shared(keras.layers.Multiply(name=name))(tensors)

    def weighted_sum(self, maps, weights, name):
        """Sum of maps of one shape, each times its own channel of `weights`."""
        return self._shared(WeightedSum(name=name))([*maps, weights])

    def concat(self, tensors, name):
        """Channels of all tensors, one after the other."""
        return self._shared(keras.layers.Concatenate(name=name))(tensors)


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

    def separable_conv(self, x, name, filters, size, **_):
        """As KerasBlocks.separable_conv."""
        self.shapes[f"{name}/depthwise_kernel"] = (size, size, x, 1)
        self.shapes[f"{name}/pointwise_kernel"] = (1, 1, x, filters)
        self.shapes[f"{name}/bias"] = (filters,)
        return filters

    def dense(self, x, name, units, activation):
        """As KerasBlocks.dense."""
        self.shapes[f"{name}/kernel"] = (x, units)
        return units

    def batch_norm(self, x, name):
        """As KerasBlocks.batch_norm."""
        for variable in ("gamma", "beta", "moving_mean", "moving_variance"):
            self.shapes[f"{name}/{variable}"] = (x,)
        return x

    def _same(self, x, *_, **__):
        """Of all that has no variables and keeps the channels."""
        return x

    relu = softmax = dropout = max_pool = caffe_max_pool = interp = check_size = _same
    global_pool = upsample = pad_to_multiple = crop_to_image = _same

    def add(self, tensors, name):
        """As KerasBlocks.add."""
        return tensors[0]

    multiply = add

    def weighted_sum(self, maps, weights, name):
        """As KerasBlocks.weighted_sum."""
        return maps[0]

    def concat(self, tensors, name):
        """As KerasBlocks.concat."""
        return sum(tensors)
