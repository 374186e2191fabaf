"""One line for each network: a small one of its family, which all the common tests run over."""

import collections.abc
import dataclasses

from jppnet_tf.models.families import FAMILIES


@dataclasses.dataclass(frozen=True)
class Line:
    """What the common tests must know of a network beside its card.

    Attributes:
        config: arguments of its builder that make it small; all that decide on its variables.
        sizes_hw: sizes of images that it takes, even ones and odd ones.
        map_side: function from a side of an image to that of the logits.
        input_hw: what a Predictor works at.
        gain: factor on the first layer's kernel that makes pixels into signals of about 1.
        settings: what training needs to know to build one as small.
        train_size: side of the images that it is trained on.
        learns_statistics: whether its batch normalization learns while training.
        refused: formats of export that it does not fit, with the reason that is given.
        slow_exports, slow_backends: formats and backends that it takes long to be converted for.
    """

    config: dict
    sizes_hw: tuple[tuple[int, int], ...]
    map_side: collections.abc.Callable[[int], int]
    input_hw: tuple[int, int]
    gain: float
    settings: dict
    train_size: int = 64
    learns_statistics: bool = False
    refused: dict[str, str] = dataclasses.field(default_factory=dict)
    slow_exports: tuple[str, ...] = ()
    slow_backends: tuple[str, ...] = ()


SMALL = {"width": 1 / 16, "units": [1, 2, 2, 1]}  # narrower: oneDNN fails to train it
"""What makes JPPNet small."""
TINY = {"width": 1 / 16, "units": (1, 1, 1, 1), "refinements": 0}
"""What makes it smaller yet: one stage, and only the units that there must be."""

NETWORKS = {
    "jppnet": Line(
        config={"classes": 20, "joints": 16, "refinements": 2, **SMALL},
        sizes_hw=((64, 48), (65, 130), (7, 14), (1, 2)),
        map_side=lambda side: -(-side // 8),
        input_hw=(64, 48),
        gain=1 / 64,
        settings={**SMALL, "head_initializer": "he_normal", "scales": (1.0,)},
        slow_exports=("onnx", "openvino", "tflite"),
    ),
    "ss_jppnet": Line(
        config={"classes": 20, "widths": [2, 3, 4, 5, 6]},
        sizes_hw=((64, 96), (33, 61), (27, 32), (1, 65)),
        map_side=lambda side: -(-(side - 1) // 8) + 1,  # both ends kept
        input_hw=(64, 96),
        gain=1 / 64,
        settings={"widths": (3, 4, 5, 6, 7)},
        refused={"frozen_graph": "as JPPNet does, and SSJPPNet does not"},
        slow_exports=("onnx", "openvino"),
        slow_backends=("openvino",),
    ),
    "lip_net": Line(
        config={"classes": 20, "width": 1 / 8},
        sizes_hw=((64, 48), (37, 50), (16, 17), (1, 33)),
        map_side=lambda side: -(-side // 16) * 4,
        input_hw=(64, 80),
        gain=2,
        settings={"width": 1 / 8},
        learns_statistics=True,
        refused={"frozen_graph": "as JPPNet does, and LIPNet does not"},
        slow_exports=("onnx", "openvino", "saved_model", "tflite"),
        slow_backends=("openvino",),
    ),
    "personlab": Line(
        config={"keypoints": 17, "width": 1 / 16, "trunk": "resnet_v2", "units": [1, 1, 2, 1]},
        sizes_hw=((65, 49), (33, 81), (17, 9)),
        map_side=lambda side: (side - 1) // 8 + 1,
        input_hw=(65, 49),
        gain=1,
        settings={"width": 1 / 16, "units": (1, 1, 2, 1), "stride": 8},
        train_size=65,
        refused={
            "frozen_graph": "as JPPNet does, and PersonLab does not",
            "saved_model": "cannot lay images into the input of PersonLab",
        },
        slow_exports=("onnx", "openvino", "tflite"),
        slow_backends=("openvino",),
    ),
}
"""The lines by family."""
PARTS = tuple(name for name in NETWORKS if not FAMILIES[name].finds_people)
"""The families that label one person's parts."""
