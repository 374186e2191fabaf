"""Bodies and poses: proportions, limbs in space, and their view by a camera.

Lengths are in heads (chin to crown). In space, points are (left, up, forward): the person's left,
and the pelvis is the origin.
"""

import dataclasses
import typing

import numpy as np

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.dice import Dice

SIDES = {"right": -1.0, "left": 1.0}


@dataclasses.dataclass(frozen=True)
class Body:
    """Proportions, in heads; widths are half-widths."""

    trunk: float  # pelvis to the line of the shoulders
    upper_arm: float
    forearm: float
    thigh: float
    shin: float
    shoulder: float
    chest: float
    waist: float
    hip: float
    girth: float  # factor on the thickness of the limbs


def draw_body(dice: "Dice") -> Body:
    """Proportions of a slim or stout, tall or small person."""
    stature = dice.uniform(0.74, 0.98)
    stout = dice.bell(1.0, 0.2)
    shoulder = dice.uniform(0.66, 0.84) * (0.75 + 0.25 * stature)
    return Body(
        trunk=2.3 * stature * dice.bell(1, 0.06),
        upper_arm=1.3 * stature * dice.bell(1, 0.05),
        forearm=1.12 * stature * dice.bell(1, 0.05),
        thigh=1.85 * stature * dice.bell(1, 0.06),
        shin=1.75 * stature * dice.bell(1, 0.06),
        shoulder=shoulder,
        chest=shoulder * dice.uniform(0.86, 0.98),
        waist=shoulder * dice.uniform(0.62, 0.86) * (0.4 + 0.6 * stout),
        hip=dice.uniform(0.54, 0.68) * (0.5 + 0.5 * stout),
        girth=stout * dice.bell(1.0, 0.1),
    )


def rotation(pitch: float, roll: float, twist: float) -> np.ndarray:
    """Matrix [3, 3] that bends forward, then to the left, and turns to the left (radians)."""
    c, s = np.cos([pitch, roll, twist]), np.sin([pitch, roll, twist])
    forward = np.array([[1, 0, 0], [0, c[0], -s[0]], [0, s[0], c[0]]])
    sideways = np.array([[c[1], s[1], 0], [-s[1], c[1], 0], [0, 0, 1]])
    around = np.array([[c[2], 0, s[2]], [0, 1, 0], [-s[2], 0, c[2]]])
    return sideways @ forward @ around


def _direction(side, out, forward):
    """Of a limb that hangs down, lifted outwards and forwards by degrees."""
    out, forward = np.radians(out), np.radians(forward)
    return np.array(
        [side * np.sin(out), -np.cos(out) * np.cos(forward), np.cos(out) * np.sin(forward)]
    )


def _reach(start, target, first, second, hint):
    """Elbow and wrist of an arm that reaches for `target` with its elbow towards `hint`."""
    way = target - start
    length = np.linalg.norm(way)
    way = way / length
    length = np.clip(length, abs(first - second) + 0.05, first + second - 0.02)
    foot = (first**2 - second**2 + length**2) / (2 * length)
    hint = hint - way * (hint @ way)
    hint = hint / np.linalg.norm(hint)
    elbow = start + way * foot + hint * np.sqrt(max(first**2 - foot**2, 0))
    return elbow, start + way * length


def _bend_arm(dice, style, side, body, shoulder, other):
    """Elbow and wrist, in the frame of the trunk, for one style of holding an arm."""
    down = body.trunk
    if style in _ARM_TARGETS:
        target, hint = _ARM_TARGETS[style]
        target = np.array(target) * (body.shoulder, down, 1.0) + [0, down, 0]
        target += [dice.bell(0, 0.12), dice.bell(0, 0.15), dice.bell(0, 0.08)]
        mirrored = np.array([side, 1, 1])
        return _reach(shoulder, target * mirrored, body.upper_arm, body.forearm, hint * mirrored)
    out, forward, flex, turn = _ARM_ANGLES[style](dice, other)
    upper = _direction(side, out, forward)
    lower = _direction(side, out + turn, forward + flex)
    elbow = shoulder + body.upper_arm * upper
    return elbow, elbow + body.forearm * lower


