"""Paints what is worn around the trunk: shirts, dresses, skirts, coats, scarves."""

import typing

import numpy as np

from jppnet_tf.data.figures import limbs
from jppnet_tf.data.figures.person import CLASS, TRUNK

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.canvas import Tube
    from jppnet_tf.data.figures.person import Person


def measure_trunk(person: "Person") -> "Tube":
    """The tube from the base of the neck to the crotch."""
    body, yaw = person.body, person.view.yaw
    shoulder_line = 0.22 / (body.trunk + 0.48)
    knots = np.array([0, 0.5, 1.0, 1.7, 0, 0, 0, 0]) * shoulder_line
    knots[4:] = 0.34, 0.6, 0.85, 1.0
    front = np.array([
        0.17, 0.32, body.shoulder + 0.08, body.shoulder + 0.06, body.chest, body.waist,
        body.hip + 0.07, body.hip * 0.35,
    ])  # fmt: skip
    deep = np.array([0.16, 0.24, 0.3, 0.36, 0.42, 0.36, 0.42, 0.34]) * (0.5 + 0.5 * body.girth)
    widths = np.hypot(front * np.cos(yaw), deep * np.sin(yaw))
    return person.tube("neck", "crotch", knots, widths, 0.2)


def _hanging_tube(person, trunk, length, flare):
    """The tube of a skirt or a coat's tails, from the waist down over both legs."""
    names = ("right knee", "left knee", "right ankle", "left ankle")
    points = np.array([person.xy[name] for name in names])
    knees, ankles = points[:2].mean(axis=0), points[2:].mean(axis=0)
    hips = np.array(person.xy["pelvis"])
    neck, crotch = (np.array(person.xy[name]) for name in ("neck", "crotch"))
    waist = neck + 0.58 * (crotch - neck)
    hem = hips + min(length, 1) * (knees - hips) + max(length - 1, 0) * (ankles - knees)
    drop = np.linalg.norm(hem - hips) / person.scale
    if drop < 0.5:  # thighs towards the camera
        hem = hem + (crotch - neck) / np.linalg.norm(crotch - neck) * (0.6 - drop) * person.scale
    way = (hem - waist) / np.linalg.norm(hem - waist)
    hips_xy = np.array([person.xy["right hip"], person.xy["left hip"]])
    apart_hip = np.abs((hips_xy - hips) @ [way[1], -way[0]]).max() / person.scale
    apart = np.abs((points - hem) @ [way[1], -way[0]]) / person.scale
    reach = apart[:2].max() * min(length, 1) + 0.36
    if length > 1.2:
        reach = max(reach, apart[2:].max() * (length - 1) + 0.2)
    top, hip = (_trunk_width(trunk, place) / person.scale for place in (0.58, 0.87))
    hip = max(hip, apart_hip + 0.3 * person.body.girth)
    along_hip = np.clip(np.linalg.norm(hips - waist) / np.linalg.norm(hem - waist), 0.1, 0.9)
    hem_width = max(hip + flare, min(reach, hip + 1.3))
    return person.tube(
        waist, hem, (0, along_hip, 1), (top + 0.03, hip + 0.06, hem_width), 0.2, caps=False
    )


def _trunk_width(trunk, along):
    """Half-width of the trunk in pixels at a place along it, read off its table."""
    return float(trunk.table[int(along * (len(trunk.table) - 1))])


def paint_seat(person: "Person", trunk: "Tube") -> None:
    """The hips of trousers, which the legs grow out of."""
    cover = limbs.leg_cover(person)
    if cover:
        cloth, label, _ = cover
        hips = np.maximum(trunk.distance - 0.03 * person.scale, trunk.after(0.6))
        person.paint(trunk, hips, cloth, label, TRUNK, 0.0)


def paint_trunk(person: "Person", trunk: "Tube") -> None:
    outfit = person.outfit
    left, forward = trunk.turn(person.view.yaw)
    # Skin below the neck; LIP has no class for it but face.
    skin = np.maximum(trunk.distance, trunk.before(0.3))
    person.paint(trunk, skin, outfit.skin, "face", TRUNK)
    if outfit.kind == "skirt" and not outfit.tucked:
        _paint_skirt(person, trunk, "skirt", outfit.bottom)
    _paint_top(person, trunk, left, forward)
    if outfit.tucked or outfit.kind in ("jumpsuit", "dungarees", "dress"):
        _paint_lower(person, trunk, left, forward)
    if outfit.coat:
        _paint_coat(person, trunk, left, forward)


