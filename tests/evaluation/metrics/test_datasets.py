import numpy as np
import pytest

from jppnet_tf.evaluation.metrics.datasets import (
    ATR_CLASSES,
    DATASETS,
    LIP_CLASSES,
    LIP_MERGED,
    PASCAL_CLASSES,
    ParsingDataset,
)
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.labels import ATR, LIP
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES


def translate_names(dataset, truth, predicted, truth_names, predicted_names):
    """What names become; "other" behind the scored ones."""
    label = np.array([[truth_names.index(name) for name in truth]], np.uint8)
    parsing = np.array([[predicted_names.index(name) for name in predicted]], np.uint8)
    names = [*dataset.names, "other"]
    return [[names[i] for i in ids[0]] for ids in dataset.translate(label, parsing)]


def test_atr_scores_the_shared_classes_by_name():
    assert len(ATR_CLASSES.names) == 16 and ATR_CLASSES.ids == 17
    truth, predicted = translate_names(
        ATR_CLASSES, ["belt", "scarf", "bag", "left-leg"], ["coat", "scarf", "glove", "right-leg"],
        ATR.names, LIP.names,
    )  # fmt: skip
    assert truth == ["other", "scarf", "other", "left-leg"]
    assert predicted == ["other", "scarf", "other", "right-leg"]


def test_what_is_shared_on_lip_itself():
    dataset = ATR_CLASSES.on_lip
    for name in LIP.names:
        expected = name if name in ATR.names else "other"
        both = translate_names(dataset, [name], [name], LIP.names, LIP.names)
        assert both == [[expected], [expected]]
    assert LIP_CLASSES.on_lip == LIP_CLASSES


def test_left_and_right_do_not_matter_where_they_are_merged():
    assert LIP_MERGED.names == (
        "background", "hat", "hair", "glove", "sunglasses", "upper-clothes", "dress", "coat",
        "socks", "pants", "jumpsuits", "scarf", "skirt", "skin", "shoes",
    )  # fmt: skip
    assert LIP_MERGED.ids == 15 and LIP_MERGED.on_lip == LIP_MERGED
    truth, predicted = translate_names(
        LIP_MERGED, ["left-leg", "right-shoe", "coat", "face"],
        ["right-arm", "left-shoe", "dress", "left-leg"], LIP.names, LIP.names,
    )  # fmt: skip
    assert truth == ["skin", "shoes", "coat", "skin"]
    assert predicted == ["skin", "shoes", "dress", "skin"]


def test_every_class_of_lip_has_one_place_among_the_parts():
    assert len(PASCAL_CLASSES.predicted) == 20 and PASCAL_CLASSES.ids == 7
    expected = {"hat": "head", "coat": "torso", "glove": "lower arms", "skirt": "upper legs",
                "socks": "lower legs", "background": "background"}  # fmt: skip
    for name, part in expected.items():
        place = PASCAL_CLASSES.predicted[LIP.names.index(name)]
        assert PASCAL_CLASSES.names[place] == part


def test_predictions_in_the_data_sets_own_ids():
    label = np.array([[8, 17, 255]], np.uint8)
    parsing = np.array([[8, 17, 16]], np.uint8)
    truth, predicted = ATR_CLASSES.native.translate(label, parsing)
    assert truth.tolist() == [[16, 15, 255]] and predicted.tolist() == [[16, 15, 16]]


@pytest.mark.parametrize(
    "label, parsing, message",
    [
        (18, 0, "x.png: ground truth .*not classes: 18"),
        (0, 20, "x.png: prediction .*not classes: 20"),
        (0, 255, "x.png: prediction .*not classes: 255"),
    ],
)
def test_ids_that_stand_for_nothing(label, parsing, message):
    with pytest.raises(InputError, match=message):
        ATR_CLASSES.translate(
            np.full((1, 1), label, np.uint8), np.full((1, 1), parsing, np.uint8), "x.png"
        )


def test_other_has_no_score_but_makes_the_scored_ones_wrong():
    metric = ParsingMetric(3, scored=2)
    metric.update(np.array([[0, 0, 1, 1, 2, 2]]), np.array([[0, 2, 1, 1, 1, 2]]))
    scores = metric.scores()
    np.testing.assert_allclose(scores.iou, [50, 200 / 3])
    np.testing.assert_allclose(scores.accuracy, [50, 100])
    assert scores.overall_accuracy == 75 and scores.mean_iou == pytest.approx(175 / 3)


def test_names_that_programs_take():
    assert list(DATASETS) == ["lip", "atr", "pascal_person_part", "lip_merged"]


def test_any_classes_in_their_own_ids():
    dataset = ParsingDataset.of(CLASSES, "birds", "Birds")
    ids = np.array([[0, 6, 255]], np.uint8)
    truth, predicted = dataset.translate(ids, np.array([[6, 1, 0]], np.uint8))
    assert truth.tolist() == ids.tolist() and predicted.tolist() == [[6, 1, 0]]
    assert dataset.names == CLASSES.names and dataset.ids == 7


def test_predictions_of_other_classes_are_refused():
    for dataset, classes in ((LIP_CLASSES, LIP), (ATR_CLASSES, LIP), (ATR_CLASSES.native, ATR)):
        dataset.check_predicted(classes)
        with pytest.raises(InputError, match=f"of {len(classes.names)} classes .* of 7 others"):
            dataset.check_predicted(CLASSES)
    with pytest.raises(InputError, match="ATR, 16 .* of 20 classes .* of 18 others"):
        ATR_CLASSES.check_predicted(ATR)
