"""Image in, parsing and keypoints out, by the released evaluations' protocols."""

import os

import numpy as np
import tensorflow as tf

from jppnet_tf import labels
from jppnet_tf.images.reading import read_image
from jppnet_tf.inference.backends import build_backend, check_backend, has_gpu
from jppnet_tf.models.maps.framing import choose_framing, fuse_stages, parsing_outputs
from jppnet_tf.models.maps.fusing import decode_parsing, fuse_bilinear, fuse_nearest, score_classes
from jppnet_tf.models.maps.heatmaps import decode_joints, refine_joints
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

    Attributes:
        model, scales, mirror, input_hw, stage, subpixel, class_scores, precision, backend, batch:
            as above.
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
        if input_hw is None:
            read = loading.read_input_hw if is_path else loading.default_input_hw
            input_hw = read(weights)
        self.input_hw = tuple(input_hw)
        self._framing = choose_framing(self.model, self.input_hw)
        scales = self._framing.default_scales if scales is None else scales
        self.scales = tuple(check_scales(scales))
        self.mirror = self._framing.default_mirror if mirror is None else bool(mirror)
        self.subpixel, self.class_scores = bool(subpixel), bool(class_scores)
        sides = [int(side * scale) for scale in self.scales for side in self.input_hw]
        if len(self.input_hw) != 2 or min(sides) < 1:
            raise InputError(f"input_hw {input_hw} leaves nothing to see at scales {scales}")
        self._check_size()
        self._choose_outputs(stage)
        self._network = build_backend(
            backend, self.run_network, self.model, self.precision, f"stage {self.stage}"
        )

    def _check_size(self):
        fixed = tuple(self.model.inputs[0].shape[1:3])
        for size in map(self._framing.sizes, self.scales):
            if any(side not in (None, wanted) for side, wanted in zip(fixed, size, strict=True)):
                raise InputError(
                    f"the model takes {fixed[0]} x {fixed[1]} only, the scales need {size[0]} x "
                    f"{size[1]}: build it with input_shape=(None, None, 3)"
                )

    def _choose_outputs(self, stage):
        outputs = self.model.output
        stages = parsing_outputs(self.model)
        self.stage = len(stages) if stage is None else stage
        if not 1 <= self.stage <= len(stages):
            raise InputError(f"stage {stage} is not there: the network has {len(stages)}")
        pose = f"pose_{self.stage}"
        self.has_pose = pose in outputs
        if self.subpixel and not self.has_pose:
            raise InputError("no pose for subpixel: the network parses only")
        for task, name, known in (
            ("classes", stages[0], labels.LIP.names),
            ("joints", pose, labels.LIP_JOINTS.names),
        ):
            if name in outputs and outputs[name].shape[-1] != len(known):
                raise InputError(
                    f"the model has {outputs[name].shape[-1]} {task}; prediction knows LIP's "
                    f"{len(known)} only"
                )

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
            return self._framing.frame(rgb, self.scales, self.mirror)

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
        """What a backend computes: `framing.fuse_stages` up to the stage looked at.

        Args:
            images: float32 tensor [n, h, w, 3], as `prepare` gives it.
        """
        return fuse_stages(self.model, images, self.stage)

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
        mirrors = labels.LIP.mirror, labels.LIP_JOINTS.mirror
        weights = self._locate(self._framing.weights, logits, size_hw)
        parsing = decode_parsing(logits, weights, mirrors[0], self._framing.last_of_ties)
        find_joints = refine_joints if self.subpixel else decode_joints
        found = {
            "parsing": parsing,
            "keypoints": find_joints(heatmaps, size_hw, mirrors[1]) if heatmaps else None,
        }
        if self.class_scores:
            found["class_scores"] = score_classes(logits, weights, mirrors[0], parsing)
        if return_maps is None:
            return Prediction(**found)
        if return_maps == "stride":
            weights = self._locate(self._framing.stride_weights, logits, size_hw)
        bands = [band for _, band in fuse_bilinear(logits, weights, mirrors[0])]
        fused = np.concatenate(bands).transpose(0, 2, 1)
        if heatmaps:
            heatmaps = fuse_nearest(heatmaps, fused.shape[:2], mirrors[1])
        return Prediction(**found, logits=fused, heatmaps=heatmaps if len(heatmaps) else None)

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
