"""What a network says of one image."""

import dataclasses

import numpy as np

from jppnet_tf.predictions.formats import canvas, points, segments


@dataclasses.dataclass(frozen=True)
class Person:
    """One of the people of an image.

    Attributes:
        keypoints: float32 [16, 3], as of Prediction; None of a network that parses only.
        box: None, where the whole image was looked at; or (x, y, width, height) in its pixels.
    """

    keypoints: np.ndarray | None = None
    box: tuple | None = None


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the network says of one image.

    Attributes:
        parsing: uint8 [h, w], class ids, of the image's size.
        keypoints: float32 [16, 3]: x, y in pixels of the image, and score, the height of the
            heatmap there (about 1 for a joint found, near 0 for one not seen). None of a network
            that parses only; of several people, the first one's.
        logits: None, or float32 [h, w, 20] fused over scales, stages and mirror image.
        heatmaps: None, or float32 [h, w, 16] likewise, of the last stage.
        class_scores: None, or float32 [20], how sure each class is: the mean softmax probability
            that its pixels have of it, 0..1; nan of classes not found.
        people: tuple of Person; unless told otherwise, one with these keypoints.
    """

    parsing: np.ndarray
    keypoints: np.ndarray | None = None
    logits: np.ndarray | None = None
    heatmaps: np.ndarray | None = None
    class_scores: np.ndarray | None = None
    people: tuple | None = None

    def __post_init__(self):
        if self.people is None:
            object.__setattr__(self, "people", (Person(self.keypoints),))

    def to_openpose(self, points_count=25, least_score=None):
        """The joints in the order of one of OpenPose's models.

        Args:
            points_count: 25 (BODY_25), 18 (COCO-18) or 15 (MPI-15).
            least_score: joints that score less are missing; None keeps all 16, as the network
                gives them.

        Returns:
            float32 [points_count, 3]: x, y in pixels of the image, score; 0, 0, 0 where missing,
            among them all that LIP has not (nose, eyes, ears, feet). Neck and middle of the hips
            lie midway between two joints, and have the smaller of their scores.

        Raises:
            InputError: the network parses only, or there is no such model.
        """
        return points.arrange(self.keypoints, points.openpose_order(points_count), least_score)

    def to_coco(self, least_score=None):
        """The joints in COCO's order: float32 [17, 3]; else as `to_openpose`."""
        return points.arrange(self.keypoints, points.COCO, least_score)

    def to_hf(self):
        """A mask per class found, as Hugging Face's image segmentation gives them.

        Returns:
            list of dict in the order of the ids, background included: `label` (str), `score`
            (float, its class score), `mask` (PIL.Image of mode L and the image's size: 255 on the
            class, else 0).

        Raises:
            InputError: there are no class scores; a Predictor of class_scores=True gives them.
        """
        return segments.find_segments(self.parsing, self.class_scores)

    def on_canvas(self, canvas_hw):
        """The same for the photograph on a canvas: whole, its proportions kept, in the middle.

        Args:
            canvas_hw: (height, width): (256, 192) for CP-VTON, (1024, 768) for VITON-HD.

        Returns:
            Prediction with `parsing` uint8 [height, width], background around the photograph, and
            `keypoints` there; without maps. `formats.canvas.place_photo` does the photograph.
        """
        keypoints = self.keypoints
        if keypoints is not None:
            keypoints = canvas.place_keypoints(keypoints, self.parsing.shape, canvas_hw)
        parsing = canvas.place_parsing(self.parsing, canvas_hw)
        return Prediction(parsing, keypoints, class_scores=self.class_scores)
