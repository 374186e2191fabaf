"""A picture and its labels, painted together part by part."""

import functools
from collections.abc import Sequence

import numpy as np


class Canvas:
    """The picture, its class ids, and which body part lies on top of each pixel.

    Attributes:
        rgb: float32 [3, h, w], 0..1.
        label: uint8 [h, w], LIP's class ids.
        owner: uint8 [h, w], the part on top; 0 is the background.
        light: (x, y) of the direction the light comes from, y down, length at most 1.
    """

    def __init__(self, backdrop: np.ndarray, light: Sequence[float] | np.ndarray) -> None:
        self.rgb = backdrop
        self.label = np.zeros(backdrop.shape[1:], np.uint8)
        self.owner = np.zeros(backdrop.shape[1:], np.uint8)
        self.light = light

    def paint(
        self,
        tube: "Tube",
        distance: np.ndarray,
        rgb: np.ndarray,
        label: int,
        owner: int,
        shadow: float = 0.0,
    ) -> None:
        """Paints picture, label and owner through one mask.

        Args:
            tube: Tube that the arrays belong to.
            distance: float32 [h, w], pixels to the border of what is painted, negative inside.
            rgb: float32 [3, h, w] or [3].
            label: class id.
            owner: id of the body part.
            shadow: width in pixels of the shadow it casts on the parts below; 0 for none.
        """
        box, place = _touched(distance, tube.place, 0.5 + shadow)
        if not distance[box].size:
            return
        distance, view = distance[box], self.rgb[(slice(None), *place)]
        label_view = self.label[place]
        if shadow:
            soft = np.clip(1 - distance * np.float32(1 / shadow), 0, 1)
            if tube.caps:  # none at the start, so that limbs grow out of each other
                soft *= np.clip(tube.along[box] * 4 - np.float32(0.4), 0, 1)
            soft *= label_view > 0
            view *= 1 - np.float32(0.38) * soft
        alpha = np.clip(np.float32(0.5) - distance, 0, 1)
        rgb = rgb[:, None, None] if rgb.ndim == 1 else rgb[(slice(None), *box)]
        step = rgb - view
        step *= alpha
        view += step
        inside = alpha >= 0.5
        np.copyto(label_view, np.uint8(label), where=inside)
        np.copyto(self.owner[place], np.uint8(owner), where=inside)


