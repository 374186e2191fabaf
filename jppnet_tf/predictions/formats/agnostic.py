"""A person without upper clothes: what VITON-HD and HR-VITON give their networks to dress.

Both cover a person's upper body by sticks and discs along the joints, and keep what a new garment
would not hide: the head, the hands, everything below the waist. All sizes belong to pictures 1024
high and 768 wide. Joints that are missing never get a stick, and neither project says what becomes
of their bodies then; here shoulders and hips are guessed from the clothes (`complete_torso`), and
an arm without a wrist is covered whole, since nobody knows where its hand begins.

Reference:
    Choi et al., VITON-HD (CVPR 2021), and Lee et al., HR-VITON (ECCV 2022).
"""

import cv2
import numpy as np

NECK, SHOULDERS, HIPS = 1, (2, 5), (9, 12)
"""Points of BODY_25; of pairs the right one comes first."""

_ARMS = {14: (2, 5, 6, 7), 15: (5, 2, 3, 4)}
"""The label of either arm: the points from the other shoulder to the wrist."""

_CLOTHES = (5, 6, 7)  # upper-clothes, dress, coat
_TORSO_SKIN = 10
_FACE = 13
_HEAD = (1, 4, _FACE)  # hat, sunglasses, face
_BELOW = (9, 12, 16, 17, 18, 19)  # pants, skirt, legs, shoes

_GREY = 128
_LEAST_SEEN = 2  # of shoulders and hips: with fewer, a guessed trunk may be anywhere
_LEAST_WIDTH = 0.4  # of shoulders, in lengths of the torso: people seen from the side have less