# Where the wrist goes: in half-widths of the shoulders to the arm's own side, in trunks above the
# shoulders, in heads forward; and where the elbow points.
_ARM_TARGETS = {
    "akimbo": ((0.78, -0.82, 0.16), (1.0, 0.0, -0.4)),
    "crossed": ((-0.5, -0.42, 0.62), (0.6, -1.0, 0.15)),
    "pocket": ((0.84, -1.0, 0.22), (0.8, 0.0, -0.8)),
    "at head": ((0.7, 0.42, 0.2), (1.0, 0.1, 0.1)),
    "on chest": ((0.15, -0.35, 0.6), (0.8, -1.0, 0.1)),
    "behind": ((0.2, -0.85, -0.45), (1.0, 0.0, -0.5)),
}
# Degrees: upper arm outwards and forwards, elbow, forearm outwards; `phase` is -1..1 in a stride.
_ARM_ANGLES = {
    "hang": lambda d, p: (d.uniform(4, 20), d.bell(2, 12), d.uniform(3, 28), d.bell(-3, 9)),
    "swing": lambda d, p: (d.uniform(5, 14), 32 * p, d.uniform(15, 45), d.bell(-4, 6)),
    "run": lambda d, p: (d.uniform(8, 22), 48 * p, d.uniform(75, 105), d.bell(-14, 8)),
    "up": lambda d, p: (d.uniform(125, 172), 0, 0, d.bell(5, 35)),
    "wave": lambda d, p: (d.uniform(65, 100), d.bell(0, 10), 0, d.uniform(45, 95)),
    "spread": lambda d, p: (d.uniform(45, 100), d.bell(0, 15), 0, d.bell(0, 25)),
    "offer": lambda d, p: (d.uniform(5, 25), d.uniform(0, 35), d.uniform(50, 95), d.bell(0, 18)),
    "point": lambda d, p: (d.uniform(5, 35), d.uniform(55, 100), d.bell(8, 8), d.bell(0, 8)),
}
# Degrees: thigh outwards and forwards, knee, shin outwards.
_LEG_ANGLES = {
    "stand": lambda d, p: (d.uniform(2, 9), d.bell(1, 5), d.uniform(0, 7), d.bell(-2, 4)),
    "wide": lambda d, p: (d.uniform(10, 28), d.bell(3, 8), d.uniform(0, 12), d.bell(-4, 5)),
    "walk": lambda d, p: (d.uniform(1, 6), 24 * p + 3, 14 - 16 * min(p, 0), 0),
    "run": lambda d, p: (d.uniform(1, 8), 38 * p + 14, 48 - 42 * p, 0),
    "sit": lambda d, p: (d.uniform(6, 26), d.uniform(58, 88), d.uniform(60, 92), d.bell(-6, 10)),
    "lunge": lambda d, p: (d.uniform(4, 18), 34 * p + 22, 48 + 8 * p, 0),
    "kick": lambda d, p: (d.uniform(3, 22), 30 + 34 * p, 20, d.bell(0, 6)),
    "cross": lambda d, p: (d.bell(-4, 2), d.bell(2, 4), d.uniform(0, 10), d.bell(-3, 3)),
}
_LEG_STYLES = {
    "stand": 30, "wide": 14, "walk": 20, "run": 11, "sit": 11, "lunge": 6, "kick": 5, "cross": 3,
}  # fmt: skip
_ARM_STYLES = {
    "hang": 32, "akimbo": 12, "crossed": 9, "pocket": 5, "at head": 5, "on chest": 6, "up": 9,
    "wave": 7, "spread": 8, "offer": 7, "point": 4, "behind": 4, "swing": 4,
}  # fmt: skip


