"""What a network's maps become: one person's parts and joints, or several people."""

import typing
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from jppnet_tf.labels import COCO_JOINTS, LIP_JOINTS, PERSON, Classes, Joints
from jppnet_tf.models.maps.fusing import score_classes
from jppnet_tf.models.maps.people.decoding import Maps, decode_people
from jppnet_tf.models.maps.people.fusing import fuse_maps
from jppnet_tf.models.maps.people.grid import enlarge
from jppnet_tf.predictions.people import People, map_people
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.families import Family, Stage
    from jppnet_tf.models.maps.framing import Fitted, Framing

FoundMaps = Mapping[str, list[np.ndarray]]
"""A network's maps of one image: per name a list with, per scale, float32 [1 or 2, h, w, channels],
the second of the mirrored input."""

LEAST_PERSON = 0.2
"""What people score at least, unless told otherwise: of those below, most are somebody's parts."""
_LEAST_JOINT = 0.3  # the probability of joints that a box is drawn around where there is no mask


class PartsDecoder:
    """Makes logits and heatmaps into one person's label map and joints.

    Args:
        model: functional model of this package.
        family: its card.
        framing: how images lie in its input.
        scales: factors on the input's size.
        stage: the last stage to look at, 1 being unrefined; None is the network's last.
        subpixel, class_scores, classes, joints: as for Predictor.

    Attributes:
        stages: tuple of families.Stage that are looked at.
        codec: what maps mean.

    Raises:
        InputError: a setting is out of range, or not for this network.
    """

    def __init__(
        self,
        model: "keras.Model",
        family: "Family",
        framing: "Framing",
        scales: Sequence[float],
        stage: int | None = None,
        subpixel: bool = False,
        class_scores: bool = False,
        classes: Classes | None = None,
        joints: Joints | None = None,
    ) -> None:
        self.stages = _choose_stages(family.stages_of(model), stage)
        self.codec = family.codec_of(model, classes, joints)
        self._framing, self._scales = framing, scales
        self._subpixel, self._class_scores = subpixel, class_scores
        if subpixel and not self.has_pose:
            raise InputError("no pose for subpixel: the network parses only")

    @property
    def has_pose(self) -> bool:
        """Whether it gives joints."""
        return self.stages[-1].pose is not None

    @property
    def classes(self) -> Classes:
        """What class ids stand for."""
        return self.codec.classes

    @property
    def joints(self) -> Joints | None:
        """What keypoints stand for; None of a network that parses only."""
        return self.codec.joints if self.has_pose else None

    def decode(
        self, maps: FoundMaps, size_hw: Sequence[int], return_maps: str | None = None
    ) -> Prediction:
        """Makes an image's maps into a Prediction.

        Args:
            maps: `parsing`, logits averaged over the stages, and `pose`, heatmaps, if there are.
            size_hw: the image's size.
            return_maps: as for calling a Predictor.
        """
        logits, heatmaps = maps["parsing"], maps.get("pose")
        weights = self._locate(self._framing.weights, logits, size_hw)
        parsing, keypoints = self.codec.decode_parsing(logits, weights), None
        if heatmaps:
            keypoints = self.codec.decode_joints(heatmaps, size_hw, self._subpixel)
        found = {}
        if self._class_scores:
            found["confidence"] = self.codec.score_pixels(logits, weights, parsing)
            found["class_scores"] = self.codec.score_classes(found["confidence"], parsing)
        if return_maps is not None:
            if return_maps == "stride":
                weights = self._locate(self._framing.stride_weights, logits, size_hw)
            found["logits"] = self.codec.fuse_logits(logits, weights)
            if heatmaps:
                map_hw = found["logits"].shape[:2]
                found["heatmaps"] = self.codec.fuse_heatmaps(heatmaps, map_hw)
        people, joints = People.of_one(keypoints), self.joints or LIP_JOINTS
        return Prediction(parsing, people, self.classes, joints, **found)

    def _locate(self, weights, logits, size_hw):
        pairs = zip(logits, self._scales, strict=True)
        return [weights(maps.shape[1:3], size_hw, scale) for maps, scale in pairs]


def _choose_stages(stages: "tuple[Stage, ...]", stage: int | None) -> "tuple[Stage, ...]":
    count = len(stages) if stage is None else stage
    if not 1 <= count <= len(stages):
        raise InputError(f"stage {stage} is not there: the network has {len(stages)}")
    return stages[:count]


