"""Image in, parsing and keypoints out, by the released evaluations' protocols."""

import os

import numpy as np
import tensorflow as tf

from jppnet_tf.images.reading import read_image
from jppnet_tf.inference.backends import build_backend, check_backend, has_gpu
from jppnet_tf.labels import LIP_JOINTS, Classes, Joints
from jppnet_tf.models.families import family_of
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import Workers, group_items
from jppnet_tf.weights import loading


class Predictor:
    """Predicts parsing and pose, exactly as the original's programs did.

    JPPNet: every image is resized to `input_hw`, whatever its proportions. It and its mirror
    image go through the network at each scale; logits are averaged over stages, scales and the
    two, heatmaps of the last stage likewise.

    SS-JPPNet, which parses only: every image is padded to `input_hw` (larger ones are reduced
    first), and looked at once. Further scales and the mirror image, if asked for, are averaged.

    LIP-Net, which parses only: every image is resized to `input_hw`, whatever its proportions, and
    looked at once; else as SS-JPPNet.

    Args:
        weights: path of a safetensors file, TF1 checkpoint or caffemodel, or a model.
        scales: factors on `input_hw`; None is what the original looked at.
        mirror: whether the mirror image is looked at too, which takes twice as long; None is what
            the original did.
        input_hw: (height, width) at scale 1; None is what the weights' file states, or what the
            released weights work at.
        stage: the last stage to look at, 1 being unrefined; None is the network's last.
        subpixel: whether joints lie between the cells of the heatmaps too, which is closer; the
            original's lie on them.
        class_scores: whether predictions tell how sure each class is, which takes a little longer.
        precision: "float32", the original's; "bfloat16", faster where the processor has it, or
            "float16", for GPUs only: both give nearly the same. Of a model that is given,
            TensorFlow takes what it was built with.
        backend: "tensorflow", or "openvino", which is faster on CPUs; see `backends`.
        batch: how many images go through the network at once, which gives the same; None is 1
            on CPUs, where more only take more memory, and 8 on GPUs (not tried on one).
        classes: labels.Classes, what the channels of the logits stand for; None is the family's,
            LIP's 20.
        joints: labels.Joints, what the channels of the heatmaps stand for; None is the family's,
            LIP's 16.

    Attributes:
        model, scales, mirror, input_hw, subpixel, class_scores, precision, backend, batch: as
            above.
        family: models.families.Family, the network's card.
        framing, codec: how images lie in its input, and what its maps mean.
        stages: tuple of families.Stage that are looked at.
        has_pose: whether it predicts pose.

    Raises:
        InputError: the weights cannot be loaded, a setting is out of range or not for this network,
            or this machine lacks the backend or the precision.

    Turns TensorFloat-32 off in this process, so that GPUs compute in float32 as CPUs do.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py and evaluate_pose_JPPNet-s2.py; LIP_SSL
        human/test_human.py.
    """

    def __init__(
        self,
        weights,
        scales=None,
        mirror=None,
        input_hw=None,
        stage=None,
        subpixel=False,
        class_scores=False,
        precision="float32",
        backend="tensorflow",
        batch=None,
        classes=None,
        joints=None,
    ):
        is_path = isinstance(weights, (str, os.PathLike))
        # On GPUs TensorFlow rounds the factors of its convolutions to 10 bits unless told not to.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        check_backend(backend, precision)
        in_keras = backend == "tensorflow"
        self.model = (
            loading.load_model(weights, precision if in_keras else "float32")
            if is_path
            else weights
        )
        layer = next(layer for layer in self.model.layers if layer.weights)
        self.precision = layer.compute_dtype if in_keras else precision
        self.backend = backend
        self.batch = (8 if in_keras and has_gpu() else 1) if batch is None else batch
        if self.batch < 1:
            raise InputError(f"batch starts at 1, not {batch}")
        self.family = family_of(self.model)
        if input_hw is None:
            input_hw = loading.read_input_hw(weights) if is_path else self.family.input_hw
        self.input_hw = tuple(input_hw)
        self.framing = self.family.build_framing(self.input_hw)
        scales = self.framing.default_scales if scales is None else scales
        self.scales = tuple(check_scales(scales))
        self.mirror = self.framing.default_mirror if mirror is None else bool(mirror)
        self.subpixel, self.class_scores = bool(subpixel), bool(class_scores)
        sides = [int(side * scale) for scale in self.scales for side in self.input_hw]
        if len(self.input_hw) != 2 or min(sides) < 1:
            raise InputError(f"input_hw {input_hw} leaves nothing to see at scales {scales}")
        self._check_size()
        self.stages = self._choose_stages(stage)
        self.has_pose = self.stages[-1].pose is not None
        if self.subpixel and not self.has_pose:
            raise InputError("no pose for subpixel: the network parses only")
        self.codec = self._build_codec(classes, joints)
        self._network = build_backend(
            backend, self.run_network, self.model, self.precision, f"stage {self.stage}"
        )

    @property
    def stage(self) -> int:
        """The last stage that is looked at, 1 being unrefined."""
        return len(self.stages)

    @property
    def classes(self) -> Classes:
        """What class ids stand for."""
        return self.codec.classes

    @property
    def joints(self) -> Joints | None:
        """What keypoints stand for; None of a network that parses only."""
        return self.codec.joints if self.has_pose else None

    def _check_size(self):
        fixed = tuple(self.model.inputs[0].shape[1:3])
        for size in map(self.framing.sizes, self.scales):
            if any(side not in (None, wanted) for side, wanted in zip(fixed, size, strict=True)):
                raise InputError(
                    f"the model takes {fixed[0]} x {fixed[1]} only, the scales need {size[0]} x "
                    f"{size[1]}: build it with input_shape=(None, None, 3)"
                )

    def _choose_stages(self, stage):
        stages = self.family.stages_of(self.model)
        count = len(stages) if stage is None else stage
        if not 1 <= count <= len(stages):
            raise InputError(f"stage {stage} is not there: the network has {len(stages)}")
        return stages[:count]

    def _build_codec(self, classes, joints):
        codec, last = self.family.build_codec(classes, joints), self.stages[-1]
        for what, output, known in (
            ("classes", last.parsing, codec.classes),
            ("joints", last.pose, codec.joints),
        ):
            count = output and self.model.output[output].shape[-1]
            if output and count != len(known.names):
                raise InputError(
                    f"the model has {count} {what}, and {len(known.names)} are known: pass "
                    f"{what}=, which says what they stand for"
                )
        return codec

    def __call__(self, images, return_maps=None):
        """Predicts one image or several.

        Args:
            images: a path, a uint8 RGB array [h, w, 3], or a list of such.
            return_maps: "stride" returns logits and heatmaps (of a network with pose) at stride 8
                of scale 1 (LIP-Net's at 4), "image" at the image's size (80 and 64 bytes per
                pixel); None leaves them out.

        Returns:
            A Prediction, or a list of them.

        Raises:
            InputError: an image cannot be read, or an array is no RGB image.
        """
        if return_maps not in (None, "stride", "image"):
            raise InputError(f'return_maps must be None, "stride" or "image", not {return_maps!r}')
        if not isinstance(images, (list, tuple)):
            return next(self.predict_each([images], return_maps))
        return list(self.predict_each(images, return_maps))

    def predict_each(self, images, return_maps=None):
        """Like calling it with a list, but yields one Prediction after the other.

        While the network works on one image, the next is read and the last one's maps are
        made into labels; nothing else is kept in memory.
        """

        def prepare(image):
            rgb = read_image(image) if isinstance(image, (str, os.PathLike)) else check_rgb(image)
            return self.prepare(rgb), rgb.shape[:2]

        def decode(job):
            maps, size_hw = job
            return self.decode(maps, size_hw, return_maps)

        def infer(group):
            maps = self.infer_together([inputs for inputs, _ in group])
            return zip(maps, (size_hw for _, size_hw in group), strict=True)

        with Workers(2) as workers:
            jobs = workers.map_ahead(prepare, images, self.batch)
            groups = group_items((job.result() for job in jobs), self.batch)
            inferred = (job for group in groups for job in infer(group))
            for job in workers.map_ahead(decode, inferred, self.batch):
                yield job.result()

    def prepare(self, rgb):
        """The network's inputs for one image.

        Args:
            rgb: uint8 [h, w, 3].

        Returns:
            List with, per scale, float32 tensor [1 or 2, height, width, 3]; the second is the
            mirror image, mirrored before it is resized.
        """
        with tf.device("CPU"):
            return self.framing.frame(rgb, self.scales, self.mirror)

    def infer(self, inputs):
        """Runs the network on one image.

        Args:
            inputs: what `prepare` returns.

        Returns:
            Per scale, logits float32 [1 or 2, h/8, w/8, 20] averaged over the stages; and, per
            scale, heatmaps float32 [1 or 2, h/8, w/8, 16], or none.

        Raises:
            InputError: the network gave numbers that are not finite.
        """
        return self.infer_together([inputs])[0]

    def infer_together(self, group):
        """Runs the network once per scale on several images.

        Args:
            group: list of what `prepare` returns, one for each image.

        Returns:
            list of what `infer` returns, one for each image.

        Raises:
            InputError: the network gave numbers that are not finite.
        """
        scales = [self._run(images) for images in zip(*group, strict=True)]
        return [
            (
                [maps["parsing"][number] for maps in scales],
                [maps["pose"][number] for maps in scales if self.has_pose],
            )
            for number in range(len(group))
        ]

    def _run(self, images):
        """One call: dict of maps to a list of those of each image."""
        maps = self._network(images[0] if len(images) == 1 else tf.concat(images, axis=0))
        if not all(np.isfinite(values).all() for values in maps.values()):
            raise InputError("the network's results are not finite: the weights are damaged")
        return {name: np.split(values, len(images)) for name, values in maps.items()}

    def run_network(self, images):
        """What a backend computes: `stages.fuse_stages` up to the stage looked at.

        Args:
            images: float32 tensor [n, h, w, 3], as `prepare` gives it.
        """
        return fuse_stages(self.model, images, self.stages)

    def decode(self, maps, size_hw, return_maps=None):
        """Makes the network's maps into a Prediction.

        Args:
            maps: what `infer` returns.
            size_hw: the image's size.
            return_maps: as for calling.

        Returns:
            Prediction.
        """
        logits, heatmaps = maps
        weights = self._locate(self.framing.weights, logits, size_hw)
        parsing, keypoints = self.codec.decode_parsing(logits, weights), None
        if heatmaps:
            keypoints = self.codec.decode_joints(heatmaps, size_hw, self.subpixel)
        found = {}
        if self.class_scores:
            found["class_scores"] = self.codec.score_classes(logits, weights, parsing)
        if return_maps is not None:
            if return_maps == "stride":
                weights = self._locate(self.framing.stride_weights, logits, size_hw)
            found["logits"] = self.codec.fuse_logits(logits, weights)
            if heatmaps:
                map_hw = found["logits"].shape[:2]
                found["heatmaps"] = self.codec.fuse_heatmaps(heatmaps, map_hw)
        people, joints = People.of_one(keypoints), self.joints or LIP_JOINTS
        return Prediction(parsing, people, self.classes, joints, **found)

    def _locate(self, weights, logits, size_hw):
        pairs = zip(logits, self.scales, strict=True)
        return [weights(maps.shape[1:3], size_hw, scale) for maps, scale in pairs]


def check_scales(scales):
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


def check_rgb(image):
    """The array itself, if it is an RGB image.

    Raises:
        InputError: it is not uint8 [h, w, 3].
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise InputError(f"an image must be uint8 [h, w, 3], not {image.dtype} {list(image.shape)}")
    return image
