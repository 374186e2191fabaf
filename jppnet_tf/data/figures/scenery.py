"""Backgrounds, things in front, and what a camera does to a picture."""

import typing

import cv2
import numpy as np

from jppnet_tf.data.figures.canvas import Tube
from jppnet_tf.data.figures.person import OBJECT
from jppnet_tf.data.figures.wardrobe import draw_cloth, draw_colour, noise_patch

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.canvas import Canvas
    from jppnet_tf.data.figures.dice import Dice


def draw_backdrop(dice: "Dice", height: int, width: int) -> np.ndarray:
    """A background of gradients, textures, shapes and clutter: float32 [3, h, w].

    Drawn small and enlarged, which also blurs it.
    """
    factor = dice.pick((2, 3, 5))
    h, w = max(height // factor, 8), max(width // factor, 8)
    base = _base(dice, h, w)
    for _ in range(int(dice.uniform(0, 10))):
        _add_shape(dice, base)
    sigma = dice.uniform(0.8, 5) * h / 128 if dice.chance(0.4) else 0.6
    base = cv2.GaussianBlur(base, (0, 0), sigma)
    picture = cv2.resize(base, (width, height), interpolation=cv2.INTER_LINEAR)
    picture = np.ascontiguousarray(picture.transpose(2, 0, 1))
    if dice.chance(0.6):
        patch = noise_patch(
            dice.pick(("grain", "folds", "clouds")),
            (height, width), (dice.uniform(), dice.uniform()),
        )  # fmt: skip
        picture *= 1 + np.float32(dice.uniform(0.02, 0.3)) * patch
    return picture


def _base(dice, h, w):
    """A gradient, coloured clouds, wall and floor, or stripes."""
    kind = dice.pick({"gradient": 3, "clouds": 4, "room": 4, "stripes": 2})
    first, second = draw_colour(dice), draw_colour(dice)
    if kind == "clouds":
        count = 3 + int(dice.uniform(0, 8))
        coarse = dice.array(count, count, 3)
        coarse = first + (second - first) * coarse + (dice.array(count, count, 3) - 0.5) * 0.4
        return cv2.resize(coarse.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    x = np.linspace(0, 1, w, dtype=np.float32)[None, :, None]
    angle = dice.uniform(0, 2 * np.pi)
    ramp = 0.5 + (x - 0.5) * np.float32(np.cos(angle)) + (y - 0.5) * np.float32(np.sin(angle))
    if kind == "gradient":
        mix = np.clip(ramp, 0, 1)
    elif kind == "stripes":
        mix = np.float32(0.5) + np.float32(0.5) * np.sin(ramp * np.float32(dice.uniform(12, 90)))
    else:
        horizon = np.float32(dice.uniform(0.45, 0.9))
        mix = (y > horizon) * (0.6 + 0.4 * y) + 0.15 * x
    return np.ascontiguousarray(first + mix * (second - first), np.float32)


def _add_shape(dice, picture):
    """A disc, a box, or a limb-like capsule, in any colour that people have too."""
    h, w = picture.shape[:2]
    colour = tuple(float(c) for c in draw_colour(dice) * dice.uniform(0.6, 1.1))
    kind = dice.pick({"disc": 2, "box": 3, "limb": 4})
    x, y = int(dice.uniform(0, w)), int(dice.uniform(0, h))
    span = dice.uniform(0.04, 0.35) * max(h, w)
    if kind == "disc":
        cv2.circle(picture, (x, y), int(span * 0.5) + 1, colour, -1)
    elif kind == "box":
        other = (x + int(span * dice.uniform(0.3, 1.2)) + 1, y + int(span * dice.uniform(0.3, 2)))
        cv2.rectangle(picture, (x, y), other, colour, -1)
    else:
        angle = dice.uniform(0, np.pi)
        other = (x + int(span * 1.4 * np.cos(angle)), y + int(span * 1.4 * np.sin(angle)))
        cv2.line(picture, (x, y), other, colour, max(int(span * dice.uniform(0.15, 0.4)), 2))


def paint_objects(dice: "Dice", canvas: "Canvas") -> None:
    """Now and then a pole, a box, a table or a disc before the person."""
    if not dice.chance(0.3):
        return
    h, w = canvas.label.shape
    kind = dice.pick({"pole": 3, "box": 3, "table": 2, "disc": 2})
    cloth = draw_cloth(dice, 0.5)
    x, y = dice.uniform(0.05, 0.95) * w, dice.uniform(0.3, 1.0) * h
    size = dice.uniform(0.06, 0.15) * max(h, w)
    ends: tuple[tuple[float, float], tuple[float, float]]
    if kind == "pole":
        ends = (x, -20), (x + dice.bell(0, 0.3) * w, h + 20)
        size *= 0.45
    elif kind == "box":
        ends = (x, y), (x + dice.bell(0, 0.1) * w, y + dice.uniform(0.8, 2.5) * size)
    elif kind == "table":
        y = dice.uniform(0.72, 0.95) * h
        ends = (-20, y), (w + 20, y + dice.bell(0, 0.05) * h)
        size *= dice.uniform(0.3, 1.0)
    else:
        ends = (x, y), (x + 1, y + 1)
    tube = Tube(canvas, ends[0], ends[1], (0, 1), (size, size), 14, caps=kind == "disc")
    canvas.paint(tube, tube.distance, cloth.colours(tube, h / 7, canvas.light), 0, OBJECT, 8)


def develop(dice: "Dice", rgb: np.ndarray) -> np.ndarray:
    """What a camera does: exposure, contrast, colour cast, blur, noise.

    Args:
        rgb: float32 [3, h, w]; is changed.

    Returns:
        uint8 [h, w, 3].
    """
    gain = np.array([dice.bell(1, 0.1) for _ in range(3)]) * dice.uniform(0.75, 1.2) * 255
    contrast = dice.uniform(0.75, 1.15)
    rgb *= (gain * contrast).astype(np.float32)[:, None, None]
    rgb += np.float32((1 - contrast) * dice.uniform(70, 140))
    sigma = dice.pick({0.0: 2, dice.uniform(0.4, 0.8): 3, dice.uniform(0.8, 1.4): 1})
    strength, offset = dice.uniform(0, 9), (dice.uniform(), dice.uniform())
    tint = dice.chance(0.5)
    channels = []
    for channel, plane in enumerate(rgb):
        if sigma:
            plane = cv2.GaussianBlur(plane, (0, 0), sigma * max(rgb.shape) / 384)
        where = (offset[0], (offset[1] + 0.3 * channel * tint) % 1)
        plane = plane + np.float32(strength) * noise_patch("grain", plane.shape, where)
        channels.append(np.clip(plane, 0, 255).astype(np.uint8))
    return cv2.merge(channels)
