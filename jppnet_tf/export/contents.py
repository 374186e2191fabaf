"""What an export computes, as TensorFlow functions, and how that is compared with Keras.

A content has

- `predictor`: the Predictor that it must agree with;
- `functions()`: dict of a signature's name to a tf.function with an input signature;
- `model`, if it is the network alone: the same as a Keras model;
- `compare(run, rgb, tolerance)`: list of Difference, where `run(**inputs)` is what was written, a
  function from arrays to a dict of arrays, with the keyword `signature` where there are several.
"""

import dataclasses
import io
import os
import typing
from collections.abc import Callable, Mapping, Sequence

import cv2
import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from jppnet_tf.export.photograph import FRAMINGS, decode_bytes, predict
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.models.layers import FarConv2D
from jppnet_tf.models.maps.colours import preprocess
from jppnet_tf.models.maps.framing import Stretched
from jppnet_tf.models.maps.resizing import resize_bilinear
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.models.families import Stage


@dataclasses.dataclass(frozen=True)
class Difference:
    """How far one result is from Keras's.

    Attributes:
        name: the result.
        found: how far.
        allowed: how far it may be.
        measure: what is counted.
    """

    name: str
    found: float
    allowed: float
    measure: str = "largest difference"

    @property
    def is_allowed(self) -> bool:
        """Whether it is small enough; nan is not."""
        return self.found <= self.allowed

    def __str__(self) -> str:
        return f"{self.name}: {self.measure} {self.found:.2g}, allowed {self.allowed:.2g}"


class Network:
    """The network alone at one size: an image, as the network reads it, to maps.

    `image` float32 [n, h, w, 3] (BGR minus the mean) -> `parsing` [n, h/8, w/8, classes], logits
    averaged over the stages, and `pose` [n, h/8, w/8, joints], the last heatmaps, of networks that
    have them. Of PersonLab, `image` is RGB from -1 to 1, and the results are its outputs. n is 1,
    or 2 for an image and its mirror image.
    """

    def __init__(
        self,
        weights: str | os.PathLike,
        scales: Sequence[float] | None,
        mirror: bool | None,
        input_hw: Sequence[int] | None,
    ) -> None:
        if scales is not None:
            raise InputError("this format holds the network alone, which has no scales: leave out")
        self.predictor = Predictor(weights, (1,), bool(mirror), input_hw)
        size_hw = self.predictor.framing.sizes(1)
        shape = (1 + self.predictor.mirror, *size_hw, 3)
        self.model = build_static(self.predictor.model, shape, self.predictor.stages)

    def functions(self) -> dict[str, "tf.types.experimental.PolymorphicFunction"]:
        image = tf.TensorSpec(self.model.inputs[0].shape, tf.float32, "image")
        run = tf.function(lambda image: self.model(image), [image], autograph=False)
        return {"serving_default": run}

    def compare(self, run: Callable, rgb: np.ndarray, tolerance: float) -> list[Difference]:
        size_hw = self.predictor.framing.sizes(1)
        if not self.predictor.framing.fills_input:
            rgb = cv2.resize(rgb, size_hw[::-1], interpolation=cv2.INTER_AREA)
        (image,) = self.predictor.prepare(rgb)
        expected = {name: maps[0] for name, maps in self.predictor.infer([image]).items()}
        return compare_maps(run(image=image.numpy()), expected, tolerance)


class ImagePair:
    """What OpenCV's human parsing sample expects of `lip_jppnet_384.pb`.

    `input` float32 [2, h, w, 3], of any size: a BGR image minus the mean, and its mirror image ->
    `Mean_3` [2, 384, 384, classes], or what the network's input is: logits averaged over scales and
    stages, still mirrored in the second. The names are the original's.
    """

    def __init__(
        self,
        weights: str | os.PathLike,
        scales: Sequence[float] | None,
        mirror: bool | None,
        input_hw: Sequence[int] | None,
    ) -> None:
        if mirror is False:
            raise InputError("frozen_graph always takes the mirror image too: leave --nomirror out")
        self.predictor = Predictor(weights, scales, True, input_hw)
        if type(self.predictor.framing) is not Stretched:
            raise InputError(
                f"{weights}: frozen_graph is for networks that read images as JPPNet does, and "
                f"{self.predictor.family.builder} does not"
            )

    def functions(self) -> dict[str, "tf.types.experimental.PolymorphicFunction"]:
        model = with_plain_convolutions(self.predictor.model)
        stages = self.predictor.stages

        def run(images):
            sizes = map(self.predictor.framing.sizes, self.predictor.scales)
            inputs = [resize_bilinear(images, size_hw) for size_hw in sizes]
            return {
                "Mean_3": self._mean([fuse_stages(model, x, stages)["parsing"] for x in inputs])
            }

        spec = tf.TensorSpec((2, None, None, 3), tf.float32, "input")
        return {"serving_default": tf.function(run, [spec], autograph=False)}

    def _mean(self, logits):
        """The mean of maps of several scales, at the input's size."""
        resized = [resize_bilinear(maps, self.predictor.input_hw) for maps in logits]
        return tf.add_n(resized) / len(resized)

    def compare(self, run: Callable, rgb: np.ndarray, tolerance: float) -> list[Difference]:
        image = preprocess(rgb)[None]
        pair = tf.concat([image, image[:, :, ::-1]], axis=0).numpy()
        maps = self.predictor.infer(self.predictor.prepare(rgb))
        return compare_maps(
            run(input=pair), {"Mean_3": self._mean(maps["parsing"]).numpy()}, tolerance
        )


