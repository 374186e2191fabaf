"""A person cut out of a picture, to be put into others."""

import dataclasses

import cv2
import numpy as np

from jppnet_tf.labels import COCO_JOINTS, LIP

MISSING, HIDDEN, VISIBLE = 0, 1, 2
"""COCO's flags of a joint: not labelled, labelled but hidden, visible."""


@dataclasses.dataclass(frozen=True, eq=False)
class Cutout:
    """A person cut out.

    Attributes:
        image: uint8 [h, w, 3], RGB.
        shape: bool [h, w], what is cut out: the person, and what they carry.
        mask: bool [h, w], the person alone.
        parsing: uint8 [h, w], LIP's class ids of the person's pixels, 255 where not known; 0
            elsewhere.
        keypoints: float32 [17, 3], COCO's joints: x, y in pixels, flag; zeros where not labelled.
    """

    image: np.ndarray
    shape: np.ndarray
    mask: np.ndarray
    parsing: np.ndarray
    keypoints: np.ndarray

    def trim(self, margin: int = 4) -> "Cutout":
        """The same without what is farther than `margin` pixels from the person."""
        rows, columns = np.flatnonzero(self.shape.any(axis=1)), np.flatnonzero(self.shape.any(0))
        top, left = max(rows[0] - margin, 0), max(columns[0] - margin, 0)
        part = np.s_[top : rows[-1] + 1 + margin, left : columns[-1] + 1 + margin]
        keypoints = self.keypoints.copy()
        keypoints[keypoints[:, 2] > 0, :2] -= np.array([left, top], np.float32)
        image, shape, mask, parsing = (values[part] for values in self._maps)
        return Cutout(image, shape, mask, parsing, keypoints)

    @property
    def _maps(self):
        return self.image, self.shape, self.mask, self.parsing

    def shrink(self, height: int) -> "Cutout":
        """The same, at most `height` pixels high."""
        if len(self.mask) <= height:
            return self
        factor = height / len(self.mask)
        size = max(1, round(self.mask.shape[1] * factor)), height

        def reduce(values):
            return cv2.resize(values, size, interpolation=cv2.INTER_AREA)

        keypoints = self.keypoints.copy()
        scale_xy = np.array(size, np.float32) / np.array(self.mask.shape[::-1], np.float32)
        is_there = keypoints[:, 2] > 0
        keypoints[is_there, :2] = (keypoints[is_there, :2] + 0.5) * scale_xy - 0.5
        shape, mask = (
            reduce(255 * values.astype(np.uint8)) > 127 for values in (self.shape, self.mask)
        )
        parsing = cv2.resize(self.parsing, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return Cutout(reduce(self.image), shape, mask, np.where(mask, parsing, 0), keypoints)

    def mirror(self) -> "Cutout":
        """The mirror image, whose left is its right."""
        keypoints = self.keypoints[list(COCO_JOINTS.mirror)].copy()
        is_there = keypoints[:, 2] > 0
        keypoints[is_there, 0] = self.mask.shape[1] - 1 - keypoints[is_there, 0]
        partners = np.arange(256, dtype=np.uint8)
        partners[: len(LIP.names)] = LIP.mirror
        image, shape, mask, parsing = (
            np.ascontiguousarray(values[:, ::-1]) for values in self._maps
        )
        return Cutout(image, shape, mask, partners[parsing], keypoints)
