"""What can be reached without looking at any shape: the measure of every score."""

import dataclasses

import numpy as np

from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric, is_there
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS
from jppnet_tf.system.errors import InputError

BASELINE_IMAGES = 500
"""How many images of the train split, from its start, the baselines learn from."""

COLOUR_BINS = 16
"""Bins per channel of the colour baseline's histogram."""

_CLASSES = len(LIP.names)


@dataclasses.dataclass(frozen=True, eq=False)
class Baselines:
    """What there is to learn of a set without looking at shapes.

    Attributes:
        classes: dict of prior to uint8 [COLOUR_BINS**3], the most probable class of each colour:
            "plain" weights classes by how many pixels they have, "balanced" weights all alike.
        pose: float64 [16, 2], mean x and y of each joint as shares of the image's width and
            height; nan for a joint that was nowhere to be seen.
    """

    classes: dict
    pose: np.ndarray

    def parse(self, rgb):
        """Labels every pixel by its colour alone.

        Args:
            rgb: uint8 [h, w, 3].

        Returns:
            dict of prior to uint8 [h, w], class ids.
        """
        colours = _quantise(rgb)
        return {prior: classes[colours] for prior, classes in self.classes.items()}


def learn_baselines(records):
    """Learns the baselines.

    Args:
        records: iterable of lip.Record; `BASELINE_IMAGES` of them are plenty.

    Returns:
        Baselines.

    Raises:
        InputError: a file cannot be read, a label does not fit its image, or there are no labels.
    """
    counts = np.zeros((COLOUR_BINS**3, _CLASSES), np.int64)
    sums, seen = np.zeros((len(LIP_JOINTS.names), 2)), np.zeros((len(LIP_JOINTS.names), 1))
    for record in records:
        rgb = read_image(record.image)
        if record.label is not None:
            counts += _count_colours(rgb, _read_label(record, rgb.shape[:2]))
        if record.joints is not None:
            there = is_there(record.joints)
            sums[there] += record.joints[there, :2] / np.array(rgb.shape[1::-1])
            seen += there[:, None]
    if not counts.any():
        raise InputError("the baselines learn from labelled images, and there are none")
    with np.errstate(invalid="ignore"):  # 0 / 0 is nan, and meant to be
        return Baselines(_choose_classes(counts), sums / seen)


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


def _count_colours(rgb, label):
    """How many pixels of each colour each class has: int64 [colours, classes]."""
    known = label != IGNORE
    pairs = _quantise(rgb)[known] * _CLASSES + label[known]
    return np.bincount(pairs, minlength=COLOUR_BINS**3 * _CLASSES).reshape(-1, _CLASSES)


def _quantise(rgb):
    """The bin of each pixel's colour: int32 [h, w], 0..COLOUR_BINS**3 - 1."""
    red, green, blue = np.moveaxis(rgb // (256 // COLOUR_BINS), -1, 0).astype(np.int32)
    return (red * COLOUR_BINS + green) * COLOUR_BINS + blue


def _read_label(record, size_hw):
    label = read_ids(record.label, allow_palette=True)
    if label.shape != size_hw:
        raise InputError(
            f"{record.label}: {label.shape[1]} x {label.shape[0]}, but {record.image.name} is "
            f"{size_hw[1]} x {size_hw[0]}; make the label anew"
        )
    if (wrong := label[(label >= _CLASSES) & (label != IGNORE)]).size:
        raise InputError(f"{record.label}: holds {wrong[0]}, which is no class of LIP")
    return label


def score_baselines(baselines, records, dataset=LIP_CLASSES):
    """Scores the baselines.

    Args:
        baselines: Baselines.
        records: iterable of lip.Record or evaluation.Entry.
        dataset: datasets.ParsingDataset, whose classes are scored.

    Returns:
        metrics.scores.Scores: parsing from colours, pose the mean pose; and which prior
        ("plain" or "balanced") it is, the one that reaches the higher mean IoU here.

    Raises:
        InputError: a file cannot be read, or a label has another size than its image.
    """
    parsing = {prior: ParsingMetric(dataset.ids, len(dataset.names)) for prior in baselines.classes}
    pose = PoseMetric()
    for record in records:
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
