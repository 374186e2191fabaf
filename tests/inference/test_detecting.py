"""What finds people for networks that label one person."""

import numpy as np
import pytest

from jppnet_tf import InputError, PersonLab, Predictor
from jppnet_tf.inference.detecting import PersonLabDetector, YoloxDetector
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from tests.detector_files import CELLS, place, write_detector


@pytest.fixture
def output():
    return np.zeros((1, CELLS, 85), np.float32)


def test_yolox_gives_boxes_in_pixels_of_the_photograph(output, tmp_path):
    # Column 10 and row 5 of the finest grid, column 4 and row 2 of the coarsest.
    place(output, 5 * 80 + 10, 0.5, 0.25, 40, 80, 8, 0.9, 1.0)
    place(output, 80 * 80 + 40 * 40 + 2 * 20 + 4, 0.0, 0.0, 64, 100, 32, 1.0, 0.8)
    place(output, 7, 0, 0, 9, 9, 8, 0.9, 0.3)  # not sure enough
    output[0, 3, 4:8] = 0.9, 0.0, 0.9, 0.9  # a bicycle
    detector = YoloxDetector(write_detector(tmp_path / "yolox.onnx", output))
    # Twice as large as the input, whose width it fills.
    (boxes,) = detector.find([np.zeros((800, 1280, 3), np.uint8)])
    assert [box.score for box in boxes] == pytest.approx([0.9, 0.8])
    np.testing.assert_allclose(boxes[0].xywh, [2 * (84 - 20), 2 * (42 - 40), 80, 160], atol=1e-3)
    np.testing.assert_allclose(boxes[1].xywh, [2 * (128 - 32), 2 * (64 - 50), 128, 200], atol=1e-3)
    assert detector.checksum() == YoloxDetector(tmp_path / "yolox.onnx").checksum()


def test_one_person_is_found_once_and_nobody_beyond_the_border(output, tmp_path):
    place(output, 5 * 80 + 10, 0.5, 0.25, 40, 80, 8, 0.9, 1.0)
    place(output, 5 * 80 + 11, 0.0, 0.25, 40, 80, 8, 0.8, 1.0)
    place(output, 80 * 79, 0.0, 0.0, 40, 60, 8, 1.0, 1.0)  # below a wide photograph
    place(output, 0, 0.0, 0.0, 40, 60, 8, 1.0, 0.7)
    detector = YoloxDetector(write_detector(tmp_path / "yolox.onnx", output), 0.6)
    (boxes,) = detector.find([np.zeros((300, 640, 3), np.uint8)])
    assert [box.score for box in boxes] == pytest.approx([0.9, 0.7])
    assert boxes[1].xywh == pytest.approx([0, 0, 20, 30], abs=1e-3)


def test_files_that_are_no_detector(tmp_path, output):
    with pytest.raises(InputError, match="no such file"):
        YoloxDetector(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(InputError, match=r"text.onnx: not a network that OpenCV reads"):
        YoloxDetector(tmp_path / "text.onnx")
    path = write_detector(tmp_path / "other.onnx", output[:, :40])
    with pytest.raises(
        InputError, match=r"other.onnx: not YOLOX's output, but one of \(1, 40, 85\)"
    ):
        YoloxDetector(path).find([np.zeros((60, 60, 3), np.uint8)])


class Found:
    """A predictor that finds the same people everywhere."""

    least_person = 0.2

    def __init__(self, people):
        self._people = people

    def prepare(self, image):
        return image

    def infer_together(self, group):
        return group

    def decode(self, maps, size_hw):
        return Prediction(np.zeros(size_hw, np.uint8), self._people)


def test_personlab_gives_masks_and_joints(monkeypatch):
    masks = np.zeros((2, 50, 60), bool)
    masks[0, 10:30, 20:30] = True
    keypoints = np.zeros((2, 17, 3), np.float32)
    keypoints[0, 0], keypoints[0, 1] = (25, 5, 0.9), (2, 2, 0.1)
    keypoints[1] = 80, 10, 0.5  # somebody beyond the border
    people = People(
        boxes=np.array([[20, 10, 10, 20], [80, 10, 1, 1]], float), masks=masks,
        scores=np.array([0.8, 0.4], np.float32), keypoints=keypoints,
    )  # fmt: skip
    detector = PersonLabDetector.__new__(PersonLabDetector)
    detector._predictor = Found(people)
    ((box,),) = detector.find([np.zeros((50, 60, 3), np.uint8)])
    # The mask's box, and the joint above it that is likely there.
    assert box.xywh == [20, 5, 10, 25] and box.score == pytest.approx(0.8)
    np.testing.assert_array_equal(box.decode_mask((50, 60)), masks[0])
    np.testing.assert_array_equal(box.keypoints, keypoints[0])


def test_only_networks_that_find_people(small_model):
    with pytest.raises(InputError, match="of a network that labels one person"):
        PersonLabDetector(Predictor(small_model, (1,), False, (32, 32)))
    model = PersonLab(width=1 / 64, units=(1, 1, 1, 1), trunk="resnet_v1", stem=4)
    detector = PersonLabDetector(Predictor(model, input_hw=(65, 65), least_person=0.4))
    assert detector.least_person == 0.4
    assert detector.find([np.zeros((40, 50, 3), np.uint8)]) == [()]
