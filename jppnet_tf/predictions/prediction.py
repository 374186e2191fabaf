"""What a network says of one image."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from jppnet_tf.labels import LIP, LIP_JOINTS, Classes, Joints
from jppnet_tf.predictions.formats import canvas, points, segments
from jppnet_tf.predictions.people import People


@dataclasses.dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says of one image.

    Attributes:
        parsing: uint8 [h, w], class ids, of the image's size.
        people: People; unless told otherwise, one person without joints.
        classes: what the ids stand for.
        joints: what the people's keypoints stand for.
        logits: None, or float32 [h, w, classes] fused over scales, stages and mirror image.
        heatmaps: None, or float32 [h, w, joints] likewise, of the last stage.
        class_scores: None, or float32 [classes], how sure each class is: the mean softmax
            probability that its pixels have of it, 0..1; nan of classes not found.
        confidence: None, or float32 [h, w], that probability of each pixel's class.
        person_map: whose each pixel is: uint8 or uint16 [h, w], the people's ids, 0 of nobody; None
            where one person was looked at, whose is all that is not background.
    """

    parsing: np.ndarray
    people: People = dataclasses.field(default_factory=People.of_one)
    classes: Classes = LIP
    joints: Joints = LIP_JOINTS
    logits: np.ndarray | None = None
    heatmaps: np.ndarray | None = None
    class_scores: np.ndarray | None = None
    confidence: np.ndarray | None = None
    person_map: np.ndarray | None = None

    @property
    def keypoints(self) -> np.ndarray | None:
        """float32 [joints, 3]: x, y in pixels of the image, and score, the height of the heatmap
        there (about 1 for a joint found, near 0 for one not seen). None of a network that parses
        only, and where there are no people; of several people, the first one's."""
        if self.people.keypoints is None or not len(self.people):
            return None
        return self.people.keypoints[0]

    def to_openpose(self, points_count: int = 25, least_score: float | None = None) -> np.ndarray:
        """The joints in the order of one of OpenPose's models.

        Args:
            points_count: 25 (BODY_25), 18 (COCO-18) or 15 (MPI-15).
            least_score: joints that score less are missing; None means 0.1 (`points.LEAST_SCORE`),
                and -1 keeps all that lie in the image, as the network gives them.

        Returns:
            float32 [points_count, 3]: x, y in pixels of the image, score; 0, 0, 0 where missing,
            among them all that the network does not know (LIP: nose, eyes, ears, feet). Neck and
            middle of the hips lie midway between two joints, and have the smaller of their scores.

        Raises:
            InputError: the network parses only, or there is no such model.
        """
        order = points.openpose_order(points_count)
        return self._arrange(order, least_score)

    def to_coco(self, least_score: float | None = None) -> np.ndarray:
        """The joints in COCO's order: float32 [17, 3]; else as `to_openpose`."""
        return self._arrange(points.COCO, least_score)

    def _arrange(self, order, least_score):
        size_hw = self.parsing.shape
        return points.arrange(self.keypoints, order, least_score, self.joints, size_hw)

    def to_hf(self) -> list[dict]:
        """A mask per class found, as Hugging Face's image segmentation gives them.

        Returns:
            list of dict in the order of the ids, background included: `label` (str), `score`
            (float, its class score), `mask` (PIL.Image of mode L and the image's size: 255 on the
            class, else 0).

        Raises:
            InputError: there are no class scores; a Predictor of class_scores=True gives them.
        """
        return segments.find_segments(self.parsing, self.class_scores, self.classes)

    def on_canvas(self, canvas_hw: Sequence[int]) -> "Prediction":
        """The same for the photograph on a canvas: whole, its proportions kept, in the middle.

        Args:
            canvas_hw: (height, width): (256, 192) for CP-VTON, (1024, 768) for VITON-HD.

        Returns:
            Prediction with `parsing` uint8 [height, width], background around the photograph, and
            everybody's keypoints there; without boxes, masks and maps. Joints outside the
            photograph score 0, since they may lie on the canvas.
            `formats.canvas.place_photo` does the photograph.
        """
        people = self.people.replace(boxes=None, masks=None)
        if people.keypoints is not None:
            placed = canvas.place_keypoints(people.keypoints, self.parsing.shape, canvas_hw)
            placed[~points.find_joints(people.keypoints, -np.inf, self.parsing.shape), 2] = 0
            people = people.replace(keypoints=placed)
        parsing, person_map = canvas.place_parsing(self.parsing, canvas_hw), self.person_map
        if person_map is not None:
            person_map = canvas.place_parsing(person_map, canvas_hw)
        return dataclasses.replace(
            self, parsing=parsing, person_map=person_map, people=people,
            logits=None, heatmaps=None, confidence=None,
        )  # fmt: skip
