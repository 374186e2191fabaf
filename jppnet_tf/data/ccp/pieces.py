"""Skin and shoes shared out among the parts of a body, piece by piece.

A piece is what hangs together in the photograph. Each of its pixels votes for the part whose bone
is nearest; then small minorities inside a piece are outvoted, so that a hand at the hips is not
torn between arm and leg.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from jppnet_tf.data.ccp.body import SIDES, Body, distance_to_line, distance_to_points
from jppnet_tf.labels import IGNORE, LIP

_FACE, _NECK = LIP.names.index("face"), IGNORE
_ARMS = {side: LIP.names.index(f"{side}-arm") for side in SIDES}
_LEGS = {side: LIP.names.index(f"{side}-leg") for side in SIDES}
_SHOES = {side: LIP.names.index(f"{side}-shoe") for side in SIDES}

# Half thicknesses of the parts, as shares of the torso's length.
_FACE_SHARE, _NECK_SHARE, _BELLY_SHARE, _ARM_SHARE, _LEG_SHARE = 0.17, 0.12, 0.05, 0.08, 0.12
_HAND_SHARE = 0.13
"""How far from a hand's landmarks skin is the hand's, as a share of the torso's length."""
_NEAR_SHARE = 0.3
"""How near skin beside a thigh is to a hand's landmarks, trusted or not, if it is the hand's."""
_MINORITY = 0.12
"""What covers less of a piece is given to what it borders on."""
_CLEAR = 0.85
"""The share of votes from which a whole piece belongs to one part."""


def share_skin(mask: np.ndarray, body: Body) -> np.ndarray:
    """Shares out skin.

    Args:
        mask: bool [h, w], where there is skin.
        body: Body.

    Returns:
        uint8 [h, w]: face, left and right arm and leg; 255 elsewhere, and on neck, chest and belly.
    """
    out = np.full(mask.shape, IGNORE, np.uint8)
    for ys, xs in find_pieces(mask):
        ids, distances = _skin_distances(ys, xs, body)
        votes = np.array(ids)[distances.argmin(axis=0)]
        # The neck, which touches the face always, is not outvoted: unknown does no harm.
        body_part = votes != _NECK
        if body_part.any():
            ys, xs, votes = ys[body_part], xs[body_part], votes[body_part]
            settled = _settle(ys, xs, votes)
            out[ys, xs] = _take_hands_off_hips(ys, xs, settled, body)
    return out


def _skin_distances(ys, xs, body):
    """Class ids of the parts, and how far the pixels are outside each: [parts, n], in pixels."""
    torso = body.torso
    shoulders, hips = body.middle("shoulder"), body.middle("hip")
    chest = shoulders + 0.35 * (hips - shoulders)
    parts = [
        (_FACE, np.stack([body.eyes, body.chin]), _FACE_SHARE),
        (_NECK, np.stack([body.chin, shoulders, chest]), _NECK_SHARE),
        (_NECK, np.stack([chest, hips]), _BELLY_SHARE),
    ]
    for side in SIDES:
        fingers = (body.at("index", side) + body.at("pinky", side)) / 2
        arm = np.vstack([body.line(side, ("shoulder", "elbow", "wrist")), fingers])
        parts += [
            (_ARMS[side], arm, _ARM_SHARE),
            (_LEGS[side], body.line(side, ("hip", "knee", "ankle", "toes")), _LEG_SHARE),
        ]
    distances = np.stack([distance_to_line(ys, xs, line) - w * torso for _, line, w in parts])
    ids = [part[0] for part in parts]
    for side in SIDES:
        hand = distance_to_points(ys, xs, body.hand(side))
        row, near = ids.index(_ARMS[side]), hand < _HAND_SHARE * torso
        # Nearer than any other part can be, but two hands still share between themselves.
        distances[row, near] = np.minimum(distances[row], hand - 10 * torso)[near]
    return ids, distances


def _take_hands_off_hips(ys, xs, ids, body):
    """Gives what lies beside the upper thigh alone, and so is hardly a leg, to the arm near it.

    A hand that rests there is often not seen well enough for its landmarks to be trusted. Without
    a wrist or finger near, it is unknown.
    """
    ids = ids.copy()
    for side in SIDES:
        hip, knee = body.at("hip", side), body.at("knee", side)
        thigh = knee - hip
        share = ((np.stack([xs, ys], axis=1) - hip) @ thigh) / max(float(thigh @ thigh), 1e-6)
        mine = ids == _LEGS[side]
        if not mine.any() or share[mine].max() > 0.5:
            continue
        distances = [
            distance_to_points(ys[mine], xs[mine], body.line(s, ("wrist", "index", "thumb"))).min()
            for s in SIDES
        ]
        nearest = int(np.argmin(distances))
        is_near = distances[nearest] < _NEAR_SHARE * body.torso
        ids[mine] = _ARMS[SIDES[nearest]] if is_near else IGNORE
    return ids