def _paint_top(person, trunk, left, forward):
    """Shirt, or the upper part of a dress or jumpsuit."""
    outfit, scale = person.outfit, np.float32(person.scale)
    label = {"dress": "dress", "jumpsuit": "jumpsuits"}.get(outfit.kind, "upper-clothes")
    collar = 0.035 + outfit.neckline * np.maximum(forward - np.abs(left) * 0.9, 0)
    distance = np.maximum(trunk.distance - 0.04 * scale, trunk.after(collar))
    hem = 0.97 if outfit.kind in ("pants", "skirt") and not outfit.tucked else 0.7
    distance = np.maximum(distance, trunk.before(hem))
    person.paint(trunk, distance, outfit.top, label, TRUNK)
    rim = np.maximum(distance, trunk.before(collar + 0.025))
    person.canvas.paint(trunk, rim, outfit.top.second * 0.8, CLASS[label], TRUNK)
    if outfit.logo is not None and outfit.kind != "jumpsuit":
        print_ = np.hypot(left * 1.2, (trunk.along - 0.33) * 4) - 0.34
        print_ = np.where(forward > 0.2, print_, 1) * trunk.width
        person.canvas.paint(
            trunk, np.maximum(print_, distance), outfit.logo * 0.9, CLASS[label], TRUNK
        )


def _paint_skirt(person, trunk, label, cloth):
    outfit = person.outfit
    tube = _hanging_tube(person, trunk, outfit.skirt, outfit.flare)
    hem = 1 - 0.05 * tube.side * tube.side
    distance = np.maximum(tube.distance, tube.before(hem))
    rgb = cloth.colours(tube, person.scale, person.canvas.light)
    pleats = np.sin(tube.side * np.float32(9 + 14 * outfit.flare) + np.float32(outfit.loose * 50))
    rgb *= 1 + np.float32(0.13) * pleats * np.clip(tube.along * np.float32(1.4), 0, 1)
    person.paint(tube, distance, rgb, label, TRUNK)


def _paint_lower(person, trunk, left, forward):
    """What is worn over the top: tucked trousers or skirt, and the lower half of one-pieces."""
    outfit, scale = person.outfit, np.float32(person.scale)
    label = {"pants": "pants", "skirt": "skirt", "dress": "dress"}.get(outfit.kind, "jumpsuits")
    if outfit.kind in ("skirt", "dress"):
        _paint_skirt(person, trunk, label, outfit.top if label == "dress" else outfit.bottom)
    else:
        cloth = outfit.top if outfit.kind == "jumpsuit" else outfit.bottom
        hips = np.maximum(
            trunk.distance - 0.03 * scale,
            np.abs(trunk.along - 0.69) * trunk.length - 0.09 * trunk.length,
        )
        person.paint(trunk, hips, cloth, label, TRUNK, 0.0)
    if outfit.kind == "jumpsuit":  # a zip down the front
        zip_ = np.maximum(np.abs(left) * trunk.width - 0.03 * scale, trunk.distance)
        zip_ = np.where((forward > 0) & (trunk.along > outfit.neckline), zip_, 9)
        person.canvas.paint(trunk, zip_, outfit.top.second * 0.7, CLASS[label], TRUNK)
    if outfit.kind == "dungarees":
        _paint_bib(person, trunk, left, forward)
    if outfit.belt is not None or outfit.kind == "jumpsuit":
        colour = outfit.sole if outfit.belt is None else outfit.belt
        belt = np.abs(trunk.along - 0.62) * np.float32(trunk.length) - 0.06 * scale
        belt = np.maximum(belt, trunk.distance - 0.04 * scale)
        person.paint(
            trunk, belt, colour[:, None, None] * trunk.shade(person.canvas.light), label, TRUNK
        )