class Photograph:
    """The original's whole procedure: a photograph to labels and joints, as Predictor has them.

    `image`, the bytes of a JPEG or PNG file (signature `serving_default`) or uint8 [h, w, 3], RGB
    (signature `rgb`) -> `parsing` uint8 [h, w], class ids; `keypoints` float32 [joints, 3], of
    networks with pose.
    """

    def __init__(
        self,
        weights: str | os.PathLike,
        scales: Sequence[float] | None,
        mirror: bool | None,
        input_hw: Sequence[int] | None,
    ) -> None:
        self.predictor = Predictor(weights, scales, mirror, input_hw)
        if not isinstance(self.predictor.framing, FRAMINGS):
            raise InputError(
                f"{weights}: saved_model cannot lay images into the input of "
                f"{self.predictor.family.builder}"
            )

    def functions(self) -> dict[str, "tf.types.experimental.PolymorphicFunction"]:
        predictor = self.predictor

        def run(rgb):
            return predict(rgb, self._infer, predictor)

        rgb = tf.TensorSpec((None, None, 3), tf.uint8, "image")
        of_rgb = tf.function(lambda image: run(image), [rgb], autograph=False)
        data = tf.TensorSpec((), tf.string, "image")
        # One graph inside the other, not twice the same.
        of_bytes = tf.function(lambda image: of_rgb(decode_bytes(image)), [data], autograph=False)
        return {"serving_default": of_bytes, "rgb": of_rgb}

    def _infer(self, images):
        """Maps that are sampled like JPPNet's: LIP-Net's own enlarged ones, not the smaller."""
        model, enlarged = self.predictor.model, self.predictor.family.enlarged
        if enlarged is not None:
            return {"parsing": model(images, training=False)[enlarged]}
        return fuse_stages(model, images, self.predictor.stages)

    def compare(self, run: Callable, rgb: np.ndarray, tolerance: float) -> list[Difference]:
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "PNG")  # the same pixels
        found = {
            "bytes": run(signature="serving_default", image=np.array(file.getvalue())),
            "rgb": run(signature="rgb", image=rgb),
        }
        maps = self.predictor.infer(self.predictor.prepare(rgb))
        expected = self.predictor.decode(maps, rgb.shape[:2])
        differences = []
        for source, results in found.items():
            wrong = float(np.mean(results["parsing"] != expected.parsing))
            differences.append(
                Difference(f"parsing of {source}", wrong, tolerance, "share of pixels that differ")
            )
            if expected.keypoints is not None:
                best, scores = expected.keypoints[:, 2], results["keypoints"][:, 2]
                seen = _heights(
                    *(self.predictor.decoder.codec, maps["pose"]),
                    *(rgb.shape[:2], results["keypoints"]),
                )
                least = tolerance * _largest(best)
                differences += [
                    # Where rounding decides between equal tops, either place is right.
                    Difference(f"joints of {source}", _largest(best - seen), least, "lower by"),
                    Difference(f"scores of {source}", _largest(best - scores), least),
                ]
        return differences


def _heights(codec, heatmaps, size_hw, keypoints):
    """How high Keras's heatmaps are where joints were found: [joints], -inf outside the image."""
    places = keypoints[:, 1::-1]
    inside = ((places >= 0) & (places < size_hw)).all(axis=1)
    ys, xs = np.where(inside[:, None], places, 0).astype(int).T
    seen = codec.fuse_heatmaps(heatmaps, size_hw, ys, xs)
    return np.where(inside, np.einsum("jjj->j", seen), -np.inf)


Content = Network | ImagePair | Photograph
"""What a file for other programs computes."""


def build_static(
    model: keras.Model, shape: Sequence[int], stages: "Sequence[Stage]"
) -> keras.Model:
    """A Keras model of the maps that count, for images of one shape.

    Args:
        model: functional model of this package.
        shape: [n, h, w, 3].
        stages: sequence of families.Stage to look at.

    Returns:
        keras.Model with the outputs that `stages.fuse_stages` gives.
    """
    image = keras.Input(batch_shape=shape, name="image")
    outputs = with_plain_convolutions(model)(image)
    if not stages:
        return keras.Model(image, outputs)
    maps = [outputs[stage.parsing] for stage in stages]
    # Adds two at a time; ONNX's Sum of three is what OpenCV 4.11 and 4.12 compute wrong.
    mean = keras.layers.Average(name="mean")(maps) if len(maps) > 1 else maps[0]
    results = {"parsing": mean}
    if stages[-1].pose is not None:
        results["pose"] = outputs[stages[-1].pose]
    return keras.Model(image, results)


def with_plain_convolutions(model: keras.Model) -> keras.Model:
    """The same model with Conv2D in place of FarConv2D.

    What FarConv2D makes of a convolution of fixed size, products that are cut out and added up, is
    fast in TensorFlow. Elsewhere it is not, and OpenCV 4.11 and 4.12 compute it wrong.
    """

    def copy(layer):
        kind = keras.layers.Conv2D if isinstance(layer, FarConv2D) else type(layer)
        return kind.from_config(layer.get_config())

    plain = keras.models.clone_model(model, clone_function=copy)
    plain.set_weights(model.get_weights())
    return plain


def compare_maps(
    found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], tolerance: float
) -> list[Difference]:
    """Differences of maps, by name; a map that is missing or of another shape differs infinitely.

    Args:
        found, expected: dict of arrays.
        tolerance: share of the largest number expected.

    Returns:
        list of Difference.
    """
    differences = []
    for name, values in expected.items():
        fits = name in found and found[name].shape == values.shape
        largest = _largest(found[name] - values) if fits else float("inf")
        differences.append(Difference(name, largest, tolerance * _largest(values)))
    return differences


def _largest(values):
    return float(np.abs(values).max())
