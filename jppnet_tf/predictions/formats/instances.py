"""Everybody's parts as the benchmarks of several people read them: CIHP's and MHP's."""

import typing
from collections.abc import Iterable

import numpy as np

from jppnet_tf.images.encoding import encode_png
from jppnet_tf.labels import CIHP, LIP, RELABELLINGS, Classes, Joints
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.parts import find_owners, find_parts
from jppnet_tf.predictions.relabelling import relabel_prediction
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction

MOST = 255
"""How many parts, or people, an 8-bit image can tell apart."""
RESULTS_PATH = "mhp/results.txt"


def _cihp_paths(name, classes, has_pose):
    return (
        f"cihp/global_parsing/{name}.png",
        *(f"cihp/{kind}/{name}.{end}" for kind in ("instance_parsing", "global_tag")
          for end in ("png", "txt")),
    )  # fmt: skip


def cihp_files(
    name: str, rgb: np.ndarray, prediction: "Prediction", least_score: float | None = None
) -> dict[str, bytes]:
    """What CIHP's evaluations read of one image.

    Args:
        name: the image's result name.
        rgb: not looked at.
        prediction: Prediction of LIP's classes or CIHP's; LIP's jumpsuits become dresses. Of more
            than 255 parts, the 255 with the highest scores are written.
        least_score: not looked at.

    Returns:
        dict of path to bytes: `global_parsing`, classes; `instance_parsing`, parts, and on line n
        of its text part n's class and score; `global_tag`, people, and on line n of its text person
        n's score.

    Raises:
        InputError: there are more than 255 people.
    """
    if prediction.classes.names == LIP.names:
        prediction = relabel_prediction(prediction, RELABELLINGS["cihp"])
    people, scores = _count_people(name, prediction)
    parts = find_parts(prediction, MOST)
    lines = zip(parts.classes, parts.scores, strict=True)
    contents = (
        encode_png(prediction.parsing),
        encode_png(parts.map.astype(np.uint8)),
        "".join(f"{class_} {score:.6f}\n" for class_, score in lines).encode(),
        encode_png(people),
        "".join(f"{score:.6f}\n" for score in scores).encode(),
    )
    return dict(zip(_cihp_paths(name, (), True), contents, strict=True))


def _count_people(name, prediction):
    """The person of each pixel, counted from 1 in order: uint8 [h, w]; and their scores."""
    people = prediction.people
    if len(people) > MOST:
        raise InputError(f"{name}: {len(people)} people: an 8-bit image tells {MOST} apart")
    owners = find_owners(prediction)
    ids = np.ones(1, int) if people.ids is None else people.ids
    numbers = np.zeros(int(max(owners.max(initial=0), ids.max(initial=0))) + 1, np.uint8)
    numbers[ids] = np.arange(1, len(ids) + 1)
    scores = np.ones(len(ids)) if people.scores is None else people.scores
    return numbers[owners], scores


def _check_cihp(classes: Classes):
    if classes.names not in (LIP.names, CIHP.names):
        raise InputError("the format cihp is for LIP's classes or CIHP's")


def _mhp_paths(name, classes, has_pose):
    return (f"mhp/global_seg/{name}.png", f"mhp/global_tag/{name}.png")


def mhp_files(
    name: str, rgb: np.ndarray, prediction: "Prediction", least_score: float | None = None
) -> dict[str, bytes]:
    """What MHP's evaluation reads of one image: classes and people, as `cihp_files` numbers them.

    Class ids are the network's own. `results.txt` is made of all images together.
    """
    people, _ = _count_people(name, prediction)
    contents = map(encode_png, (prediction.parsing, people))
    return dict(zip(_mhp_paths(name, (), True), contents, strict=True))


def mhp_results(
    records: Iterable[dict], least_score: float | None = None, joints: Joints | None = None
) -> dict[str, bytes]:
    """MHP's list of people: a line for each image, its name and then number and score of each.

    Args:
        records: iterable of dicts as `lip.prediction_record` makes them, by their names.
        least_score, joints: not looked at.

    Returns:
        dict of path to bytes.
    """
    lines = []
    for record in records:
        if "frame" in record:
            continue
        people = record.get("people", [{}])
        scores = [person.get("score", 1.0) for person in people]
        numbered = (f"{number} {score:.6f}" for number, score in enumerate(scores, 1))
        lines.append(" ".join([record["name"], *numbered]) + "\n")
    return {RESULTS_PATH: "".join(sorted(lines)).encode()}


FORMATS = (
    Format("cihp", ("cihp",), _cihp_paths, cihp_files, needs_scores=True, check=_check_cihp),
    Format("mhp", ("mhp",), _mhp_paths, mhp_files, mhp_results),
)