def mark_skin(parsing: np.ndarray, neck: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Calls skin what LIP calls face and lies below it: the neck and the chest.

    Args:
        parsing: uint8 [h, w], CIHP's ids.
        neck, head: float [3], LIP's joints below the chin and at the top of the head, x, y, score;
            0, 0, 0 where missing.

    Returns:
        uint8 [h, w]; the same without both joints.
    """
    if not (neck.any() and head.any()):
        return parsing
    rows, columns = np.nonzero(parsing == _FACE)
    up = head[:2] - neck[:2]
    is_below = (columns - neck[0]) * up[0] + (rows - neck[1]) * up[1] < 0
    parsing = parsing.copy()
    parsing[rows[is_below], columns[is_below]] = _TORSO_SKIN
    return parsing


def complete_torso(points: np.ndarray, parsing: np.ndarray) -> np.ndarray:
    """Guesses shoulders, hips and neck that are missing, so that readers can rely on them.

    A shoulder or hip lies as far from its partner as the hips or shoulders do from each other, or
    as it takes to have the middle of the clothes between them. Where both are missing, they lie
    below the shoulders or above the hips, at the end of the clothes; those that an image cuts off
    are at its edge. The neck lies between the shoulders. No two hips are at one place, because
    readers divide by their distance.

    Args:
        points: float32 [25, 3], BODY_25 on the canvas; 0, 0, 0 where missing.
        parsing: uint8 [h, w], CIHP's ids.

    Returns:
        float32 [25, 3]; what was guessed has a place and the score 0. Without a person in the
        label map, nothing is guessed.
    """
    region = np.isin(parsing, (*_CLOTHES, _TORSO_SKIN))
    region = region if region.any() else parsing > 0
    if not region.any():
        return points
    points, seen = points.copy(), points.any(axis=1)
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    for pair, other, y in ((SHOULDERS, HIPS, rows[0]), (HIPS, SHOULDERS, rows[-1])):
        is_known = seen[list(other)].all()
        across = points[other[1], 0] - points[other[0], 0] if is_known else None
        if seen[pair[0]] != seen[pair[1]]:
            there, gone = pair if seen[pair[0]] else pair[::-1]
            away = np.sum(columns[[0, -1]]) - 2 * points[there, 0] if across is None else across
            away = -away if across is not None and gone == pair[0] else away
            points[gone, :2] = points[there, :2] + (away, 0)
        elif not seen[pair[0]]:
            xs = points[list(other), 0] if is_known else columns[[0, -1]]
            points[list(pair), :2] = np.stack([xs, np.full(2, y)], axis=1)
        seen[list(pair)] = True
    if np.hypot(*(points[HIPS[0], :2] - points[HIPS[1], :2])) < 1:
        side = np.sign(points[SHOULDERS[1], 0] - points[SHOULDERS[0], 0]) or 1
        points[list(HIPS), 0] += np.array([-side, side])
    if not seen[NECK]:
        points[NECK, :2] = points[list(SHOULDERS), :2].mean(axis=0)
    named = [NECK, *SHOULDERS, *HIPS]
    limits = np.array(parsing.shape[::-1]) - 1
    points[named, :2] = np.clip(points[named, :2], 0, limits)
    return points


def erase_clothes(parsing: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The label map of a person without upper clothes, torso and arms; hands stay.

    Args:
        parsing: uint8 [1024, 768], CIHP's ids.
        points: float [25, 3], BODY_25 on the same canvas; 0, 0, 0 where missing.

    Returns:
        uint8 [1024, 768]; background where something was erased.
    """
    erased = np.isin(parsing, (*_CLOTHES, _TORSO_SKIN))
    for arm, chain in _ARMS.items():
        cover = _Cover(parsing.shape)
        present = [i for i in chain if points[i].any()]
        for a, b in zip(present, present[1:], strict=False):
            cover.add_line(points[a], points[b], 100)
            cover.add_disc(points[b], 40 if b == chain[-1] else 150)
        knows_hand = points[chain[-1]].any()
        erased |= (parsing == arm) & (cover.mask if knows_hand else True)
    return np.where(erased, 0, parsing).astype(np.uint8)


def cover_clothes(
    rgb: np.ndarray, parsing: np.ndarray, points: np.ndarray, shown: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A picture of a person whose upper body is grey but for head and hands.

    All clothes that the label map knows are covered, also where they reach beyond the sticks. They
    and the arms alone are covered where fewer than two shoulders and hips were found.

    Args:
        rgb: uint8 [1024, 768, 3].
        parsing: uint8 [1024, 768], CIHP's ids.
        points: float [25, 3], as `complete_torso` gives them.
        shown: bool [1024, 768], where on the canvas the image lies.

    Returns:
        uint8 [1024, 768, 3], and bool [1024, 768]: where it is grey.
    """
    mask = np.isin(parsing, (*_CLOTHES, _TORSO_SKIN))
    corners = points[[*SHOULDERS, *HIPS]]
    if corners.any(axis=1).all() and np.count_nonzero(corners[:, 2] > 0) >= _LEAST_SEEN:
        unit = int(_measure_width(points) / 16) + 1
        mask |= _cover_torso(parsing.shape, points, unit)
        for arm, chain in _ARMS.items():
            mask = _cover_arm(mask, parsing == arm, points, chain[1:], unit)
    else:
        mask |= np.isin(parsing, tuple(_ARMS))
    mask &= shown & ~np.isin(parsing, (*_HEAD, *_BELOW))
    return np.where(mask[..., None], np.uint8(_GREY), rgb), mask


def _measure_width(points):
    right, left, below, under = (points[i, :2] for i in (*SHOULDERS, *HIPS))
    length = np.hypot(*((right + left) / 2 - (below + under) / 2))
    return max(np.hypot(*(left - right)), _LEAST_WIDTH * length)


def _cover_torso(size_hw, points, unit):
    """Shoulders, trunk, hips as wide as the shoulders, and the neck above them."""
    cover, width = _Cover(size_hw), _measure_width(points)
    right, left, right_hip, left_hip = (points[i, :2] for i in (*SHOULDERS, *HIPS))
    middle, across = (right_hip + left_hip) / 2, left_hip - right_hip
    across = across / max(np.hypot(*across), 1e-3) * width / 2
    hips = middle - across, middle + across
    for shoulder, hip in zip((right, left), hips, strict=True):
        cover.add_disc(hip, 3 * unit, 6 * unit)
        cover.add_disc(shoulder, 5 * unit, 6 * unit)
        cover.add_line(shoulder, hip, 6 * unit)
    cover.add_line(*hips, 12 * unit)
    cover.add_line(right, left, 12 * unit)
    cover.add_hull((right, left, *hips))
    x, y = points[NECK, :2]
    cover.add_hull([(x + dx * unit, y + dy * unit) for dx in (-5, 5) for dy in (-9, 0)])
    return cover.mask


def _cover_arm(mask, is_arm, points, chain, unit):
    """Covers an arm too, and lays its hand bare."""
    cover, bare = _Cover(mask.shape), _Cover(mask.shape)
    present = [i for i in chain if points[i].any()]
    bare.add_disc(points[chain[0]], 5 * unit, 6 * unit)
    for a, b in zip(present, present[1:], strict=False):
        for each in (cover, bare):
            each.add_line(points[a], points[b], 10 * unit)
        cover.add_disc(points[b], 5 * unit)
        bare.add_disc(points[b], (4 if b == chain[-1] else 5) * unit)
    if not points[chain[-1]].any():
        return mask | cover.mask | is_arm
    return (mask | cover.mask) & ~(is_arm & ~bare.mask)


class _Cover:
    """Shapes laid over each other; `mask`, bool [h, w], is what they cover."""

    _SHIFT = 4  # OpenCV takes fractions of a pixel as fixed-point numbers

    def __init__(self, size_hw):
        self._pixels = np.zeros(size_hw, np.uint8)

    @property
    def mask(self):
        return self._pixels > 0

    def _fix(self, values):
        return [int(round(float(value) * 2**self._SHIFT)) for value in values]

    def add_line(self, start, end, width):
        """A line with flat ends, unlike OpenCV's: round ones would reach into the hand."""
        along = end[:2] - start[:2]
        length = np.hypot(*along)
        if length > 0:
            aside = np.array([-along[1], along[0]]) / length * width / 2
            ends = start[:2], end[:2]
            self.add_hull([point + side * aside for point in ends for side in (-1, 1)])

    def add_disc(self, middle, radius_x, radius_y=None):
        radii = self._fix((radius_x, radius_x if radius_y is None else radius_y))
        place = self._fix(middle[:2])
        cv2.ellipse(self._pixels, place, radii, 0, 0, 360, 1, cv2.FILLED, cv2.LINE_8, self._SHIFT)

    def add_hull(self, corners):
        hull = cv2.convexHull(np.array(corners, np.float32))[:, 0]
        fixed = np.array([self._fix(point) for point in hull], np.int32)
        cv2.fillConvexPoly(self._pixels, fixed, 1, cv2.LINE_8, self._SHIFT)
