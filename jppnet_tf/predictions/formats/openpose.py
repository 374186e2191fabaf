"""Joints as OpenPose writes them, and as results of COCO's keypoint task."""

import functools
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np

from jppnet_tf.labels import LIP_JOINTS, Joints
from jppnet_tf.predictions.formats import points
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.numbers import encode_json, round_points

COCO_PATH = "coco/keypoints.json"


def encode_people(
    people: Sequence[np.ndarray], key: str = "pose_keypoints_2d", version: float = 1.3
) -> bytes:
    """OpenPose's JSON: bytes.

    Args:
        people: list of float [n, 3], x, y, score.
        key: what the points are called.
        version: of OpenPose's output.
    """
    values = [[value for point in round_points(found) for value in point] for found in people]
    return encode_json({"version": version, "people": [{key: each} for each in values]})


def coco_results(
    records: Iterable[dict], least_score: float | None = None, joints: Joints = LIP_JOINTS
) -> list[dict]:
    """Results of COCO's keypoint task.

    Args:
        records: iterable of dicts as `lip.prediction_record` makes them; each name once.
        least_score: joints that score less are missing; None keeps all.
        joints: labels.Joints, what the records' keypoints stand for.

    Returns:
        list of dict, one per person with joints, in the order of the names: `image_id` (what the
        file of boxes called the image; without one, the name's number if all names are numbers,
        as COCO's own are, else the name), `category_id` (1, a person), `keypoints` (51 numbers),
        `score` (mean of the points that are there).
    """
    found = sorted(
        (record["name"], record.get("image_id"), people)
        for record in records
        if (people := _joints_of(record))
    )
    ids = _image_ids([name for name, _, _ in found])
    return [
        _coco_result(number if given is None else given, keypoints, least_score, joints)
        for (_, given, people), number in zip(found, ids, strict=True)
        for keypoints in people
    ]


def _joints_of(record):
    """The joints of each person of an image's record: list; none of a video's frame."""
    if "frame" in record:
        return []
    people = record.get("people", [record])
    return [person["keypoints"] for person in people if person["keypoints"]]


def _coco_result(image_id, keypoints, least_score, joints):
    found = points.arrange(keypoints, points.COCO, least_score, joints)
    there = found[found.any(axis=1), 2]
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": [value for point in round_points(found) for value in point],
        "score": round(float(there.mean()) if len(there) else 0.0, 5),
    }


def _image_ids(names):
    stems = [pathlib.PurePosixPath(name).name for name in names]
    if all(stem.isascii() and stem.isdigit() for stem in stems):
        numbers = [int(stem) for stem in stems]
        if len(set(numbers)) == len(numbers):
            return numbers
    return names


def _paths(folder, name, classes, has_pose):
    return (f"{folder}/{name}_keypoints.json",)


def _files(folder, count, name, rgb, prediction, least_score=None):
    people = [
        points.arrange(keypoints, points.OPENPOSE[count], least_score, prediction.joints)
        for keypoints in prediction.people.keypoints
    ]
    (path,) = _paths(folder, name, None, True)
    return {path: encode_people(people)}


def _summary(records, least_score=None, joints=LIP_JOINTS):
    return {COCO_PATH: encode_json(coco_results(records, least_score, joints))}


FORMATS = (
    *(
        Format(
            folder,
            (folder,),
            functools.partial(_paths, folder),
            functools.partial(_files, folder, count),
            needs_pose=True,
        )
        for folder, count in (("openpose18", 18), ("openpose25", 25), ("mpi15", 15))
    ),
    Format(
        "coco",
        ("coco",),
        lambda name, classes, has_pose: (),
        lambda name, rgb, prediction, least_score=None: {},
        _summary,
        needs_pose=True,
    ),
)
