"""Pictures of results, for people to look at."""

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from jppnet_tf.labels import LIP, LIP_JOINTS, Classes, Joints

LEAST_SCORE = 0.1
"""What a joint must score to count as there: networks place every joint, also those that an image
does not show, where their heatmaps stay near 0."""

_LEAST_SHARE = 0.0005  # of the pixels, for a class to be in the legend: less would read "0.0 %"
_OPACITY = 0.55
_RIGHT, _LEFT, _MIDDLE = (255, 140, 40), (60, 160, 255), (250, 250, 250)
_INK, _PAPER = (40, 40, 40), (255, 255, 255)

# OpenPose's BODY_25: the colour of each point, without feet, eyes and ears, and the sticks, in the
# order in which they are drawn. A stick has the colour of its second point.
_BODY25_COLOURS = (
    (255, 0, 85), (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0),
    (85, 255, 0), (0, 255, 0), (255, 0, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255),
    (0, 170, 255), (0, 85, 255), (0, 0, 255),
)  # fmt: skip
_BODY25_STICKS = (
    (1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11),
    (8, 12), (12, 13), (13, 14),
)  # fmt: skip
_BODY25_OPACITY = 0.6


def colour_parsing(
    parsing: np.ndarray, palette: Sequence[Sequence[int]] = LIP.palette
) -> np.ndarray:
    """Colours class ids.

    Args:
        parsing: uint8 [h, w], ids below the palette's length.
        palette: one (red, green, blue) per class.

    Returns:
        uint8 [h, w, 3], RGB.
    """
    return np.asarray(palette, np.uint8)[parsing]


def draw_overlay(
    rgb: np.ndarray,
    parsing: np.ndarray,
    people: np.ndarray | Sequence[np.ndarray] | None,
    classes: Classes = LIP,
    joints: Joints | None = LIP_JOINTS,
    *,
    shortest: int = 640,
    longest: int = 1600,
    least_score: float = LEAST_SCORE,
) -> np.ndarray:
    """The photograph under its parsing and skeleton, with a legend of the classes found.

    Small photographs are enlarged and large ones reduced, so that lines and letters suit them.

    Args:
        rgb: uint8 [h, w, 3].
        parsing: uint8 [h, w], class ids.
        people: float [joints, 3], x and y in pixels of `rgb`, score. Or several of them, one for
            each person; or None, for no skeleton.
        classes: labels.Classes, what the ids stand for.
        joints: labels.Joints, what the points stand for.
        shortest, longest: bounds of the longer side of the drawn photograph, in pixels.
        least_score: joints that score less are not drawn.

    Returns:
        uint8 [H, W, 3], RGB: the photograph, and the legend to its right.
    """
    longer = max(rgb.shape[:2])
    factor = min(max(longer, shortest), longest) / longer
    size_wh = tuple(max(1, round(side * factor)) for side in rgb.shape[1::-1])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    photo = cv2.resize(rgb, size_wh, interpolation=method)
    regions = cv2.resize(parsing, size_wh, interpolation=cv2.INTER_NEAREST)
    people = [keypoints * (factor, factor, 1) for keypoints in _as_list(people)]
    picture = draw_people(photo, regions, people, classes, joints, least_score=least_score)
    pixels = np.bincount(parsing.ravel(), minlength=len(classes.names))
    return _append_legend(picture, pixels, classes, has_limbs=bool(people))


def draw_people(
    rgb: np.ndarray,
    parsing: np.ndarray,
    people: np.ndarray | Sequence[np.ndarray] | None,
    classes: Classes = LIP,
    joints: Joints | None = LIP_JOINTS,
    *,
    least_score: float = LEAST_SCORE,
) -> np.ndarray:
    """The photograph under its parsing and skeletons, at its own size.

    Args:
        rgb: uint8 [h, w, 3].
        parsing, people, classes, joints: as for `draw_overlay`.
        least_score: joints that score less are not drawn.

    Returns:
        uint8 [h, w, 3], RGB.
    """
    picture = _blend(rgb, parsing, classes.palette)
    for keypoints in _as_list(people):
        _draw_skeleton(picture, keypoints, joints, least_score)
    return picture


def _as_list(people):
    """The joints of each person: list of float [joints, 3]."""
    if people is None:
        return []
    return [people] if getattr(people, "ndim", 3) == 2 else list(people)


def draw_body25(
    points: np.ndarray, size_hw: Sequence[int], least_score: float = 0.05
) -> np.ndarray:
    """A skeleton as OpenPose draws one on black: BODY_25, of its first 15 points.

    Sticks are ellipses of a sixtieth of the shorter side, points discs of a fiftieth; all let a
    part of what lies below shine through, so on black they have 0.6 of their colour.

    Args:
        points: float [25, 3], x, y in pixels, score; 0, 0, 0 where missing.
        size_hw: (height, width) of the picture.
        least_score: points that score less are not drawn, nor are their sticks.

    Returns:
        uint8 [height, width, 3], RGB.
    """
    picture = np.zeros((*size_hw, 3), np.uint8)
    seen = points.any(axis=1) & (points[:, 2] >= least_score)
    for a, b in _BODY25_STICKS:
        if seen[a] and seen[b]:
            along = points[b, :2] - points[a, :2]
            axes = np.hypot(*along) / 2, min(size_hw) / 120
            middle, angle = (points[a, :2] + points[b, :2]) / 2, np.arctan2(along[1], along[0])
            _blend_ellipse(picture, middle, axes, angle, _BODY25_COLOURS[b])
    for point, colour, visible in zip(points, _BODY25_COLOURS, seen, strict=False):
        if visible:
            _blend_ellipse(picture, point[:2], [min(size_hw) / 100] * 2, 0, colour)
    return picture


