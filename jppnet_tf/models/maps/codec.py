"""What the channels of maps mean: what joints make of heatmaps, and what maps say of an image."""

import dataclasses
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.labels import Classes, Joints
from jppnet_tf.models.maps import fusing, heatmaps

if typing.TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Codec:
    """Logits and heatmaps of several scales, perhaps mirrored, to labels and joints.

    Maps are lists with, per scale, a float32 array [n, h, w, channels]; n is 1, or 2 where the
    second belongs to the mirrored image. `weights` are, per scale, the matrices that a framing
    gives for them.

    Attributes:
        classes: what the channels of logits stand for.
        joints: what the channels of heatmaps stand for; None of networks that parse only.
        last_of_ties: which of several equal classes a pixel gets: the last one, or the first.
    """

    classes: Classes
    joints: Joints | None = None
    last_of_ties: bool = False

    def encode_joints(
        self,
        joints_xy: "tf.Tensor | np.ndarray",
        size_hw: "tf.Tensor | Sequence[int]",
        ys: "tf.Tensor | np.ndarray | None" = None,
        xs: "tf.Tensor | np.ndarray | None" = None,
    ) -> "tf.Tensor":
        """What joints make of heatmaps: see `heatmaps.encode_joints`."""
        return heatmaps.encode_joints(joints_xy, size_hw, ys, xs)

    def decode_parsing(self, logits: list, weights: list) -> np.ndarray:
        """The class of each pixel: uint8 [h, w]."""
        return fusing.decode_parsing(logits, weights, self.classes.mirror, self.last_of_ties)

    def decode_joints(
        self, maps: list, size_hw: Sequence[int], subpixel: bool = False
    ) -> np.ndarray:
        """The place and height of each heatmap's maximum: float32 [joints, 3]: x, y, score.

        Args:
            maps: heatmaps.
            size_hw: (height, width) of the image.
            subpixel: whether joints may lie between cells.
        """
        decode = heatmaps.refine_joints if subpixel else heatmaps.decode_joints
        return decode(maps, size_hw, self._mirrored_joints)

    def score_pixels(self, logits: list, weights: list, parsing: np.ndarray) -> np.ndarray:
        """How probable each pixel's class is: see `fusing.score_pixels`."""
        return fusing.score_pixels(logits, weights, self.classes.mirror, parsing)

    def score_classes(self, confidence: np.ndarray, parsing: np.ndarray) -> np.ndarray:
        """How sure each class is: see `fusing.score_classes`."""
        return fusing.score_classes(confidence, parsing, len(self.classes.names))

    def fuse_logits(self, logits: list, weights: list) -> np.ndarray:
        """The mean of all logits, resized: float32 [h, w, classes]."""
        bands = fusing.fuse_bilinear(logits, weights, self.classes.mirror)
        return np.concatenate([band for _, band in bands]).transpose(0, 2, 1)

    def fuse_heatmaps(
        self,
        maps: list,
        size_hw: Sequence[int],
        ys: np.ndarray | slice = slice(None),
        xs: np.ndarray | slice = slice(None),
    ) -> np.ndarray:
        """The mean of all heatmaps, resized: float32 [rows, columns, joints]."""
        return fusing.fuse_nearest(maps, size_hw, self._mirrored_joints, ys, xs)

    @property
    def _mirrored_joints(self):
        if self.joints is None:
            raise ValueError("the network parses only: its maps say nothing of joints")
        return self.joints.mirror
