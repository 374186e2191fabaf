"""Image in, parsing and keypoints out, by the released evaluations' protocols."""

import enum
import logging
import os
import typing
from collections.abc import Generator, Iterable, Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from jppnet_tf.images.reading import ImageSource, to_rgb
from jppnet_tf.inference.backends import build_backend, check_backend, has_gpu
from jppnet_tf.inference.convolution import CONVOLUTIONS, quicken
from jppnet_tf.inference.decoders import LEAST_PERSON, FoundMaps, PartsDecoder, PeopleDecoder
from jppnet_tf.labels import Classes, Joints
from jppnet_tf.models.families import family_of
from jppnet_tf.models.maps.framing import Fitted
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import Workers, group_items, refuse_forks
from jppnet_tf.weights import loading, presets

if typing.TYPE_CHECKING:
    from jppnet_tf.models.families import Stage


class Unnamed(enum.Enum):
    """The default of `weights`; None is no such thing, but a caller's mistake."""

    UNNAMED = presets.DEFAULT


UNNAMED = Unnamed.UNNAMED


class Predictor:
    """Predicts parsing and pose, exactly as the original's programs did.

    JPPNet: every image is resized to `input_hw`, whatever its proportions. It and its mirror
    image go through the network at each scale; logits are averaged over stages, scales and the
    two, heatmaps of the last stage likewise.

    SS-JPPNet, which parses only: every image is padded to `input_hw` (larger ones are reduced
    first), and looked at once. Further scales and the mirror image, if asked for, are averaged.

    LIP-Net, which parses only: every image is resized to `input_hw`, whatever its proportions, and
    looked at once; else as SS-JPPNet.

    PersonLab, which finds people, each with joints and a mask: every image is resized to fit into
    `input_hw`, proportions kept, and looked at once. Label maps tell people from background.

    Args:
        weights: path of a safetensors file, TF1 checkpoint, caffemodel or TensorFlow.js's PoseNet
            or BodyPix; name of weights that ship, such as "photos"; or a model. Without it,
            `photos` is taken, and a line logged.
        scales: factors on `input_hw`; None is what the original looked at.
        mirror: whether the mirror image is looked at too, which takes twice as long; None is what
            the original did.
        input_hw: (height, width) at scale 1; None is what the weights' file states, or what the
            released weights work at.
        stage: the last stage to look at, 1 being unrefined; None is the network's last.
        subpixel: whether joints lie between the cells of the heatmaps too, which is closer; the
            original's lie on them.
        class_scores: whether predictions tell how sure each class is, altogether and of each pixel
            (`confidence`), which takes a little longer.
        precision: "float32", the original's; "bfloat16", faster where the processor has it, or
            "float16", for GPUs only: both give nearly the same. Of a model that is given,
            TensorFlow takes what it was built with.
        backend: "tensorflow", or "openvino", which is faster on CPUs; see `backends`.
        convolution: "direct", the original's; or "fast", by fewer multiplications, which gives
            nearly the same in float32 and takes more memory, see `convolution.quicken`. Only
            TensorFlow computes so.
        batch: how many images go through the network at once, which gives the same; None is 1
            on CPUs, where more only take more memory, and 8 on GPUs (not tried on one).
        classes: labels.Classes, what the channels of the logits stand for; None is what the
            weights' file states, or the family's, LIP's 20.
        joints: labels.Joints, what the channels of the heatmaps stand for; None is the family's,
            LIP's 16.
        least_person: of a network that finds people, who scores less is left out, 0..1; None is
            `decoders.LEAST_PERSON`.

    Attributes:
        model, scales, mirror, input_hw, subpixel, class_scores, precision, backend, convolution,
            batch, least_person: as above; `least_person` is None of a network that labels one
            person.
        family: models.families.Family, the network's card.
        framing: how images lie in its input.
        decoder: what its maps become: decoders.PartsDecoder or decoders.PeopleDecoder.

    Raises:
        InputError: the weights cannot be loaded, a setting is out of range or not for this network,
            this machine lacks the backend or the precision, or this process was forked from one
            that had made a Predictor.

    Threads may share one, and its results are those of each alone. Processes may not: after a fork
    it is an error.

    Turns TensorFloat-32 off in this process, so that GPUs compute in float32 as CPUs do.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py and evaluate_pose_JPPNet-s2.py; LIP_SSL
        human/test_human.py.
    """

    def __init__(
        self,
        weights: "str | os.PathLike | keras.Model | Unnamed" = UNNAMED,
        scales: Sequence[float] | None = None,
        mirror: bool | None = None,
        input_hw: Sequence[int] | None = None,
        stage: int | None = None,
        subpixel: bool = False,
        class_scores: bool = False,
        precision: str = "float32",
        backend: str = "tensorflow",
        batch: int | None = None,
        classes: Classes | None = None,
        joints: Joints | None = None,
        least_person: float | None = None,
        convolution: str = "direct",
    ) -> None:
        refuse_forks()
        # On GPUs TensorFlow rounds the factors of its convolutions to 10 bits unless told not to.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        check_backend(backend, precision)
        in_keras = backend == "tensorflow"
        if isinstance(weights, Unnamed):
            logging.getLogger(__name__).warning(presets.DEFAULT_NOTE)
            weights = presets.DEFAULT
        if isinstance(weights, (str, os.PathLike)):
            self.model = loading.load_model(weights, precision if in_keras else "float32")
            input_hw = loading.read_input_hw(weights) if input_hw is None else input_hw
            if classes is None:
                classes = loading.read_classes(weights)
        elif isinstance(weights, keras.Model):
            self.model = weights
        else:
            kind = type(weights).__name__
            raise InputError(f"weights must be a path, a name or a Keras model, not {kind}")
        layer = next(layer for layer in self.model.layers if layer.weights)
        self.precision = layer.compute_dtype if in_keras else precision
        self.backend = backend
        self.convolution = convolution
        self._quick = self._quicken()
        self.batch = (8 if in_keras and has_gpu() else 1) if batch is None else batch
        if self.batch < 1:
            raise InputError(f"batch starts at 1, not {batch}")
        self.family = family_of(self.model)
        self.input_hw = check_size(self.family.input_hw if input_hw is None else input_hw)
        self.framing = self.family.build_framing(self.input_hw)
        scales = self.framing.default_scales if scales is None else scales
        self.scales = tuple(check_scales(scales))
        self.mirror = self.framing.default_mirror if mirror is None else bool(mirror)
        self.subpixel, self.class_scores = bool(subpixel), bool(class_scores)
        sides = [int(side * scale) for scale in self.scales for side in self.input_hw]
        if min(sides) < 1:
            raise InputError(f"input_hw {input_hw} leaves nothing to see at scales {scales}")
        self._check_size()
        self.least_person = least_person
        self.decoder = self._build_decoder(stage, classes, joints)
        self._network = build_backend(
            *(backend, self.run_network, self.model, self.precision, f"stage {self.stage}"),
            many_sizes=not self.framing.fills_input,
        )

    def _quicken(self):
        """The model that computes: the network's, or one with fast convolutions."""
        if self.convolution not in CONVOLUTIONS:
            raise InputError(f"convolution is {' or '.join(CONVOLUTIONS)}, not {self.convolution}")
        if self.convolution == "direct":
            return self.model
        if (self.backend, self.precision) != ("tensorflow", "float32"):
            raise InputError(
                f"convolution fast is TensorFlow's in float32, not {self.backend}'s in "
                f"{self.precision}"
            )
        return quicken(self.model)

    def _build_decoder(self, stage, classes, joints):
        if not self.family.finds_people:
            if self.least_person is not None:
                raise InputError("least_person is for networks that find people")
            looks = {"stage": stage, "subpixel": self.subpixel, "class_scores": self.class_scores}
            return PartsDecoder(
                *(self.model, self.family, self.framing, self.scales),
                **looks, classes=classes, joints=joints,
            )  # fmt: skip
        for name, value in (("stage", stage), ("classes", classes), ("joints", joints)):
            if value is not None:
                raise InputError(f"{name} is for networks that label one person's parts")
        if self.subpixel:
            raise InputError("subpixel: the joints of PersonLab lie between pixels anyway")
        self.least_person = LEAST_PERSON if self.least_person is None else self.least_person
        if not 0 <= self.least_person <= 1:
            raise InputError(f"least_person is a score from 0 to 1, not {self.least_person}")
        stride = self.family.module.stride_of(self.model)
        options = self.class_scores, self.least_person
        framing = typing.cast(Fitted, self.framing)
        return PeopleDecoder(framing, self.scales, stride, *options)

    @property
    def stages(self) -> "tuple[Stage, ...]":
        """The stages that are looked at; none of a network that finds people."""
        return self.decoder.stages

    @property
    def stage(self) -> int:
        """The last stage that is looked at, 1 being unrefined; 0 of a network without."""
        return len(self.stages)

    @property
    def has_pose(self) -> bool:
        """Whether it predicts pose."""
        return self.decoder.has_pose

    @property
    def classes(self) -> Classes:
        """What class ids stand for."""
        return self.decoder.classes

    @property
    def joints(self) -> Joints | None:
        """What keypoints stand for; None of a network that parses only."""
        return self.decoder.joints

    def _check_size(self):
        fixed = tuple(self.model.inputs[0].shape[1:3])
        if not self.framing.fills_input and fixed != (None, None):
            raise InputError(
                "the model takes one size only, and images of other proportions need others: "
                "build it with input_shape=(None, None, 3)"
            )
        for size in map(self.framing.sizes, self.scales):
            if any(side not in (None, wanted) for side, wanted in zip(fixed, size, strict=True)):
                raise InputError(
                    f"the model takes {fixed[0]} x {fixed[1]} only, the scales need {size[0]} x "
                    f"{size[1]}: build it with input_shape=(None, None, 3)"
                )

    @typing.overload
    def __call__(self, images: ImageSource, return_maps: str | None = None) -> Prediction: ...

    @typing.overload
    def __call__(
        self, images: list | tuple, return_maps: str | None = None
    ) -> list[Prediction]: ...

    @typing.overload
    def __call__(
        self, images: Generator | map, return_maps: str | None = None
    ) -> Iterator[Prediction]: ...

    def __call__(
        self, images: ImageSource | list | tuple | Iterator, return_maps: str | None = None
    ) -> Prediction | list[Prediction] | Iterator[Prediction]:
        """Predicts one image or several.

        Args:
            images: an image of any kind that `images.reading.to_rgb` takes: a path, bytes, a
                binary file, a Pillow image, or a uint8 array [h, w, 3] (RGB), [h, w, 4] (RGBA) or
                [h, w] (grey); or a list of such; or any other iterable of such, a generator say.
            return_maps: "stride" returns logits and heatmaps (of a network with pose) at stride 8
                of scale 1 (LIP-Net's at 4), "image" at the image's size (80 and 64 bytes per
                pixel); None leaves them out. PersonLab has heatmaps only.

        Returns:
            A Prediction; a list of them; or, for another iterable, an iterator that predicts when
            it is asked, and keeps nothing else in memory.

        Raises:
            InputError: an image cannot be read, or something is not an image.
        """
        if return_maps not in (None, "stride", "image"):
            raise InputError(f'return_maps must be None, "stride" or "image", not {return_maps!r}')
        if isinstance(images, (list, tuple)):
            return list(self.predict_each(images, return_maps))
        if isinstance(images, Iterator) and not hasattr(images, "read"):
            return self.predict_each(images, return_maps)
        return next(self.predict_each([typing.cast(ImageSource, images)], return_maps))

    def predict_each(
        self, images: Iterable[ImageSource], return_maps: str | None = None
    ) -> Iterator[Prediction]:
        """Like calling it with a list, but yields one Prediction after the other.

        While the network works on one image, the next is read and the last one's maps are
        made into labels; nothing else is kept in memory.
        """
        return predict_in_turn(self, images, return_maps=return_maps)

    def prepare(self, rgb: np.ndarray) -> list[tf.Tensor]:
        """The network's inputs for one image.

        Args:
            rgb: uint8 [h, w, 3].

        Returns:
            List with, per scale, float32 tensor [1 or 2, height, width, 3]; the second is the
            mirror image, mirrored before it is resized.
        """
        refuse_forks()
        with tf.device("CPU"):
            return self.framing.frame(rgb, self.scales, self.mirror)

    def infer(self, inputs: Sequence[tf.Tensor]) -> dict[str, list[np.ndarray]]:
        """Runs the network on one image.

        Args:
            inputs: what `prepare` returns.

        Returns:
            decoders.FoundMaps: `parsing`, logits averaged over the stages, and `pose`, heatmaps, of
            networks that have them; or PersonLab's outputs.

        Raises:
            InputError: the network gave numbers that are not finite.
        """
        return self.infer_together([inputs])[0]

    def infer_together(
        self, group: Sequence[Sequence[tf.Tensor]]
    ) -> list[dict[str, list[np.ndarray]]]:
        """Runs the network on several images, those of one size in one call per scale.

        Args:
            group: list of what `prepare` returns, one for each image.

        Returns:
            list of what `infer` returns, one for each image.

        Raises:
            InputError: the network gave numbers that are not finite.
        """
        found: list[dict[str, list[np.ndarray]]] = [{} for _ in group]
        for images in zip(*group, strict=True):
            shapes = [tuple(image.shape) for image in images]
            for shape in dict.fromkeys(shapes):
                alike = [number for number, other in enumerate(shapes) if other == shape]
                for name, values in self._run([images[number] for number in alike]).items():
                    for number, maps in zip(alike, values, strict=True):
                        found[number].setdefault(name, []).append(maps)
        return found

    def _run(self, images):
        """One call: dict of maps to a list of those of each image."""
        maps = self._network(images[0] if len(images) == 1 else tf.concat(images, axis=0))
        if not all(np.isfinite(values).all() for values in maps.values()):
            raise InputError("the network's results are not finite: the weights are damaged")
        return {name: np.split(values, len(images)) for name, values in maps.items()}

    def run_network(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """What a backend computes: `stages.fuse_stages` up to the stage looked at.

        Args:
            images: float32 tensor [n, h, w, 3], as `prepare` gives it.
        """
        return fuse_stages(self._quick, images, self.stages)

    def decode(
        self, maps: FoundMaps, size_hw: Sequence[int], return_maps: str | None = None
    ) -> Prediction:
        """Makes the network's maps into a Prediction.

        Args:
            maps: what `infer` returns.
            size_hw: the image's size.
            return_maps: as for calling.

        Returns:
            Prediction.
        """
        return self.decoder.decode(maps, size_hw, return_maps)


def predict_in_turn(
    steps: typing.Any, images: Iterable[ImageSource], **options: typing.Any
) -> Iterator[Prediction]:
    """Predicts one image after the other, each while the next is read and the last one is decoded.

    Args:
        steps: has `prepare`, `infer_together`, `decode` and `batch`, as Predictor does.
        images: iterable of what `images.reading.to_rgb` takes.
        **options: of `decode`.

    Yields:
        Prediction.
    """

    def prepare(image):
        rgb = to_rgb(image)
        return steps.prepare(rgb), rgb.shape[:2]

    def decode(job):
        maps, size_hw = job
        return steps.decode(maps, size_hw, **options)

    def infer(group):
        maps = steps.infer_together([inputs for inputs, _ in group])
        return zip(maps, (size_hw for _, size_hw in group), strict=True)

    with Workers(2) as workers:
        jobs = workers.map_ahead(prepare, images, steps.batch)
        groups = group_items((job.result() for job in jobs), steps.batch)
        inferred = (job for group in groups for job in infer(group))
        for job in workers.map_ahead(decode, inferred, steps.batch):
            yield job.result()


def check_size(size_hw: Sequence[int]) -> tuple[int, int]:
    """The size itself, as whole numbers.

    Raises:
        InputError: it is not two whole numbers from 1 up.
    """
    try:
        height, width = (int(side) for side in size_hw)
        if [height, width] == list(size_hw) and min(height, width) > 0:
            return height, width
    except (TypeError, ValueError):
        pass
    raise InputError(f"input_hw must be (height, width), two whole numbers, not {size_hw!r}")


def check_scales(scales: Sequence[float]) -> list[float]:
    """The scales themselves, if they are factors.

    Raises:
        InputError: there are none, or one is not above 0 and up to 8.
    """
    try:
        good = len(scales) > 0 and all(0 < float(scale) <= 8 for scale in scales)
    except (TypeError, ValueError):
        good = False
    if not good:
        raise InputError(f"scales must be one or more factors above 0, up to 8, not {scales}")
    return [float(scale) for scale in scales]
