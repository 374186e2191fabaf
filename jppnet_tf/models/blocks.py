"""What the networks are made of.

A network here is one function that is handed its blocks. With `KerasBlocks` it builds layers;
with `ShapeBlocks` the same function lists the variables that those layers would have, without
TensorFlow and without the half gigabyte they take.
"""

import zlib
from collections.abc import Mapping, Sequence

import keras

from jppnet_tf.models.layers import (
    CaffeColours,
    CheckSize,
    CropToImage,
    FarConv2D,
    FrozenBatchNormalization,
    Interp,
    PadToMultiple,
    PoseNetColours,
    RefineOffsets,
    RestorableDropout,
    WeightedSum,
)

FAR = 6
"""From this dilation on, taps are so far apart that FarConv2D is the faster way."""
FEW = 64
"""With more filters than this, Conv2D stays: FarConv2D's products would take much memory."""
GREY_LEVELS = 64
"""About the deviation of a photograph's pixels from the mean colour."""


def kernel_channels(shapes: Mapping[str, tuple[int, ...]], layer: str, default: int) -> int:
    """How many channels come out of a layer, by its kernel's shape.

    Args:
        shapes: dict of `<layer>/<variable>` to its shape.
        layer: its name.
        default: what counts if there is no such layer.
    """
    return shapes.get(f"{layer}/kernel", (default,))[-1]


def build_model(
    image: "keras.KerasTensor", maps: Mapping[str, "keras.KerasTensor"], name: str
) -> keras.Model:
    """A network's model; its results stay float32 where a policy computes in something shorter.

    Args:
        image: its input.
        maps: its outputs by name, of any floating point type.
        name: the family's.
    """
    return keras.Model(image, keep_float32(maps), name=name)


def keep_float32(maps: "Mapping[str, keras.KerasTensor]") -> "dict[str, keras.KerasTensor]":
    """Outputs by name, float32 under any policy; the arguments are as for `build_model`."""
    return {
        output: keras.layers.Activation("linear", dtype="float32", name=output)(x)
        for output, x in maps.items()
    }