def _settle(ys, xs, votes):
    """Votes of one piece without small minorities: uint8 [n]."""
    values, counts = np.unique(votes, return_counts=True)
    if counts.max() >= _CLEAR * len(votes):
        return np.full(len(votes), values[counts.argmax()], np.uint8)
    top, left = ys.min(), xs.min()
    grid = np.full((np.ptp(ys) + 3, np.ptp(xs) + 3), -1, np.int16)
    grid[ys - top + 1, xs - left + 1] = votes
    regions = [(value, piece) for value in values for piece in find_pieces(grid == value)]
    # The smallest first, so that crumbs do not hold each other up.
    for value, (rows, columns) in sorted(regions, key=lambda region: len(region[1][0])):
        if len(rows) >= _MINORITY * len(votes):
            break
        around = np.zeros(grid.shape, np.uint8)
        around[rows, columns] = 1
        around = cv2.dilate(around, np.ones((3, 3), np.uint8)).astype(bool)
        others = grid[around & (grid >= 0) & (grid != value)]
        if len(others):
            grid[rows, columns] = np.bincount(others).argmax()
    return grid[ys - top + 1, xs - left + 1].astype(np.uint8)


def share_shoes(mask: np.ndarray, body: Body) -> np.ndarray:
    """Shares out shoes between the feet: uint8 [h, w], 255 elsewhere."""
    out = np.full(mask.shape, IGNORE, np.uint8)
    pieces = list(find_pieces(mask))
    votes = [_shoe_distances(ys, xs, body) for ys, xs in pieces]
    for (ys, xs), side in zip(pieces, _pair_up(pieces, votes), strict=True):
        out[ys, xs] = side
    return out


def _shoe_distances(ys, xs, body):
    """How far pixels are from the left and the right foot: [2, n], in pixels."""
    kinds = ("knee", "ankle", "heel", "toes")
    return np.stack([distance_to_line(ys, xs, body.line(side, kinds)) for side in SIDES])


def _pair_up(pieces, distances):
    """The class of each piece: a number, or an array where both feet lie in one piece."""
    ids = np.array([_SHOES[side] for side in SIDES], np.uint8)
    total = sum(len(ys) for ys, _ in pieces)
    large = [i for i, (ys, _) in enumerate(pieces) if len(ys) > 0.2 * total]
    answers = {}
    if len(large) == 2:  # one for each foot
        (a, b) = (distances[i].mean(axis=1) for i in large)
        first = int(a[0] + b[1] > a[1] + b[0])
        answers = {large[0]: ids[first], large[1]: ids[1 - first]}
    for number, values in enumerate(distances):
        if number in answers:
            yield answers[number]
            continue
        nearest = values.argmin(axis=0)
        share = nearest.mean()
        is_clear = max(share, 1 - share) >= _CLEAR or len(nearest) < 0.2 * total
        yield ids[int(share > 0.5)] if is_clear else ids[nearest]


def find_above_hips(mask: np.ndarray, body: Body) -> np.ndarray:
    """Where clothes of one piece are the upper part: bool [h, w], within `mask`."""
    ys, xs = np.nonzero(mask)
    out = np.zeros(mask.shape, bool)
    shoulders, hips = body.middle("shoulder"), body.middle("hip")
    down = hips - shoulders
    share = ((np.stack([xs, ys], axis=1) - shoulders) @ down) / max(float(down @ down), 1e-6)
    lines = {
        kind: np.minimum(*(distance_to_line(ys, xs, body.line(side, kinds)) for side in SIDES))
        for kind, kinds in (
            ("arm", ("shoulder", "elbow", "wrist")),
            ("leg", ("hip", "knee", "ankle")),
        )
    }
    # Sleeves hang below the hips.
    out[ys, xs] = (share < 1) | ((share < 1.5) & (lines["arm"] < lines["leg"]))
    return out


def find_pieces(mask: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What hangs together: yields (ys, xs), int arrays, of each piece."""
    count, numbers = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    if count <= 1:
        return
    ys, xs = np.nonzero(mask)
    order = np.argsort(numbers[ys, xs], kind="stable")
    ys, xs = ys[order], xs[order]
    ends = np.cumsum(np.bincount(numbers[ys, xs], minlength=count)[1:])
    yield from zip(np.split(ys, ends[:-1]), np.split(xs, ends[:-1]), strict=True)
