"""The benchmark's scores of a network while it trains."""

import tensorflow as tf

from jppnet_tf import ops
from jppnet_tf.data.heatmaps import decode_joints
from jppnet_tf.data.pipeline import build_validation_dataset
from jppnet_tf.images import read_ids
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.metrics.parsing import ParsingMetric
from jppnet_tf.metrics.pose import PoseMetric
from jppnet_tf.metrics.scores import Scores


class Validation:
    """Predicts a set at one scale, without mirroring, and scores it at the images' own sizes.

    The released protocol, three scales and their mirror images, takes six times as long and
    scores higher.

    Args:
        network: functional JPPNet.
        records: sequence of lip.Record, each with a label.
        reading: pipeline.Reading; its size is what images are resized to.
        batch: images per call of the network.
    """

    def __init__(self, network, records, reading, batch):
        self.records = tuple(records)
        self._dataset = build_validation_dataset(records, reading, batch)
        outputs = network.output
        self._stages = [name for name in outputs if name.startswith("parsing_")]
        self._pose = max((name for name in outputs if name.startswith("pose_")), default=None)
        self._network = network
        self._infer = tf.function(self._run_network)

    def _run_network(self, images):
        outputs = self._network(images, training=False)
        logits = tf.add_n([outputs[name] for name in self._stages]) / len(self._stages)
        return (logits, outputs[self._pose]) if self._pose else (logits,)

    def predict(self):
        """Predicts all images one after the other.

        Yields:
            (lip.Record, label uint8 [h, w], parsing uint8 [h, w], keypoints float32 [16, 3]
            or None).
        """
        records = iter(self.records)
        for batch in self._dataset:
            for maps in zip(
                *(values.numpy() for values in self._infer(batch["image"])), strict=True
            ):
                record = next(records)
                label = read_ids(record.label)
                parsing = ops.decode_parsing([maps[0][None]], label.shape, LIP.mirror)
                keypoints = None
                if self._pose:
                    keypoints = decode_joints([maps[1][None]], label.shape, LIP_JOINTS.mirror)
                yield record, label, parsing, keypoints

    def score(self):
        """Predicts and scores all images.

        Returns:
            Scores.
        """
        parsing_metric, pose_metric = ParsingMetric(), PoseMetric()
        for record, label, parsing, keypoints in self.predict():
            parsing_metric.update(label, parsing, where=str(record.label))
            if keypoints is not None and record.joints is not None:
                pose_metric.update(record.joints, keypoints, where=record.source)
        return Scores(
            parsing=parsing_metric.scores(), pose=pose_metric.scores() if self._pose else None
        )
