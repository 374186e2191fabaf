"""What virtual try-on projects read: CP-VTON, CP-VTON+, ACGPN, VITON-HD and HR-VITON.

Each works at one size; how images of other sizes come there, `canvas` says. A format's folder is
what the project calls its mode, `train` or `test`: its loader opens the files below as they are.
"""

import dataclasses
import functools
import typing
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from jppnet_tf.images.drawing import draw_body25
from jppnet_tf.images.encoding import encode_image, encode_palette_png, encode_png
from jppnet_tf.labels import LIP, RELABELLINGS
from jppnet_tf.predictions.formats import agnostic, canvas, points
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.openpose import (
    arrange_everybody,
    encode_old_people,
    encode_people,
)
from jppnet_tf.predictions.relabelling import relabel
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.prediction import Prediction

CPVTON_HW, VITONHD_HW = (256, 192), (1024, 768)


@dataclasses.dataclass(frozen=True)
class _Project:
    """What a project works with.

    Attributes:
        canvas_hw: the size of its images.
        count: how many points its OpenPose model has.
        classes: whose ids its label maps have, a name of RELABELLINGS; None for LIP's.
    """

    canvas_hw: tuple[int, int]
    count: int
    classes: str | None = None


class _Placed:
    """The person of an image on a project's canvas.

    Args:
        project: _Project.
        rgb: uint8 [h, w, 3].
        prediction: of one person.
        least_score: what a joint must score to be there.

    Attributes:
        rgb, parsing: the image and its label map on the canvas.
        shown: bool, where on the canvas the image lies.
        points: float32 [count, 3], x, y on the canvas, score; 0, 0, 0 where missing.
    """

    def __init__(
        self,
        project: _Project,
        rgb: np.ndarray,
        prediction: "Prediction",
        least_score: float | None,
    ):
        people = arrange_everybody(prediction, project.count, least_score)
        if len(people) != 1:
            raise InputError(
                f"there are {len(people)} people in the image, and try-on formats know one: cut "
                "them out first"
            )
        parsing, canvas_hw = prediction.parsing, project.canvas_hw
        if project.classes is not None:
            parsing = relabel(parsing, RELABELLINGS[project.classes])
        self.rgb = canvas.place_photo(rgb, canvas_hw)
        self.parsing = canvas.place_parsing(parsing, canvas_hw)
        self.shown = canvas.place_parsing(np.ones(parsing.shape, np.uint8), canvas_hw) > 0
        self.points = _place(people[0], parsing.shape, canvas_hw)
        if project.classes == "cihp":
            ends = points.arrange(
                prediction.keypoints,
                ("neck", "head"),
                least_score,
                prediction.joints,
                parsing.shape,
            )
            ends = _place(ends, parsing.shape, canvas_hw)
            self.parsing = agnostic.mark_skin(self.parsing, *ends)

    @functools.cached_property
    def trusted_points(self) -> np.ndarray:
        """The same, with shoulders and hips that readers can rely on."""
        return agnostic.complete_torso(self.points, self.parsing)

    @functools.cached_property
    def covered(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture without upper clothes, and where it is grey."""
        return agnostic.cover_clothes(self.rgb, self.parsing, self.trusted_points, self.shown)


def _place(found, size_hw, canvas_hw):
    """Points on a canvas; what is missing stays 0, 0, 0."""
    placed = canvas.place_keypoints(found, size_hw, canvas_hw)
    placed[~found.any(axis=1)] = 0
    return placed


def _encode_photo(pixels):
    return encode_image(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])


def _encode_mask(mask):
    return encode_png(np.where(mask, 255, 0).astype(np.uint8))


# What a file holds, of a _Placed.


def _image(placed):
    return _encode_photo(placed.rgb)


def _grey_ids(placed):
    return encode_png(placed.parsing)


def _coloured_ids(placed):
    return encode_palette_png(placed.parsing, LIP.palette)


def _ids_without_clothes(placed):
    bare = agnostic.erase_clothes(placed.parsing, placed.trusted_points)
    return encode_palette_png(bare, LIP.palette)


def _body(placed):
    return _encode_mask(placed.parsing > 0)


def _old_pose(placed):
    return encode_old_people([placed.points])


def _pose(placed):
    return encode_people([placed.trusted_points])


def _skeleton(placed):
    return encode_png(draw_body25(placed.points, placed.parsing.shape))


def _image_without_clothes(placed):
    return _encode_photo(placed.covered[0])


def _covered(placed):
    return _encode_mask(placed.covered[1])


def _build_format(
    name: str, project: _Project, writers: Mapping[str, Callable[[_Placed], bytes]]
) -> Format:
    """A project's format.

    Args:
        name: of the format and its folder.
        project: what it works with.
        writers: path below the folder, with {} for the image's name -> what the file holds.
    """

    def paths(image, found, has_pose):
        return tuple(f"{name}/{path.format(image)}" for path in writers)

    def files(image, rgb, prediction, least_score=None):
        placed = _Placed(project, rgb, prediction, least_score)
        contents = (write(placed) for write in writers.values())
        return dict(zip(paths(image, (), True), contents, strict=True))

    return Format(name, (name,), paths, files, needs_pose=True, one_person=True, classes=LIP)


FORMATS = (
    _build_format(
        "cpvton",
        _Project(CPVTON_HW, 18),
        {
            "image/{}.jpg": _image,
            "image-parse/{}.png": _grey_ids,
            "pose/{}_keypoints.json": _old_pose,
        },
    ),
    _build_format(
        "cpvton+",
        _Project(CPVTON_HW, 18),
        {
            "image/{}.jpg": _image,
            "image-parse-new/{}.png": _grey_ids,
            "image-mask/{}.png": _body,
            "pose/{}_keypoints.json": _old_pose,
        },
    ),
    _build_format(
        "acgpn",
        _Project(CPVTON_HW, 18, "acgpn"),
        {
            "test_img/{}.jpg": _image,
            "test_label/{}.png": _grey_ids,
            "test_pose/{}_keypoints.json": _old_pose,
        },
    ),
    _build_format(
        "vitonhd",
        _Project(VITONHD_HW, 25, "cihp"),
        {
            "image/{}.jpg": _image,
            "image-parse/{}.png": _coloured_ids,
            "openpose-json/{}_keypoints.json": _pose,
            "openpose-img/{}_rendered.png": _skeleton,
        },
    ),
    _build_format(
        "hrviton",
        _Project(VITONHD_HW, 25, "cihp"),
        {
            "image/{}.jpg": _image,
            "image-parse-v3/{}.png": _coloured_ids,
            "image-parse-agnostic-v3.2/{}.png": _ids_without_clothes,
            "openpose_json/{}_keypoints.json": _pose,
            "openpose_img/{}_rendered.png": _skeleton,
            "agnostic-v3.2/{}.jpg": _image_without_clothes,
            "agnostic-mask/{}_mask.png": _covered,
        },
    ),
)
