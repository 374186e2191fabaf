"""Paints arms and legs, and what is worn on them."""

import typing

import numpy as np

from jppnet_tf.data.figures.person import CLASS, OWNER

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.person import Person
    from jppnet_tf.data.figures.wardrobe import Cloth


def arm_depth(person: "Person", side: str, part: str) -> float:
    ends = ("shoulder", "elbow") if part == "upper arm" else ("elbow", "wrist")
    return person.middle(*(f"{side} {end}" for end in ends))


def _arm_layers(person):
    """(cloth, class, length, width added) of what covers the arms, from the inside out."""
    outfit = person.outfit
    label = {"dress": "dress", "jumpsuit": "jumpsuits"}.get(outfit.kind, "upper-clothes")
    layers = [(outfit.top, label, outfit.sleeve, 0.035)]
    if outfit.coat:
        layers.append((outfit.coat, "coat", outfit.coat_sleeve, 0.08))
    return [layer for layer in layers if layer[2] > 0]


def paint_arm(person: "Person", side: str, part: str) -> None:
    girth, outfit, owner = person.body.girth, person.outfit, OWNER[f"{side} {part}"]
    if part == "upper arm":
        start, end, offset = f"{side} shoulder", f"{side} elbow", 0
        widths = np.array([0.185, 0.2, 0.17, 0.155]) * (0.3 + 0.7 * girth)
        tube = person.tube(start, end, (0, 0.3, 0.75, 1), widths)
    else:
        start, end, offset = f"{side} elbow", f"{side} wrist", 1
        widths = np.array([0.16, 0.17, 0.13, 0.105]) * (0.4 + 0.6 * girth)
        tube = person.tube(start, end, (0, 0.3, 0.8, 1), widths)
        _paint_hand(person, side, owner)
    person.paint(tube, tube.distance, outfit.skin, f"{side}-arm", owner)
    for cloth, label, length, extra in _arm_layers(person):
        if length <= offset:
            continue
        distance = tube.distance - extra * person.scale
        if length - offset < 1:
            distance = np.maximum(distance, tube.before(length - offset))
        person.paint(tube, distance, cloth, label, owner)
    if part == "forearm" and outfit.gloves:
        distance = np.maximum(tube.distance - 0.1 * person.scale, tube.after(outfit.cuff))
        person.paint(tube, distance, outfit.gloves, "glove", owner)


def _paint_hand(person, side, owner):
    gloved = person.outfit.gloves
    cloth = gloved or person.outfit.skin
    label, extra = ("glove", 0.06) if gloved else (f"{side}-arm", 0.0)
    wrist, tip = (np.array(person.xy[f"{side} {name}"]) for name in ("wrist", "fingers"))
    way = tip - wrist
    across = np.array([way[1], -way[0]]) * (0.55 if side == "left" else -0.55)
    across *= -1 if person.view.from_behind else 1
    thumb = person.tube(wrist + 0.15 * way, wrist + 0.6 * way - across, (0, 1), (0.07, 0.045))
    person.paint(thumb, thumb.distance - extra * person.scale, cloth, label, owner)
    hand = person.tube(wrist, tip, (0, 0.4, 0.75, 1), (0.1, 0.15, 0.14, 0.075))
    person.paint(hand, hand.distance - extra * person.scale, cloth, label, owner)
    if not gloved:  # lines between the fingers
        lines = np.abs(np.abs(hand.side) - 0.3) - 0.05
        distance = np.maximum(lines * 0.14 * person.scale, hand.after(0.6))
        distance = np.maximum(distance, hand.distance + 1)
        person.canvas.paint(hand, distance, cloth.colour * 0.6, CLASS[label], owner)


def leg_cover(person: "Person") -> "tuple[Cloth, str, float] | None":
    """(cloth, class, length) of trousers, or None."""
    outfit = person.outfit
    label = "pants" if outfit.kind == "pants" else "jumpsuits"
    cloth = outfit.top if outfit.kind == "jumpsuit" else outfit.bottom
    return None if outfit.kind in ("skirt", "dress") else (cloth, label, outfit.legs)


def paint_leg(person: "Person", side: str) -> None:
    if person.middle(f"{side} knee", f"{side} ankle") < person.middle(
        f"{side} hip", f"{side} knee"
    ):
        _paint_shin(person, side)
        _paint_thigh(person, side)
    else:
        _paint_thigh(person, side)
        _paint_shin(person, side)


