"""Which part of a photograph a sample shows, and how it lies in it.

A box is (left, top, right, bottom) in pixels of the photograph, not whole ones, and may reach
beyond it.
"""

import cv2
import numpy as np

from jppnet_tf.labels import IGNORE, LIP_JOINTS

Box = tuple[float, float, float, float]

_INDEX = {name: number for number, name in enumerate(LIP_JOINTS.names)}
_ARMS = [i for n, i in _INDEX.items() if n.split()[-1] in ("shoulder", "elbow", "wrist")]
_LEGS = [i for n, i in _INDEX.items() if n.split()[-1] in ("hip", "knee", "ankle")]
_SHOULDERS = [i for n, i in _INDEX.items() if n.endswith("shoulder")]
_KINDS = {"whole": 0.3, "person": 0.25, "half": 0.2, "head": 0.15, "legs": 0.1}
"""What is shown, and how often."""
_LEAST = 24  # pixels of the photograph that a box is wide and high at least


def draw_box(
    rng: np.random.Generator,
    size_hw: tuple[int, int],
    label: np.ndarray | None,
    joints_xy: np.ndarray,
    zoom: float,
) -> Box:
    """Draws what is shown.

    Args:
        rng: numpy Generator.
        size_hw: the photograph's.
        label: uint8 [h, w], class ids, or None.
        joints_xy: float [16, 2], nan where missing.
        zoom: by how much more than the whole photograph a box may enlarge; 1 shows it whole.

    Returns:
        Box.
    """
    kind = str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
    whole = (0.0, 0.0, float(size_hw[1]), float(size_hw[0]))
    part = find_part(kind, label, joints_xy, rng.random()) if zoom > 1 else None
    if part is None:
        return whole
    width, height = part[2] - part[0], part[3] - part[1]
    loose = 0.5 if rng.random() < 0.3 else 0.2
    left, top, right, bottom = rng.uniform(-0.04, loose, 4)
    box = (
        part[0] - left * width, part[1] - top * height,
        part[2] + right * width, part[3] + bottom * height,
    )  # fmt: skip
    proportion = np.exp(rng.uniform(np.log(0.45), np.log(1.4)))
    return fit_box(box, size_hw, proportion, zoom)


def find_part(
    kind: str, label: np.ndarray | None, joints_xy: np.ndarray, extent: float = 0.5
) -> Box | None:
    """The box of a part of a person.

    Args:
        kind: "whole", "person", "half" (down to hips or knees), "head" (with shoulders), "legs".
        label, joints_xy: as for `draw_box`.
        extent: 0..1, how far "half" and "head" reach down.

    Returns:
        Box; None for "whole", and where the joints that it needs are missing.
    """
    person = _find_person(label, joints_xy)
    if kind == "whole" or person is None:
        return None
    if kind == "person":
        return person
    joints = {name: joints_xy[index] for name, index in _INDEX.items()}
    needed = np.stack([joints[name] for name in ("head", "neck", "pelvis")])
    if np.isnan(needed).any():
        return None
    head, neck, pelvis = needed
    torso = float(np.linalg.norm(neck - pelvis))
    if kind == "legs":
        low, high, numbers = pelvis[1] - 0.3 * torso * extent, person[3], _LEGS
    elif kind == "half":
        low, numbers = min(head[1], person[1]), _ARMS
        high = pelvis[1] + (extent - 0.25) * 0.9 * torso
    else:
        low, numbers = min(head[1], person[1]), _SHOULDERS
        high = neck[1] + (0.05 + 0.6 * extent) * torso
    xs = np.array([*joints_xy[numbers, 0], head[0], neck[0]])
    if kind == "legs":
        xs = xs[:-2]
    if np.isnan(xs).all() or high - low < _LEAST:
        return None
    side = 0.3 * torso
    return float(np.nanmin(xs) - side), float(low), float(np.nanmax(xs) + side), float(high)


def _find_person(label, joints_xy):
    """The box of what is not background; without a label, of the joints and a little more."""
    if label is not None:
        there = (label > 0) & (label != IGNORE)
        rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
        if len(rows):
            return tuple(map(float, (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)))
    if np.isnan(joints_xy).all():
        return None
    low, high = np.nanmin(joints_xy, axis=0), np.nanmax(joints_xy, axis=0)
    margin = 0.08 * (high[1] - low[1]) + 1
    return tuple(map(float, (*(low - margin), *(high + margin))))


