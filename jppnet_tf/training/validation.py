"""The benchmark's scores of a network while it trains."""

import dataclasses
import itertools
import typing
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from jppnet_tf.evaluation import coco
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.evaluation.metrics.structure import StructureMetric
from jppnet_tf.images.drawing import draw_overlay, tile
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.labels import LIP, Classes, Joints
from jppnet_tf.models.families import family_of
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.predictions.formats.person_maps import colour_people
from jppnet_tf.system.processes import Workers

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.data.coco import CocoSplit
    from jppnet_tf.data.lip import Record


class Validation:
    """Predicts a set at one scale, without mirroring, and scores it at the images' own sizes.

    Of JPPNet, the released protocol, three scales and their mirror images, takes six times as
    long and scores higher.

    Args:
        network: functional model of this package.
        records: sequence of lip.Record, each with a label.
        input_hw: (height, width) that images are predicted at.
        batch: images per call of the network.
        classes: labels.Classes of the logits; None is what the network's card says.
        joints: labels.Joints of the heatmaps; None is what the network's card says.

    Attributes:
        records: tuple of lip.Record.
        classes, joints: as above; `joints` is None of a network that parses only.

    Raises:
        InputError: the network has another number of channels, or PCKh cannot score its joints.
    """

    def __init__(
        self,
        network: "keras.Model",
        records: "Sequence[Record]",
        input_hw: Sequence[int],
        batch: int,
        classes: Classes | None = None,
        joints: Joints | None = None,
    ) -> None:
        self.records = tuple(records)
        self._batch = batch
        family = family_of(network)
        self._framing = family.build_framing(input_hw)
        self._codec = family.codec_of(network, classes, joints)
        stages = family.stages_of(network)
        self.classes = self._codec.classes
        self.joints = self._codec.joints if stages[-1].pose is not None else None
        if self.joints:
            PoseMetric(joints=self.joints)  # refuses joints before anybody waits for their scores
        self._infer = tf.function(
            lambda images: fuse_stages(network, images, stages), autograph=False
        )

    def predict(self) -> "Iterator[tuple[Record, np.ndarray, np.ndarray, np.ndarray | None]]":
        """Predicts all images one after the other.

        Yields:
            (lip.Record, label uint8 [h, w], parsing uint8 [h, w], keypoints float32
            [joints, 3] or None).
        """
        batches = [
            self.records[start : start + self._batch]
            for start in range(0, len(self.records), self._batch)
        ]
        with Workers(1) as workers:
            for records, job in zip(batches, workers.map_ahead(self._read, batches), strict=True):
                maps = {name: x.numpy() for name, x in self._infer(job.result()).items()}
                for number, record in enumerate(records):
                    own = {name: values[number : number + 1] for name, values in maps.items()}
                    yield self._decode(record, own)

    def _read(self, records):
        with tf.device("CPU"):
            frames = [self._framing.frame(read_image(r.image), (1,), False)[0] for r in records]
            return tf.concat(frames, axis=0)

    def _decode(self, record, maps):
        label = read_ids(record.label)
        logits = maps["parsing"]
        weights = self._framing.weights(logits.shape[1:3], label.shape, 1)
        parsing = self._codec.decode_parsing([logits], [weights])
        keypoints = None
        if self.joints:
            keypoints = self._codec.decode_joints([maps["pose"]], label.shape)
        return record, label, parsing, keypoints

    def score(self) -> Scores:
        """Predicts and scores all images.

        Returns:
            Scores; without pose of a network that parses only, and without the structure error of
            other classes than LIP's.
        """
        parsing_metric = ParsingMetric(len(self.classes.names))
        pose_metric = PoseMetric(joints=self.joints) if self.joints else None
        is_lip = self.classes.names == LIP.names
        structure_metric = StructureMetric(self.classes) if is_lip else None
        for record, label, parsing, keypoints in self.predict():
            parsing_metric.update(label, parsing, where=str(record.label))
            if structure_metric:
                structure_metric.update(label, parsing)
            if pose_metric and keypoints is not None and record.joints is not None:
                pose_metric.update(record.joints, keypoints, where=record.source)
        return Scores(
            parsing_metric.scores(),
            pose_metric.scores() if pose_metric else None,
            structure_metric.mean if structure_metric else None,
        )

    def draw_panel(self, count: int = 4) -> np.ndarray:
        """The first images, each with its true and with its predicted labels and joints.

        Args:
            count: how many images.

        Returns:
            uint8 [h, w, 3], RGB.
        """
        pictures = []
        for record, label, parsing, keypoints in itertools.islice(self.predict(), count):
            rgb = read_image(record.image)
            label = np.where(label < len(self.classes.names), label, 0).astype(np.uint8)
            # Only a network with pose says what the records' joints stand for.
            truth = _as_keypoints(record.joints) if self.joints else None
            pictures += [
                draw_overlay(rgb, ids, people, self.classes, self.joints)
                for ids, people in ((label, truth), (parsing, keypoints))
            ]
        return tile(pictures, columns=2)


def _as_keypoints(points):
    """x, y and score: 1 of joints that are there, 0 of those that are not; None stays None."""
    if points is None:
        return None
    there = ~np.isnan(points[:, :1])
    xy = np.nan_to_num(points[:, :2])
    return np.concatenate([xy, there], axis=1).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class PeopleScores:
    """What is reached on a set of pictures of many people.

    Attributes:
        keypoints, masks: average precision by COCO's rules, percent; nan where nobody is.
    """

    keypoints: float
    masks: float

    @property
    def overall(self) -> float:
        """One number to choose the best weights by: the mean of both, as Scores.overall."""
        scored = [value for value in (self.keypoints, self.masks) if not np.isnan(value)]
        return float(np.mean(scored)) if scored else float("nan")

    def summary(self) -> dict[str, float]:
        """Both by name: dict of str to percent."""
        return {"keypoints_ap": self.keypoints, "masks_ap": self.masks}


class PeopleValidation:
    """Finds the people of a set, from one look at each picture, and scores them as COCO does.

    Args:
        network: functional PersonLab.
        split: coco.CocoSplit.
        input_hw: (height, width) that pictures are fitted into.
        count: how many pictures to take, the first ones; None for all.
    """

    def __init__(
        self,
        network: "keras.Model",
        split: "CocoSplit",
        input_hw: Sequence[int],
        count: int | None = None,
    ) -> None:
        self._split, self._count = split, count
        self._predictor = Predictor(
            network, (1,), False, input_hw, batch=1, least_person=coco.LEAST_PERSON
        )

    def score(self) -> PeopleScores:
        """Predicts and scores all pictures."""
        found = coco.predict_split(self._predictor, self._split, self._count)
        keypoints, masks = (
            coco.score_results(self._split, task, found[task], self._count)["AP"]
            for task in coco.TASKS
        )
        return PeopleScores(keypoints, masks)

    def draw_panel(self, count: int = 4) -> np.ndarray:
        """The first pictures, each as it is and with the people found: uint8 [h, w, 3], RGB."""
        pictures = []
        for record in self._split.records[: min(count, self._count or count)]:
            rgb = read_image(record.image)
            prediction = self._predictor(rgb)
            regions, classes = colour_people(prediction)
            joints = prediction.people.keypoints
            drawn = draw_overlay(rgb, regions, joints, classes, prediction.joints)
            pictures += [rgb, drawn]
        return tile(pictures, columns=2)
