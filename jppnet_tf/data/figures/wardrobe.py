"""What rendered people wear: outfits that make sense, and cloth with colours and patterns."""

import colorsys
import dataclasses
import functools
import typing
from collections.abc import Sequence

import cv2
import numpy as np

from jppnet_tf.data.figures.dice import Dice

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.canvas import Tube

_SKINS = ((0.99, 0.86, 0.76), (0.93, 0.74, 0.60), (0.80, 0.58, 0.43), (0.58, 0.38, 0.26),
          (0.36, 0.23, 0.16))  # fmt: skip
_HAIRS = ((0.07, 0.06, 0.06), (0.24, 0.15, 0.09), (0.45, 0.28, 0.15), (0.80, 0.62, 0.34),
          (0.55, 0.22, 0.10), (0.68, 0.67, 0.66))  # fmt: skip
_BANK = 512  # side of the stored noise, in pixels


@functools.cache
def noise_bank() -> dict[str, np.ndarray]:
    """Dict of float32 [1024, 1024], about -1..1: "grain", "folds", "clouds"."""
    dice = Dice(20)
    grain = sum(dice.array(_BANK, _BANK) for _ in range(4)) - 2

    def smooth(height, width):
        coarse = dice.array(height, width) * 2 - 1
        return cv2.resize(coarse, (_BANK, _BANK), interpolation=cv2.INTER_CUBIC)

    folds = 0.6 * smooth(34, 12) + 0.5 * smooth(20, 44) + 0.25 * smooth(70, 70)
    bank = {"grain": grain, "folds": folds, "clouds": smooth(36, 36) + 0.5 * smooth(80, 80)}
    # With its mirror images beside it: without seams, and most patches are plain slices.
    bank = {kind: np.concatenate([noise, noise[::-1]]) for kind, noise in bank.items()}
    return {kind: np.concatenate([noise, noise[:, ::-1]], 1) for kind, noise in bank.items()}


def noise_patch(kind: str, shape: Sequence[int], offset: Sequence[float]) -> np.ndarray:
    """A piece of the stored noise, from `offset` (two numbers in 0..1) on."""
    bank = noise_bank()[kind]
    top, left = (int(part * _BANK) for part in offset)
    if max(shape) <= _BANK:
        return bank[top : top + shape[0], left : left + shape[1]]
    rows = np.arange(top, top + shape[0]) % (2 * _BANK)
    columns = np.arange(left, left + shape[1]) % (2 * _BANK)
    return bank[rows[:, None], columns]


@dataclasses.dataclass(frozen=True)
class Cloth:
    """A material: two colours, a pattern of some size, and how it takes the light.

    Attributes:
        colour, second: float32 [3], 0..1.
        pattern: "plain", "stripes", "columns", "checks", "dots", "melange" or "patches".
        period: size of the pattern in heads.
        share: how much of the pattern is of the second colour, 0..1.
        folds: depth of the folds, 0..1.
        offset: two numbers in 0..1: where pattern and folds begin.
    """

    colour: np.ndarray
    second: np.ndarray
    pattern: str = "plain"
    period: float = 0.3
    share: float = 0.5
    folds: float = 0.1
    offset: tuple[float, float] = (0.0, 0.0)

    def colours(
        self,
        tube: "Tube",
        scale: float,
        light: Sequence[float] | np.ndarray,
        strength: float = 0.55,
    ) -> np.ndarray:
        """float32 [3, h, w]: the lit cloth on a tube; `scale` is pixels per head."""
        shade = tube.shade(light, strength)
        if self.folds:
            patch = noise_patch("folds", shade.shape, self.offset)
            shade = shade * (1 + np.float32(self.folds) * patch)
        if self.pattern == "plain":
            return shade * self.colour[:, None, None]
        mix = self._mix(tube, scale)
        first, second = self.colour[:, None, None], self.second[:, None, None]
        return shade * (first + mix * (second - first))

    def _mix(self, tube, scale):
        """float32 [h, w], 0..1: how much of the second colour."""
        if self.pattern == "melange":
            return np.clip(0.5 + noise_patch("grain", tube.side.shape, self.offset), 0, 1)
        if self.pattern == "patches":
            patch = noise_patch("clouds", tube.side.shape, self.offset)
            return np.clip(0.5 + 6 * (patch + np.float32(self.share - 0.5)), 0, 1)
        pixels = max(self.period * scale, 3.0)
        v = tube.along * np.float32(tube.length / pixels) + np.float32(self.offset[0])
        u = tube.across * np.float32(1 / pixels) + np.float32(self.offset[1])
        if self.pattern == "stripes":
            return self._bands(v, pixels)
        if self.pattern == "columns":
            return self._bands(u, pixels)
        if self.pattern == "checks":
            return 0.5 * (self._bands(u, pixels) + self._bands(v, pixels))
        u, v = u - np.floor(u) - np.float32(0.5), v - np.floor(v) - np.float32(0.5)
        radius = 0.2 + 0.2 * self.share
        return np.clip((np.float32(radius) - np.sqrt(u * u + v * v)) * np.float32(pixels), 0, 1)

    def _bands(self, x, pixels):
        x = np.abs(x - np.floor(x) - np.float32(0.5))
        return np.clip((x - np.float32(0.5 - 0.5 * self.share)) * np.float32(pixels) + 0.5, 0, 1)


