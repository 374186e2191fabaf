"""Networks for other programs: SavedModel, ONNX, TFLite, OpenVINO, a frozen TF1 graph.

What is in each, and how it is read, is in docs/export.md.
"""

from jppnet_tf.export.checked import TARGETS, Exported, export
from jppnet_tf.export.contents import Difference

__all__ = ["TARGETS", "Difference", "Exported", "export"]
