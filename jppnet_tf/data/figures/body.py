"""Paints a whole body, from what is far to what is near."""

import typing
from collections.abc import Callable

from jppnet_tf.data.figures import garments, limbs

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.person import Person


def paint_body(person: "Person", paint_head: "Callable[[Person], object]") -> None:
    """Paints everything from what is far to what is near; `paint_head(person)` in between."""
    arms = [(side, part) for part in ("upper arm", "forearm") for side in ("right", "left")]
    behind = [arm for arm in arms if limbs.arm_depth(person, *arm) < -0.16]
    for side, part in behind[::-1]:
        limbs.paint_arm(person, side, part)
    trunk = garments.measure_trunk(person)
    garments.paint_seat(person, trunk)
    depth = {side: person.middle(f"{side} knee", f"{side} ankle") for side in ("right", "left")}
    for side in sorted(depth, key=depth.__getitem__):
        limbs.paint_leg(person, side)
    garments.paint_trunk(person, trunk)
    nearest = sorted((limbs.arm_depth(person, *arm), arm) for arm in arms if arm not in behind)
    for _, (side, part) in nearest:
        if part == "upper arm":
            limbs.paint_arm(person, side, part)
    if person.outfit.scarf:
        garments.paint_scarf(person)
    paint_head(person)
    for _, (side, part) in nearest:
        if part == "forearm":
            limbs.paint_arm(person, side, part)
