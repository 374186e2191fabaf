"""The original's files, an overlay to look at, and the record of an image."""

import cv2
import numpy as np

from jppnet_tf.images.drawing import colour_parsing, draw_overlay
from jppnet_tf.images.encoding import encode_image, encode_png
from jppnet_tf.labels import LIP
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.numbers import round_points


def lip_files(name, rgb, prediction, least_score=None):
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
    has_pose = prediction.keypoints is not None
    people = [person.keypoints for person in prediction.people] if has_pose else []
    overlay = draw_overlay(rgb, prediction.parsing, people)
    contents = (
        encode_png(prediction.parsing),
        encode_png(colour_parsing(prediction.parsing)),
        *([encode_pose_text(*people)] if has_pose else []),
        encode_image(".jpg", overlay, [cv2.IMWRITE_JPEG_QUALITY, 92]),
    )
    return dict(zip(lip_paths(name, has_pose=has_pose), contents, strict=True))


def lip_paths(name, classes=LIP.names, has_pose=True):
    """The paths that `lip_files` gives content for, below the output folder."""
    return (
        f"parsing/{name}.png",
        f"parsing/{name}_vis.png",
        *([f"pose/{name}.txt"] if has_pose else []),
        f"overlay/{name}.jpg",
    )


def encode_pose_text(*people):
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


def prediction_record(name, image, prediction):
    """What predictions.jsonl holds of one image.

    Args:
        name: result name.
        image: the image's path as given, for people.
        prediction: Prediction.

    Returns:
        dict: `name`, `image`, `width`, `height`, `keypoints` (16 x [x, y, score], or None where
        the network parses only, or there are several people), `pixels` (class name -> count,
        classes found only); and, of people found in boxes, `people`: a list of `box` ([x, y, width,
        height]) and `keypoints`.
    """
    people = [
        {
            "box": person.box and list(person.box),
            "keypoints": None if person.keypoints is None else round_points(person.keypoints),
        }
        for person in prediction.people
    ]
    counts = np.bincount(prediction.parsing.ravel(), minlength=len(LIP.names))
    height, width = prediction.parsing.shape
    return {
        "name": name,
        "image": image,
        "width": width,
        "height": height,
        "keypoints": people[0]["keypoints"] if len(people) == 1 else None,
        "pixels": {LIP.names[i]: int(count) for i, count in enumerate(counts) if count},
    } | ({"people": people} if any(person["box"] for person in people) else {})


VIDEO = Format(
    "video",
    (),
    lambda name, classes, has_pose: (f"overlay/{name}.mp4",),
    lambda name, rgb, prediction, least_score=None: {},
)
"""What a video has in place of all formats; its frames' records are an image's."""

FORMATS = (Format("lip", ("parsing", "pose", "overlay"), lip_paths, lip_files),)
