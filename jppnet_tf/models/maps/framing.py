"""How a photograph lies in a network's input, and the network's maps in the photograph.

Each network was tested in a way of its own, and is at its best in that one only. A framing has

- `frame(rgb, scales, mirror)`: the inputs, per scale float32 tensor [1 or 2, height, width, 3];
  the second is the mirror image;
- `weights(map_hw, size_hw, scale)`: where a map's cells lie among the pixels of an image of that
  size: matrices of `sampling.bilinear_weights` for rows and columns;
- `stride_weights(map_hw, size_hw, scale)`: the same for the cells of scale 1;
- `sizes(scale)`: (height, width) of the input;
- `last_of_ties`: which class counts where several are equal;
- `default_scales`, `default_mirror`: at what, and whether at the mirror image too, the network
  was tested.
"""

import re

import cv2
import numpy as np
import tensorflow as tf

from jppnet_tf.models.maps.colours import SS_MEAN_BGR, preprocess, scale_rgb
from jppnet_tf.models.maps.resizing import resize_bilinear
from jppnet_tf.models.maps.sampling import bilinear_weights, sampling_points

STRIDE = 8
QUARTER = "parsing_quarter"
"""The logits that LIP-Net has not enlarged yet."""


def choose_framing(model, input_hw):
    """The framing that a model was made for.

    Args:
        model: functional model of this package.
        input_hw: (height, width) of the input at scale 1.

    Returns:
        Stretched, Padded or Quartered.
    """
    if is_merged(model):
        return Padded(input_hw, model.get_layer("check_size").round_up)
    return Quartered(input_hw) if is_enlarged(model) else Stretched(input_hw)


def is_merged(model):
    """Whether a model looks at several scales itself, as SS-JPPNet does."""
    return "attention" in model.output


def is_enlarged(model):
    """Whether a model enlarges its logits to the input's size itself, as LIP-Net does."""
    return QUARTER in model.output


def parsing_outputs(model):
    """The names of the logits whose mean is the prediction: one per stage, the first one first."""
    if is_enlarged(model):
        return [QUARTER]
    return sorted(name for name in model.output if re.fullmatch(r"parsing(_\d)?", name))


def fuse_stages(model, images, stage=None):
    """What a network says of images, up to a stage.

    Args:
        model: functional model of this package.
        images: float32 tensor [n, h, w, 3], as a framing gives it.
        stage: the last to look at, 1 being unrefined; None is the network's last.

    Returns:
        dict of `parsing`, logits [n, h', w', classes] averaged over the stages, and, of networks
        with pose, `pose`, the last stage's heatmaps [n, h', w', joints].
    """
    outputs = model(images, training=False)
    stages = [outputs[name] for name in parsing_outputs(model)[:stage]]
    # Not tf.add_n: exported, it becomes an operation that OpenCV 4.11 and 4.12 compute wrong.
    maps = {"parsing": sum(stages[1:], stages[0]) / len(stages)}
    pose = f"pose_{len(stages)}"
    return maps | {"pose": outputs[pose]} if pose in outputs else maps


