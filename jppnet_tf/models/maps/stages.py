"""Several stages of a network made into one."""

import typing
from collections.abc import Sequence

if typing.TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from jppnet_tf.models.families import Stage


def fuse_stages(
    model: "keras.Model", images: "tf.Tensor", stages: "Sequence[Stage]"
) -> "dict[str, tf.Tensor]":
    """What a network says of images, up to a stage.

    Args:
        model: functional model of this package.
        images: float32 tensor [n, h, w, 3], as a framing gives it.
        stages: sequence of families.Stage to look at, as `Family.stages_of` gives them.

    Returns:
        dict of `parsing`, logits [n, h', w', classes] averaged over the stages, and, of networks
        with pose, `pose`, the last stage's heatmaps [n, h', w', joints]. Without stages, all the
        network's outputs.
    """
    outputs = model(images, training=False)
    if not stages:
        return dict(outputs)
    logits = [outputs[stage.parsing] for stage in stages]
    # Not tf.add_n: exported, it becomes an operation that OpenCV 4.11 and 4.12 compute wrong.
    maps = {"parsing": sum(logits[1:], logits[0]) / len(logits)}
    pose = stages[-1].pose
    return maps if pose is None else maps | {"pose": outputs[pose]}
