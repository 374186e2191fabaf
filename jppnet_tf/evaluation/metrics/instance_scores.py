"""Scores of a set of several people: mean IoU, AP^r, AP^p, PCP and AP^h."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from jppnet_tf.evaluation.metrics.instances import ImageMatch, mean_of_known

THRESHOLDS = tuple(np.round(np.arange(0.1, 0.95, 0.1), 1).tolist())
"""What an overlap must exceed, of parts (AP^r) and people (AP^p, PCP)."""
PERSON_THRESHOLDS = tuple(np.round(np.arange(0.5, 0.975, 0.05), 2).tolist())
"""The same of people's outlines (AP^h)."""


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceScores:
    """Scores of a set, 0..1; nan where nothing can be said.

    Attributes:
        confusion: int64 [classes, classes].
        mean_iou: mean over the classes that occur.
        ap_r: float64 [thresholds, scored classes], background is none of them; nan of classes that
            were predicted and do not occur; 0 of those never predicted.
        occurs: bool [scored classes], whether a class occurs.
        ap_p, pcp: float64 [thresholds].
        ap_h: float64 [outline thresholds].
        people, parts: how many true ones.
        empty_parts: how many predicted parts had no pixel, and did not count.
    """

    confusion: np.ndarray
    mean_iou: float
    ap_r: np.ndarray
    occurs: np.ndarray
    ap_p: np.ndarray
    pcp: np.ndarray
    ap_h: np.ndarray
    people: int
    parts: int
    empty_parts: int

    @property
    def ap_r_by_threshold(self) -> np.ndarray:
        """float64 [thresholds]: means over all classes but those that were predicted and do not
        occur, as most evaluators have it."""
        return mean_of_known(self.ap_r)

    @property
    def ap_r_of_occurring(self) -> np.ndarray:
        """float64 [thresholds]: means over the classes that occur."""
        return self.ap_r[:, self.occurs].mean(axis=1) if self.occurs.any() else np.full(9, np.nan)


def score_matches(
    matches: Iterable[ImageMatch], count: int, left_out: Sequence[int] = ()
) -> InstanceScores:
    """Scores of a set.

    Args:
        matches: of each image what `match_image` gives, in order: of equal scores in AP^p the
            earlier counts first, in AP^r and AP^h the later.
        count: how many classes there are.
        left_out: classes that have no score of their own, as `without` takes them away.
    """
    scored = [class_ for class_ in range(1, count) if class_ not in left_out]
    confusion = np.zeros((count, count), np.int64)
    found = []
    for match in matches:
        confusion += 0 if match.confusion is None else match.confusion
        found.append(dataclasses.replace(match, confusion=None))
    true_parts = sum((each.true_parts for each in found), np.zeros(count, np.int64))
    people = sum(len(each.true_classes) for each in found)
    parts = np.concatenate([each.parts for each in found]) if found else np.zeros((0, 3))
    outlines = np.concatenate([each.outlines for each in found]) if found else np.zeros((0, 2))
    ap_r = np.array([
        _score_greatest(parts[parts[:, 0] == class_, 1:], true_parts[class_], THRESHOLDS)
        for class_ in scored
    ]).T  # fmt: skip
    ap_p, pcp = _score_people(found, people)
    return InstanceScores(
        confusion,
        _mean_iou(confusion),
        ap_r,
        true_parts[scored] > 0,
        ap_p,
        pcp,
        _score_greatest(outlines, people, PERSON_THRESHOLDS),
        people,
        int(true_parts[1:].sum()),
        sum(each.empty_parts for each in found),
    )


def _mean_iou(confusion):
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - confusion.diagonal()
    occurs = union > 0
    if not occurs.any():
        return float("nan")
    return float((confusion.diagonal()[occurs] / union[occurs]).mean())


def _score_greatest(found, total, thresholds):
    """Average precision where a true one may be found more than once: float64 [thresholds].

    Args:
        found: float64 [n, 2], score and greatest overlap.
        total: how many true ones there are.
    """
    if not len(found):
        return np.zeros(len(thresholds))
    if not total:
        return np.full(len(thresholds), np.nan)
    order = np.argsort(found[:, 0], kind="stable")[::-1]
    right = found[order, 1] > np.array(thresholds)[:, None]
    return np.array([average_precision(each, total) for each in right])


def _score_people(found: Sequence[ImageMatch], total: int):
    """AP^p and PCP: float64 [thresholds] each."""
    if not total:
        return np.full(len(THRESHOLDS), np.nan), np.full(len(THRESHOLDS), np.nan)
    scores = np.concatenate([each.people[:, 0] for each in found])
    places = [(image, row) for image, each in enumerate(found) for row in range(len(each.people))]
    order = np.argsort(-scores, kind="stable")
    ap_p, pcp = [], []
    for threshold in THRESHOLDS:
        used, right, parts = set(), np.zeros(len(order), bool), 0.0
        for rank, index in enumerate(order):
            image, row = places[index]
            match = found[image]
            best = int(match.people[row, 1])
            if match.people[row, 2] > threshold and (image, best) not in used and best >= 0:
                used.add((image, best))
                right[rank] = True
                well = int((match.overlaps[row, 1:] > threshold).sum())
                parts += well / max(int(match.true_classes[best]), 1)
        ap_p.append(average_precision(right, total))
        pcp.append(parts / total)
    return np.array(ap_p), np.array(pcp)


def average_precision(right: np.ndarray, total: int) -> float:
    """The area under precision over recall, precision made falling from the right.

    Args:
        right: bool [n], whether each prediction is right, the surest first.
        total: how many there are to be found, above 0.

    Reference:
        PASCAL VOC, 2010 and later.
    """
    hits = np.cumsum(right)
    recall = np.concatenate([[0.0], hits / total, [1.0]])
    precision = np.concatenate([[0.0], hits / np.arange(1, len(right) + 1), [0.0]])
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(((recall[steps + 1] - recall[steps]) * precision[steps + 1]).sum())
