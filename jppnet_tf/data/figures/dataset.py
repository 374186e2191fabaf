"""Rendered people with their labels and joints, alone or as a data set in LIP's layout.

Pictures to train and test with where LIP itself is not at hand: every class and joint of LIP, exact
to the pixel, in random poses, clothes and colours. Nothing here needs TensorFlow.
"""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from jppnet_tf.data.figures import anatomy, head, scenery, wardrobe
from jppnet_tf.data.figures.body import paint_body
from jppnet_tf.data.figures.canvas import Canvas
from jppnet_tf.data.figures.dice import Dice
from jppnet_tf.data.figures.person import HEAD, OWNER, TRUNK, Person
from jppnet_tf.data.lip_files import writing_split
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import map_jobs


@dataclasses.dataclass(frozen=True)
class Figure:
    """One rendered person.

    Attributes:
        image: uint8 [h, w, 3], RGB.
        label: uint8 [h, w], LIP's class ids.
        joints: float32 [16, 3] of x, y, flag (0 visible, 1 occluded), nan outside the image.
        quality: the JPEG quality to write it with, 40 to 95.
    """

    image: np.ndarray
    label: np.ndarray
    joints: np.ndarray
    quality: int


def render_figure(seed: int | Sequence[int], size: int = 384) -> Figure:
    """Renders one person.

    Args:
        seed: int >= 0 or a sequence of them; the same gives the same figure.
        size: the longer side of the image in pixels; the figure is the same at every size.

    Returns:
        Figure.
    """
    dice = Dice(seed)
    body = anatomy.draw_body(dice)
    view = anatomy.draw_view(dice)
    points = anatomy.pose_body(dice, body)
    outfit = wardrobe.draw_outfit(dice)
    look = head.draw_look(dice)
    xy, z = project_points(points, view)
    scale, (width, height) = _frame(dice, xy, size)
    angle = dice.uniform(0, 2 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle)]) * dice.uniform(0.2, 1)
    canvas = Canvas(scenery.draw_backdrop(dice, height, width), light)
    person = Person(canvas, xy, z, scale, body, view, outfit)
    head.paint_hair_behind(person, look)
    paint_body(person, lambda person: head.paint_head(person, look))
    scenery.paint_objects(dice, canvas)
    image = scenery.develop(dice, canvas.rgb)
    joints = _find_joints(canvas, xy, z)
    return Figure(image, canvas.label, joints, int(dice.uniform(40, 96)))


