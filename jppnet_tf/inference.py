"""Image in, parsing and keypoints out, by the released evaluation's protocol."""

import collections
import concurrent.futures
import dataclasses
import os

import numpy as np
import tensorflow as tf

from jppnet_tf import labels, loading, ops
from jppnet_tf.data.heatmaps import decode_joints
from jppnet_tf.errors import InputError
from jppnet_tf.images import read_image

STRIDE = 8


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the network says of one image.

    Attributes:
        parsing: uint8 [h, w], class ids, of the image's size.
        keypoints: float32 [16, 3]: x, y in pixels of the image, and score, the height of the
            heatmap there (about 1 for a joint found, near 0 for one not seen).
        logits: None, or float32 [h, w, 20] fused over scales, stages and mirror image.
        heatmaps: None, or float32 [h, w, 16] likewise, of the last stage.
    """

    parsing: np.ndarray
    keypoints: np.ndarray
    logits: np.ndarray | None = None
    heatmaps: np.ndarray | None = None


class Predictor:
    """Predicts parsing and pose together, exactly as the original's two programs did.

    The image and its mirror image go through the network at each scale; logits are averaged
    over stages, scales and the two, heatmaps of the last stage likewise.

    Args:
        weights: path of a safetensors file or TF1 checkpoint, or a JPPNet model.
        scales: factors on `input_hw`.
        mirror: whether the mirror image is looked at too; takes twice as long.
        input_hw: size that scale 1 resizes every image to, whatever its proportions; None is
            what the weights' file states, or 384 x 384.
        stage: the last stage to look at, 1 being unrefined; None is the network's last.

    Raises:
        InputError: the weights cannot be loaded, or a setting is out of range.

    Turns TensorFloat-32 off in this process, so that GPUs compute in float32 as CPUs do.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py and evaluate_pose_JPPNet-s2.py.
    """

    def __init__(self, weights, scales=(1, 0.75, 1.25), mirror=True, input_hw=None, stage=None):
        is_path = isinstance(weights, (str, os.PathLike))
        if input_hw is None:
            input_hw = loading.read_input_hw(weights) if is_path else loading.INPUT_HW
        sides = [int(side * scale) for scale in check_scales(scales) for side in input_hw]
        if len(input_hw) != 2 or min(sides) < 1:
            raise InputError(f"input_hw {input_hw} leaves nothing to see at scales {scales}")
        # On GPUs TensorFlow rounds the factors of its convolutions to 10 bits unless told not to.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        self.model = loading.load_model(weights) if is_path else weights
        self.scales = tuple(float(scale) for scale in scales)
        self.mirror = bool(mirror)
        self.input_hw = tuple(input_hw)
        self._sizes = [tuple(int(side * scale) for side in self.input_hw) for scale in self.scales]
        self._check_model(stage)
        self._network = tf.function(self._run_network)

    def _check_model(self, stage):
        fixed = tuple(self.model.inputs[0].shape[1:3])
        for size in self._sizes:
            if any(side not in (None, wanted) for side, wanted in zip(fixed, size, strict=True)):
                raise InputError(
                    f"the model takes {fixed[0]} x {fixed[1]} only, the scales need {size[0]} x "
                    f"{size[1]}: build it with input_shape=(None, None, 3)"
                )
        outputs = self.model.output
        stages = [name for name in sorted(outputs) if name.startswith("parsing_")]
        self.stage = len(stages) if stage is None else stage
        if not 1 <= self.stage <= len(stages):
            raise InputError(f"stage {stage} is not there: the network has {len(stages)}")
        self._stages = stages[: self.stage]
        self._pose = f"pose_{self.stage}"
        if self._pose not in outputs:
            raise InputError(
                "the network parses only, as after the paper's first phase; prediction needs pose"
            )
        channels = outputs[self._stages[0]].shape[-1], outputs[self._pose].shape[-1]
        expected = len(labels.LIP.names), len(labels.LIP_JOINTS.names)
        if channels != expected:
            raise InputError(
                f"the model has {channels[0]} classes and {channels[1]} joints; "
                f"prediction knows LIP's {expected[0]} and {expected[1]} only"
            )

    def __call__(self, images, return_maps=None):
        """Predicts one image or several.

        Args:
            images: a path, a uint8 RGB array [h, w, 3], or a list of such.
            return_maps: "stride" returns logits and heatmaps at stride 8 of scale 1, "image"
                at the image's size (80 and 64 bytes per pixel); None leaves them out.

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

        with Workers(2) as workers:
            prepared = (job.result() for job in workers.map_ahead(prepare, images))
            inferred = ((self.infer(inputs), size_hw) for inputs, size_hw in prepared)
            for job in workers.map_ahead(decode, inferred):
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
            image = ops.preprocess(rgb)[None]
            inputs = [ops.resize_bilinear(image, size_hw) for size_hw in self._sizes]
            if self.mirror:
                image = image[:, :, ::-1]
                inputs = [
                    tf.concat([straight, ops.resize_bilinear(image, size_hw)], axis=0)
                    for straight, size_hw in zip(inputs, self._sizes, strict=True)
                ]
        return inputs

    def infer(self, inputs):
        """Runs the network.

        Args:
            inputs: what `prepare` returns.

        Returns:
            Per scale, logits float32 [1 or 2, h/8, w/8, 20] averaged over the stages; and, per
            scale, heatmaps float32 [1 or 2, h/8, w/8, 16].

        Raises:
            InputError: the network gave numbers that are not finite.
        """
        logits, heatmaps = zip(*(self._network(images) for images in inputs), strict=True)
        logits, heatmaps = [x.numpy() for x in logits], [x.numpy() for x in heatmaps]
        if not all(np.isfinite(x).all() for x in logits + heatmaps):
            raise InputError("the network's results are not finite: the weights are damaged")
        return logits, heatmaps

    def _run_network(self, images):
        outputs = self.model(images, training=False)
        logits = tf.add_n([outputs[name] for name in self._stages]) / len(self._stages)
        return logits, outputs[self._pose]

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
        parsing = ops.decode_parsing(logits, size_hw, mirrors[0])
        keypoints = decode_joints(heatmaps, size_hw, mirrors[1])
        if return_maps is None:
            return Prediction(parsing, keypoints)
        if return_maps == "stride":
            size_hw = tuple(-(-side // STRIDE) for side in self.input_hw)
        bands = [band for _, band in ops.fuse_bilinear(logits, size_hw, mirrors[0])]
        fused = np.concatenate(bands).transpose(0, 2, 1)
        return Prediction(
            parsing, keypoints, fused, ops.fuse_nearest(heatmaps, size_hw, mirrors[1])
        )


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


class Workers(concurrent.futures.ThreadPoolExecutor):
    """Threads that work a little ahead of a loop, or a little behind it."""

    def map_ahead(self, function, items, ahead=1):
        """Calls function(item) on other threads.

        Args:
            function: what to call.
            items: iterable; is asked for an item only when that is to be begun.
            ahead: how many calls may be under way beyond the one that is yielded.

        Yields:
            Futures, in the items' order.
        """
        begun = collections.deque()
        for item in items:
            begun.append(self.submit(function, item))
            if len(begun) > ahead:
                yield begun.popleft()
        yield from begun

    def __exit__(self, *error):
        self.shutdown(wait=True, cancel_futures=True)
