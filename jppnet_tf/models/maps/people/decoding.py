"""Maps of one input to people: joints, scores and masks."""

import dataclasses

import numpy as np

from jppnet_tf.models.maps.people import grouping, masks, votes
from jppnet_tf.models.maps.people.grid import enlarge, sample

LEAST_SCORE = 0.05
"""Who scores less is left out: most often somebody found twice."""


@dataclasses.dataclass(frozen=True, eq=False)
class Maps:
    """What the network says of one input, un-mirrored; [h, w, channels], offsets in pixels.

    Attributes:
        heatmaps: probabilities of the joints, [h, w, 17].
        short: short-range offsets, [h, w, 34].
        mid: mid-range offsets, refined, [h, w, 64].
        long: long-range offsets, refined, [h, w, 34]; None of networks without masks.
        segmentation: probability of a person, [h, w]; None of networks without masks.
        stride: pixels of the input between cells.
    """

    heatmaps: np.ndarray
    short: np.ndarray
    mid: np.ndarray
    long: np.ndarray | None
    segmentation: np.ndarray | None
    stride: int

    @property
    def size_hw(self) -> tuple[int, int]:
        """The input's (height, width)."""
        height, width = self.heatmaps.shape[:2]
        return (height - 1) * self.stride + 1, (width - 1) * self.stride + 1


@dataclasses.dataclass(frozen=True, eq=False)
class FoundPeople:
    """The people of an input, the surest first.

    Attributes:
        keypoints: float64 [people, 17, 2]: x, y in pixels of the input, perhaps outside.
        probabilities: float64 [people, 17], heatmaps there.
        joint_scores: float64 [people, 17], expected similarity to where the joints really are, or
            votes for their places.
        scores: float64 [people], 0..1, after suppression.
        scales: float64 [people], root of the area, in pixels.
        is_person: bool [height, width], pixels that show people; None of networks without masks.
        distances: float32 [people, pixels of `is_person`], how far off each one's joints a pixel
            leads, as a share of the scale; inf where too far; None of networks without masks.
        seeds: int [people], the number of the seed of each.
    """

    keypoints: np.ndarray
    probabilities: np.ndarray
    joint_scores: np.ndarray
    scores: np.ndarray
    scales: np.ndarray
    is_person: np.ndarray | None
    distances: np.ndarray | None
    seeds: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def masks(self) -> np.ndarray | None:
        """Each one's pixels: bool [people, height, width]; a pixel may be several people's. None of
        networks without masks."""
        if self.is_person is None or self.distances is None:
            return None
        found = np.zeros((len(self), *self.is_person.shape), np.bool_)
        found[:, self.is_person] = np.isfinite(self.distances)
        return found


def decode_people(
    maps: Maps,
    least_score: float = LEAST_SCORE,
    least_vote: float = 0.0,
    *,
    score_by_votes: bool = False,
    duplicate: float | None = None,
    least_joint: float = 0.0,
) -> FoundPeople:
    """Finds the people that maps tell of.

    Args:
        maps: Maps.
        least_score: who scores less is left out.
        least_vote: pixels of a lower probability of a joint do not vote for it; above 0 it is
            faster, and not quite the same.
        score_by_votes: whether a joint's score is the number of votes for its place, the paper's
            first variant; else its expected similarity to where it really is.
        duplicate: who is at least so similar (0..1, COCO's OKS) to somebody surer is left out, and
            everybody else scores the mean of all joints; None is the paper's soft suppression.
        least_joint: joints of a lower probability do not count for a person's scale, on which
            scores and masks depend.

    Returns:
        FoundPeople.

    Reference:
        arXiv:1803.08225, sections 3.2 and 3.3.
    """
    hough = np.stack([_vote(maps, joint, least_vote) for joint in range(maps.heatmaps.shape[-1])])
    seeds = votes.find_seeds(hough)
    keypoints, founders = grouping.group_joints(seeds, maps.mid, maps.stride)
    probabilities = _sample_joints(np.moveaxis(maps.heatmaps, -1, 0), keypoints, maps.stride)
    scales = grouping.measure_people(keypoints, probabilities >= least_joint)
    if score_by_votes:
        joint_scores = _sample_joints(hough, keypoints, 1)
    else:
        joint_scores = grouping.score_joints(keypoints, probabilities, scales, hough)
    if duplicate is None:
        order, scores = grouping.rank_people(keypoints, joint_scores)
    else:
        order, scores = grouping.drop_duplicates(keypoints, joint_scores, scales, duplicate)
    kept = order[scores >= least_score]
    found = keypoints[kept], probabilities[kept], scales[kept]
    is_person, distances = _find_pixels(maps, *found)
    return FoundPeople(
        keypoints=found[0],
        probabilities=found[1],
        joint_scores=joint_scores[kept],
        scores=scores[scores >= least_score],
        scales=found[2],
        is_person=is_person,
        distances=distances,
        seeds=founders[kept],
    )


def _sample_joints(maps, keypoints, stride):
    """What each joint's map [h, w] says at the joint of each person: [people, joints]."""
    return np.stack(
        [
            sample(values[..., None], keypoints[:, joint], stride)[:, 0]
            for joint, values in enumerate(maps)
        ],
        axis=1,
    )


def _find_pixels(maps, keypoints, probabilities, scales):
    """`is_person` and `distances` of FoundPeople."""
    if maps.segmentation is None or maps.long is None:
        return None, None
    is_person = masks.find_person_pixels(maps.segmentation, maps.size_hw, maps.stride)
    distances = masks.measure_distances(
        is_person, maps.long, keypoints, probabilities, scales, maps.stride
    )
    return is_person, distances


def _vote(maps, joint, least_vote):
    """The Hough map of one joint, so that one joint's maps only are as large as the input."""
    both = np.concatenate(
        [maps.heatmaps[..., joint : joint + 1], maps.short[..., 2 * joint : 2 * joint + 2]], axis=-1
    )
    full = enlarge(both, maps.size_hw, maps.stride)
    return votes.vote(full[..., 0], full[..., 1:], least_vote)
