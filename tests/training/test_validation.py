import dataclasses

import cv2
import numpy as np
import pytest

from jppnet_tf.data.lip import Record
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.models.families import FAMILIES
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.terms import StageTerms
from jppnet_tf.training.validation import Validation
from tests.made_up_labels import CLASSES, JOINTS
from tests.networks.table import SMALL

INPUT_HW = (64, 64)


@pytest.fixture
def records(tmp_path, save_photo):
    """Three images of different sizes; the last has no joints."""
    random = np.random.default_rng(0)
    made = []
    for number, (height, width) in enumerate([(60, 40), (30, 50), (44, 44)]):
        paths = [tmp_path / f"{number}{suffix}" for suffix in (".jpg", ".png")]
        save_photo(paths[0], height, width, seed=number)
        cv2.imwrite(str(paths[1]), random.integers(0, 20, (height, width), np.uint8))
        joints = np.append(random.uniform(0, 30, (16, 2)), np.zeros((16, 1)), axis=1)
        joints = joints.astype(np.float32) if number < 2 else None
        made.append(Record(str(number), *paths, joints=joints, source=f"line {number}"))
    return made


def test_predictions_are_those_of_the_predictor_at_one_scale(small_model, records):
    predictor = Predictor(small_model, scales=[1], mirror=False, input_hw=INPUT_HW)
    for (record, label, parsing, keypoints), expected in zip(
        Validation(small_model, records, INPUT_HW, batch=2).predict(), records, strict=True
    ):
        wanted = predictor(record.image)
        assert record is expected and label.shape == parsing.shape
        # The images are decoded alike; batches of the network may sum in another order.
        assert np.mean(parsing == wanted.parsing) > 0.999
        np.testing.assert_allclose(keypoints[:, :2], wanted.keypoints[:, :2], atol=1e-3)


def test_perfect_and_wrong_predictions(small_model, records, monkeypatch):
    validation = Validation(small_model, records, INPUT_HW, batch=2)
    predicted = list(validation.predict())

    def predict(shift):
        for record, label, _, keypoints in predicted:
            xy = keypoints[:, :2] if record.joints is None else record.joints[:, :2]
            yield record, label, (label + shift) % 20, xy + 100 * shift

    for shift, expected in ((0, 100), (1, 0)):
        monkeypatch.setattr(validation, "predict", lambda shift=shift: predict(shift))
        scores = validation.score()
        assert scores.parsing.mean_iou == scores.pose.total == scores.overall == expected
        assert scores.pose.images == 2  # the one without joints does not count
        assert (scores.structure_error == 0) == (shift == 0)
    summary = scores.summary()
    assert summary.pop("structure_error") > 0.1
    assert summary == {"overall_accuracy": 0, "mean_accuracy": 0, "mean_iou": 0, "pckh": 0}


def test_parsing_alone_has_no_pose_scores(records):
    network = JPPNet(joints=0, refinements=0, **SMALL)
    scores = Validation(network, records, INPUT_HW, batch=2).score()
    assert scores.pose is None and "pckh" not in scores.summary()
    assert scores.overall == scores.parsing.mean_iou


@pytest.fixture(scope="module")
def bird_network():
    return JPPNet(**SMALL, classes=7, joints=17)


@pytest.fixture
def birds(records, tmp_path):
    """Records of made-up classes and joints."""
    cv2.imwrite(str(tmp_path / "bird.png"), np.full((60, 40), 6, np.uint8))
    points = np.random.default_rng(0).uniform(1, 39, (17, 3)).astype(np.float32)
    return [dataclasses.replace(records[0], label=tmp_path / "bird.png", joints=points)]


def test_other_classes_and_joints_come_from_the_card(bird_network, birds, monkeypatch):
    with pytest.raises(InputError, match="7 classes, and 20 are known: pass classes="):
        Validation(bird_network, birds, INPUT_HW, batch=1)
    card = dataclasses.replace(FAMILIES["jppnet"], classes=CLASSES, joints=JOINTS)
    monkeypatch.setitem(FAMILIES, "jppnet", card)
    validation = Validation(bird_network, birds, INPUT_HW, batch=1)
    assert (validation.classes, validation.joints) == (CLASSES, JOINTS)
    scores = validation.score()
    assert scores.parsing.iou.shape == (7,) and scores.pose.joints.shape == (17,)
    assert scores.structure_error is None and "structure_error" not in scores.summary()
    (prediction,) = validation.predict()
    assert prediction[3].shape == (17, 3) and prediction[2].max() < 7
    with pytest.raises(InputError, match="structure error is defined for LIP's 20 classes only"):
        TrainingModel(bird_network, StageTerms(structure="paper"))


def test_joints_that_cannot_be_scored_are_refused_beforehand(bird_network, birds):
    with pytest.raises(InputError, match="PCKh needs LIP's joints, and these 17 have no neck"):
        Validation(bird_network, birds, INPUT_HW, 1, classes=CLASSES, joints=COCO_JOINTS)


def test_the_panel_is_drawn_in_the_networks_own_colours(bird_network, birds):
    options = {"classes": CLASSES, "joints": JOINTS}
    panel = Validation(bird_network, birds, INPUT_HW, 1, **options).draw_panel()
    assert panel.shape == (480, 960, 3)
    other = dataclasses.replace(CLASSES, palette=((0, 0, 0),) * 7)
    black = Validation(bird_network, birds, INPUT_HW, 1, other, JOINTS).draw_panel()
    # The truth is the right claw everywhere; in black it is darker.
    assert panel[:, :480].mean() > black[:, :480].mean() + 5


def test_a_panel_of_a_network_that_parses_only(records):
    network = JPPNet(joints=0, refinements=0, **SMALL)
    panel = Validation(network, records, INPUT_HW, batch=2).draw_panel(count=2)
    assert panel.shape == (960, 960, 3)