def pose_body(dice: "Dice", body: Body) -> dict[str, np.ndarray]:
    """Bends the body into a random pose.

    Returns:
        dict of point name to float [3] in space.
    """
    gait = dice.pick(_LEG_STYLES)
    phase = dice.pick((-1, 1)) * dice.uniform(0.45, 1.0)
    lean = {"run": 16, "sit": 12, "lunge": 10}.get(gait, 1)
    trunk = rotation(*np.radians([dice.bell(lean, 13), dice.bell(0, 13), dice.bell(0, 16)]))
    head = trunk @ rotation(*np.radians([dice.bell(2, 20), dice.bell(0, 20), 0]))
    points = {"pelvis": np.zeros(3)}
    neck = trunk @ [0, body.trunk + 0.22, 0.02]
    points["thorax"] = trunk @ [0, body.trunk, 0]
    points["spine"] = trunk @ [0, body.trunk * 0.8, 0.02]
    points["neck"] = neck
    points["skull"] = neck + head @ [0, 0.56, 0.08]
    points["head"] = neck + head @ [0, 1.1, 0.06]
    _pose_arms(dice, body, gait, phase, trunk, points)
    for name, side in SIDES.items():
        hip = np.array([side * body.hip * 0.66, -0.08, 0])
        out, forward, knee, turn = _LEG_ANGLES[gait](dice, phase * side)
        points[f"{name} hip"] = hip
        joint = hip + body.thigh * _direction(side, out, forward)
        points[f"{name} knee"] = joint
        ankle = joint + body.shin * _direction(side, out + turn, forward - knee)
        points[f"{name} ankle"] = ankle
        # The foot stands on the ground unless the shin is lifted.
        lifted = np.radians(np.clip(knee - forward, 0, 60) * 0.8)
        out = np.radians(dice.uniform(5, 35)) * side
        toes = np.array([np.sin(out), -np.sin(lifted), np.cos(out) * np.cos(lifted)])
        points[f"{name} heel"] = ankle + [0, -0.12, 0] - toes * 0.1
        points[f"{name} toes"] = ankle + [0, -0.15, 0] + toes * 0.5
    return points


def _pose_arms(dice, body, gait, phase, trunk, points):
    both = dice.pick(_ARM_STYLES) if dice.chance(0.5) else None
    for name, side in SIDES.items():
        style = both or dice.pick(_ARM_STYLES)
        if gait in ("run", "walk") and dice.chance(0.75):
            style = "run" if gait == "run" else "swing"
        shrug = 0.28 if style in ("up", "wave") else 0.0
        shoulder = np.array([side * body.shoulder, body.trunk - 0.1 + shrug * 0.6, 0])
        elbow, wrist = _bend_arm(dice, style, side, body, shoulder, -phase * side)
        hand = wrist - elbow
        hand = hand / np.linalg.norm(hand) + [0, 0, dice.bell(0, 0.3)]
        tip = wrist + 0.5 * hand / np.linalg.norm(hand)
        for part, point in zip(
            ("shoulder", "elbow", "wrist", "fingers"), (shoulder, elbow, wrist, tip), strict=True
        ):
            points[f"{name} {part}"] = trunk @ point


@dataclasses.dataclass(frozen=True)
class Viewpoint:
    """A camera far away.

    Attributes:
        yaw: radians the person has turned; 0 faces the camera, positive to the image's right.
        head_yaw: the same for the head.
        pitch: radians the camera looks down.
        roll: radians the picture is turned.
    """

    yaw: float
    head_yaw: float
    pitch: float
    roll: float

    @property
    def from_behind(self) -> bool:
        """Whether the camera sees the person's back."""
        return bool(np.cos(self.yaw) < 0)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points in space [n, 3] to (x right, y down, z towards the camera) in heads."""
        left, up, forward = np.asarray(points, np.float64).T
        x = left * np.cos(self.yaw) + forward * np.sin(self.yaw)
        z = forward * np.cos(self.yaw) - left * np.sin(self.yaw)
        y = z * np.sin(self.pitch) - up * np.cos(self.pitch)
        c, s = np.cos(self.roll), np.sin(self.roll)
        return np.stack([x * c - y * s, x * s + y * c, z], axis=1)


def draw_view(dice: "Dice") -> Viewpoint:
    """Mostly from the front, some from the side, about a sixth from behind."""
    kind = dice.pick({"front": 74, "side": 8, "back": 18})
    side = dice.pick((-1, 1))
    if kind == "front":
        yaw, turn = dice.bell(0, 55), dice.bell(0, 40)
    elif kind == "side":
        yaw, turn = side * dice.uniform(50, 80), dice.bell(-side * 10, 25)
    else:
        yaw, turn = 180 + dice.bell(0, 50), dice.bell(0, 25)
    roll = dice.bell(0, 10) if dice.chance(0.7) else dice.bell(0, 36)
    degrees = (yaw, yaw + turn, dice.uniform(3, 16), roll)
    return Viewpoint(*(float(np.radians(angle)) for angle in degrees))
