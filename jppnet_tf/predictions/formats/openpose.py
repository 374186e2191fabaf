"""Joints as OpenPose and ControlNet write them, and as results of COCO's keypoint task."""

import functools
import pathlib
import typing
from collections.abc import Iterable, Sequence

import numpy as np

from jppnet_tf.labels import COCO_JOINTS, LIP_JOINTS, Joints
from jppnet_tf.predictions.formats import points
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.numbers import encode_json, round_points

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction

COCO_PATH = "coco/keypoints.json"
SEGMENTS_PATH = "coco/segments.json"
_PARTS = ("pose", "face", "hand_left", "hand_right")


def encode_people(people: Sequence[np.ndarray]) -> bytes:
    """OpenPose's JSON with all its keys; the lists of what LIP does not have are empty.

    Args:
        people: list of float [n, 3], x, y, score.
    """
    return encode_json({"version": 1.3, "people": [_describe_person(found) for found in people]})


def _describe_person(found):
    keys = [f"{part}_keypoints_{d}d" for d in (2, 3) for part in _PARTS]
    return {"person_id": [-1]} | dict.fromkeys(keys, []) | {keys[0]: _flatten(found)}


def encode_old_people(people: Sequence[np.ndarray]) -> bytes:
    """The JSON of OpenPose's first versions, which CP-VTON's readers know."""
    keys = [f"{part}_keypoints" for part in _PARTS]
    described = [dict.fromkeys(keys, []) | {keys[0]: _flatten(found)} for found in people]
    return encode_json({"version": 1.0, "people": described})


def encode_controlnet(people: Sequence[np.ndarray], size_hw: Sequence[int]) -> bytes:
    """The JSON of ControlNet's preprocessors: everybody in an image, and its size.

    Their readers leave out what scores below 1, so every point that is there scores 1.

    Args:
        people: list of float [18, 3], x, y, score; 0, 0, 0 where missing.
        size_hw: (height, width) of the image.
    """
    keys = [f"{part}_keypoints_2d" for part in _PARTS]
    certain = [np.column_stack([found[:, :2], found.any(axis=1)]) for found in people]
    described = [dict.fromkeys(keys) | {keys[0]: _flatten(found)} for found in certain]
    height, width = map(int, size_hw)
    return encode_json({"people": described, "canvas_height": height, "canvas_width": width})


def _flatten(found):
    return [value for point in round_points(found) for value in point]


def coco_results(
    records: Iterable[dict], least_score: float | None = None, joints: Joints = LIP_JOINTS
) -> list[dict]:
    """Results of COCO's keypoint task.

    Args:
        records: iterable of dicts as `lip.prediction_record` makes them; each name once.
        least_score: joints that score less are missing; None means `points.LEAST_SCORE`.
        joints: labels.Joints, what the records' keypoints stand for.

    Returns:
        list of dict, one per person with joints, in the order of the names: `image_id` (what the
        file of boxes called the image; without one, the name's number if all names are numbers,
        as COCO's own are, else the name), `category_id` (1, a person), `keypoints` (51 numbers),
        `score` (the person's times the mean of the points that are there). Of people whom the
        network found, whose joints are COCO's, it is the person's alone, and all points are there
        unless `least_score` is given: where they are counts, not whether.
    """
    return _keypoint_results(_list_people(records), least_score, joints)


def _keypoint_results(people, least_score, joints):
    return [
        _coco_result(image_id, person, least_score, joints, size_hw)
        for image_id, size_hw, person in people
        if person["keypoints"]
    ]


def coco_segments(records: Iterable[dict]) -> list[dict]:
    """Results of COCO's detection task: the masks of people.

    Args:
        records: as for `coco_results`.

    Returns:
        list of dict: `image_id`, `category_id`, `segmentation` (compressed run lengths), `score`.
    """
    return _segment_results(_list_people(records))


def _segment_results(people):
    return [
        {
            "image_id": image_id,
            "category_id": 1,
            "segmentation": person["mask"],
            "score": person["score"],
        }
        for image_id, _, person in people
        if "mask" in person
    ]


def _list_people(records):
    """Each person's image's id and size, and what the record holds of them, by the images' names.

    Images whose people have neither joints nor masks do not count when names are made numbers.
    """
    found = sorted(
        (
            (record["name"], record.get("image_id"), _size_of(record), people)
            for record in records
            if (people := _people_of(record))
        ),
        key=lambda entry: entry[0],
    )
    ids = _image_ids([name for name, *_ in found])
    for (_, given, size_hw, people), number in zip(found, ids, strict=True):
        for person in people:
            yield number if given is None else given, size_hw, person


def _size_of(record):
    """An image's (height, width); None of a record that does not tell."""
    height, width = record.get("height"), record.get("width")
    return (height, width) if height and width else None


def _people_of(record):
    """What an image's record holds of each person who has joints or a mask; none of a frame's."""
    if "frame" in record:
        return []
    people = record.get("people", [record])
    return [person for person in people if person["keypoints"] or "mask" in person]


def _coco_result(image_id, person, least_score, joints, size_hw):
    is_found = joints.names == COCO_JOINTS.names
    if is_found and least_score is None:
        least_score, size_hw = -1.0, None
    found = points.arrange(person["keypoints"], points.COCO, least_score, joints, size_hw)
    there = found[found.any(axis=1), 2]
    score = round(float(there.mean()) if len(there) else 0.0, 5)
    return {
        "image_id": image_id,
        "category_id": 1,
        "keypoints": _flatten(found),
        "score": person.get("score", 1) if is_found else round(score * person.get("score", 1), 5),
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


def arrange_everybody(
    prediction: "Prediction", count: int, least_score: float | None = None
) -> list[np.ndarray]:
    """The joints of each person in the order of an OpenPose model: list of float32 [count, 3].

    Raises:
        InputError: the network parses only.
    """
    order, size_hw = points.openpose_order(count), prediction.parsing.shape
    people = prediction.people.keypoints
    return [
        points.arrange(keypoints, order, least_score, prediction.joints, size_hw)
        for keypoints in ([None] if people is None else people)
    ]


def _files(folder, count, name, rgb, prediction, least_score=None):
    (path,) = _paths(folder, name, None, True)
    return {path: encode_people(arrange_everybody(prediction, count, least_score))}


def _controlnet_paths(name, classes, has_pose):
    return (f"controlnet/{name}.json",)


def _controlnet_files(name, rgb, prediction, least_score=None):
    (path,) = _controlnet_paths(name, None, True)
    people = arrange_everybody(prediction, 18, least_score)
    return {path: encode_controlnet(people, prediction.parsing.shape)}


def _summary(records, least_score=None, joints=LIP_JOINTS):
    people = list(_list_people(records))
    files = {COCO_PATH: encode_json(_keypoint_results(people, least_score, joints))}
    segments = _segment_results(people)
    return files | ({SEGMENTS_PATH: encode_json(segments)} if segments else {})


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
    Format("controlnet", ("controlnet",), _controlnet_paths, _controlnet_files, needs_pose=True),
    Format(
        "coco",
        ("coco",),
        lambda name, classes, has_pose: (),
        lambda name, rgb, prediction, least_score=None: {},
        _summary,
        needs_pose=True,
    ),
)
