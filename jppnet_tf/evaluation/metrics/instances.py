"""Everybody's parts against the truth: mean IoU, AP^r, AP^p, PCP and AP^h.

The rules are those of the public evaluators of CIHP and MHP, among them what looks odd: in AP^r and
AP^h a true part may be found twice, so that below an overlap of one half a class may score above 1;
AP^p counts background as a class.

Reference:
    Gong et al., PGN, arXiv:1808.00157 (AP^r); Li et al. and Zhao et al., MHP, arXiv:1705.07206 and
    1804.03287 (AP^p, PCP).
"""

import dataclasses

import numpy as np

from jppnet_tf.labels import IGNORE


@dataclasses.dataclass(frozen=True, eq=False)
class Instances:
    """The people of one image and their parts.

    Attributes:
        classes: integers [h, w], class ids; in the truth, ids that are no class do not count.
        people: tuple of (pixels, ids): of each person the flat indices of their pixels, int [n],
            and the class of each, int [n]. True people may overlap.
        parts: integers [h, w], 0 of none, n of part n.
        part_classes: int [parts], the class of part n at n - 1.
        part_scores: float [parts]; the truth's do not count.
        person_scores: float [people]; the truth's do not count.
    """

    classes: np.ndarray
    people: tuple[tuple[np.ndarray, np.ndarray], ...]
    parts: np.ndarray
    part_classes: np.ndarray
    part_scores: np.ndarray
    person_scores: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class ImageMatch:
    """What one image adds to the scores.

    Attributes:
        confusion: int64 [classes, classes], pixels by true and by predicted class; None once it is
            counted.
        true_parts: int64 [classes], true parts of each class.
        parts: float64 [n, 3], predicted parts: class, score, greatest overlap.
        outlines: float64 [n, 2], predicted people: score, greatest overlap of their outlines.
        people: float64 [n, 3], predicted people: score, the true person most like them (-1: there
            is none), mean overlap with that one's classes.
        overlaps: float64 [n, classes], overlaps with that one's classes; nan of classes that
            neither has.
        true_classes: int64 [people], how many classes each true person has, without background.
        empty_parts: how many predicted parts have no pixel, and do not count.
    """

    confusion: np.ndarray | None
    true_parts: np.ndarray
    parts: np.ndarray
    outlines: np.ndarray
    people: np.ndarray
    overlaps: np.ndarray
    true_classes: np.ndarray
    empty_parts: int


def match_image(truth: Instances, predicted: Instances, count: int) -> ImageMatch:
    """Compares one image: all overlaps come from counts of pairs of ids, not from masks.

    Args:
        truth: Instances.
        predicted: Instances of disjoint people.
        count: how many classes there are, background included.

    Raises:
        ValueError: the images differ in size.
    """
    if truth.classes.shape != predicted.classes.shape:
        raise ValueError("the images differ in size")
    counted = (truth.classes < count) & (truth.classes != IGNORE)
    confusion = _count_pairs(truth.classes[counted], predicted.classes[counted], count, count)
    true_parts, parts, empty = _match_parts(truth, predicted, count)
    owners = np.zeros(predicted.classes.size, np.int64)
    for number, (pixels, _) in enumerate(predicted.people, 1):
        owners[pixels] = number
    overlaps = _measure_people(truth, predicted, owners, count)
    means = mean_of_known(overlaps)
    best = means.argmax(axis=1) if means.shape[1] else np.full(len(means), -1)
    rows = np.arange(len(best))
    greatest = means[rows, best] if means.shape[1] else np.zeros(len(best))
    chosen = overlaps[rows, best] if means.shape[1] else np.zeros((len(best), count))
    outlines = _measure_outlines(truth, predicted, owners)
    return ImageMatch(
        confusion,
        true_parts,
        parts,
        np.column_stack([predicted.person_scores, outlines]),
        np.column_stack([predicted.person_scores, best, greatest]),
        chosen,
        np.array([len(np.unique(ids[(ids > 0) & (ids < count)])) for _, ids in truth.people], int),
        empty,
    )


def _count_pairs(first, second, rows, columns):
    """How often each pair of ids occurs: int64 [rows, columns]."""
    keys = first.astype(np.int64) * columns + second
    return np.bincount(keys.ravel(), minlength=rows * columns).reshape(rows, columns)


def _match_parts(truth, predicted, count):
    """How many true parts there are of each class; the predicted ones; how many are empty."""
    rows, columns = len(truth.part_classes) + 1, len(predicted.part_classes) + 1
    pairs = _count_pairs(truth.parts, predicted.parts, rows, columns)
    true_areas, areas = pairs.sum(axis=1)[1:], pairs.sum(axis=0)[1:]
    there = true_areas > 0
    true_parts = np.bincount(truth.part_classes[there], minlength=count)
    union = true_areas[:, None] + areas[None] - pairs[1:, 1:]
    alike = truth.part_classes[:, None] == predicted.part_classes[None]
    overlaps = np.where(alike & there[:, None], pairs[1:, 1:] / np.maximum(union, 1), 0)
    greatest = overlaps.max(axis=0, initial=0)
    parts = np.column_stack([predicted.part_classes, predicted.part_scores, greatest])
    return true_parts, parts[areas > 0], int((areas == 0).sum())


def _measure_people(truth, predicted, owners, count):
    """Overlaps of each class: float64 [predicted, true, classes]; nan where neither has it."""
    size, people = predicted.classes.size, len(predicted.people)
    ids = predicted.classes.ravel()
    areas = np.array(
        [np.bincount(found, minlength=count)[:count] for _, found in predicted.people]
    ).reshape(people, count)
    clothed = areas[:, 1:].sum(axis=1)
    overlaps = np.empty((people, len(truth.people), count))
    for number, (pixels, found) in enumerate(truth.people):
        shown = (found > 0) & (found < count)
        pixels, found = pixels[shown], found[shown]
        theirs = owners[pixels]
        same = ids[pixels] == found
        common = _count_pairs(theirs[same], found[same], people + 1, count)[1:]
        union = areas + np.bincount(found, minlength=count)[None] - common
        both = np.bincount(theirs[ids[pixels] > 0], minlength=people + 1)[1:]
        common[:, 0] = size - len(pixels) - clothed + both
        union[:, 0] = size - both
        with np.errstate(invalid="ignore"):
            overlaps[:, number] = np.where(union > 0, common / union, np.nan)
    return overlaps


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Means over the last axis of what is not nan: [...]; 0 where all is."""
    there = ~np.isnan(values)
    return np.where(there, values, 0).sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)


def _measure_outlines(truth, predicted, owners):
    """The greatest overlap of each predicted person's pixels with somebody's: float64 [people]."""
    areas = np.array([len(pixels) for pixels, _ in predicted.people], float)
    greatest = np.zeros(len(areas))
    for pixels, _ in truth.people:
        common = np.bincount(owners[pixels], minlength=len(areas) + 1)[1:]
        greatest = np.maximum(greatest, common / np.maximum(areas + len(pixels) - common, 1))
    return greatest