def _paint_bib(person, trunk, left, forward):
    """The bib and the straps of dungarees; on the back the straps only."""
    outfit, scale = person.outfit, np.float32(person.scale)
    front = forward > 0
    bib = np.maximum((np.abs(left) - 0.62) * trunk.width, trunk.after(0.3))
    bib = np.where(front, bib, 9)
    strap = (np.abs(np.abs(left) - 0.48) - 0.14) * trunk.width
    distance = np.maximum(np.minimum(bib, strap), trunk.distance - 0.045 * scale)
    distance = np.maximum(distance, trunk.before(0.7))
    person.paint(trunk, distance, outfit.bottom, "jumpsuits", TRUNK)
    button = np.hypot((np.abs(left) - 0.48) * trunk.width,
                      (trunk.along - 0.33) * np.float32(trunk.length)) - 0.05 * scale  # fmt: skip
    button = np.where(front, button, 9)
    person.canvas.paint(trunk, button, outfit.sole, CLASS["jumpsuits"], TRUNK)


def _paint_coat(person, trunk, left, forward):
    outfit, scale = person.outfit, np.float32(person.scale)
    if outfit.coat_length > 0:
        tails = _hanging_tube(person, trunk, outfit.coat_length, outfit.flare * 0.5 + 0.05)
        tail_left, tail_forward = tails.turn(person.view.yaw)
        gap = outfit.coat_gap + 0.12 * np.clip(tails.along, 0, 1) - np.abs(tail_left)
        gap = np.where(tail_forward > 0, gap, -1) * tails.width
        distance = np.maximum(tails.distance - 0.06 * scale, gap)
        distance = np.maximum(distance, tails.before(1.0))
        person.paint(tails, distance, outfit.coat, "coat", TRUNK)
    opening = outfit.coat_gap - np.abs(left)
    gap = np.where(forward > 0, opening, -1) * trunk.width
    distance = np.maximum(trunk.distance - 0.07 * scale, gap)
    distance = np.maximum(distance, trunk.after(0.02))
    distance = np.maximum(distance, trunk.before(0.72 if outfit.coat_length else 1.0))
    person.paint(trunk, distance, outfit.coat, "coat", TRUNK)
    # Lapels that narrow downwards, then buttons along the edge.
    lapel = -opening - (0.34 - 0.75 * trunk.along)
    lapel = np.where((forward > 0) & (trunk.along < 0.45), lapel, 1) * trunk.width
    rgb = outfit.coat.colours(trunk, person.scale, person.canvas.light) * np.float32(0.72)
    person.paint(trunk, np.maximum(lapel, distance), rgb, "coat", TRUNK, 0.05)
    rows = trunk.along * 9 - np.floor(trunk.along * 9) - 0.5
    button = np.hypot((opening + 0.14) * trunk.width, rows * np.float32(trunk.length / 9))
    button = np.where((forward > 0) & (left > 0) & (trunk.along > 0.45), button, 99)
    button = np.maximum(button - 0.05 * scale, distance)
    person.canvas.paint(trunk, button, outfit.sole, CLASS["coat"], TRUNK)


def paint_scarf(person: "Person") -> None:
    """A band around the neck, and an end that hangs down in front, or now and then behind."""
    outfit, yaw = person.outfit, person.view.yaw
    scarf = outfit.scarf
    assert scarf is not None  # there is one to paint
    neck, thorax = (np.array(person.xy[name]) for name in ("neck", "thorax"))
    way = thorax - neck
    down = way / max(np.linalg.norm(way), 1e-3) * person.scale
    across = np.array([down[1], -down[0]])
    if outfit.scarf_end:
        sign = 1 if outfit.loose > 0.07 else -1
        start = neck + 0.25 * down + across * (0.24 * np.cos(yaw) * sign + 0.3 * np.sin(yaw))
        length = outfit.scarf_end * (0.6 if person.view.from_behind else 1)
        end = person.tube(start, start + length * down + 0.1 * sign * across, (0, 1), (0.19, 0.24),
                          caps=False)  # fmt: skip
        person.paint(end, end.distance, scarf, "scarf", TRUNK)
        fringe = np.abs(end.across * 0.25 - np.floor(end.across * 0.25) - 0.5) - 0.2
        fringe = np.maximum(np.maximum(fringe * 4, end.after(0.88)), end.distance)
        person.canvas.paint(end, fringe, scarf.second * 0.8, CLASS["scarf"], TRUNK)
    for lift, width, tall in ((0.2, 0.46, 0.2), (-0.02, 0.4, 0.19)):
        center = neck + lift * down
        band = person.tube(center - width * 0.62 * across, center + width * 0.62 * across,
                           (0, 0.5, 1), (tall * 0.75, tall, tall * 0.75))  # fmt: skip
        person.paint(band, band.distance, scarf, "scarf", TRUNK)
