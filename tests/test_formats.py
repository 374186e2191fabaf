import io

import numpy as np
import pytest
from PIL import Image

from jppnet_tf import formats
from jppnet_tf.inference import Prediction
from jppnet_tf.labels import LIP


@pytest.fixture
def prediction():
    parsing = np.zeros((20, 10), np.uint8)
    parsing[5:10] = 13
    parsing[19, 9] = 19
    keypoints = np.array([[i, i + 1, i / 16] for i in range(16)], np.float32)
    return Prediction(parsing, keypoints)


def test_without_pose_there_is_none_in_files_and_records(prediction, make_photo):
    parsing_only = Prediction(prediction.parsing)
    files = formats.lip_files("a", make_photo(20, 10), parsing_only)
    assert [*files] == [*formats.lip_paths("a", has_pose=False)]
    assert not any("pose" in path for path in files)
    record = formats.prediction_record("a", "a.jpg", parsing_only)
    assert record["keypoints"] is None and record["pixels"]["face"] == 50


def test_the_files_of_one_image(prediction, make_photo):
    files = formats.lip_files("sub/a b", make_photo(20, 10), prediction)
    assert list(files) == [
        "parsing/sub/a b.png", "parsing/sub/a b_vis.png", "pose/sub/a b.txt", "overlay/sub/a b.jpg",
    ]  # fmt: skip
    ids = Image.open(io.BytesIO(files["parsing/sub/a b.png"]))
    assert (ids.format, ids.mode) == ("PNG", "L")
    np.testing.assert_array_equal(ids, prediction.parsing)
    colours = Image.open(io.BytesIO(files["parsing/sub/a b_vis.png"]))
    assert colours.mode == "RGB"
    np.testing.assert_array_equal(colours, np.array(LIP.palette)[prediction.parsing])
    assert Image.open(io.BytesIO(files["overlay/sub/a b.jpg"])).format == "JPEG"


def test_pose_text_is_32_integers_each_with_a_space(prediction):
    keypoints = prediction.keypoints[:2] + np.float32(0.9)
    assert formats.encode_pose_text(keypoints) == b"0 1 1 2 "
    assert len(formats.encode_pose_text(prediction.keypoints).split()) == 32


def test_records_name_only_the_classes_found(prediction):
    record = formats.prediction_record("a", "photos/a.jpg", prediction)
    assert record["pixels"] == {"background": 149, "face": 50, "right-shoe": 1}
    assert (record["width"], record["height"]) == (10, 20)
    assert record["keypoints"][3] == [3, 4, 0.1875]
    assert len(record["keypoints"]) == 16
