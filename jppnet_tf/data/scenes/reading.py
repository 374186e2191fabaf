"""The samples of JPPNet where photographs are few: scenes drawn by OpenCV."""

import dataclasses
import os
import typing
from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
import tensorflow as tf

from jppnet_tf.data.graph_files import label_column
from jppnet_tf.data.lip import Record
from jppnet_tf.data.scenes import boxes, light, pasting
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS
from jppnet_tf.models.maps.colours import MEAN_BGR, preprocess

_BORDER = tuple(round(value) for value in MEAN_BGR[::-1])
"""Outside of a photograph: what the network reads there is nearly 0."""
_PARTNERS = np.array([*LIP.mirror, *range(len(LIP.mirror), 256)], np.uint8)


@dataclasses.dataclass(frozen=True)
class SceneReading:
    """Parts of a photograph as squares, turned, lit anew, and put before another one.

    Samples are those of squares.SquareReading, but heatmaps are Gaussians in the sample's own
    pixels, and joints outside the sample are missing. What chance decides follows from the seed
    alone. A record needs no label (all is 255) and no joints.

    Attributes:
        size: side of a sample in pixels.
        stride: pixels of a sample per pixel of a heatmap.
        scales: range of the factor on the size of what is shown.
        mirror: whether every other sample is mirrored.
        zoom: how much larger than in the whole photograph parts may be shown; 1 shows it whole.
        rotation: degrees by which samples are turned at most.
        aspect: factor on proportions at most; 1 leaves them.
        light: how much colours and light change, 0..1.
        soften: probability of each of blur, coarse pixels, noise and JPEG, 0..1.
        paste: probability that a labelled person is put before another photograph, 0..1.
        deviation: of a joint's Gaussian, in pixels of the sample.
        has_pose: whether there are heatmaps.
        normalize: function from RGB, 0..255, to what the network reads.
    """

    size: int = 192
    stride: int = 8
    scales: tuple[float, float] = (0.75, 1.25)
    mirror: bool = True
    zoom: float = 1.0
    rotation: float = 0.0
    aspect: float = 1.0
    light: float = 0.0
    soften: float = 0.0
    paste: float = 0.0
    deviation: float = 8.0
    has_pose: bool = True
    normalize: Callable[[tf.Tensor], tf.Tensor] = preprocess

    def columns(self, records: Sequence[Record]) -> dict[str, np.ndarray]:
        """What `read` needs of all records: dict of arrays; as CropReading.columns."""
        none = np.full((len(LIP_JOINTS.names), 2), np.nan, np.float32)
        joints = [none if r.joints is None else r.joints[:, :2] for r in records]
        return {
            "image": np.array([str(r.image) for r in records]),
            "label": label_column(records),
            "joints_xy": np.stack(joints).astype(np.float32),
            "has_joints": np.array([r.joints is not None for r in records], np.float32),
        }

    def companions(self, records: Sequence[Record]) -> np.ndarray:
        """The indices of the records that others may be put before: int array."""
        return np.array([i for i, r in enumerate(records) if r.label], np.int64)

    def read(
        self,
        row: Mapping[str, tf.Tensor],
        seed: tf.Tensor | None = None,
        companion: Mapping[str, tf.Tensor] | None = None,
    ) -> dict[str, tf.Tensor]:
        """One sample; the same eagerly and in a graph; as CropReading.read.

        Args:
            row: dict, one row of `columns`.
            seed: int [2]; None shows the whole photograph, without chance.
            companion: another row, of a record with a label; None pastes nothing.
        """
        companion = row if companion is None else companion
        numbers = tf.constant([-1, -1], tf.int64) if seed is None else tf.cast(seed, tf.int64)
        wanted = [row[name] for name in ("image", "label", "joints_xy")]
        wanted += [companion[name] for name in ("image", "label")]
        image, label, heatmap = tf.numpy_function(
            self._draw, [*wanted, numbers], (tf.uint8, tf.uint8, tf.float32)
        )
        size, cells = self.size, self.size // self.stride
        sample = {
            "image": self.normalize(tf.ensure_shape(image, [size, size, 3])),
            "label": tf.cast(tf.ensure_shape(label, [size, size]), tf.int32),
        }
        if not self.has_pose:
            return sample
        heatmap = tf.ensure_shape(heatmap, [cells, cells, len(LIP_JOINTS.names)])
        return sample | {"heatmap": heatmap, "has_joints": row["has_joints"]}

    def _draw(self, image, label, joints_xy, other_image, other_label, seed):
        # bytes in a graph, eagerly an array of str.
        paths = [image, label, other_image, other_label]
        image, label, *other = (os.fsdecode(np.asarray(path).item()) for path in paths)
        if seed[0] < 0:
            plain = SceneReading(self.size, self.stride, (1, 1), False, deviation=self.deviation)
            return plain.draw(np.random.default_rng(0), image, label, joints_xy)
        rng = np.random.default_rng(np.abs(seed))
        return self.draw(rng, image, label, joints_xy, *other)

    def draw(
        self,
        rng: np.random.Generator,
        image: str,
        label: str,
        joints_xy: np.ndarray,
        other_image: str | None = None,
        other_label: str | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draws a sample.

        Args:
            rng: numpy Generator.
            image, label: paths, str; `label` may be empty.
            joints_xy: float32 [16, 2], nan where missing.
            other_image, other_label: paths of another photograph with its label.

        Returns:
            uint8 [size, size, 3], RGB; uint8 [size, size]; float32 [cells, cells, 16].
        """
        size = self.size
        rgb, ids = read_pair(image, label)
        height, width = rgb.shape[:2]
        box = boxes.draw_box(rng, (height, width), ids, joints_xy, self.zoom)
        pastes = ids is not None and rng.random() < self.paste and bool(other_label)
        scales = (0.55 * self.scales[0], self.scales[1]) if pastes else self.scales
        matrix, mirrored = boxes.draw_matrix(
            rng, box, size, scales, self.rotation, self.aspect, self.mirror
        )
        shown = boxes.warp(rgb, matrix, size, cv2.INTER_LINEAR, _BORDER)
        shown_ids = np.full((size, size), IGNORE, np.uint8)
        if ids is not None:
            outside = 0 if pastes else IGNORE
            shown_ids = boxes.warp(ids, matrix, size, cv2.INTER_NEAREST, outside)
            if mirrored:
                shown_ids = _PARTNERS[shown_ids]
        if pastes:
            other_rgb, other_ids = read_pair(str(other_image), str(other_label))
            backdrop = pasting.draw_background(
                rng, other_rgb, typing.cast(np.ndarray, other_ids), size
            )
            if self.light:
                backdrop = (light.change_light(rng, backdrop[0], self.light / 2), backdrop[1])
            shown, shown_ids = pasting.paste(shown, shown_ids, *backdrop)
        if self.light:
            shown = light.change_light(rng, shown, self.light)
        if self.soften:
            shown = light.soften(rng, shown, self.soften)
        joints = boxes.move_joints(joints_xy, matrix, size, mirrored)
        return shown, shown_ids, draw_heatmaps(joints, size, self.stride, self.deviation)


def read_pair(image: str, label: str) -> tuple[np.ndarray, np.ndarray | None]:
    """An image and its label from paths: uint8 [h, w, 3], RGB, and uint8 [h, w] or None.

    Raises:
        FileNotFoundError: one of them cannot be read.
    """
    rgb = cv2.imread(image, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    ids = cv2.imread(label, cv2.IMREAD_UNCHANGED) if label else None
    if rgb is None or (label and ids is None):
        raise FileNotFoundError(image if rgb is None else label)
    return cv2.cvtColor(rgb, cv2.COLOR_BGR2RGB), ids


def draw_heatmaps(joints_xy: np.ndarray, size: int, stride: int, deviation: float) -> np.ndarray:
    """Gaussians of height 1 around joints, at every `stride`-th pixel.

    Args:
        joints_xy: float32 [joints, 2], nan where missing.
        size: side of the sample.
        stride, deviation: in pixels of the sample.

    Returns:
        float32 [size / stride, size / stride, joints]; 0 of missing joints.
    """
    cells = np.arange(0, size - size % stride, stride, dtype=np.float32)
    # Along x and y: [cells, joints].
    across, down = (
        np.exp(-((cells[:, None] - joints_xy[:, axis]) ** 2) / (2 * deviation**2))
        for axis in (0, 1)
    )
    return np.nan_to_num(down[:, None] * across[None]).astype(np.float32)
