"""The samples of JPPNet and LIP-Net: a person, whatever the proportions, as a square."""

import dataclasses
import typing
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from jppnet_tf.data import augment
from jppnet_tf.data.graph_files import (
    check_sizes,
    label_column,
    load_jpeg,
    load_png,
    path_columns,
    read_label,
)
from jppnet_tf.labels import LIP, LIP_JOINTS, Classes, Joints
from jppnet_tf.models.maps.colours import preprocess
from jppnet_tf.models.maps.heatmaps import encode_joints

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record


@dataclasses.dataclass(frozen=True)
class SquareReading:
    """Resized to a square, cut out by a random view, with heatmaps of the joints.

    Samples are dicts: `image` float32 [size, size, 3], BGR minus mean; `label` int32
    [size, size], 255 for ignored, and all of it where a record has no label; and, with pose,
    `heatmap` float32 [size / stride, size / stride, joints], 0..1; `has_joints`
    float32, 0 where the joints are not known.

    Attributes:
        size: side of a sample in pixels.
        stride: pixels of a sample per pixel of a heatmap.
        augmented: False resizes every sample straight to `size`, without chance.
        scales: range of the random factor on `size`.
        mirror: whether every other sample is mirrored.
        reversed_labels: mirrored samples take their label from `Record.reversed_label`, as the
            original did, instead of exchanging classes.
        heatmap_files: heatmaps come from `Record.heatmap` instead of from the joints.
        has_pose: whether there are heatmaps.
        normalize: function from RGB, 0..255, to what the network reads; padding is 0 of that.
        classes: what the ids of label maps stand for.
        joints: what the points of records stand for.

    Reference:
        LIP_JPPNet utils/image_reader.py.
    """

    size: int = 384
    stride: int = 8
    augmented: bool = True
    scales: tuple[float, ...] = (0.75, 1.25)
    mirror: bool = True
    reversed_labels: bool = False
    heatmap_files: bool = False
    has_pose: bool = True
    normalize: Callable[[tf.Tensor], tf.Tensor] = preprocess
    classes: Classes = LIP
    joints: Joints = LIP_JOINTS

    def columns(self, records: "Sequence[Record]") -> dict[str, np.ndarray]:
        """What `read` needs of all records: dict of arrays; as CropReading.columns."""
        wanted = ["image"]
        if self.reversed_labels and self.mirror:
            wanted.append("reversed_label")
        if self.heatmap_files:
            wanted.append("heatmap")
        paths = path_columns(records, wanted) | {"label": label_column(records)}
        if not self.has_pose:
            return paths
        none = np.full((len(self.joints.names), 2), np.nan, np.float32)
        joints = [none if r.joints is None else r.joints[:, :2] for r in records]
        has_joints = np.array([r.joints is not None for r in records], np.float32)
        return paths | {"joints_xy": np.stack(joints), "has_joints": has_joints}

    def read(
        self, row: Mapping[str, tf.Tensor], seed: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """One sample; the same eagerly and in a graph; as CropReading.read."""
        if seed is None or not self.augmented:
            return self.read_view(row, augment.plain_view(self.size))
        view = augment.random_view(seed, self.size, self.scales, self.mirror)
        return self.read_view(row, view)

    def read_view(self, row: Mapping[str, tf.Tensor], view: augment.View) -> dict[str, tf.Tensor]:
        """One sample, looked at in a way that is given: an augment.View."""
        size = self.size
        image = load_jpeg(row["image"])
        label = read_label(row["label"], tf.shape(image)[:2])
        if "reversed_label" in row:
            # Turned back here, because the view turns every mirrored sample around.
            partners = augment.class_partners(self.classes.mirror)
            label = tf.cond(
                view.mirrored,
                lambda: tf.gather(partners, tf.cast(load_png(row["reversed_label"]), tf.int32))[
                    :, ::-1
                ],
                lambda: label,
            )
        size_hw = tf.shape(image)[:2]
        with tf.control_dependencies([check_sizes(image, label, row)]):
            sampling = augment.view_sampling(size_hw, view, size, size)
            label = augment.view_label(label, sampling, view, self.classes.mirror)
        sample = {
            "image": augment.view_image(self.normalize(image), view, size),
            "label": tf.cast(label, tf.int32),
        }
        return sample | self._read_pose(row, view, size_hw) if self.has_pose else sample

    def _read_pose(self, row, view, size_hw):
        """The part of a sample that is about joints."""
        sampling = augment.view_sampling(size_hw, view, self.size, self.size // self.stride)
        if "heatmap" in row:
            maps = _read_heatmaps(row["heatmap"], len(self.joints.names))
            maps = tf.gather(tf.gather(maps, sampling.ys), sampling.xs, axis=1)
        else:
            maps = encode_joints(row["joints_xy"], size_hw, sampling.ys, sampling.xs)
        heatmap = augment.view_heatmaps(maps, sampling, view, self.joints.mirror)
        return {"heatmap": heatmap, "has_joints": row["has_joints"]}


def _read_heatmaps(prefix, count):
    paths = [tf.strings.join([prefix, f"_{joint}.png"]) for joint in range(count)]
    return tf.stack([load_png(path) for path in paths], axis=2)
