"""Paints heads: face, hair, sunglasses, hat."""

import dataclasses
import typing

import numpy as np

from jppnet_tf.data.figures.person import CLASS, HEAD
from jppnet_tf.data.figures.wardrobe import Cloth, draw_cloth, draw_colour, draw_hair_colour

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.dice import Dice
    from jppnet_tf.data.figures.person import Person


@dataclasses.dataclass(frozen=True)
class Look:
    """What a head looks like.

    Attributes:
        hair: Cloth; `folds` and `period` make its strands.
        style: "bald", "short", "medium", "long", "bun" or "tail".
        hairline: where the forehead begins, -1 at the crown, 1 at the chin.
        fringe: how much deeper the hair comes on one side.
        beard: whether there is one.
        length: of long hair and tails, in heads.
        hat: Cloth or None; hat_kind: "cap", "brim" or "beanie"; band: colour of its band.
        glasses: colour of sunglasses or None; frame: colour of their frame; lens: their size.
        eyes, lips: colours.
    """

    hair: Cloth
    style: str
    hairline: float
    fringe: float
    beard: bool
    length: float
    hat: Cloth | None
    hat_kind: str
    band: np.ndarray
    glasses: np.ndarray | None
    frame: np.ndarray
    lens: float
    eyes: np.ndarray
    lips: float


def draw_look(dice: "Dice") -> Look:
    """A random head, to be painted on a skin of any tone."""
    colour = draw_hair_colour(dice)
    hat = draw_cloth(dice, 0.6, 0.06) if dice.chance(0.32) else None
    styles = {"bald": 7, "short": 30, "medium": 18, "long": 26, "bun": 9, "tail": 10}
    return Look(
        hair=Cloth(colour, colour * 0.6, folds=0.2, period=dice.uniform(20, 45),
                   offset=(dice.uniform(), dice.uniform())),
        style=dice.pick(styles),
        hairline=dice.uniform(-0.6, -0.34),
        fringe=dice.uniform(-0.3, 0.3),
        beard=dice.chance(0.18),
        length=dice.uniform(0.9, 2.4),
        hat=hat,
        hat_kind=dice.pick({"cap": 4, "brim": 4, "beanie": 3}),
        band=draw_colour(dice),
        glasses=draw_colour(dice) * 0.6 if dice.chance(0.33) else None,
        frame=draw_colour(dice) * 0.8,
        lens=dice.uniform(0.2, 0.27),
        eyes=np.array(dice.pick(((0.2, 0.3, 0.5), (0.25, 0.15, 0.08), (0.2, 0.35, 0.2))),
                      np.float32),
        lips=dice.uniform(0, 1),
    )  # fmt: skip


def paint_hair_behind(person: "Person", look: Look) -> None:
    """The hair that hangs behind neck and shoulders, before those are painted."""
    if np.cos(person.view.head_yaw) > -0.2:
        _paint_hanging(person, look)


def paint_head(person: "Person", look: Look) -> None:
    """Neck, head and all that is on it."""
    neck = person.tube("skull", "throat", (0, 0.75, 1), (0.2, 0.2, 0.26), caps=False)
    skin = person.outfit.skin
    if not person.outfit.scarf:
        person.paint(neck, neck.distance, skin, "face", HEAD)
    head = _head_tube(person)
    left, forward = head.turn(person.view.head_yaw)
    height = 2 * head.along - 1
    _paint_ears(person)
    person.paint(head, head.distance, skin, "face", HEAD)
    if np.cos(person.view.head_yaw) > -0.6:
        _paint_face(person, look, head, left, forward, height)
    _paint_hair(person, look, head, left, forward, height)
    if look.glasses is not None:
        _paint_glasses(person, look, head, left, forward, height)
    if np.cos(person.view.head_yaw) <= -0.2:
        _paint_hanging(person, look)
    if look.hat is not None:
        _paint_hat(person, look, head)


_FACE = {"nose": (0.0, 0.28), "left eye": (0.38, 0.04), "right eye": (-0.38, 0.04)}
"""Where they are painted: to the person's left, and down the head, -1..1."""


def place_face(person: "Person") -> dict[str, tuple[np.ndarray, bool]]:
    """Where nose, eyes and ears are.

    Returns:
        dict of name to (x, y) in pixels, and whether it is on the far side of the head.
    """
    yaw, head = person.view.head_yaw, _head_tube(person)
    start, end = _head_ends(person)
    found = {}
    for name, (left, height) in _FACE.items():
        front = np.sqrt(1 - left * left)
        side, depth = (
            left * np.cos(yaw) + front * np.sin(yaw),
            front * np.cos(yaw) - left * np.sin(yaw),
        )
        along = (height + 1) / 2
        width = head.table[round(along * (len(head.table) - 1))]
        place = start + along * (end - start) + side * width * np.array(head.normal)
        found[name] = place, bool(depth < 0)
    for name, sign in (("left ear", 1), ("right ear", -1)):
        center, is_far = _place_ear(person, sign)
        found[name] = center + 0.06 * person.scale * _axis(person)[2], is_far
    return found


