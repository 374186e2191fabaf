"""What virtual try-on projects read: CP-VTON, CP-VTON+, VITON-HD and HR-VITON.

Each works at one size; how photographs of other sizes come there, `canvas` says.
"""

import functools

from jppnet_tf.images.drawing import draw_body25
from jppnet_tf.images.encoding import encode_palette_png, encode_png
from jppnet_tf.labels import LIP
from jppnet_tf.predictions.formats import canvas, points
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.formats.openpose import encode_people

CPVTON_HW, VITONHD_HW = (256, 192), (1024, 768)


def _place(prediction, canvas_hw):
    """A prediction's label map and joints on a canvas."""
    parsing = canvas.place_parsing(prediction.parsing, canvas_hw)
    size_hw = prediction.parsing.shape
    return parsing, canvas.place_keypoints(prediction.keypoints, size_hw, canvas_hw)


def _cpvton_paths(folder, parse, name, classes, has_pose):
    return f"{folder}/{parse}/{name}.png", f"{folder}/pose/{name}_keypoints.json"


def _cpvton_files(folder, parse, name, rgb, prediction, least_score=None):
    parsing, keypoints = _place(prediction, CPVTON_HW)
    found = points.arrange(keypoints, points.OPENPOSE[18], least_score, prediction.joints)
    contents = encode_png(parsing), encode_people([found], "pose_keypoints", 1.0)
    return dict(zip(_cpvton_paths(folder, parse, name, None, True), contents, strict=True))


def _vitonhd_paths(name, classes, has_pose):
    return (
        f"vitonhd/image-parse-v3/{name}.png",
        f"vitonhd/openpose_json/{name}_keypoints.json",
        f"vitonhd/openpose_img/{name}_rendered.png",
    )


def _vitonhd_files(name, rgb, prediction, least_score=None):
    parsing, keypoints = _place(prediction, VITONHD_HW)
    found = points.arrange(keypoints, points.OPENPOSE[25], least_score, prediction.joints)
    contents = (
        encode_palette_png(parsing, prediction.classes.palette),
        encode_people([found]),
        encode_png(draw_body25(found, VITONHD_HW)),
    )
    return dict(zip(_vitonhd_paths(name, None, True), contents, strict=True))


FORMATS = (
    *(
        Format(
            folder,
            (folder,),
            functools.partial(_cpvton_paths, folder, parse),
            functools.partial(_cpvton_files, folder, parse),
            needs_pose=True,
            one_person=True,
            classes=LIP,
        )
        for folder, parse in (("cpvton", "image-parse"), ("cpvton+", "image-parse-new"))
    ),
    Format(
        "vitonhd",
        ("vitonhd",),
        _vitonhd_paths,
        _vitonhd_files,
        needs_pose=True,
        one_person=True,
        classes=LIP,
    ),
)