class Tube:
    """The pixels around a tapered tube, in coordinates along and across it.

    Seen from its start, `across` grows to the left: to the right in the picture for a tube that
    runs downwards.

    Attributes:
        place: (rows, columns), slices of the canvas; may be empty.
        along: float32 [h, w], 0 at the start, 1 at the end, beyond both outside.
        across: float32 [h, w], pixels from the axis, signed.
        table: float32 [steps], half-widths from start to end.
        width: float32 [h, w], half-width beside each pixel.
        side: float32 [h, w], across as a part of the half-width, within -1..1.
        distance: float32 [h, w], pixels to the outline, negative inside.
        length: pixels from start to end.
        normal: (x, y) of the direction in which `across` grows.
    """

    def __init__(
        self,
        canvas: Canvas,
        start: Sequence[float] | np.ndarray,
        end: Sequence[float] | np.ndarray,
        knots: Sequence[float] | np.ndarray,
        widths: Sequence[float],
        margin: float = 6.0,
        caps: bool = True,
        steps: int = 256,
    ) -> None:
        """Measures the pixels.

        Args:
            canvas: Canvas to paint on.
            start, end: (x, y) in pixels.
            knots: positions along the axis, increasing, 0 to 1.
            widths: half-width in pixels at each knot.
            margin: pixels around the outline that are measured too.
            caps: whether the ends are round; else they are cut.
            steps: entries of the table of half-widths; more for outlines that turn sharply.
        """
        ax, ay = float(start[0]), float(start[1])
        dx, dy = float(end[0]) - ax, float(end[1]) - ay
        self.caps = caps
        self.length = max((dx * dx + dy * dy) ** 0.5, 1e-3)
        dx, dy = (dx / self.length, dy / self.length) if self.length > 1e-3 else (0.0, 1.0)
        self.normal = (dy, -dx)
        self.place, x, y = _box(canvas, start, end, max(widths) + margin)
        x, y = x - np.float32(ax), y - np.float32(ay)
        self.along = (x * np.float32(dx / self.length)) + (y * np.float32(dy / self.length))
        self.across = x * np.float32(dy) + y * np.float32(-dx)
        self.table, slope = _tables(knots, widths, self.length, steps)
        clipped = np.clip(self.along, 0, 1)
        index = (clipped * np.float32(steps - 1)).astype(np.intp)
        self.width = self.table.take(index)
        self.side = np.clip(self.across / np.maximum(self.width, np.float32(0.5)), -1, 1)
        beyond = (self.along - clipped) * np.float32(self.length)
        if caps:
            self.distance = np.sqrt(self.across * self.across + beyond * beyond) - self.width
        else:
            self.distance = np.abs(self.across) - self.width
        self.distance *= slope.take(index)
        if not caps:
            ends = (np.abs(self.along - np.float32(0.5)) - np.float32(0.5)) * np.float32(
                self.length
            )
            np.maximum(self.distance, ends, out=self.distance)

    def before(self, along: float | np.ndarray) -> np.ndarray:
        """Pixels to the cut at `along`, negative on the side of the start."""
        return (self.along - along) * np.float32(self.length)

    def after(self, along: float | np.ndarray) -> np.ndarray:
        """Pixels to the cut at `along`, negative on the side of the end."""
        return (along - self.along) * np.float32(self.length)

    @functools.cached_property
    def depth(self) -> np.ndarray:
        """float32 [h, w]: height of a round body over the paper, 1 on the axis, 0 at the rim."""
        return np.sqrt(np.maximum(1 - self.side * self.side, 0))

    def turn(self, yaw: float) -> tuple[np.ndarray, np.ndarray]:
        """The same places on a body turned by `yaw` (radians): (left, forward), each [h, w].

        `left` is -1..1 towards the person's left, `forward` is 1 in the middle of the front and
        negative on the back.
        """
        cosine, sine = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
        left = self.side * cosine - self.depth * sine
        forward = self.side * sine + self.depth * cosine
        return left, forward

    def shade(self, light: Sequence[float] | np.ndarray, strength: float = 0.5) -> np.ndarray:
        """float32 [h, w]: brightness of a round body in this light, about 1."""
        toward = self.normal[0] * light[0] + self.normal[1] * light[1]
        base = np.float32(1 - 0.62 * strength)
        return base + np.float32(strength) * (
            np.float32(0.75) * self.depth + np.float32(toward * 0.7) * self.side
        )


def _touched(distance, place, reach):
    """The part of a mask that paints anything: its slices of the mask, and of the canvas."""
    near = distance < np.float32(reach)
    box, moved = [], []
    for hits, whole in zip((near.any(axis=1), near.any(axis=0)), place, strict=True):
        found = np.flatnonzero(hits)
        first, last = (int(found[0]), int(found[-1]) + 1) if found.size else (0, 0)
        box.append(slice(first, last))
        moved.append(slice(whole.start + first, whole.start + last))
    return tuple(box), tuple(moved)


def _box(canvas, start, end, reach):
    """(rows, columns) around both points, and the coordinates of their pixels' centres."""
    height, width = canvas.label.shape
    slices = []
    for a, b, length in ((start[1], end[1], height), (start[0], end[0], width)):
        first = min(max(int(min(a, b) - reach), 0), length)
        last = min(max(int(max(a, b) + reach) + 2, first), length)
        slices.append(slice(first, last))
    rows, columns = slices
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    return (rows, columns), x, y


@functools.cache
def _grid(steps):
    return np.linspace(0, 1, steps)


def _tables(knots, widths, length, steps):
    """Half-width along the tube, its corners rounded, and the cosine of the outline's slope."""
    table = np.interp(_grid(steps), knots, widths)
    half = steps // 32
    padded = np.concatenate([np.full(half + 1, table[0]), table, np.full(half, table[-1])])
    sums = np.cumsum(padded)
    table = (sums[2 * half + 1 :] - sums[: -2 * half - 1]) / (2 * half + 1)
    slope = np.empty_like(table)
    slope[1:-1] = (table[2:] - table[:-2]) * ((steps - 1) / (2 * length))
    slope[0], slope[-1] = slope[1], slope[-2]
    return table.astype(np.float32), (1 / np.sqrt(1 + slope * slope)).astype(np.float32)
