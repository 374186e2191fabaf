"""A vocabulary that is nobody's: 7 classes and 17 joints, LIP's among these in another order."""

from jppnet_tf.labels import LIP_JOINTS, Classes, Joints

CLASSES = Classes(
    names=("nothing", "left wing", "right wing", "beak", "tail", "left claw", "right claw"),
    mirror_pairs=(("left wing", "right wing"), ("left claw", "right claw")),
    palette=tuple((30 * i, 255 - 30 * i, 100) for i in range(7)),
)

JOINTS = Joints(
    names=("tail tip", *LIP_JOINTS.names[::-1]),
    mirror_pairs=LIP_JOINTS.mirror_pairs,
    limbs=(*LIP_JOINTS.limbs, ("pelvis", "tail tip")),
)

LIP_PLACES = [JOINTS.names.index(name) for name in LIP_JOINTS.names]
"""Where each of LIP's joints is among the made-up ones."""
