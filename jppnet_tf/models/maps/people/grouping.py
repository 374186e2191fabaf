"""People from seeds: each seed's joints, and which people are the same one twice."""

import numpy as np

from jppnet_tf.models.maps.people.grid import sample
from jppnet_tf.models.maps.people.skeleton import RADIUS, SIGMAS, find_paths

SAME = 10.0
"""Pixels within which two people's joints are one and the same."""
_PATHS = find_paths()


def group_joints(seeds: np.ndarray, mid: np.ndarray, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """The joints of each person, from one of them to all others along the skeleton.

    Args:
        seeds: float64 [n, 4]: score, joint, y, x, in the order in which they found people. One
            that lies by the same joint of somebody found before founds nobody.
        mid: floating point [h, w, 64], mid-range offsets, refined.
        stride: pixels between cells.

    Returns:
        (float64 [people, 17, 2], x and y; int [people], the number of each one's seed). Joints may
        lie anywhere, outside the input too.
    """
    people = np.empty((0, len(_PATHS), 2))
    founders = []
    for number, (_, joint, y, x) in enumerate(seeds):
        joint, place = int(joint), np.array([x, y])
        distances = np.hypot(*(people[:, joint] - place).T)
        if (distances <= SAME).any():
            continue
        people = np.concatenate([people, _follow(joint, place, mid, stride)[None]])
        founders.append(number)
    return people, np.array(founders, int)


def _follow(joint, place, mid, stride):
    places = np.empty((len(_PATHS), 2))
    places[joint] = place
    for source, target, edge in _PATHS[joint]:
        field = mid[..., 2 * edge : 2 * edge + 2]
        places[target] = places[source] + sample(field, places[source], stride)
    return places


def score_joints(
    keypoints: np.ndarray, probabilities: np.ndarray, scales: np.ndarray, votes: np.ndarray
) -> np.ndarray:
    """How well each joint would be rated: its expected similarity to where it really is.

    Where it really is, the votes around it tell.

    Args:
        keypoints: float64 [people, joints, 2].
        probabilities: float64 [people, joints], heatmaps there.
        scales: float64 [people], the root of the area that each person takes, in pixels.
        votes: floating point [joints, h, w].

    Returns:
        float64 [people, joints], 0..1; 0 where no votes are within the radius.
    """
    scores = np.zeros(keypoints.shape[:2])
    height, width = votes.shape[1:]
    for (person, joint), probability in np.ndenumerate(probabilities):
        x, y = keypoints[person, joint]
        top, bottom = _window(y, height)
        left, right = _window(x, width)
        if top >= bottom or left >= right:
            continue
        rows, columns = np.arange(top, bottom) - y, np.arange(left, right) - x
        squares = rows[:, None] ** 2 + columns**2
        seen = votes[joint, top:bottom, left:right] * (squares <= RADIUS**2)
        total = seen.sum()
        if total > 0:
            spread = 2 * (scales[person] * 2 * SIGMAS[joint]) ** 2
            similarity = np.exp(-squares / spread)
            scores[person, joint] = probability * (seen * similarity).sum() / total
    return scores


def _window(place, length):
    """The pixels of one axis that lie within the radius: first, and one beyond the last."""
    first = int(np.clip(np.ceil(place - RADIUS), 0, length))
    return first, int(np.clip(np.floor(place + RADIUS) + 1, first, length))


def measure_people(keypoints: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """The root of the area of the box around each one's joints: float64 [people], in pixels.

    Args:
        keypoints: float64 [people, joints, 2].
        counts: bool [people, joints], the joints to look at; None looks at all, and so do people
            whose joints to look at span no area.
    """
    spans = _measure_boxes(keypoints, np.ones(keypoints.shape[:2], bool))
    if counts is None:
        return spans
    some = _measure_boxes(keypoints, counts)
    return np.where(some > 0, some, spans)


def _measure_boxes(keypoints, counts):
    there = counts[..., None]
    highest = keypoints.max(axis=1, initial=-np.inf, where=there)
    sides = np.maximum(highest - keypoints.min(axis=1, initial=np.inf, where=there), 0)
    return np.sqrt(sides.prod(axis=-1))


def rank_people(keypoints: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Soft non-maximum suppression: a joint counts once, for the person who is the surest.

    Args:
        keypoints: float64 [people, joints, 2].
        scores: float64 [people, joints].

    Returns:
        (int [people], the people in the order of their new scores; float64 [people], these scores
        in the same order). Nobody is left out: somebody found twice scores near 0 once.
    """
    order = np.argsort(-scores.mean(axis=1), kind="stable")
    ranked = np.zeros(len(order))
    for rank, person in enumerate(order):
        apart = np.hypot(*np.moveaxis(keypoints[order[:rank]] - keypoints[person], -1, 0))
        is_new = (apart > SAME).all(axis=0)
        ranked[rank] = scores[person][is_new].sum() / scores.shape[1]
    again = np.argsort(-ranked, kind="stable")
    return order[again], ranked[again]


def drop_duplicates(
    keypoints: np.ndarray, scores: np.ndarray, scales: np.ndarray, duplicate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Hard non-maximum suppression: who is similar to somebody surer is left out.

    Args:
        keypoints: float64 [people, joints, 2].
        scores: float64 [people, joints].
        scales: float64 [people], the root of the area that each person takes, in pixels.
        duplicate: from which similarity on, 0..1: the mean over the joints of COCO's, as if the
            surer person were the truth.

    Returns:
        As `rank_people`, of those who stay; a score is the mean of all joints.
    """
    means = scores.mean(axis=1)
    kept: list[int] = []
    for person in np.argsort(-means, kind="stable"):
        squares = np.square(keypoints[kept] - keypoints[person]).sum(axis=-1)
        spreads = 2 * np.square(scales[kept, None] * 2 * np.array(SIGMAS))
        similarities = np.exp(-squares / spreads).mean(axis=1)
        if not (similarities >= duplicate).any():
            kept.append(person)
    order = np.array(kept, int)
    return order, means[order]
