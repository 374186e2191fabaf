"""Where the parts of a body lie, by BlazePose's landmarks."""

import dataclasses
from collections.abc import Sequence

import numpy as np

SIDES = ("left", "right")  # the person's own
_NOSE, _EYES, _MOUTH = 0, (2, 5), (9, 10)
_FIRST = {
    "shoulder": 11, "elbow": 13, "wrist": 15, "pinky": 17, "index": 19, "thumb": 21,
    "hip": 23, "knee": 25, "ankle": 27, "heel": 29, "toes": 31,
}  # fmt: skip
"""The left one's number; the right one's is the next."""
_SEEN = 0.5  # from this visibility on a landmark of a hand is trusted


@dataclasses.dataclass(frozen=True)
class Body:
    """A person's landmarks, by name.

    Attributes:
        points: float32 [33, 2], x and y in pixels.
        visibility: float32 [33], 0..1.
    """

    points: np.ndarray
    visibility: np.ndarray

    @classmethod
    def of(cls, landmarks: np.ndarray) -> "Body":
        """The body of BlazePose's landmarks, float32 [33, 4]."""
        return cls(landmarks[:, :2], landmarks[:, 3])

    def at(self, kind: str, side: str) -> np.ndarray:
        """x and y of a landmark such as ("elbow", "left")."""
        return self.points[number_of(kind, side)]

    def middle(self, kind: str) -> np.ndarray:
        """x and y halfway between the left and the right one."""
        return (self.at(kind, "left") + self.at(kind, "right")) / 2

    @property
    def torso(self) -> float:
        """From the shoulders' middle to the hips', in pixels; at least 1."""
        return max(float(np.linalg.norm(self.middle("shoulder") - self.middle("hip"))), 1.0)

    @property
    def nose(self) -> np.ndarray:
        """x and y of the nose."""
        return self.points[_NOSE]

    @property
    def eyes(self) -> np.ndarray:
        """x and y between the eyes."""
        return self.points[list(_EYES)].mean(axis=0)

    @property
    def chin(self) -> np.ndarray:
        """x and y of the chin, as far below the mouth as the mouth below the nose."""
        mouth = self.points[list(_MOUTH)].mean(axis=0)
        return mouth + 0.9 * (mouth - self.nose)

    def line(self, side: str, kinds: Sequence[str]) -> np.ndarray:
        """Points [n, 2] of one side, such as its hip, knee and ankle."""
        return np.stack([self.at(kind, side) for kind in kinds])

    def hand(self, side: str) -> np.ndarray:
        """The landmarks of a hand that are to be trusted: float32 [n, 2]; n may be 0."""
        numbers = [number_of(kind, side) for kind in ("wrist", "pinky", "index", "thumb")]
        return self.points[[n for n in numbers if self.visibility[n] >= _SEEN]]


def number_of(kind: str, side: str) -> int:
    """The number of a landmark."""
    return _FIRST[kind] + SIDES.index(side)


def distance_to_line(ys: np.ndarray, xs: np.ndarray, line: np.ndarray) -> np.ndarray:
    """How far pixels are from a broken line.

    Args:
        ys, xs: int arrays [n].
        line: float [points, 2] of x, y.

    Returns:
        float32 [n].
    """
    pixels = np.stack([xs, ys], axis=1).astype(np.float32)
    nearest = np.full(len(pixels), np.inf, np.float32)
    for start, end in zip(line[:-1], line[1:], strict=True):
        along = end - start
        share = ((pixels - start) @ along) / max(float(along @ along), 1e-6)
        foot = start + np.clip(share, 0, 1)[:, None] * along
        nearest = np.minimum(nearest, np.linalg.norm(pixels - foot, axis=1))
    return nearest


def distance_to_points(ys: np.ndarray, xs: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How far pixels are from the nearest of some points: float32 [n], inf without points."""
    nearest = np.full(len(ys), np.inf, np.float32)
    for x, y in points:
        nearest = np.minimum(nearest, np.hypot(xs - x, ys - y))
    return nearest
