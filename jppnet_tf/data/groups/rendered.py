"""Rendered people, cut out."""

from collections.abc import Sequence

import numpy as np

from jppnet_tf.data.figures import anatomy, head, scenery, wardrobe
from jppnet_tf.data.figures.body import paint_body
from jppnet_tf.data.figures.canvas import Canvas
from jppnet_tf.data.figures.dataset import is_hidden, project_points
from jppnet_tf.data.figures.dice import Dice
from jppnet_tf.data.figures.person import HEAD, Person
from jppnet_tf.data.groups.cutout import HIDDEN, VISIBLE, Cutout
from jppnet_tf.labels import COCO_JOINTS

_MARGIN = 0.9  # heads around the points of a body, for what is wider than its bones


def render_cutout(seed: int | Sequence[int], size: int) -> Cutout:
    """Renders one whole person.

    Args:
        seed: int >= 0 or a sequence of them; the same gives the same person.
        size: about the longer side in pixels.

    Returns:
        Cutout.
    """
    dice = Dice(seed)
    body, view = anatomy.draw_body(dice), anatomy.draw_view(dice)
    points = anatomy.pose_body(dice, body)
    outfit, look = wardrobe.draw_outfit(dice), head.draw_look(dice)
    xy, z = project_points(points, view)
    places = np.array(list(xy.values()))
    low, high = places.min(axis=0) - _MARGIN, places.max(axis=0) + _MARGIN
    scale = size / float((high - low).max())
    xy = {name: (place - low) * scale for name, place in xy.items()}
    width, height = (int(side) for side in np.ceil((high - low) * scale))
    angle = dice.uniform(0, 2 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle)]) * dice.uniform(0.2, 1)
    canvas = Canvas(scenery.draw_backdrop(dice, height, width), light)
    person = Person(canvas, xy, z, scale, body, view, outfit)
    head.paint_hair_behind(person, look)
    paint_body(person, lambda person: head.paint_head(person, look))
    mask = canvas.label > 0
    keypoints = _find_joints(person, head.place_face(person))
    image = scenery.develop(dice, canvas.rgb)
    return Cutout(image, mask, mask, canvas.label.astype(np.uint8), keypoints).trim()


def _find_joints(person, face):
    """Float32 [17, 3] of x, y, flag."""
    owners = person.canvas.owner
    limits = np.array(owners.shape[::-1]) - 1
    keypoints = np.zeros((len(COCO_JOINTS.names), 3), np.float32)
    for joint, name in enumerate(COCO_JOINTS.names):
        if name in face:
            place, is_hidden_here = face[name]
        else:
            place, is_hidden_here = person.xy[name], False
        x, y = np.clip(place, 0, limits)
        owner = owners[round(float(y)), round(float(x))]
        if name in face:
            hidden = is_hidden_here or owner != HEAD
        else:
            hidden = is_hidden(name, owner, person.z)
        keypoints[joint] = x, y, HIDDEN if hidden else VISIBLE
    return keypoints
