"""What virtual try-on projects read: CP-VTON, CP-VTON+, ACGPN, VITON-HD and HR-VITON.

Each works at one size; how images of other sizes come there, `canvas` says. A format's folder is
what the project calls its mode, `train` or `test`: its loader opens the files below as they are.
"""

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


class _Placed:
    """The person of an image on a project's canvas.

    Args:
        rgb: uint8 [h, w, 3].
        prediction: of one person.
        least_score: what a joint must score to be there.
        canvas_hw: the canvas's size.
        count: how many points OpenPose's model has.
        classes: None for LIP's ids, or a name of RELABELLINGS.

    Attributes:
        rgb, parsing: the image and its label map on the canvas.
        shown: bool, where on the canvas the image lies.
        points: float32 [count, 3], x, y on the canvas, score; 0, 0, 0 where missing.
    """

    def __init__(
        self,
        rgb: np.ndarray,
        prediction: "Prediction",
        least_score: float | None,
        canvas_hw: tuple[int, int],
        count: int,
        classes: str | None,
    ):
        people = arrange_everybody(prediction, count, least_score)
        if len(people) != 1:
            raise InputError(
                f"there are {len(people)} people in the image, and try-on formats know one: cut them "
                "out first"
            )
        parsing = prediction.parsing
        if classes is not None:
            parsing = relabel(parsing, RELABELLINGS[classes])
        size_hw = parsing.shape
        self.rgb = canvas.place_photo(rgb, canvas_hw)
        self.parsing = canvas.place_parsing(parsing, canvas_hw)
        self.shown = canvas.place_parsing(np.ones(size_hw, np.uint8), canvas_hw) > 0
        self.points = _place(people[0], size_hw, canvas_hw)
        if classes == "cihp":
            ends = points.arrange(
                prediction.keypoints, ("neck", "head"), least_score, prediction.joints, size_hw
            )
            self.parsing = agnostic.mark_skin(self.parsing, *_place(ends, size_hw, canvas_hw))

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


def _encode_skeleton(placed):
    return encode_png(draw_body25(placed.points, placed.parsing.shape))


def _encode_coloured(parsing):
    return encode_palette_png(parsing, LIP.palette)


_IMAGE = {"image/{}.jpg": lambda placed: _encode_photo(placed.rgb)}
_POSE = {"pose/{}_keypoints.json": lambda placed: encode_old_people([placed.points])}


def _encode_ids(placed):
    return encode_png(placed.parsing)


_FILES: dict[str, dict[str, Callable[[_Placed], bytes]]] = {
    "cpvton": _IMAGE | {"image-parse/{}.png": _encode_ids} | _POSE,
    "cpvton+": _IMAGE
    | {
        "image-parse-new/{}.png": _encode_ids,
        "image-mask/{}.png": lambda placed: _encode_mask(placed.parsing > 0),
    }
    | _POSE,
    "acgpn": {
        "test_img/{}.jpg": lambda placed: _encode_photo(placed.rgb),
        "test_label/{}.png": _encode_ids,
        "test_pose/{}_keypoints.json": lambda placed: encode_old_people([placed.points]),
    },
    "vitonhd": _IMAGE
    | {
        "image-parse/{}.png": lambda placed: _encode_coloured(placed.parsing),
        "openpose-json/{}_keypoints.json": lambda placed: encode_people([placed.trusted_points]),
        "openpose-img/{}_rendered.png": _encode_skeleton,
    },
    "hrviton": _IMAGE
    | {
        "image-parse-v3/{}.png": lambda placed: _encode_coloured(placed.parsing),
        "image-parse-agnostic-v3.2/{}.png": lambda placed: _encode_coloured(
            agnostic.erase_clothes(placed.parsing, placed.trusted_points)
        ),
        "openpose_json/{}_keypoints.json": lambda placed: encode_people([placed.trusted_points]),
        "openpose_img/{}_rendered.png": _encode_skeleton,
        "agnostic-v3.2/{}.jpg": lambda placed: _encode_photo(placed.covered[0]),
        "agnostic-mask/{}_mask.png": lambda placed: _encode_mask(placed.covered[1]),
    },
}


def _build_format(
    folder: str,
    writers: Mapping[str, Callable[[_Placed], bytes]],
    canvas_hw: tuple[int, int],
    count: int,
    classes: str | None = None,
) -> Format:
    """A format of one person on a canvas.

    Args:
        folder: its name and folder.
        writers: paths below the folder, with {} for the image's name -> function of a _Placed that
            gives the file's content.
        canvas_hw, count, classes: as of _Placed.
    """

    def paths(name, found, has_pose):
        return tuple(f"{folder}/{path.format(name)}" for path in writers)

    def files(name, rgb, prediction, least_score=None):
        placed = _Placed(rgb, prediction, least_score, canvas_hw, count, classes)
        contents = (write(placed) for write in writers.values())
        return dict(zip(paths(name, (), True), contents, strict=True))

    return Format(
        folder, (folder,), paths, files, needs_pose=True, one_person=True, classes=LIP
    )


FORMATS = (
    _build_format("cpvton", _FILES["cpvton"], CPVTON_HW, 18),
    _build_format("cpvton+", _FILES["cpvton+"], CPVTON_HW, 18),
    _build_format("acgpn", _FILES["acgpn"], CPVTON_HW, 18, "acgpn"),
    _build_format("vitonhd", _FILES["vitonhd"], VITONHD_HW, 25, "cihp"),
    _build_format("hrviton", _FILES["hrviton"], VITONHD_HW, 25, "cihp"),
)
