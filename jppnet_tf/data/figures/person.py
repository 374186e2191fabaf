"""The person who is painted: places, proportions, clothes; and who owns a pixel."""

import dataclasses

import numpy as np

from jppnet_tf.data.figures.anatomy import Body, Viewpoint
from jppnet_tf.data.figures.canvas import Canvas, Tube
from jppnet_tf.data.figures.wardrobe import Outfit
from jppnet_tf.labels import LIP

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
    xy: dict
    z: dict
    scale: float
    body: Body
    view: Viewpoint
    outfit: Outfit

    def tube(self, start, end, knots, widths, margin=0.15, caps=True, steps=256):
        """A Tube between two points (names or pixels), widths and margin in heads."""
        start = self.xy[start] if isinstance(start, str) else start
        end = self.xy[end] if isinstance(end, str) else end
        widths = [width * self.scale for width in widths]
        return Tube(self.canvas, start, end, knots, widths, margin * self.scale + 2, caps, steps)

    def paint(self, tube, distance, cloth, label, owner, shadow=0.12):
        """Paints cloth, or one flat colour, through a mask."""
        plain = isinstance(cloth, np.ndarray)
        rgb = cloth if plain else cloth.colours(tube, self.scale, self.canvas.light)
        self.canvas.paint(tube, distance, rgb, CLASS[label], owner, shadow * self.scale)

    def middle(self, a, b):
        """How far the middle between two points lies towards the camera, in heads."""
        return (self.z[a] + self.z[b]) / 2