def _radius(x, y):
    return np.sqrt(x * x + y * y)


def _axis(person):
    """(top, chin, down): ends of the head and a unit step downwards, in pixels."""
    top, skull = np.array(person.xy["head"]), np.array(person.xy["skull"])
    down = (skull - top) / max(np.linalg.norm(skull - top), 1e-3)
    return top, top + 1.1 * person.scale * down, down


def _head_tube(person):
    width = np.hypot(0.43 * np.cos(person.view.head_yaw), 0.47 * np.sin(person.view.head_yaw))
    knots = (0, 0.05, 0.14, 0.25, 0.38, 0.55, 0.72, 0.86, 0.96, 1.0)
    shape = np.array([0.42, 0.6, 0.8, 0.93, 1.0, 0.98, 0.86, 0.66, 0.48, 0.4])
    return person.tube(*_head_ends(person), knots, shape * width, 0.2, steps=1024)


def _head_ends(person):
    top, chin, down = _axis(person)
    return top + 0.1 * person.scale * down, chin - 0.19 * person.scale * down


def _place_ear(person, sign):
    """Where the left (1) or right (-1) ear is, and whether that is on the far side."""
    yaw = person.view.head_yaw
    _, chin, down = _axis(person)
    across = np.array([down[1], -down[0]]) * person.scale
    center = chin - 0.52 * person.scale * down + across * 0.44 * sign * np.cos(yaw)
    return center, bool(-sign * np.sin(yaw) < -0.35)


def _paint_ears(person):
    down = _axis(person)[2]
    for sign in (-1, 1):
        center, is_far = _place_ear(person, sign)
        if is_far:
            continue
        ear = person.tube(center, center + 0.12 * person.scale * down, (0, 1), (0.1, 0.07))
        person.paint(ear, ear.distance, person.outfit.skin, "face", HEAD)


def _paint_face(person, look, head, left, forward, height):
    """Eyes, brows, nose, mouth, beard: colours only, the class stays."""
    view = person.canvas.rgb[(slice(None), *head.place)]
    inside = (head.distance < 0) & (forward > 0.12)
    pixel = np.float32(0.5 * head.length)
    skin = person.outfit.skin.colour

    def draw(distance, colour, strength=1.0):
        alpha = np.clip(0.5 - distance, 0, 1) * inside * np.float32(strength)
        colour = np.asarray(colour, np.float32).reshape(-1, 1, 1)
        view[...] += alpha * (colour - view)

    if look.beard:
        draw(np.maximum(0.28 - height, 0.25 - _radius(left, (height - 0.5) * 2.2)) * pixel,
             look.hair.colour * 0.9, 0.85)  # fmt: skip
    pair = np.abs(left) - 0.38
    draw((_radius(pair, (height - 0.04) * 2.1) - 0.18) * pixel * 0.9, np.float32(0.93))
    draw((_radius(pair, height - 0.04) - 0.09) * pixel, look.eyes)
    draw((_radius(pair, height - 0.04) - 0.045) * pixel, np.float32(0.05))
    draw((np.maximum(np.abs(pair) - 0.2, np.abs(height + 0.2 - pair * pair) - 0.035)) * pixel,
         look.hair.colour * 0.6)  # fmt: skip
    draw((_radius(left * 1.2, height * 0.45 - 0.1) - 0.12) * pixel, skin * 1.12, 0.6)
    draw((_radius(left, (height - 0.3) * 2.2) - 0.13) * pixel, skin * 0.72, 0.8)
    lips = skin * np.array([0.95, 0.55 + 0.1 * look.lips, 0.6], np.float32)
    draw((_radius(left * 0.75, (height - 0.54 + 0.35 * left * left) * 2.6) - 0.2) * pixel, lips)
    draw(
        (np.maximum(np.abs(left) - 0.2, np.abs(height - 0.54 + 0.8 * left * left) - 0.014)) * pixel,
        lips * 0.45,
    )


def _strands(look, tube, rgb):
    """Hair is finely striped along its length."""
    wave = np.sin(tube.side * np.float32(look.hair.period) + np.float32(3) * np.sin(tube.along * 7))
    wave += np.sin(tube.side * np.float32(look.hair.period * 0.37) + np.float32(2))
    rgb *= 1 + np.float32(0.11) * wave
    return rgb


def _paint_hair(person, look, head, left, forward, height):
    if look.style == "bald":
        return
    volume = {"short": 0.06, "medium": 0.1, "long": 0.09}.get(look.style, 0.04)
    low = {"short": 0.12, "medium": 0.55, "long": 0.95}.get(look.style, 0.15)
    line = look.hairline + look.fringe * left + 0.25 * left * left
    nape = low + 0.4 * np.maximum(-forward, 0)
    crown = height - line
    sides = np.maximum(forward - 0.16, height - nape)
    pixel = np.float32(0.5 * head.length)
    distance = np.maximum(np.minimum(crown, sides) * pixel, head.distance - volume * person.scale)
    rgb = look.hair.colours(head, person.scale, person.canvas.light, 0.75)
    rgb = _strands(look, head, rgb)
    person.paint(head, distance, rgb, "hair", HEAD, 0.06)