def draw_colour(dice: Dice) -> np.ndarray:
    """Any colour at all: float32 [3]. Skin and hair colours come up too, here and everywhere."""
    kind = dice.pick({"any": 64, "grey": 12, "skin": 14, "hair": 10})
    if kind == "skin":
        return draw_skin(dice)
    if kind == "hair":
        return draw_hair_colour(dice)
    saturation = dice.uniform(0, 0.12) if kind == "grey" else dice.uniform(0.1, 1) ** 0.8
    colour = colorsys.hsv_to_rgb(dice.uniform(), saturation, dice.uniform(0.12, 1))
    return np.array(colour, np.float32)


def draw_skin(dice: Dice) -> np.ndarray:
    """A tone between two neighbours of a range from light to dark: float32 [3]."""
    place = dice.uniform(0, len(_SKINS) - 1.001)
    first = int(place)
    mix = np.array(_SKINS[first]) + (place - first) * np.subtract(_SKINS[first + 1], _SKINS[first])
    return np.clip(mix * dice.uniform(0.92, 1.06), 0, 1).astype(np.float32)


def draw_hair_colour(dice: Dice) -> np.ndarray:
    """Natural, now and then dyed: float32 [3]."""
    if dice.chance(0.15):
        return np.array(
            colorsys.hsv_to_rgb(dice.uniform(), dice.uniform(0.3, 0.9), dice.uniform(0.3, 0.9)),
            np.float32,
        )
    return np.clip(np.array(dice.pick(_HAIRS)) * dice.uniform(0.7, 1.4), 0, 1).astype(np.float32)


def draw_cloth(dice: Dice, plain: float = 0.45, folds: float = 0.16) -> Cloth:
    """A random material, plain with the given probability."""
    rest = (1 - plain) / 13
    pattern = dice.pick(
        {"plain": plain, "stripes": 3 * rest, "columns": 2 * rest, "checks": 2 * rest,
         "dots": 2 * rest, "melange": 2 * rest, "patches": 2 * rest}
    )  # fmt: skip
    return Cloth(
        colour=draw_colour(dice),
        second=draw_colour(dice),
        pattern=pattern,
        period=dice.uniform(0.12, 0.42),
        share=dice.uniform(0.25, 0.7),
        folds=dice.uniform(0.3, 1.0) * folds,
        offset=(dice.uniform(), dice.uniform()),
    )