class PeopleDecoder:
    """Makes PersonLab's maps into people.

    Args:
        framing: how images lie in the input.
        scales: factors on the input's size.
        stride: pixels of the input between cells.
        class_scores: whether predictions tell how sure the network is of people and of background,
            altogether and of each pixel.
        least_person: who scores less is left out.

    Attributes:
        stages: none.
        has_pose, classes, joints: as of PartsDecoder.
    """

    stages: "tuple[Stage, ...]" = ()
    has_pose = True
    classes = PERSON
    joints = COCO_JOINTS

    def __init__(
        self,
        framing: "Fitted",
        scales: Sequence[float],
        stride: int,
        class_scores: bool = False,
        least_person: float = LEAST_PERSON,
    ) -> None:
        self._framing, self._scales, self._stride = framing, scales, stride
        self._class_scores, self._least_person = class_scores, least_person

    def decode(
        self, maps: FoundMaps, size_hw: Sequence[int], return_maps: str | None = None
    ) -> Prediction:
        """Makes an image's maps into a Prediction, people with the highest score first.

        Args:
            maps: PersonLab's outputs.
            size_hw: the image's size.
            return_maps: as for calling a Predictor; there are heatmaps only, as probabilities.
        """
        fitted = [self._framing.fit(size_hw, scale) for scale in self._scales]
        fused = fuse_maps(maps, fitted, self._stride)
        found = decode_people(fused, self._least_person)
        factors_xy = np.array(size_hw[::-1]) / fitted[0][::-1]
        places = (found.keypoints + 0.5) * factors_xy - 0.5
        keypoints = np.concatenate([places, found.probabilities[..., None]], axis=-1)
        masks = np.zeros((len(found), *size_hw), np.bool_)
        # Of a network without masks, they stay empty.
        for person, mask in enumerate(() if found.masks is None else found.masks):
            masks[person] = _resize(mask.astype(np.float32), fitted[0], size_hw) >= 0.5
        people = People(
            keypoints=keypoints.astype(np.float32),
            boxes=np.array(
                [_find_box(*each) for each in zip(masks, keypoints, strict=True)]
            ).reshape(-1, 4),
            scores=found.scores.astype(np.float32),
            masks=masks,
        )
        parsing = masks.any(axis=0).astype(np.uint8)
        extras = {}
        if self._class_scores:
            probability = self._at_image(fused, fitted, size_hw)
            extras["confidence"] = np.where(parsing > 0, probability, 1 - probability)
            extras["class_scores"] = score_classes(extras["confidence"], parsing, 2)
        if return_maps == "stride":
            extras["heatmaps"] = fused.heatmaps
        elif return_maps == "image":
            joints = range(fused.heatmaps.shape[-1])
            views = [self._at_image(fused, fitted, size_hw, joint) for joint in joints]
            extras["heatmaps"] = np.stack(views, axis=-1)
        extras["person_map"] = map_people(people)
        return Prediction(parsing, people, self.classes, self.joints, **extras)

    def _at_image(self, fused: Maps, fitted, size_hw, joint=None):
        """The segmentation, or a joint's heatmap, at the image's size: float32 [h, w].

        Of a network without masks, nan.
        """
        if joint is None and fused.segmentation is None:
            return np.full(size_hw, np.nan, np.float32)
        cells = fused.segmentation if joint is None else fused.heatmaps[..., joint]
        full = enlarge(np.ascontiguousarray(cells, np.float32), fused.size_hw, self._stride)
        return _resize(full, fitted[0], size_hw)


def _resize(values, fitted_hw, size_hw):
    """What a map of the input is at the image's pixels."""
    height, width = fitted_hw
    inside = np.ascontiguousarray(values[:height, :width])
    return cv2.resize(inside, tuple(size_hw[::-1]), interpolation=cv2.INTER_LINEAR)


def _find_box(mask, keypoints):
    """x, y, width, height of a mask, or of the joints that are there where it is empty."""
    if mask.any():
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    else:
        there = keypoints[keypoints[:, 2] >= min(_LEAST_JOINT, keypoints[:, 2].max())]
        (left, top), (right, bottom) = there[:, :2].min(axis=0), there[:, :2].max(axis=0) + 1
    return [float(value) for value in (left, top, right - left, bottom - top)]
