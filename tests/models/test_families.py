"""The cards of the networks."""

import numpy as np
import pytest

from jppnet_tf.models.families import FAMILIES


@pytest.mark.parametrize(
    "name, wanted", [("jppnet", 3), ("ss_jppnet", 9), ("lip_net", 3)]
)  # Caffe's program took the last of equal classes, TensorFlow's the first
def test_which_of_several_equal_classes_a_pixel_gets(name, wanted):
    logits = np.zeros((1, 2, 2, 20), np.float32)
    logits[..., [3, 9]] = 1
    weights = tuple(np.eye(2, dtype=np.float32) for _ in range(2))
    parsing = FAMILIES[name].build_codec().decode_parsing([logits], [weights])
    assert (parsing == wanted).all()
