"""The annotations of MPII Human Pose: its .mat file, or JSON made from it."""

import dataclasses
import json
import pathlib

import numpy as np
import scipy.io

from jppnet_tf.errors import InputError

JOINTS = 16
HEAD_SHARE = 0.6
"""Of the head box's diagonal, what MPII takes for the head's size."""


@dataclasses.dataclass(frozen=True, eq=False)
class Person:
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


def read_mpii(path):
    """Reads the people to judge predictions by.

    Of the .mat file those are the training set's single persons: the test set's joints were never
    published, and people in groups cannot be told apart by a name. JSON is a list of objects with
    `image`, `joints` (16 x [x, y]), `head_box` ([x1, y1, x2, y2]) and, if joints are missing,
    `joints_vis` (16 numbers, 0 is missing).

    Args:
        path: `mpii_human_pose_v1_u12_1.mat`, or a JSON file.

    Returns:
        dict of name to Person. The name is the image's without suffix; of several single persons
        in an image, with `_1`, `_2`, ... behind it.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    people = list(_read_json(path) if path.suffix == ".json" else _read_mat(path))
    if not people:
        raise InputError(f"{path}: no person with joints and head box")
    named = {}
    for image, person in people:
        named.setdefault(pathlib.PurePosixPath(image).stem, []).append(person)
    return {
        name if len(persons) == 1 else f"{name}_{number}": person
        for name, persons in named.items()
        for number, person in enumerate(persons, start=1)
    }


def _read_json(path):
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
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
    joints = np.zeros((JOINTS, 3))
    joints[:, :2] = np.where(there[:, None], points, np.nan)
    size = HEAD_SHARE * float(np.hypot(box[2] - box[0], box[3] - box[1]))
    return Person(joints, size, source)


def _read_mat(path):
    try:
        content = scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True)
        release = content["RELEASE"]
        images = np.atleast_1d(release.annolist)
        is_train, singles = np.atleast_1d(release.img_train), np.atleast_1d(release.single_person)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        raise InputError(f"{path}: not MPII's annotations: {error!r}") from None
    for number, (image, train, single) in enumerate(zip(images, is_train, singles, strict=True)):
        if not train:
            continue
        people = np.atleast_1d(image.annorect)
        for place in np.atleast_1d(single).astype(int):  # counted from 1
            person = _read_rect(people[place - 1], f"{path}, image {number + 1}")
            if person is not None:
                yield image.image.name, person


def _read_rect(rect, source):
    """One annorect as Person; None where it lacks joints or head box, as some do."""
    points = getattr(getattr(rect, "annopoints", None), "point", None)
    if points is None or not hasattr(rect, "x1"):
        return None
    xy, there = np.zeros((JOINTS, 2)), np.zeros(JOINTS, bool)
    for point in np.atleast_1d(points):
        xy[point.id], there[point.id] = (point.x, point.y), True
    return _make_person(xy, there, np.array([rect.x1, rect.y1, rect.x2, rect.y2]), source)