def _paint_thigh(person, side):
    girth, owner = 0.35 + 0.65 * person.body.girth, OWNER[f"{side} leg"]
    widths = np.array([0.35, 0.335, 0.26, 0.215]) * girth
    tube = person.tube(f"{side} hip", f"{side} knee", (0, 0.35, 0.8, 1), widths)
    person.paint(tube, tube.distance, person.outfit.skin, f"{side}-leg", owner)
    cover = leg_cover(person)
    if cover:
        cloth, label, length = cover
        distance = tube.distance - np.float32((0.02 + person.outfit.loose * 0.6) * person.scale)
        if length < 1:
            distance = np.maximum(distance, tube.before(length))
        person.paint(tube, distance, cloth, label, owner)


def _paint_shin(person, side):
    outfit, owner = person.outfit, OWNER[f"{side} leg"]
    widths = np.array([0.215, 0.225, 0.15, 0.115]) * (0.4 + 0.6 * person.body.girth)
    tube = person.tube(f"{side} knee", f"{side} ankle", (0, 0.28, 0.78, 1), widths, 0.25)
    person.paint(tube, tube.distance, outfit.skin, f"{side}-leg", owner)
    if not outfit.shoes:
        foot = outfit.socks or outfit.skin
        _paint_foot(person, side, owner, foot, "socks" if outfit.socks else f"{side}-leg", None)
    if outfit.socks:
        distance = np.maximum(tube.distance - 0.035 * person.scale, tube.after(outfit.sock))
        person.paint(tube, distance, outfit.socks, "socks", owner)
        cuff = np.maximum(distance, tube.before(outfit.sock + 0.05))
        colour = outfit.socks.second * 0.8
        person.canvas.paint(tube, cuff, colour, CLASS["socks"], owner)
    if outfit.shoes:
        _paint_foot(person, side, owner, outfit.shoes, f"{side}-shoe", outfit.sole)
        if outfit.shaft < 1:
            distance = np.maximum(tube.distance - 0.06 * person.scale, tube.after(outfit.shaft))
            person.paint(tube, distance, outfit.shoes, f"{side}-shoe", owner)
    cover = leg_cover(person)
    if cover and cover[2] > 1:
        cloth, label, length = cover
        flare = 1 + 0.5 * np.clip(tube.along, 0, 1)
        extra = (0.02 + outfit.loose * flare) * person.scale
        distance = np.maximum(tube.distance - extra, tube.before(length - 1))
        person.paint(tube, distance, cloth, label, owner)


def _paint_foot(person, side, owner, cloth, label, sole):
    heel, toes = (np.array(person.xy[f"{side} {name}"]) for name in ("heel", "toes"))
    down = np.array([-np.sin(person.view.roll), np.cos(person.view.roll)]) * person.scale
    widths = (0.15, 0.165, 0.175, 0.135)
    if sole is not None:
        under = person.tube(heel + 0.07 * down, toes + 0.07 * down, (0, 0.4, 0.75, 1), widths)
        person.paint(under, under.distance, sole * np.float32(0.75), label, owner)
        ankle = np.array(person.xy[f"{side} ankle"])
        knee = np.array(person.xy[f"{side} knee"])
        top = ankle + 0.1 * (knee - ankle)
        collar = person.tube(top, (heel + toes) / 2, (0, 1), (0.145, 0.16))
        person.paint(collar, collar.distance, cloth, label, owner, 0.0)
    foot = person.tube(heel, toes, (0, 0.4, 0.75, 1), widths)
    person.paint(foot, foot.distance, cloth, label, owner, 0.0)
    if sole is None:
        return
    if person.view.from_behind:  # the heel's counter faces the camera
        mark = np.maximum(foot.distance + 0.03 * person.scale, foot.before(0.3))
    else:  # laces
        bars = np.abs(foot.along * 9 - np.floor(foot.along * 9) - 0.5) - 0.2
        mark = np.maximum(bars * foot.length / 9, np.abs(foot.along - 0.55) * foot.length
                          - 0.25 * foot.length)  # fmt: skip
        mark = np.maximum(mark, np.abs(foot.across) - 0.07 * person.scale)
    person.canvas.paint(foot, mark, sole * np.float32(0.95), CLASS[label], owner)
