"""The benchmark's scores of a network while it trains."""

import tensorflow as tf

from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.evaluation.metrics.structure import StructureMetric
from jppnet_tf.images.reading import read_ids, read_image
from jppnet_tf.models.families import family_of
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.system.processes import Workers


class Validation:
    """Predicts a set at one scale, without mirroring, and scores it at the images' own sizes.

    Of JPPNet, the released protocol, three scales and their mirror images, takes six times as
    long and scores higher.

    Args:
        network: functional model of this package.
        records: sequence of lip.Record, each with a label.
        input_hw: (height, width) that images are predicted at.
        batch: images per call of the network.
    """

    def __init__(self, network, records, input_hw, batch):
        self.records = tuple(records)
        self._batch = batch
        family = family_of(network)
        self._framing, self._codec = family.build_framing(input_hw), family.build_codec()
        stages = family.stages_of(network)
        self._has_pose = stages[-1].pose is not None
        self._infer = tf.function(
            lambda images: fuse_stages(network, images, stages), autograph=False
        )

    def predict(self):
        """Predicts all images one after the other.

        Yields:
            (lip.Record, label uint8 [h, w], parsing uint8 [h, w], keypoints float32 [16, 3]
            or None).
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
        if self._has_pose:
            keypoints = self._codec.decode_joints([maps["pose"]], label.shape)
        return record, label, parsing, keypoints

    def score(self):
        """Predicts and scores all images.

        Returns:
            Scores.
        """
        parsing_metric, pose_metric = ParsingMetric(), PoseMetric()
        structure_metric = StructureMetric()
        for record, label, parsing, keypoints in self.predict():
            parsing_metric.update(label, parsing, where=str(record.label))
            structure_metric.update(label, parsing)
            if keypoints is not None and record.joints is not None:
                pose_metric.update(record.joints, keypoints, where=record.source)
        return Scores(
            parsing_metric.scores(),
            pose_metric.scores() if self._has_pose else None,
            structure_metric.mean,
        )