def _blend_ellipse(picture, middle, axes, angle, colour):
    """An ellipse over a picture, in place; `axes` are half its length and width, in pixels."""
    inside = np.zeros(picture.shape[:2], np.uint8)
    shift = 4  # fixed-point numbers, see _draw_skeleton
    place, halves = ([int(round(v * 2**shift)) for v in pair] for pair in (middle, axes))
    turned = float(np.degrees(angle))
    cv2.ellipse(inside, place, halves, turned, 0, 360, 1, cv2.FILLED, cv2.LINE_8, shift)
    below = picture[inside > 0] * (1 - _BODY25_OPACITY)
    picture[inside > 0] = np.rint(below + np.multiply(colour, _BODY25_OPACITY)).astype(np.uint8)


def tile(
    pictures: Sequence[np.ndarray], columns: int, cell_hw: Sequence[int] = (480, 480)
) -> np.ndarray:
    """Pictures side by side and below each other, each fitted into a cell.

    Args:
        pictures: list of uint8 [h, w, 3].
        columns: how many side by side.
        cell_hw: size of a cell.

    Returns:
        uint8 [rows * cell height, columns * cell width, 3]; white where nothing is.
    """
    height, width = cell_hw
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * height, columns * width, 3), _PAPER, np.uint8)
    for number, picture in enumerate(pictures):
        factor = min(height / picture.shape[0], width / picture.shape[1])
        size_wh = tuple(max(1, int(side * factor)) for side in picture.shape[1::-1])
        fitted = cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA)
        top, left = number // columns * height, number % columns * width
        sheet[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return sheet


def _blend(photo, regions, palette):
    """Colours over the photograph; the background stays as it is, borders are drawn light."""
    coloured = cv2.addWeighted(photo, 1 - _OPACITY, colour_parsing(regions, palette), _OPACITY, 0)
    picture = np.where(regions[..., None] == 0, photo, coloured)
    border = cv2.morphologyEx(regions, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) > 0
    picture[border] = picture[border] // 3 + 170
    return picture


def _side_colour(name):
    return _RIGHT if name.startswith("right") else _LEFT if name.startswith("left") else _MIDDLE


def _draw_skeleton(picture, keypoints, joints, least_score):
    """Limbs and joints in the colour of their side, with a dark rim; drawn into `picture`."""
    thickness = max(2, round(max(picture.shape[:2]) / 220))
    shift = 4  # OpenCV takes fractions of a pixel as fixed-point numbers
    points = [tuple(int(v * 2**shift) for v in point) for point in keypoints[:, :2] + 0.5]
    seen = keypoints[:, 2] >= least_score
    # Shapes in the dark first, a little wider, then in colour: so that no rim crosses a limb.
    for rim in (2, 0):
        for (a, b), names in zip(joints.limb_indices, joints.limbs, strict=True):
            if seen[a] and seen[b]:
                colour = _INK if rim else _side_colour(names[1])
                cv2.line(picture, points[a], points[b], colour, thickness + rim, cv2.LINE_AA, shift)
        for point, name, visible in zip(points, joints.names, seen, strict=True):
            if visible:
                colour = _INK if rim else _side_colour(name)
                radius = (thickness + rim // 2) << shift
                cv2.circle(picture, point, radius, colour, -1, cv2.LINE_AA, shift)


def _append_legend(picture, pixels, classes, has_limbs):
    """The classes found but for the background, the largest first, and what limbs' colours mean."""
    shown = pixels[1:] >= max(1, _LEAST_SHARE * pixels.sum())
    found = sorted(np.flatnonzero(shown) + 1, key=lambda index: -pixels[index])
    entries = [
        (
            classes.palette[index],
            f"{classes.names[index]}  {100 * pixels[index] / pixels.sum():.1f} %",
        )
        for index in found
    ]
    entries += [(_RIGHT, "right limbs"), (_LEFT, "left limbs")] if has_limbs else []
    # A line for every class must fit, however many there are.
    height = max(picture.shape[0], 200)
    line = min(30, (height - 10) // max(len(entries), 12))
    font = ImageFont.load_default(line * 0.6)
    width = round(20 + line + max((font.getlength(text) for _, text in entries), default=0))
    sheet = Image.new("RGB", (picture.shape[1] + width, height), _PAPER)
    sheet.paste(Image.fromarray(picture), (0, 0))
    draw = ImageDraw.Draw(sheet)
    left = picture.shape[1] + 8
    for number, (colour, text) in enumerate(entries):
        middle = 8 + line * (number + 0.5)
        swatch = (left, middle - line * 0.35, left + line * 0.7, middle + line * 0.35)
        draw.rectangle(swatch, fill=tuple(colour), outline=_INK)
        draw.text((left + line, middle), text, _INK, font, anchor="lm")
    return np.asarray(sheet)