class Stretched:
    """Resized to the input's size, whatever its proportions: JPPNet's.

    Args:
        input_hw: (height, width) of the input at scale 1; others are cut off to whole pixels.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py.
    """

    last_of_ties = False
    default_scales = (1, 0.75, 1.25)
    default_mirror = True

    def __init__(self, input_hw):
        self.input_hw = tuple(input_hw)

    def sizes(self, scale):
        """(height, width) of the input at a scale."""
        return tuple(int(side * scale) for side in self.input_hw)

    def normalize(self, rgb):
        """What the network reads of an image: float32, of the same shape."""
        return preprocess(rgb)

    def frame(self, rgb, scales, mirror):
        """The network's inputs; the image is mirrored before it is resized."""
        image = self.normalize(rgb)[None]
        views = [image, image[:, :, ::-1]] if mirror else [image]
        return [
            tf.concat([resize_bilinear(view, self.sizes(scale)) for view in views], axis=0)
            for scale in scales
        ]

    def weights(self, map_hw, size_hw, scale):
        """Sampled as TF1 resized maps to the image's size."""
        return tuple(
            bilinear_weights(sampling_points(length, source), source)
            for length, source in zip(size_hw, map_hw, strict=True)
        )

    def stride_weights(self, map_hw, size_hw, scale):
        """The input's cells."""
        return self.weights(map_hw, [-(-side // STRIDE) for side in self.input_hw], scale)


class Quartered(Stretched):
    """Resized like JPPNet's, but RGB / 255; the logits are at a quarter of the input: LIP-Net's.

    The network enlarges them to the input's size, with half-pixel centres. Here that and the
    resize to the image are one.
    """

    default_scales = (1,)
    default_mirror = False
    stride = 4

    def normalize(self, rgb):
        """What the network reads of an image: float32, of the same shape."""
        return scale_rgb(rgb)

    def weights(self, map_hw, size_hw, scale):
        """Enlarged as the network does it, cut to the input, then sampled as JPPNet's."""
        sizes = self.sizes(scale)
        enlarged = [
            bilinear_weights(self._cells(np.arange(side), source), source)
            for side, source in zip(sizes, map_hw, strict=True)
        ]
        sampled = super().weights(sizes, size_hw, scale)
        return tuple(a @ b for a, b in zip(sampled, enlarged, strict=True))

    def stride_weights(self, map_hw, size_hw, scale):
        """The cells that lie on the input at scale 1."""
        weights = []
        for side, room, source in zip(self.input_hw, self.sizes(scale), map_hw, strict=True):
            middles = self.stride * (np.arange(-(-side // self.stride)) + 0.5) - 0.5
            points = self._cells(middles * room / side, source)
            weights.append(bilinear_weights(points, source))
        return tuple(weights)

    def _cells(self, places, count):
        """Where pixels of the input lie among cells, the first and last of which reach outside."""
        return np.clip((places + 0.5) / self.stride - 0.5, 0, count - 1)


class Padded:
    """As large as it is, with mean colour below and to the right of it: SS-JPPNet's.

    What is larger than the input is reduced until it fits; the original cut it off, and its label
    maps then lay beside the image.

    Args:
        input_hw: (height, width) of the input at scale 1.
        round_up: function from a side to the next one that the network takes.

    Reference:
        LIP_SSL human/test_human.py.
    """

    last_of_ties = True
    default_scales = (1,)
    default_mirror = False

    def __init__(self, input_hw, round_up):
        self.input_hw = tuple(input_hw)
        self._round_up = round_up

    def sizes(self, scale):
        """(height, width) of the input at a scale."""
        return tuple(self._round_up(int(side * scale)) for side in self.input_hw)

    def _fit(self, size_hw, scale):
        """An image's size in the input."""
        factor = min(1, *(room / side for room, side in zip(self.input_hw, size_hw, strict=True)))
        fitted = [max(1, round(side * factor)) for side in size_hw]
        return [max(1, int(side * scale)) for side in fitted]

    def frame(self, rgb, scales, mirror):
        """The network's inputs."""
        return [self._frame(rgb, scale, mirror) for scale in scales]

    def _frame(self, rgb, scale, mirror):
        height, width = self._fit(rgb.shape[:2], scale)
        if (height, width) != rgb.shape[:2]:
            method = cv2.INTER_AREA if height < rgb.shape[0] else cv2.INTER_LINEAR
            rgb = cv2.resize(rgb, (width, height), interpolation=method)
        image = preprocess(rgb, SS_MEAN_BGR)
        views = tf.stack([image, image[:, ::-1]] if mirror else [image])
        below, right = (
            room - side for room, side in zip(self.sizes(scale), (height, width), strict=True)
        )
        return tf.pad(views, [[0, 0], [0, below], [0, right], [0, 0]])

    def weights(self, map_hw, size_hw, scale):
        """Cell i lies on pixel 8 i of the image in the input, as Caffe's Interp has it."""
        fitted = self._fit(size_hw, scale)
        return tuple(
            bilinear_weights(_spread(np.arange(length), length, side) / STRIDE, source)
            for length, side, source in zip(size_hw, fitted, map_hw, strict=True)
        )

    def stride_weights(self, map_hw, size_hw, scale):
        """The cells that the image covers at scale 1."""
        weights = []
        for length, side, source in zip(
            self._fit(size_hw, 1), self._fit(size_hw, scale), map_hw, strict=True
        ):
            points = _spread(np.arange(0, length, STRIDE), length, side) / STRIDE
            weights.append(bilinear_weights(points, source))
        return tuple(weights)


def _spread(places, length, other_length):
    """Where pixels of a side lie after it was resized: float [places], inside the other side."""
    spread = (places + 0.5) * other_length / length - 0.5
    return np.clip(spread, 0, other_length - 1)
