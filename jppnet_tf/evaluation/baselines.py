"""What can be reached without looking at any shape: the measure of every score."""

import dataclasses
import typing
from collections.abc import Iterable

import numpy as np

from jppnet_tf.data.check import check_ids
from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric, is_there
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS, Classes, Joints
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record
    from jppnet_tf.evaluation.metrics.datasets import ParsingDataset
    from jppnet_tf.evaluation.scoring import Entry

BASELINE_IMAGES = 500
"""How many images of the train split, from its start, the baselines learn from."""

COLOUR_BINS = 16
"""Bins per channel of the colour baseline's histogram."""


@dataclasses.dataclass(frozen=True, eq=False)
class Baselines:
    """What there is to learn of a set without looking at shapes.

    Attributes:
        by_colour: dict of prior to uint8 [COLOUR_BINS**3], the most probable class of each colour:
            "plain" weights classes by how many pixels they have, "balanced" weights all alike.
        pose: float64 [joints, 2], mean x and y of each joint as shares of the image's width and
            height; nan for a joint that was nowhere to be seen.
        classes: labels.Classes of the ids.
        joints: labels.Joints of the points.
    """

    by_colour: dict[str, np.ndarray]
    pose: np.ndarray
    classes: Classes = LIP
    joints: Joints = LIP_JOINTS

    def parse(self, rgb: np.ndarray) -> dict[str, np.ndarray]:
        """Labels every pixel by its colour alone.

        Args:
            rgb: uint8 [h, w, 3].

        Returns:
            dict of prior to uint8 [h, w], class ids.
        """
        colours = _quantise(rgb)
        return {prior: classes[colours] for prior, classes in self.by_colour.items()}


def learn_baselines(
    records: "Iterable[Record]", classes: Classes = LIP, joints: Joints = LIP_JOINTS
) -> Baselines:
    """Learns the baselines.

    Args:
        records: iterable of lip.Record; `BASELINE_IMAGES` of them are plenty.
        classes: labels.Classes of the label maps.
        joints: labels.Joints of the records.

    Returns:
        Baselines.

    Raises:
        InputError: a file cannot be read, a label does not fit its image, or there are no labels.
    """
    counts = np.zeros((COLOUR_BINS**3, len(classes.names)), np.int64)
    sums, seen = np.zeros((len(joints.names), 2)), np.zeros((len(joints.names), 1))
    for record in records:
        rgb = read_image(record.image)
        if record.label is not None:
            label = _read_label(record, rgb.shape[:2], len(classes.names))
            counts += _count_colours(rgb, label, len(classes.names))
        if record.joints is not None:
            there = is_there(record.joints)
            sums[there] += record.joints[there, :2] / np.array(rgb.shape[1::-1])
            seen += there[:, None]
    if not counts.any():
        raise InputError("the baselines learn from labelled images, and there are none")
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan, and meant to be
        return Baselines(_choose_classes(counts), sums / seen, classes, joints)


def _choose_classes(counts):
    """The most probable class of each colour, per prior; the most frequent one of unseen colours.

    Args:
        counts: int64 [colours, classes], pixels.

    Returns:
        dict of prior to uint8 [colours].
    """
    pixels = counts.sum(axis=0)
    weighted = {"plain": counts, "balanced": counts / np.maximum(pixels, 1)}
    seen = counts.any(axis=1)
    return {
        prior: np.where(seen, values.argmax(axis=1), pixels.argmax()).astype(np.uint8)
        for prior, values in weighted.items()
    }


def _count_colours(rgb, label, count):
    """How many pixels of each colour each class has: int64 [colours, classes]."""
    known = label != IGNORE
    pairs = _quantise(rgb)[known] * count + label[known]
    return np.bincount(pairs, minlength=COLOUR_BINS**3 * count).reshape(-1, count)


def _quantise(rgb):
    """The bin of each pixel's colour: int32 [h, w], 0..COLOUR_BINS**3 - 1."""
    red, green, blue = np.moveaxis(rgb // (256 // COLOUR_BINS), -1, 0).astype(np.int32)
    return (red * COLOUR_BINS + green) * COLOUR_BINS + blue


def _read_label(record, size_hw, count):
    label = read_ids(record.label, allow_palette=True)
    if label.shape != size_hw:
        raise InputError(
            f"{record.label}: {label.shape[1]} x {label.shape[0]}, but {record.image.name} is "
            f"{size_hw[1]} x {size_hw[0]}; make the label anew"
        )
    check_ids(label, count, record.label)
    return label


def score_baselines(
    baselines: Baselines,
    records: "Iterable[Record | Entry]",
    dataset: "ParsingDataset" = LIP_CLASSES,
) -> tuple[Scores, str]:
    """Scores the baselines.

    Args:
        baselines: Baselines.
        records: iterable of lip.Record or evaluation.Entry.
        dataset: datasets.ParsingDataset, whose classes are scored.

    Returns:
        metrics.scores.Scores: parsing from colours, pose the mean pose; and which prior
        ("plain" or "balanced") it is, the one that reaches the higher mean IoU here.

    Raises:
        InputError: a file cannot be read, a label has another size than its image, or the data
            set scores predictions of other classes.
    """
    dataset.check_predicted(baselines.classes)
    parsing = {p: ParsingMetric(dataset.ids, len(dataset.names)) for p in baselines.by_colour}
    pose = PoseMetric(joints=baselines.joints)
    for record in records:
        if record.image is None:
            raise InputError(f"{record.name}: the baselines look at images, and it has none")
        rgb = read_image(record.image)
        if record.label is not None:
            label, where = read_ids(record.label, allow_palette=True), str(record.label)
            for prior, predicted in baselines.parse(rgb).items():
                parsing[prior].update(*dataset.translate(label, predicted, where), where)
        # With no joint learnt there is nothing to score; 0 % would say otherwise.
        if record.joints is not None and not np.isnan(baselines.pose).all():
            points = baselines.pose * np.array(rgb.shape[1::-1])
            pose.update(record.joints, points, where=record.source)
    scores = {prior: metric.scores() for prior, metric in parsing.items()}
    best = max(scores, key=lambda prior: scores[prior].mean_iou)
    return Scores(scores[best], pose.scores()), best