class KerasBlocks:
    """Builds Keras layers; `x` is a Keras tensor [batch, h, w, channels].

    A name that comes again is the same layer again, with the same variables.

    Args:
        update_statistics: whether batch normalization normalizes by each batch while training,
            and learns its statistics.
        head_initializer: Keras's name of an initializer for the heads' kernels before a ReLU;
            "" is JPPNet's, normal with deviation 0.01, as all others have.
        seed: int that what dropout draws follows from; None takes another one each time.
    """

    def __init__(
        self,
        update_statistics: bool = False,
        head_initializer: str = "",
        seed: int | None = None,
    ) -> None:
        self._seed = seed
        self._head_initializer = head_initializer
        self._norm = (
            keras.layers.BatchNormalization if update_statistics else FrozenBatchNormalization
        )
        self._layers: dict[str, keras.layers.Layer] = {}

    def _shared(self, layer):
        """The first layer of this name."""
        return self._layers.setdefault(layer.name, layer)

    def conv(
        self,
        x: "keras.KerasTensor",
        name: str,
        filters: int,
        size: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        bias: bool = True,
        relu: bool = False,
        zeros: int = 0,
        init: str = "head",
    ) -> "keras.KerasTensor":
        """Convolution with 'SAME' padding, or with so many zeros on each side.

        `init` is "trunk" (Glorot), "head", "he" or "pixels".
        """
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
        if zeros:
            x = self._shared(keras.layers.ZeroPadding2D(zeros, name=f"{name}_pad"))(x)
        layer = FarConv2D if dilation >= FAR and filters <= FEW else keras.layers.Conv2D
        layer = layer(
            filters,
            size,
            strides=stride,
            dilation_rate=dilation,
            padding="valid" if zeros else "same",
            activation="relu" if relu else None,
            use_bias=bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            name=name,
        )
        return self._shared(layer)(x)

    def separable_conv(
        self, x: "keras.KerasTensor", name: str, filters: int, size: int, *, dilation: int = 1
    ) -> "keras.KerasTensor":
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

    def dense(
        self, x: "keras.KerasTensor", name: str, units: int, activation: str
    ) -> "keras.KerasTensor":
        """Every place's channels times a matrix, without bias."""
        layer = keras.layers.Dense(
            units, activation, use_bias=False, kernel_initializer="he_normal", name=name
        )
        return self._shared(layer)(x)

    def batch_norm(
        self, x: "keras.KerasTensor", name: str, epsilon: float = 1e-3
    ) -> "keras.KerasTensor":
        """Batch normalization; by the stored statistics unless told otherwise."""
        return self._shared(self._norm(epsilon=epsilon, name=name))(x)

    def relu(self, x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        """Rectifier as a layer of its own."""
        return self._shared(keras.layers.ReLU(name=name))(x)

    def softmax(self, x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        """Softmax over the channels."""
        return self._shared(keras.layers.Softmax(name=name))(x)

    def dropout(self, x: "keras.KerasTensor", name: str, rate: float) -> "keras.KerasTensor":
        """Sets a share of the values to 0 while training."""
        # Layers must not drop the same places.
        seed = None if self._seed is None else zlib.crc32(f"{name} {self._seed}".encode()) >> 1
        return self._shared(RestorableDropout(rate, seed, name=name))(x)

    def max_pool(
        self, x: "keras.KerasTensor", name: str, size: int, stride: int
    ) -> "keras.KerasTensor":
        """Maximum over size x size windows with 'SAME' padding."""
        return self._shared(keras.layers.MaxPooling2D(size, stride, "same", name=name))(x)

    def subsample(self, x: "keras.KerasTensor", name: str, stride: int) -> "keras.KerasTensor":
        """One cell out of stride x stride: the upper left one."""
        return self._shared(keras.layers.MaxPooling2D(1, stride, "valid", name=name))(x)

    def caffe_max_pool(self, x: "keras.KerasTensor", name: str, stride: int) -> "keras.KerasTensor":
        """Maximum over 3 x 3 windows as Caffe places them: from -1 on, the last one beyond the end.

        Equal to 'SAME' but for even sides and stride 2, which 'SAME' pads at the end only and
        Caffe at both. `x` must be at least 0, because the padding is.
        """
        # For odd sides the last row and column of the padding are left over.
        x = self._shared(
            keras.layers.ZeroPadding2D(((1, stride), (1, stride)), name=f"{name}_pad")
        )(x)
        return self._shared(keras.layers.MaxPooling2D(3, stride, "valid", name=name))(x)

    def global_pool(self, x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        """Mean over all places: float32 [batch, 1, 1, channels]."""
        # In float32 under any policy: TensorFlow sums in the input's own type, and 16 bits lose
        # all that a large map adds.
        layer = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype="float32", name=name)
        return self._shared(layer)(x)

    def upsample(self, x: "keras.KerasTensor", name: str, factor: int) -> "keras.KerasTensor":
        """Bilinear enlargement by a whole factor, pixels being squares: half-pixel centres."""
        layer = keras.layers.UpSampling2D(factor, interpolation="bilinear", name=name)
        return self._shared(layer)(x)

    def pad_to_multiple(
        self, x: "keras.KerasTensor", name: str, multiple: int
    ) -> "keras.KerasTensor":
        """Zeros below and to the right, up to sides that are multiples."""
        return self._shared(PadToMultiple(multiple, name=name))(x)

    def crop_to_image(
        self, x: "keras.KerasTensor", image: "keras.KerasTensor", name: str
    ) -> "keras.KerasTensor":
        """What lies on the image of a map of its padded size."""
        return self._shared(CropToImage(name=name))([x, image])

    def interp(
        self, x: "keras.KerasTensor", name: str, shrink: int = 1, zoom: int = 1
    ) -> "keras.KerasTensor":
        """Caffe's resize by whole factors, see `maps.resizing.interp`."""
        return self._shared(Interp(shrink, zoom, name=name))(x)

    def check_size(
        self, x: "keras.KerasTensor", name: str, modulus: int, remainders: Sequence[int]
    ) -> "keras.KerasTensor":
        """Lets only sizes pass that leave one of the remainders; see CheckSize."""
        return self._shared(CheckSize(modulus, remainders, name=name))(x)

    def to_caffe_colours(self, x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        """BGR minus the mean, as JPPNet reads it, of RGB from -1 to 1."""
        return self._shared(CaffeColours(name=name))(x)

    def to_posenet_colours(self, x: "keras.KerasTensor", name: str) -> "keras.KerasTensor":
        """RGB minus the mean, as PoseNet's ResNet reads it, of RGB from -1 to 1."""
        return self._shared(PoseNetColours(name=name))(x)

    def refine(
        self, fields: "keras.KerasTensor", short: "keras.KerasTensor", name: str, kind: str,
        stride: int,
    ) -> "keras.KerasTensor":  # fmt: skip
        """Offsets of a kind, "mid" or "long", refined; see `maps.people.refining`."""
        return self._shared(RefineOffsets(kind, stride, name=name))([fields, short])

    def add(self, tensors: "list[keras.KerasTensor]", name: str) -> "keras.KerasTensor":
        """Sum of tensors of one shape."""
        return self._shared(keras.layers.Add(name=name))(tensors)

    def multiply(self, tensors: "list[keras.KerasTensor]", name: str) -> "keras.KerasTensor":
        """Product of tensors; one of a single place counts everywhere."""
        return self._shared(keras.layers.Multiply(name=name))(tensors)

    def weighted_sum(
        self, maps: "list[keras.KerasTensor]", weights: "keras.KerasTensor", name: str
    ) -> "keras.KerasTensor":
        """Sum of maps of one shape, each times its own channel of `weights`."""
        return self._shared(WeightedSum(name=name))([*maps, weights])

    def concat(self, tensors: "list[keras.KerasTensor]", name: str) -> "keras.KerasTensor":
        """Channels of all tensors, one after the other."""
        return self._shared(keras.layers.Concatenate(name=name))(tensors)


class ShapeBlocks:
    """Records the variables instead of building them; `x` is a number of channels.

    Attributes:
        shapes: dict of `<layer>/<variable>` to its shape, in the order of building.
    """

    def __init__(self) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}

    def conv(
        self, x: int, name: str, filters: int, size: int, *, bias: bool = True, **_: object
    ) -> int:
        """As KerasBlocks.conv."""
        self.shapes[f"{name}/kernel"] = (size, size, x, filters)
        if bias:
            self.shapes[f"{name}/bias"] = (filters,)
        return filters

    def separable_conv(self, x: int, name: str, filters: int, size: int, **_: object) -> int:
        """As KerasBlocks.separable_conv."""
        self.shapes[f"{name}/depthwise_kernel"] = (size, size, x, 1)
        self.shapes[f"{name}/pointwise_kernel"] = (1, 1, x, filters)
        self.shapes[f"{name}/bias"] = (filters,)
        return filters

    def dense(self, x: int, name: str, units: int, activation: str) -> int:
        """As KerasBlocks.dense."""
        self.shapes[f"{name}/kernel"] = (x, units)
        return units

    def batch_norm(self, x: int, name: str, epsilon: float = 1e-3) -> int:
        """As KerasBlocks.batch_norm."""
        for variable in ("gamma", "beta", "moving_mean", "moving_variance"):
            self.shapes[f"{name}/{variable}"] = (x,)
        return x

    def _same(self, x, *_, **__):
        """Of all that has no variables and keeps the channels."""
        return x

    relu = softmax = dropout = max_pool = caffe_max_pool = interp = check_size = _same
    global_pool = upsample = pad_to_multiple = crop_to_image = _same
    subsample = to_caffe_colours = to_posenet_colours = refine = _same

    def add(self, tensors: list[int], name: str) -> int:
        """As KerasBlocks.add."""
        return tensors[0]

    multiply = add

    def weighted_sum(self, maps: list[int], weights: int, name: str) -> int:
        """As KerasBlocks.weighted_sum."""
        return maps[0]

    def concat(self, tensors: list[int], name: str) -> int:
        """As KerasBlocks.concat."""
        return sum(tensors)
