"""The annotations of MPII Human Pose: its .mat file, or JSON made from it."""

import dataclasses
import os
import pathlib

import numpy as np

from jppnet_tf.data.mat_files import read_mat
from jppnet_tf.images.names import image_id
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_json

JOINTS = len(LIP_JOINTS.names)
HEAD_SHARE = 0.6
"""Of the head box's diagonal, what MPII takes for the head's size."""


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """One annotated person.

    Attributes:
        joints: float64 [16, 3] of x, y in pixels of the whole image, 0; nan where missing. The
            order is LIP's.
        head_size: in pixels.
        source: where it was read, for messages.
    """

    joints: np.ndarray
    head_size: float
    source: str


def read_mpii(path: str | os.PathLike) -> dict[str, Annotation]:
    """Reads the people to judge predictions by.

    Of the .mat file those are the training set's single persons: the test set's joints were never
    published, and people in groups cannot be told apart by a name. JSON is a list of objects with
    `image`, `joints` (16 x [x, y]), `head_box` ([x1, y1, x2, y2]) and, if joints are missing,
    `joints_vis` (16 numbers, 0 is missing).

    Args:
        path: `mpii_human_pose_v1_u12_1.mat`, or a JSON file.

    Returns:
        dict of name to Annotation. The name is the image's without suffix; of several single
        persons in an image, with `_1`, `_2`, ... behind it.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    people = list(_read_json(path) if path.suffix == ".json" else _read_mat(path))
    if not people:
        raise InputError(f"{path}: no person with joints and head box")
    named: dict[str, list[Annotation]] = {}
    for image, person in people:
        named.setdefault(image_id(image), []).append(person)
    found = {}
    for name, persons in named.items():
        for number, person in enumerate(persons, start=1):
            key = name if len(persons) == 1 else f"{name}_{number}"
            if key in found:
                raise InputError(f"{person.source}: two people would be called {key}")
            found[key] = person
    return found


def _read_json(path):
    entries = read_json(path)
    if not isinstance(entries, list):
        raise InputError(f"{path}: must be a list of people")
    for number, entry in enumerate(entries):
        source = f"{path}, entry {number}"
        try:
            points = np.array(entry["joints"], np.float64)[:, :2]
            there = np.array(entry.get("joints_vis", np.ones(JOINTS)), np.float64) > 0
            box = np.array(entry["head_box"], np.float64)
            yield str(entry["image"]), _make_person(points, there, box, source)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(
                f"{source}: needs image, joints (16 x 2) and head_box (4 numbers): {error!r}"
            ) from None


def _make_person(points, there, box, source):
    if points.shape != (JOINTS, 2) or there.shape != (JOINTS,) or box.shape != (4,):
        raise ValueError(f"shapes {points.shape}, {there.shape}, {box.shape}")
    if not np.isfinite(box).all():
        raise ValueError(f"head box {box.tolist()}")
    joints = np.zeros((JOINTS, 3))
    joints[:, :2] = np.where(there[:, None], points, np.nan)
    size = HEAD_SHARE * float(np.hypot(box[2] - box[0], box[3] - box[1]))
    return Annotation(joints, size, source)


# What a file that is something else, or damaged, makes scipy and the code below raise.
_TROUBLE = (ValueError, TypeError, KeyError, IndexError, AttributeError)


def _read_mat(path):
    content = read_mat(path, struct_as_record=False, squeeze_me=True)
    try:
        release = content["RELEASE"]
        parts = (release.annolist, release.img_train, release.single_person)
        images = list(zip(*map(np.atleast_1d, parts), strict=True))
    except _TROUBLE as error:
        raise InputError(f"{path}: not MPII's annotations: {error!r}") from None
    for number, (image, is_train, singles) in enumerate(images, start=1):
        source = f"{path}, image {number}"
        try:
            if is_train:
                yield from _read_people(image, singles, source)
        except _TROUBLE as error:
            raise InputError(f"{source}: not as in MPII's annotations: {error!r}") from None


def _read_people(image, singles, source):
    """The single persons of one annolist entry that have joints and a head box."""
    rects = np.atleast_1d(image.annorect)
    for place in np.atleast_1d(singles).astype(int):  # counted from 1
        if not 1 <= place <= len(rects):
            raise ValueError(f"person {place} of {len(rects)}")
        rect = rects[place - 1]
        box = [getattr(rect, side, ()) for side in ("x1", "y1", "x2", "y2")]
        points: np.ndarray = np.atleast_1d(getattr(getattr(rect, "annopoints", None), "point", ()))
        if not points.size or any(np.size(side) != 1 for side in box):
            continue  # some people lack the one or the other
        xy, there = np.zeros((JOINTS, 2)), np.zeros(JOINTS, bool)
        for point in points:
            if not 0 <= int(point.id) < JOINTS:
                raise ValueError(f"joint {point.id}")
            xy[int(point.id)], there[int(point.id)] = (point.x, point.y), True
        yield str(image.image.name), _make_person(xy, there, np.array(box, float), source)