def fit_box(box: Box, size_hw: tuple[int, int], proportion: float, zoom: float) -> Box:
    """Grows a box to a proportion (width / height), where the photograph has room.

    Args:
        box: Box.
        size_hw: the photograph's.
        proportion: of the result, as far as it can be.
        zoom: how much smaller than the photograph a box may be.

    Returns:
        Box; beyond each border, at most 0.15 of the photograph's side is shown.
    """
    sizes = np.array(size_hw[::-1], float)
    low, high = np.array(box[:2]), np.array(box[2:])
    middle, extent = (low + high) / 2, np.maximum(high - low, _LEAST)
    extent = np.maximum(extent, [extent[1] * proportion, extent[0] / proportion])
    extent = np.clip(extent, sizes / zoom, 1.1 * sizes)
    low = middle - extent / 2
    # Shifted into the photograph where that has room.
    least, most = np.minimum(0, sizes - extent), np.maximum(sizes - extent, 0)
    low = np.clip(low, least - 0.05 * sizes, most + 0.05 * sizes)
    left, top, right, bottom = map(float, (*low, *(low + extent)))
    return left, top, right, bottom


def draw_matrix(
    rng: np.random.Generator,
    box: Box,
    size: int,
    scales: tuple[float, float],
    rotation: float,
    aspect: float,
    mirror: bool,
) -> tuple[np.ndarray, bool]:
    """Draws how a box lies in a sample.

    Args:
        rng: numpy Generator.
        box: Box.
        size: side of the sample.
        scales: range of the factor on the box's size in the sample.
        rotation: degrees by which it is turned at most, either way.
        aspect: factor by which proportions change at most, up or down.
        mirror: whether every other sample is mirrored.

    Returns:
        float64 [2, 3], from pixels of the photograph to pixels of the sample; bool, whether it
        mirrors.
    """
    low, extent = np.array(box[:2]), np.array(box[2:]) - box[:2]
    factor = np.exp(rng.uniform(np.log(scales[0]), np.log(scales[1])))
    bend = np.exp(rng.uniform(-1, 1) * np.log(aspect) / 2)
    angle = np.clip(rng.normal(0, rotation / 2.5), -rotation, rotation) if rotation else 0.0
    angle = np.deg2rad(angle if rng.random() < 0.6 else 0.0)
    mirrored = bool(mirror and rng.random() < 0.5)
    stretch = size / extent * factor * [bend, 1 / bend]
    # About the box's middle, then to a place where it lies inside, or fills the sample.
    slack = size - extent * stretch
    shift = slack * (rng.random(2) if factor != 1 or bend != 1 else 0.5)
    cosine, sine = np.cos(angle), np.sin(angle)
    # Turned in the photograph, and then brought to the sample's proportions.
    linear = np.diag(stretch) @ np.array([[cosine, -sine], [sine, cosine]])
    center = shift + extent * stretch / 2
    matrix = np.column_stack([linear, center - linear @ (low + extent / 2)])
    if mirrored:
        matrix[0] = -matrix[0]
        matrix[0, 2] += size - 1
    return matrix, mirrored


def warp(
    image: np.ndarray,
    matrix: np.ndarray,
    size: int,
    interpolation: int,
    border: int | tuple[int, ...],
) -> np.ndarray:
    """What a sample shows of an image: [size, size, ...], `border` outside of it."""
    return cv2.warpAffine(
        image, matrix, (size, size), flags=interpolation,
        borderMode=cv2.BORDER_CONSTANT, borderValue=border,
    )  # fmt: skip


def move_joints(joints_xy: np.ndarray, matrix: np.ndarray, size: int, mirrored: bool) -> np.ndarray:
    """Joints in a sample: float32 [16, 2], nan outside it; left and right change in a mirror."""
    xy = joints_xy @ matrix[:, :2].T + matrix[:, 2]
    if mirrored:
        xy = xy[list(LIP_JOINTS.mirror)]
    inside = ((xy >= 0) & (xy <= size - 1)).all(axis=1)
    return np.where(inside[:, None], xy, np.nan).astype(np.float32)