def project_points(
    points: dict[str, np.ndarray], view: anatomy.Viewpoint
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Points in space as a camera sees them, and others that painting needs.

    Args:
        points: dict of name to float [3], as `anatomy.pose_body` gives it.
        view: Viewpoint.

    Returns:
        dict of name to (x, y), and dict of name to z, in heads.
    """
    points = dict(points)
    points["crotch"] = points["pelvis"] + [0, -0.24, 0]
    points["throat"] = points["thorax"] + 0.35 * (points["neck"] - points["thorax"])
    places = view.project(np.array(list(points.values())))
    xy = dict(zip(points, places[:, :2], strict=True))
    return xy, dict(zip(points, places[:, 2].tolist(), strict=True))


# What a crop shows: its share, and the points that it is drawn around.
_CROPS = {
    "full": (54, None),
    "knees up": (14, ("head", "right knee", "left knee")),
    "hips up": (17, ("head", "right hip", "left hip", "right shoulder", "left shoulder")),
    "chest up": (5, ("head", "right elbow", "left elbow", "spine")),
    "no head": (4, ("right shoulder", "left shoulder", "right ankle", "left ankle",
                    "right toes", "left toes")),
    "legs": (6, ("pelvis", "right hip", "left hip", "right knee", "left knee", "right toes",
                 "left toes")),
}  # fmt: skip


def _frame(dice, xy, size):
    """Chooses a crop and moves the points into its pixels; (pixels per head, (width, height))."""
    kind = dice.pick({name: share for name, (share, _) in _CROPS.items()})
    names = _CROPS[kind][1] or tuple(xy)
    places = np.array([xy[name] for name in names])
    low, high = places.min(axis=0) - 0.3, places.max(axis=0) + 0.3
    extent = high - low
    for side in (low, high):
        loose = 0.42 if dice.chance(0.3) else 0.06
        margin = extent * [dice.uniform(-0.03, loose), dice.uniform(-0.03, loose * 0.6)]
        side += margin if side is high else -margin
    extent = high - low
    narrow = dice.uniform(0.36, 0.72) * extent[1] - extent[0]
    if narrow > 0:  # LIP has no narrower crops
        share = dice.uniform(0.0, 1.0)
        low[0], high[0] = low[0] - narrow * share, high[0] + narrow * (1 - share)
    extent = high - low
    scale = size / extent.max()
    for name in xy:
        xy[name] = (xy[name] - low) * scale
    return float(scale), tuple(max(int(round(side)), 8) for side in extent * scale)


# Per joint: the parts of which one may lie on top of it where it counts as visible.
_OWNERS = {
    "ankle": ("{} leg",), "knee": ("{} leg",), "hip": ("{} leg",),
    "wrist": ("{} forearm",), "elbow": ("{} forearm", "{} upper arm"),
    "shoulder": ("{} upper arm",),
}  # fmt: skip


def _find_joints(canvas, xy, z):
    """Float32 [16, 3] of x, y, flag."""
    height, width = canvas.label.shape
    joints = np.full((len(LIP_JOINTS.names), 3), np.nan, np.float32)
    for joint, name in enumerate(LIP_JOINTS.names):
        x, y = xy[name]
        if 0 <= x <= width - 1 and 0 <= y <= height - 1:
            owner = canvas.owner[int(round(y)), int(round(x))]
            joints[joint] = x, y, is_hidden(name, owner, z)
    return joints


def is_hidden(name: str, owner: int, z: dict[str, float]) -> bool:
    """Whether another part lies over a joint; the clothes over it do not count.

    Args:
        name: the joint's.
        owner: the part on top, see `person.OWNER`.
        z: dict of point to heads towards the camera.
    """
    side, _, kind = name.rpartition(" ")
    if not side:  # the middle of the body
        return owner not in (0, TRUNK, HEAD)
    allowed = [OWNER[part.format(side)] for part in _OWNERS[kind]]
    other = {"left": "right", "right": "left"}[side]
    far = z[name] < z[f"{other} {kind}"] - 0.55
    covered = kind in ("knee", "ankle") or (kind in ("hip", "shoulder") and not far)
    if covered:  # by the person's own coat, skirt or shirt
        allowed.append(TRUNK)
    return owner not in (0, *allowed)


def write_figures(
    folder: str | os.PathLike,
    split: str,
    count: int,
    seed: int,
    size: int = 384,
    overwrite: bool = False,
    processes: int | None = None,
    on_figure: Callable[[], object] | None = None,
) -> None:
    """Renders a split of a data set in the layout of LIP's released archives.

    Figure i depends on (seed, i) and `size` alone: a larger set begins with the smaller one. The
    files appear in their places when all are done, so an interrupted set is not taken for whole,
    and a replaced one stays until then. With more than one process, a script that calls this needs
    `if __name__ == "__main__":`, as with all of `multiprocessing`.

    Args:
        folder: where the data set lies or shall lie; the other split may be there already.
        split: "train" or "val".
        count: number of figures, at least 1.
        seed: int >= 0.
        size: the longer side of the images in pixels, at least 32.
        overwrite: whether a split that is there already may be replaced.
        processes: how many work at once; None for one per core.
        on_figure: function of no argument, called whenever a figure has been rendered.

    Raises:
        InputError: an argument is out of range, or the split exists.
    """
    _check_arguments(split, count, seed, size)
    with writing_split(folder, split, overwrite) as writer:
        jobs = [(writer.images, writer.labels, seed, index, size) for index in range(count)]
        chunk = max(1, min(16, count // 32))
        rendered = map_jobs(_write_figure, jobs, processes, chunk, _use_one_thread)
        with contextlib.closing(rendered) as finished:
            for name, joints in finished:
                writer.list_image(name, joints)
                if on_figure:
                    on_figure()


def _check_arguments(split, count, seed, size):
    if split not in ("train", "val"):
        raise InputError(f"split must be train or val, not {split!r}")
    for name, value, least in (("count", count, 1), ("seed", seed, 0), ("size", size, 32)):
        if value < least:
            raise InputError(f"{name} must be at least {least}, not {value}")


def _use_one_thread():
    cv2.setNumThreads(0)


def _write_figure(job):
    """Renders and writes one figure; its name and joints."""
    images, labels, seed, index, size = job
    figure = render_figure((seed, index), size)
    name = f"figure_{index:06d}"
    quality = [cv2.IMWRITE_JPEG_QUALITY, figure.quality]
    image = cv2.imencode(".jpg", figure.image[..., ::-1], quality)[1]
    label = cv2.imencode(".png", figure.label, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    (images / f"{name}.jpg").write_bytes(image.tobytes())
    (labels / f"{name}.png").write_bytes(label.tobytes())
    return name, figure.joints
