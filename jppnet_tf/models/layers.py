"""The layers that Keras does not have."""

import secrets
import typing
from collections.abc import Sequence

import keras

from jppnet_tf.system.errors import InputError


@keras.saving.register_keras_serializable("jppnet_tf")
class FrozenBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization by the stored statistics, also while training.

    gamma and beta train; the moving mean and variance never change. A plain layer called with
    `training=False` would not do: Keras 3 overrides that with the `training=True` of `fit`.
    """

    def call(
        self,
        inputs: "keras.KerasTensor",
        training: bool | None = None,
        mask: "keras.KerasTensor | None" = None,
    ) -> "keras.KerasTensor":
        del training, mask  # whatever the caller wants, the stored statistics are used
        return super().call(inputs, training=False)


@keras.saving.register_keras_serializable("jppnet_tf")
class FarConv2D(keras.layers.Conv2D):
    """Conv2D for wide dilations, 'SAME' padding and few filters: same variables, same results.

    Raises:
        ValueError: it has strides, another padding, several groups, or a kernel or dilation that
            differs by axis or has no middle.
    """

    def __init__(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        super().__init__(*args, **kwargs)
        kernel, dilation = self.kernel_size, self.dilation_rate
        if (
            any(step != 1 for step in self.strides)
            or self.padding != "same"
            or self.groups != 1
            or self.data_format != "channels_last"
            or kernel[0] != kernel[1]
            or kernel[0] % 2 == 0
            or dilation[0] != dilation[1]
        ):
            raise ValueError(
                "FarConv2D needs strides=1, padding='same', groups=1, channels last, and one odd "
                "kernel size and one dilation for both axes: take Conv2D for anything else"
            )

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        # Here, so that other backends need not load TensorFlow.
        from jppnet_tf.models.maps.convolution import far_conv

        far = far_conv(inputs, self.kernel, self.dilation_rate[0])
        return self.activation(far + self.bias if self.use_bias else far)


class JoinedNormalization(keras.layers.Layer):
    """What is left of a batch normalization that became part of the convolution before it."""

    def call(
        self,
        inputs: "keras.KerasTensor",
        training: bool | None = None,
        mask: "keras.KerasTensor | None" = None,
    ) -> "keras.KerasTensor":
        del training, mask  # Keras 3 calls it as it called the normalization
        return inputs


class FastConv2D(keras.layers.Layer):
    """A Conv2D, and perhaps its batch normalization, computed by fewer multiplications.

    It keeps the kernel as it is now, transformed: to predict with, not to train or to save. Where
    the images' size is not known, it computes as the layers do. TensorFlow only.

    Args:
        layer: Conv2D that `FastConv2D.suits`.
        norm: BatchNormalization that follows it, by its stored statistics; or None.
    """

    def __init__(
        self,
        layer: "keras.layers.Conv2D",
        norm: "keras.layers.BatchNormalization | None" = None,
        **kwargs: typing.Any,
    ) -> None:
        from jppnet_tf.models.maps.fast_convolution import FastKernel, fold

        super().__init__(**kwargs | {"name": layer.name})
        self.layer, self.norm = layer, norm
        kernel, self._bias = fold(layer, norm)
        self._fast_kernel = FastKernel(kernel, layer.dilation_rate[0])

    @staticmethod
    def suits(layer: keras.layers.Layer) -> bool:
        """Whether a layer is a convolution of float32 that can be computed so."""
        from jppnet_tf.models.maps.fast_convolution import TAPS

        return (
            type(layer) is keras.layers.Conv2D
            and layer.compute_dtype == "float32"
            and layer.kernel_size[0] == layer.kernel_size[1]
            and layer.kernel_size[0] in TAPS
            and layer.dilation_rate[0] == layer.dilation_rate[1]
            and all(step == 1 for step in layer.strides)
            and (layer.padding, layer.groups) == ("same", 1)
            and layer.data_format == "channels_last"
        )

    @property
    def nbytes(self) -> int:
        """The memory that the transformed kernel takes."""
        return self._fast_kernel.nbytes

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        if None in inputs.shape[1:3]:
            found = self.layer(inputs)
            return found if self.norm is None else self.norm(found, training=False)
        from jppnet_tf.models.maps.fast_convolution import convolve

        return self.layer.activation(convolve(inputs, self._fast_kernel) + self._bias)


@keras.saving.register_keras_serializable("jppnet_tf")
class Interp(keras.layers.Layer):
    """Caffe's Interp: shrinks, then grows by whole factors, corners staying where they are.

    TensorFlow only: no other backend of Keras resizes so.

    Args:
        shrink, zoom: as for `resizing.interp`.
    """

    def __init__(self, shrink: int = 1, zoom: int = 1, **kwargs: typing.Any) -> None:
        super().__init__(**kwargs)
        self.shrink = shrink
        self.zoom = zoom

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.resizing import interp

        return interp(inputs, self.shrink, self.zoom)

    def get_config(self) -> dict:
        return super().get_config() | {"shrink": self.shrink, "zoom": self.zoom}


@keras.saving.register_keras_serializable("jppnet_tf")
class WeightedSum(keras.layers.Layer):
    """Maps, each times its own channel of the last input, and added up."""

    def call(self, inputs: "Sequence[keras.KerasTensor]") -> "keras.KerasTensor":
        *maps, weights = inputs
        return sum(values * weights[..., i : i + 1] for i, values in enumerate(maps))


@keras.saving.register_keras_serializable("jppnet_tf")
class CheckSize(keras.layers.Layer):
    """Passes images on if the network can take their size, or says which sizes it can.

    Args:
        modulus: of the sizes.
        remainders: that sizes may leave.
    """

    def __init__(self, modulus: int, remainders: Sequence[int], **kwargs: typing.Any) -> None:
        super().__init__(**kwargs)
        self.modulus = modulus
        self.remainders = tuple(remainders)

    def __call__(
        self, inputs: "keras.KerasTensor", *args: typing.Any, **kwargs: typing.Any
    ) -> "keras.KerasTensor":
        # Not in `call`, whose errors reach people as another type, inside a traceback of Keras's.
        for side in inputs.shape[1:3]:
            # An open size is looked at when the images come.
            if side is not None and not self._fits(side):
                lower = next((n for n in range(side, 0, -1) if self._fits(n)), None)
                near = " or ".join(str(n) for n in (lower, self.round_up(side)) if n)
                raise InputError(
                    f"a side of {side} pixels does not line up at all scales: pad or resize it to "
                    f"{near}"
                )
        return super().__call__(inputs, *args, **kwargs)

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        return inputs

    def round_up(self, side: int) -> int:
        """The smallest size that fits and is no smaller than `side`."""
        return next(n for n in range(side, side + self.modulus) if self._fits(n))

    def _fits(self, side):
        return side % self.modulus in self.remainders

    def get_config(self) -> dict:
        return super().get_config() | {"modulus": self.modulus, "remainders": self.remainders}


@keras.saving.register_keras_serializable("jppnet_tf")
class PadToMultiple(keras.layers.Layer):
    """Zeros below and to the right of maps, up to sides that are multiples. TensorFlow only.

    Args:
        multiple: of what the sides become multiples.
    """

    def __init__(self, multiple: int, **kwargs: typing.Any) -> None:
        super().__init__(**kwargs)
        self.multiple = multiple

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.resizing import pad_to_multiple

        return pad_to_multiple(inputs, self.multiple)

    def get_config(self) -> dict:
        return super().get_config() | {"multiple": self.multiple}


@keras.saving.register_keras_serializable("jppnet_tf")
class CropToImage(keras.layers.Layer):
    """Of maps and an image, what of the maps lies on the image: its height, its width."""

    def call(self, inputs: "Sequence[keras.KerasTensor]") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.resizing import crop_to

        return crop_to(*inputs)


@keras.saving.register_keras_serializable("jppnet_tf")
class RestorableDropout(keras.layers.Layer):
    """Dropout whose state tf.train.Checkpoint keeps, so that what is restored goes on alike.

    Keras's own begins anew. TensorFlow only.

    Args:
        rate: the share that is set to 0 while training, 0..1.
        seed: int that what it draws follows from; None takes another one each time.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: typing.Any) -> None:
        from jppnet_tf.models.maps.chance import random_generator

        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.generator = random_generator(secrets.randbits(31) if seed is None else seed)

    def call(
        self, inputs: "keras.KerasTensor", training: bool | None = None
    ) -> "keras.KerasTensor":
        if not training:
            return inputs
        from jppnet_tf.models.maps.chance import dropout

        return dropout(inputs, self.rate, self.generator)

    def get_config(self) -> dict:
        return super().get_config() | {"rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable("jppnet_tf")
class CaffeColours(keras.layers.Layer):
    """RGB from -1 to 1 as BGR minus the mean colour, from about -123 to 151. TensorFlow only."""

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.colours import to_caffe

        return to_caffe(inputs)


@keras.saving.register_keras_serializable("jppnet_tf")
class PoseNetColours(keras.layers.Layer):
    """RGB from -1 to 1 as RGB minus the mean colour, from about -123 to 152. TensorFlow only."""

    def call(self, inputs: "keras.KerasTensor") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.colours import to_posenet

        return to_posenet(inputs)


@keras.saving.register_keras_serializable("jppnet_tf")
class RefineOffsets(keras.layers.Layer):
    """Offsets that lead far, made closer by those at the place they lead to. TensorFlow only.

    Args:
        kind: "mid" or "long", see `maps.people.refining`.
        stride: pixels between cells.
    """

    def __init__(self, kind: str, stride: int, **kwargs: typing.Any) -> None:
        # Places are counted in cells: 16 bits would round them.
        super().__init__(**kwargs | {"dtype": "float32"})
        self.kind = kind
        self.stride = stride

    def call(self, inputs: "Sequence[keras.KerasTensor]") -> "keras.KerasTensor":
        from jppnet_tf.models.maps.people import refining

        refine = {"mid": refining.refine_mid, "long": refining.refine_long}[self.kind]
        fields, short = inputs
        return refine(fields, short, self.stride)

    def get_config(self) -> dict:
        return super().get_config() | {"kind": self.kind, "stride": self.stride}
