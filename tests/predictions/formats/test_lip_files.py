import io

import numpy as np
from PIL import Image

from jppnet_tf.labels import LIP
from jppnet_tf.predictions.formats import lip
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


def test_without_pose_there_is_none_in_files_and_records(prediction, make_photo):
    parsing_only = Prediction(prediction.parsing)
    files = lip.lip_files("a", make_photo(40, 30), parsing_only)
    assert [*files] == [*lip.lip_paths("a", has_pose=False)]
    assert not any("pose" in path for path in files)
    record = lip.prediction_record("a", "a.jpg", parsing_only)
    assert record["keypoints"] is None and record["pixels"]["jumpsuits"] == 150


def test_the_files_of_one_image(prediction, make_photo):
    files = lip.lip_files("sub/a b", make_photo(40, 30), prediction)
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
    keypoints = prediction.keypoints[:2] + np.float32(0.4)
    assert lip.encode_pose_text(keypoints) == b"0 0 1 2 "
    assert lip.encode_pose_text(keypoints + np.float32(0.2)) == b"1 1 2 3 "
    assert len(lip.encode_pose_text(prediction.keypoints).split()) == 32


def test_records_name_only_the_classes_found(prediction):
    record = lip.prediction_record("a", "photos/a.jpg", prediction)
    assert record["pixels"] == {"background": 1049, "jumpsuits": 150, "right-shoe": 1}
    assert (record["width"], record["height"]) == (30, 40)
    assert record["keypoints"][3] == [3, 6, 0.25]
    assert isinstance(record["keypoints"][3][0], int) and len(record["keypoints"]) == 16


def test_records_keep_hundredths_of_a_pixel(prediction):
    moved = Prediction(
        prediction.parsing,
        People.of_one(prediction.keypoints + np.float32([0.123, 0.5, 0])),
    )
    assert lip.prediction_record("a", "a", moved)["keypoints"][3] == [3.12, 6.5, 0.25]
