"""The original's files, an overlay to look at, and the record of an image."""

import typing
from collections.abc import Collection

import cv2
import numpy as np

from jppnet_tf.images.drawing import colour_parsing, draw_overlay
from jppnet_tf.images.encoding import encode_image, encode_png
from jppnet_tf.images.masks import encode_mask
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.numbers import round_points, shorten
from jppnet_tf.predictions.formats.person_maps import colour_people

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction


def lip_files(
    name: str, rgb: np.ndarray, prediction: "Prediction", least_score: float | None = None
) -> dict[str, bytes]:
    """The files of one image: what the original wrote, and an overlay to look at.

    Args:
        name: the image's result name, as `sources.result_names` gives it.
        rgb: uint8 [h, w, 3].
        prediction: Prediction.
        least_score: not looked at: the original wrote every joint.

    Returns:
        dict of path below the output folder to content in bytes, in the order of `lip_paths`.

    Reference:
        LIP_JPPNet evaluate_parsing_JPPNet-s2.py and evaluate_pose_JPPNet-s2.py.
    """
    people, classes = prediction.people.keypoints, prediction.classes
    has_pose = people is not None
    drawn, drawn_classes = colour_people(prediction)
    overlay = draw_overlay(rgb, drawn, people, drawn_classes, prediction.joints)
    contents = (
        encode_png(prediction.parsing),
        encode_png(colour_parsing(prediction.parsing, classes.palette)),
        *([encode_pose_text(*people)] if people is not None else []),
        encode_image(".jpg", overlay, [cv2.IMWRITE_JPEG_QUALITY, 92]),
    )
    return dict(zip(lip_paths(name, has_pose=has_pose), contents, strict=True))


def lip_paths(name: str, classes: Collection[str] = (), has_pose: bool = True) -> tuple[str, ...]:
    """The paths that `lip_files` gives content for, below the output folder."""
    return (
        f"parsing/{name}.png",
        f"parsing/{name}_vis.png",
        *([f"pose/{name}.txt"] if has_pose else []),
        f"overlay/{name}.jpg",
    )


def encode_pose_text(*people: np.ndarray) -> bytes:
    """The original's line: x and y of each joint as integers, a space after each, no newline.

    Args:
        *people: float [joints, 3], x, y, score; fractions of pixels are rounded. Each has a line;
            between lines, and only there, is a newline.

    Returns:
        bytes.
    """
    lines = [
        "".join(f"{round(float(value))} " for value in keypoints[:, :2].ravel())
        for keypoints in people
    ]
    return "\n".join(lines).encode()


def prediction_record(name: str, image: str, prediction: "Prediction") -> dict:
    """What predictions.jsonl holds of one image.

    Args:
        name: result name.
        image: the image's path as given, for people.
        prediction: Prediction.

    Returns:
        dict: `name`, `image`, `width`, `height`, `keypoints` (one [x, y, score] a joint, or None
        where the network parses only, or there are several people), `pixels` (class name -> count,
        classes found only); and, of people in boxes or found by a network, `people`: a list of
        `id` (their value in the person map), `box` ([x, y, width, height]), `score`, `pixels` (how
        many are theirs), `keypoints`, `detector_keypoints` (of people whom one network found and
        another predicted: the joints that the first gave, in COCO's order) and `mask` (COCO's
        compressed run lengths: `size`, `counts`).
    """
    people, names = _people_records(prediction), prediction.classes.names
    counts = np.bincount(prediction.parsing.ravel(), minlength=len(names))
    height, width = prediction.parsing.shape
    return {
        "name": name,
        "image": image,
        "width": width,
        "height": height,
        "keypoints": people[0]["keypoints"] if len(people) == 1 else None,
        "pixels": {names[i]: int(count) for i, count in enumerate(counts) if count},
    } | ({} if prediction.people.boxes is None else {"people": people})


def _people_records(prediction):
    """What a record holds of each person: list of dict."""
    people, owners = prediction.people, prediction.person_map
    ids = people.ids.tolist()
    pixels = (
        None if owners is None else np.bincount(owners.ravel(), minlength=max(ids, default=0) + 1)
    )
    boxes = [None] * len(people) if people.boxes is None else people.boxes.tolist()
    keypoints = [None] * len(people) if people.keypoints is None else people.keypoints
    records: list[dict] = [
        {
            "id": id_,
            "box": box and shorten(box),
            "keypoints": None if xys is None else round_points(xys),
        }
        for id_, box, xys in zip(ids, boxes, keypoints, strict=True)
    ]
    for number, record in enumerate(records):
        if people.scores is not None:
            record["score"] = round(float(people.scores[number]), 5)
        if pixels is not None:
            record["pixels"] = int(pixels[record["id"]])
        if people.detector_keypoints is not None:
            record["detector_keypoints"] = round_points(people.detector_keypoints[number])
        if people.masks is not None:
            record["mask"] = encode_mask(people.masks[number])
        elif owners is not None:
            record["mask"] = encode_mask(owners == record["id"])
    return records


VIDEO = Format(
    "video",
    (),
    lambda name, classes, has_pose: (f"overlay/{name}.mp4",),
    lambda name, rgb, prediction, least_score=None: {},
)
"""What a video has in place of all formats; its frames' records are an image's."""

FORMATS = (Format("lip", ("parsing", "pose", "overlay"), lip_paths, lip_files, any_classes=True),)