@dataclasses.dataclass(frozen=True)
class Outfit:
    """Everything a person wears; None where it is not worn.

    Lengths of sleeves count 1 to the elbow and 2 to the wrist; those of legs (`legs`, `skirt`)
    count 1 to the knee and 2 to the ankle, and so does `coat_length` (0: to the hips).
    """

    kind: str  # "pants", "skirt", "dress", "jumpsuit" or "dungarees"
    top: Cloth
    bottom: Cloth
    sleeve: float
    legs: float
    loose: float  # how wide the trousers' legs are, in heads
    tucked: bool
    neckline: float
    skirt: float
    flare: float
    belt: np.ndarray | None
    logo: np.ndarray | None
    coat: Cloth | None
    coat_length: float
    coat_sleeve: float
    coat_gap: float
    scarf: Cloth | None
    scarf_end: float
    gloves: Cloth | None
    cuff: float
    socks: Cloth | None
    sock: float  # where on the shin they begin: 1 at the ankle, 0 at the knee
    shoes: Cloth | None
    shaft: float  # where on the shin boots begin; 1 for shoes
    sole: np.ndarray
    skin: Cloth


def draw_outfit(dice: Dice) -> Outfit:
    """An outfit in which everything goes with the rest, but for the colours."""
    kind = dice.pick({"pants": 44, "skirt": 20, "dress": 17, "jumpsuit": 13, "dungarees": 6})
    coat = draw_cloth(dice, 0.6) if dice.chance(0.1 if kind == "dungarees" else 0.36) else None
    bare = kind in ("skirt", "dress")
    legs = dice.pick({1.9: 52, 1.6: 22, 0.95: 10, 0.6: 16}) * dice.uniform(0.93, 1.04)
    if kind in ("jumpsuit", "dungarees") and dice.chance(0.5):
        legs = dice.uniform(1.75, 1.95)
    if dice.chance(0.78 if bare or legs < 1.8 else 0.4):
        socks, sock = draw_cloth(dice, 0.55), dice.pick((0.6, 0.42, 0.15))
    else:
        socks, sock = None, 1.0
    boots = dice.chance(0.08 if socks else 0.25)
    shoes = draw_cloth(dice, 0.75, 0.05) if dice.chance(0.94) else None
    return Outfit(
        kind=kind,
        top=draw_cloth(dice),
        bottom=draw_cloth(dice, 0.6),
        sleeve=dice.pick({0.0: 14, 0.55: 30, 1.4: 10, 1.92: 46}) * dice.uniform(0.9, 1.0),
        legs=legs,
        loose=dice.uniform(0.02, 0.12),
        tucked=dice.chance(0.5) or kind == "dungarees",
        neckline=dice.pick({0.06: 6, 0.3: 3}) * dice.uniform(0.6, 1.4),
        skirt=dice.pick({0.62: 3, 1.0: 5, 1.5: 3}) * dice.uniform(0.9, 1.1),
        flare=dice.uniform(0.08, 0.45),
        belt=draw_colour(dice) if dice.chance(0.5) else None,
        logo=draw_colour(dice) if dice.chance(0.3) else None,
        coat=coat,
        coat_length=dice.pick({0.0: 3, 0.55: 4, 1.0: 4}) * dice.uniform(0.85, 1.2),
        coat_sleeve=dice.pick({1.9: 9, 0.0: 1}) * dice.uniform(0.94, 1.0),
        coat_gap=dice.uniform(0.14, 0.5),
        scarf=draw_cloth(dice, 0.35) if dice.chance(0.27) else None,
        scarf_end=dice.uniform(0.6, 1.7) if dice.chance(0.75) else 0.0,
        gloves=draw_cloth(dice, 0.7, 0.08) if dice.chance(0.27) else None,
        cuff=dice.uniform(0.55, 0.8),
        socks=socks,
        sock=sock,
        shoes=shoes,
        shaft=dice.uniform(0.35, 0.7) if boots else 1.0,
        sole=draw_colour(dice),
        skin=Cloth(draw_skin(dice), np.zeros(3, np.float32), folds=0.03),
    )
