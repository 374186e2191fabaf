"""The person who is painted: places, proportions, clothes; and who owns a pixel."""

import dataclasses
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.data.figures.anatomy import Body, Viewpoint
from jppnet_tf.data.figures.canvas import Canvas, Tube
from jppnet_tf.data.figures.wardrobe import Outfit
from jppnet_tf.labels import LIP

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.wardrobe import Cloth

CLASS = {name: id_ for id_, name in enumerate(LIP.names)}
# Who lies on top of a pixel: limbs apart, so that a joint knows what hides it.
TRUNK, HEAD, OBJECT = 1, 2, 9
OWNER = {
    "right upper arm": 3, "right forearm": 4, "left upper arm": 5, "left forearm": 6,
    "right leg": 7, "left leg": 8,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Person:
    """Who is painted where.

    Attributes:
        canvas: Canvas.
        xy: dict of point name to (x, y) in pixels.
        z: dict of point name to heads towards the camera.
        scale: pixels per head.
    """

    canvas: Canvas
    xy: dict[str, np.ndarray]
    z: dict[str, float]
    scale: float
    body: Body
    view: Viewpoint
    outfit: Outfit

    def tube(
        self,
        start: str | Sequence[float] | np.ndarray,
        end: str | Sequence[float] | np.ndarray,
        knots: Sequence[float] | np.ndarray,
        widths: Sequence[float] | np.ndarray,
        margin: float = 0.15,
        caps: bool = True,
        steps: int = 256,
    ) -> Tube:
        """A Tube between two points (names or pixels), widths and margin in heads."""
        start, end = (self.xy[p] if isinstance(p, str) else p for p in (start, end))
        scaled = [width * self.scale for width in widths]
        return Tube(self.canvas, start, end, knots, scaled, margin * self.scale + 2, caps, steps)

    def paint(
        self,
        tube: Tube,
        distance: np.ndarray,
        cloth: "Cloth | np.ndarray",
        label: str,
        owner: int,
        shadow: float = 0.12,
    ) -> None:
        """Paints cloth, or one flat colour, through a mask."""
        if not isinstance(cloth, np.ndarray):
            cloth = cloth.colours(tube, self.scale, self.canvas.light)
        self.canvas.paint(tube, distance, cloth, CLASS[label], owner, shadow * self.scale)

    def middle(self, a: str, b: str) -> float:
        """How far the middle between two points lies towards the camera, in heads."""
        return (self.z[a] + self.z[b]) / 2
