"""The whole way from JPEG files to label maps and joints, against what the original wrote."""

import cv2
import numpy as np
import pytest

from jppnet_tf import Predictor
from jppnet_tf.images.drawing import colour_parsing
from jppnet_tf.models.jppnet import variable_shapes
from jppnet_tf.predictions.formats.lip import encode_pose_text
from jppnet_tf.training.optimizers import KERAS_2
from jppnet_tf.weights import conversion, tf1
from tests.parity.stand_in import stand_in_arrays

FIGURES = ("fig00_000101", "fig01_000202", "fig02_000303")
if not KERAS_2:
    FIGURES = FIGURES[:1]  # the network is the same for all, and takes half a minute for each


@pytest.fixture(scope="module")
def predictor(full_model):
    return Predictor(full_model)


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES)
def test_parsing_and_pose_are_the_original_ones(recorded, predictor, figure):
    prediction = predictor(recorded / "images" / f"{figure}.jpg")
    parsing = cv2.imread(str(recorded / "parsing" / f"{figure}.png"), cv2.IMREAD_UNCHANGED)
    assert prediction.parsing.shape == parsing.shape
    # Pixels where two classes tie up to float32 rounding: 0 to 2 of a figure were seen to differ.
    assert np.mean(prediction.parsing == parsing) >= 0.9999
    assert encode_pose_text(prediction.keypoints) == (recorded / f"pose/{figure}.txt").read_bytes()


@pytest.mark.slow
def test_fewer_multiplications_give_the_original_ones(recorded, full_model):
    predictor = Predictor(full_model, convolution="fast")
    different = pixels = 0
    for figure in FIGURES:
        prediction = predictor(recorded / "images" / f"{figure}.jpg")
        parsing = cv2.imread(str(recorded / "parsing" / f"{figure}.png"), cv2.IMREAD_UNCHANGED)
        different += np.count_nonzero(prediction.parsing != parsing)
        pixels += parsing.size
        joints = (recorded / f"pose/{figure}.txt").read_bytes()
        assert encode_pose_text(prediction.keypoints) == joints
    # Ties up to float32 rounding, as above: 2 of the 307,473 pixels of three figures were seen.
    assert different <= max(2, 2e-5 * pixels)


@pytest.mark.slow
def test_all_variables_survive_conversion_there_and_back(tmp_path):
    arrays = stand_in_arrays(variable_shapes())
    tf1.write_checkpoint(tmp_path / "a", arrays)
    done = conversion.convert(tmp_path / "a", tmp_path / "a.safetensors")
    assert (done.variables, done.numbers) == (624, 122_154_464)
    conversion.convert(tmp_path / "a.safetensors", tmp_path / "b", to="tf1")
    back = tf1.open_checkpoint(tmp_path / "b")
    assert set(back.shapes) == set(arrays)
    assert all(back.read(name).tobytes() == array.tobytes() for name, array in arrays.items())


def test_colours_are_the_original_ones(recorded):
    parsing = cv2.imread(str(recorded / "parsing/fig00_000101.png"), cv2.IMREAD_UNCHANGED)
    colours = cv2.imread(str(recorded / "parsing/fig00_000101_vis.png"))[..., ::-1]
    np.testing.assert_array_equal(colour_parsing(parsing), colours)
