"""The samples of PersonLab: square views of pictures in COCO's form, with everybody in them."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import tensorflow as tf

from jppnet_tf.data.coco import CocoRecord
from jppnet_tf.data.scenes import light
from jppnet_tf.images.masks import decode_mask
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.models.maps.colours import center_rgb

_GREY = (127, 127, 127)
"""Outside of a picture: what the network reads there is nearly 0."""


@dataclasses.dataclass(frozen=True)
class GroupReading:
    """Square views of pictures, scaled, shifted, turned and mirrored, with everybody in them.

    Samples are dicts of `image`, float32 [size, size, 3], RGB from -1 to 1; `keypoints`, float32
    [people, 17, 3]: x, y in pixels of the sample, above 0 where labelled; `masks`, bool [people,
    cells, cells], at every `stride`-th pixel; and `crowd`, bool [cells, cells]. Of pictures with
    more than `most_people`, the smallest count as a crowd. What chance decides follows from the
    seed alone.

    Attributes:
        size: side of a sample in pixels, a multiple of the stride plus 1.
        stride: pixels between cells.
        scales: range of the factor on the size at which the longer side fills the sample.
        mirror: whether every other sample is mirrored.
        rotation: degrees by which samples are turned at most.
        light: how much colours and light change, 0..1.
        soften: probability of each of blur, coarse pixels, noise and JPEG, 0..1.
        most_people: how many people a sample has room for.

    Reference:
        arXiv:1803.08225, section 4.1.
    """

    size: int = 801
    stride: int = 16
    scales: tuple[float, float] = (0.5, 1.5)
    mirror: bool = True
    rotation: float = 0.0
    light: float = 0.0
    soften: float = 0.0
    most_people: int = 20

    def columns(self, records: Sequence[CocoRecord]) -> dict[str, np.ndarray]:
        """What `read` needs of all records: dict of arrays; as CropReading.columns."""
        return {
            "image": np.array([str(record.image) for record in records]),
            "people": np.array([json.dumps(record.people) for record in records]),
        }

    def read(
        self, row: Mapping[str, tf.Tensor], seed: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """One sample; the same eagerly and in a graph; as CropReading.read.

        Args:
            row: dict, one row of `columns`.
            seed: int [2]; None shows the whole picture in the middle, without chance.
        """
        numbers = tf.constant([-1, -1], tf.int64) if seed is None else tf.cast(seed, tf.int64)
        image, keypoints, masks, crowd = tf.numpy_function(
            self._draw, [row["image"], row["people"], numbers],
            (tf.uint8, tf.float32, tf.bool, tf.bool),
        )  # fmt: skip
        size, cells, people = self.size, (self.size - 1) // self.stride + 1, self.most_people
        joints = len(COCO_JOINTS.names)
        return {
            "image": center_rgb(tf.ensure_shape(image, [size, size, 3])),
            "keypoints": tf.ensure_shape(keypoints, [people, joints, 3]),
            "masks": tf.ensure_shape(masks, [people, cells, cells]),
            "crowd": tf.ensure_shape(crowd, [cells, cells]),
        }

    def _draw(self, image, people, seed):
        # bytes in a graph, eagerly an array of str.
        image, people = (os.fsdecode(np.asarray(value).item()) for value in (image, people))
        if seed[0] < 0:
            plain = dataclasses.replace(
                self, scales=(1, 1), mirror=False, rotation=0, light=0, soften=0
            )
            return plain.draw(np.random.default_rng(0), image, json.loads(people))
        return self.draw(np.random.default_rng(np.abs(seed)), image, json.loads(people))

    def draw(
        self, rng: np.random.Generator, image: str, people: Sequence[dict]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Draws a sample.

        Args:
            rng: numpy Generator.
            image: path.
            people: annotations, as in COCO's list.

        Returns:
            uint8 [size, size, 3], RGB; float32 [people, 17, 3]; bool [people, cells, cells]; bool
            [cells, cells].
        """
        bgr = cv2.imread(image, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        if bgr is None:
            raise FileNotFoundError(image)
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        matrix, mirrored = self._draw_matrix(rng, rgb.shape[:2])
        shown = _reduce(rgb, matrix, self.size)
        if self.light:
            shown = light.change_light(rng, shown, self.light)
        if self.soften:
            shown = light.soften(rng, shown, self.soften)
        return shown, *self._place_people(people, rgb.shape[:2], matrix, mirrored)

    def _draw_matrix(self, rng, size_hw):
        """From pixels of the picture to pixels of the sample: float64 [2, 3]; and whether it
        mirrors."""
        low, high = self.scales
        factor = (low + (high - low) * rng.random()) * self.size / max(size_hw)
        slack = self.size - factor * np.array(size_hw[::-1])
        chance = rng.random(2) if low != high else np.array([0.5, 0.5])
        angle = np.deg2rad(rng.uniform(-self.rotation, self.rotation)) if self.rotation else 0.0
        mirrored = bool(self.mirror and rng.random() < 0.5)
        linear = factor * np.array(
            [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        )
        middle = (np.array(size_hw[::-1]) - 1) / 2
        # Somewhere where it lies in the sample, or fills it.
        target = (slack * chance + (self.size - slack) / 2) - 0.5
        matrix = np.column_stack([linear, target - linear @ middle])
        if mirrored:
            matrix[0] = -matrix[0]
            matrix[0, 2] += self.size - 1
        return matrix, mirrored

    def _place_people(self, people, size_hw, matrix, mirrored):
        cells = (self.size - 1) // self.stride + 1
        keypoints = np.zeros((self.most_people, len(COCO_JOINTS.names), 3), np.float32)
        masks = np.zeros((self.most_people, cells, cells), np.bool_)
        crowd = np.zeros((cells, cells), np.bool_)
        single = sorted((p for p in people if not p["iscrowd"]), key=lambda p: -p["area"])
        others = [p for p in people if p["iscrowd"]] + single[self.most_people :]
        to_cells = matrix / self.stride
        for each in others:
            crowd |= _warp_mask(decode_mask(each["segmentation"], size_hw), to_cells, cells)
        for number, each in enumerate(single[: self.most_people]):
            mask = decode_mask(each["segmentation"], size_hw)
            masks[number] = _warp_mask(mask, to_cells, cells)
            keypoints[number] = _move_joints(each["keypoints"], matrix, mirrored)
        return keypoints, masks, crowd


def _reduce(rgb, matrix, size):
    """The picture in the sample; reduced beforehand where that is needed against flicker."""
    factor = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if factor < 0.6:
        height, width = (max(1, round(side * factor * 1.2)) for side in rgb.shape[:2])
        ratio_xy = np.array([width / rgb.shape[1], height / rgb.shape[0]])
        rgb = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
        # Pixels' middles stay where they are.
        shift = matrix[:, :2] @ ((1 / ratio_xy - 1) / 2)
        matrix = np.column_stack([matrix[:, :2] / ratio_xy, matrix[:, 2] + shift])
    return cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=_GREY)


def _warp_mask(mask, matrix, cells):
    return (
        cv2.warpAffine(mask.astype(np.uint8), matrix, (cells, cells), flags=cv2.INTER_NEAREST) > 0
    )


def _move_joints(keypoints, matrix, mirrored):
    found = np.array(keypoints, np.float64).reshape(-1, 3)
    found[:, :2] = found[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    found[found[:, 2] <= 0] = 0
    return found[list(COCO_JOINTS.mirror)] if mirrored else found