def _paint_hanging(person, look):
    """Long hair, a tail or a bun: behind the body from the front, over it from behind."""
    if look.style not in ("long", "tail", "bun"):
        return
    top, _, down = _axis(person)
    scale, yaw = person.scale, person.view.head_yaw
    across = np.array([down[1], -down[0]]) * scale
    back = across * -0.4 * np.sin(yaw)
    if look.style == "long":
        start = top + 0.45 * scale * down + 0.5 * back
        wide = 0.5
        tube = person.tube(start, start + look.length * 0.8 * scale * down, (0, 0.3, 0.8, 1),
                           (wide * 0.9, wide, wide * 0.95, wide * 0.7))  # fmt: skip
    elif look.style == "tail":
        start = top + 0.3 * scale * down + 1.15 * back
        end = start + look.length * 0.7 * scale * down + 0.6 * back + look.fringe * across
        tube = person.tube(start, end, (0, 0.4, 1), (0.14, 0.2, 0.08))
    else:
        start = top + (0.02 if np.cos(yaw) > 0 else 0.2) * scale * down + 1.1 * back
        tube = person.tube(start, start + 0.08 * scale * down, (0, 1), (0.27, 0.27))
    rgb = look.hair.colours(tube, scale, person.canvas.light, 0.8)
    person.paint(tube, tube.distance, _strands(look, tube, rgb), "hair", HEAD)


def _paint_glasses(person, look, head, left, forward, height):
    pixel = np.float32(0.5 * head.length)
    pair = np.abs(left) - 0.44
    up = height - np.float32(0.03)
    wide, tall = (pair / 0.38) ** 2, (up / look.lens) ** 2
    lens = (np.sqrt(np.sqrt(wide * wide + tall * tall)) - 1) * np.float32(look.lens) * pixel
    bridge = np.maximum(np.abs(left) - 0.2, np.abs(up + 0.06) - 0.09) * pixel
    arm = np.maximum(np.abs(up + 0.07) - 0.08, 0.6 - np.abs(left)) * pixel
    front = np.where(forward > -0.02, np.minimum(np.minimum(lens, bridge), arm), 99)
    distance = np.maximum(front, head.distance - 0.05 * person.scale)
    person.paint(head, distance, look.frame, "sunglasses", HEAD, 0.05)
    glass = np.where(forward > 0, np.maximum(lens + 0.045 * person.scale, head.distance), 99)
    shine = np.clip(0.75 - (up + left * 0.4) * 1.3, 0.4, 1.7)
    person.canvas.paint(head, glass, look.glasses[:, None, None] * shine, CLASS["sunglasses"], HEAD)


def _paint_hat(person, look, head):
    scale, yaw = person.scale, person.view.head_yaw
    top, _, down = _axis(person)
    across = np.array([down[1], -down[0]]) * scale
    rim = -0.28
    crown_top = top - 0.06 * scale * down
    knots = (0, 0.06, 0.2, 0.5, 1)
    shape = {"beanie": (0.12, 0.36, 0.82, 1.06, 1.08), "cap": (0.2, 0.55, 0.86, 1.04, 1.06),
             "brim": (0.62, 0.82, 0.9, 1.0, 1.06)}[look.hat_kind]  # fmt: skip
    if look.hat_kind != "cap":
        crown_top = crown_top - 0.14 * scale * down
    edge = top + (0.5 * (rim + 1) * 1.1 + 0.04) * scale * down
    width = float(head.table.max()) / scale
    crown = person.tube(crown_top, edge, knots, np.array(shape) * width, caps=False, steps=1024)
    person.paint(crown, crown.distance, look.hat, "hat", HEAD)
    start = {"beanie": 0.6, "cap": 0.93, "brim": 0.72}[look.hat_kind]
    band = np.maximum(crown.distance, crown.after(start))
    lit = look.band[:, None, None] * crown.shade(person.canvas.light)
    person.canvas.paint(crown, band, lit, CLASS["hat"], HEAD)
    if look.hat_kind == "brim":
        ends = edge - 0.62 * across, edge + 0.62 * across
        brim = person.tube(*ends, (0, 0.25, 0.75, 1), (0.05, 0.12, 0.12, 0.05))
        person.paint(brim, brim.distance, look.hat, "hat", HEAD)
    elif look.hat_kind == "cap" and np.cos(yaw) > -0.35:
        middle = edge + across * 0.5 * np.sin(yaw) + 0.03 * scale * down
        half = across * (0.3 * abs(np.cos(yaw)) + 0.12)
        visor = person.tube(middle - half, middle + half, (0, 0.5, 1), (0.07, 0.12, 0.07))
        person.paint(visor, visor.distance, look.hat, "hat", HEAD)
