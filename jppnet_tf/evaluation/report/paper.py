"""Published scores to print beside a result: arXiv:1804.01984, in percent."""

import dataclasses

from jppnet_tf.labels import LIP


@dataclasses.dataclass(frozen=True)
class PublishedParsing:
    """Parsing scores on one data set.

    Attributes:
        scores: dict of method to (overall accuracy, mean accuracy, mean IoU), None if unpublished.
        iou: dict of method to a dict of class to IoU.
    """

    scores: dict[str, tuple[float | None, ...]] = dataclasses.field(default_factory=dict)
    iou: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)


_LIP_IOU = dict(
    zip(
        LIP.names,
        (86.26, 63.55, 70.20, 36.16, 23.48, 68.15, 31.42, 55.65, 44.56, 72.19, 28.39, 18.76,
         25.14, 73.36, 61.97, 63.88, 58.21, 57.99, 44.02, 44.09),
        strict=True,
    )
)  # fmt: skip

PARSING = {
    "lip": PublishedParsing(
        scores={
            "SegNet": (69.04, 24.00, 18.17),
            "FCN-8s": (76.06, 36.75, 28.29),
            "DeepLab (VGG-16)": (82.66, 51.64, 41.64),
            "Attention": (83.43, 54.39, 42.92),
            "DeepLab (ResNet-101)": (84.09, 55.62, 44.80),
            "SS-JPPNet": (84.36, 54.94, 44.73),
            "JPPNet": (86.39, 62.32, 51.37),
        },
        iou={"JPPNet": _LIP_IOU},
    ),
    "lip_as_atr": PublishedParsing(
        scores={"SS-JPPNet": (None, None, 46.85), "JPPNet": (None, None, 53.99)},
        iou={"JPPNet": _LIP_IOU},
    ),
    "atr": PublishedParsing(
        scores={"SS-JPPNet": (None, None, 52.69), "JPPNet": (None, None, 54.45)}
    ),
    "pascal_person_part": PublishedParsing(
        scores={"SS-JPPNet, trained on it": (None, None, 59.36)},
        iou={
            "SS-JPPNet, trained on it": {
                "background": 94.68, "head": 83.26, "torso": 62.40, "upper arms": 47.80,
                "lower arms": 45.58, "upper legs": 42.32, "lower legs": 39.48,
            }
        },
    ),
}  # fmt: skip
"""By metrics.datasets.ParsingDataset.name; of LIP, on its validation set."""

LIP_POSE = {
    "ResNet-101": (91.2, 84.3, 78.0, 74.9, 62.3, 69.5, 71.1, 76.5),
    "CPM": (91.1, 85.1, 78.7, 75.0, 63.7, 69.6, 71.7, 77.0),
    "Hourglass": (91.2, 85.7, 78.7, 75.5, 64.8, 70.5, 72.1, 77.5),
    "JPPNet": (93.2, 89.3, 84.6, 82.2, 69.9, 78.0, 77.3, 82.5),
}
"""LIP validation: PCKh of head, shoulder, elbow, wrist, hip, knee, ankle, total."""

LIP_SIZES = {
    "SS-JPPNet": {"small": 33.48, "medium": 43.12, "large": 46.73},
    "JPPNet": {"small": 44.56, "medium": 50.52, "large": 52.58},
}
"""LIP validation: mean IoU by object size."""

MPII_POSE = {"JPPNet": (90.4, 91.7, 86.4, 84.0, 82.5, 76.5, 71.3, 84.1)}
"""MPII's 11,431 single persons of the training set: the same with MPII's head size."""

ABLATIONS = {
    "Joint": (86.10, 59.64, 49.48, 79.6),
    "Joint + MSC": (86.18, 61.40, 50.83, 80.9),
    "Joint + S1": (86.09, 57.95, 49.58, 82.1),
    "Joint + MSC + S1": (86.48, 62.25, 51.36, 82.5),
    "Joint + MSC + S2": (86.42, 61.12, 50.64, 82.7),
}
"""LIP test (not validation): overall accuracy, mean accuracy, mean IoU, PCKh total."""
