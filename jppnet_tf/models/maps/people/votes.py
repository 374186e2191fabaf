"""Where joints are: votes of all pixels around them, and the peaks of these."""

import math

import cv2
import numpy as np

from jppnet_tf.models.maps.people.skeleton import RADIUS

LEAST_PEAK = 0.01
"""What a peak must reach to be the seed of a person."""


def vote(heatmap: np.ndarray, short: np.ndarray, least: float = 0.0) -> np.ndarray:
    """A Hough map: every pixel votes, as strong as its heatmap, for where its offset leads.

    A vote is shared out among the four pixels around the place it names; what falls outside the
    input is lost.

    Args:
        heatmap: floating point [h, w], probabilities of one joint, at every pixel.
        short: floating point [h, w, 2], its short-range offsets, in pixels.
        least: pixels of a lower probability do not vote.

    Returns:
        float64 [h, w]; about 1 at a joint that all pixels around it agree on.
    """
    height, width = heatmap.shape
    weights, x, y = heatmap, short[..., 0] + np.arange(width, dtype=short.dtype), short[..., 1]
    y = y + np.arange(height, dtype=short.dtype)[:, None]
    voters = np.flatnonzero(heatmap > least)
    if len(voters) < heatmap.size:
        weights, x, y = (np.take(values, voters) for values in (weights, x, y))
    # On a map that is larger on each side, votes from outside need no case of their own.
    x, y = np.clip(x, -1, width).ravel(), np.clip(y, -1, height).ravel()
    left, top = np.floor(x), np.floor(y)
    wide = width + 3
    corner = top.astype(np.int64)
    corner *= wide
    corner += left.astype(np.int64)
    corner += wide + 1
    weights = weights.ravel()
    x, y = x - left, y - top
    right, lower = weights * x, weights * y
    both = lower * x
    length = (height + 3) * wide
    votes = np.bincount(corner, weights - right - lower + both, length)
    votes[1:] += np.bincount(corner, right - both, length)[:-1]
    votes[wide:] += np.bincount(corner, lower - both, length)[:-wide]
    votes[wide + 1 :] += np.bincount(corner, both, length)[: -wide - 1]
    votes = votes.reshape(height + 3, wide)[1 : height + 1, 1 : width + 1]
    return votes / (math.pi * RADIUS**2)


def find_seeds(votes: np.ndarray, least: float = LEAST_PEAK) -> np.ndarray:
    """The peaks of Hough maps: pixels that none of their neighbours exceeds.

    Args:
        votes: floating point [joints, h, w].
        least: what they reach at least.

    Returns:
        float64 [n, 4]: score, joint, y, x; the highest first, and of equal ones the one of the
        earlier joint, then the upper one, then the left one.
    """
    seeds = []
    for joint, values in enumerate(votes):
        highest = cv2.dilate(values, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((values >= least) & (values >= highest))
        scores = values[rows, columns]
        seeds.append(np.stack([scores, np.full(len(scores), joint), rows, columns], axis=1))
    found = np.concatenate(seeds).astype(np.float64)
    return found[np.lexsort((found[:, 3], found[:, 2], found[:, 1], -found[:, 0]))]
