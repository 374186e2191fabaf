import numpy as np
import pytest

from jppnet_tf.evaluation.metrics.datasets import (
    ATR,
    ATR_NAMES,
    DATASETS,
    LIP_CLASSES,
    LIP_MERGED,
    PASCAL_PERSON_PART,
)
from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.labels import LIP
from jppnet_tf.system.errors import InputError


def translate_names(dataset, truth, predicted, truth_names, predicted_names):
    """What names become; "other" behind the scored ones."""
    label = np.array([[truth_names.index(name) for name in truth]], np.uint8)
    parsing = np.array([[predicted_names.index(name) for name in predicted]], np.uint8)
    names = [*dataset.names, "other"]
    return [[names[i] for i in ids[0]] for ids in dataset.translate(label, parsing)]


def test_atr_scores_the_shared_classes_by_name():
    assert len(ATR.names) == 16 and ATR.ids == 17
    truth, predicted = translate_names(
        ATR, ["belt", "scarf", "bag", "left-leg"], ["coat", "scarf", "glove", "right-leg"],
        ATR_NAMES, LIP.names,
    )  # fmt: skip
    assert truth == ["other", "scarf", "other", "left-leg"]
    assert predicted == ["other", "scarf", "other", "right-leg"]


def test_what_is_shared_on_lip_itself():
    dataset = ATR.on_lip
    for name in LIP.names:
        expected = name if name in ATR_NAMES else "other"
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
    assert len(PASCAL_PERSON_PART.predicted) == 20 and PASCAL_PERSON_PART.ids == 7
    expected = {"hat": "head", "coat": "torso", "glove": "lower arms", "skirt": "upper legs",
                "socks": "lower legs", "background": "background"}  # fmt: skip
    for name, part in expected.items():
        place = PASCAL_PERSON_PART.predicted[LIP.names.index(name)]
        assert PASCAL_PERSON_PART.names[place] == part


def test_predictions_in_the_data_sets_own_ids():
    label = np.array([[8, 17, 255]], np.uint8)
    parsing = np.array([[8, 17, 16]], np.uint8)
    truth, predicted = ATR.native.translate(label, parsing)
    assert truth.tolist() == [[16, 15, 255]] and predicted.tolist() == [[16, 15, 16]]


@pytest.mark.parametrize(
    "label, parsing, message",
    [(18, 0, "x.png: ground truth .*no class: 18"), (0, 20, "x.png: prediction .*no class: 20"),
     (0, 255, "x.png: prediction .*no class: 255")],
)  # fmt: skip
def test_ids_that_stand_for_nothing(label, parsing, message):
    with pytest.raises(InputError, match=message):
        ATR.translate(np.full((1, 1), label, np.uint8), np.full((1, 1), parsing, np.uint8), "x.png")


def test_other_has_no_score_but_makes_the_scored_ones_wrong():
    metric = ParsingMetric(3, scored=2)
    metric.update(np.array([[0, 0, 1, 1, 2, 2]]), np.array([[0, 2, 1, 1, 1, 2]]))
    scores = metric.scores()
    np.testing.assert_allclose(scores.iou, [50, 200 / 3])
    np.testing.assert_allclose(scores.accuracy, [50, 100])
    assert scores.overall_accuracy == 75 and scores.mean_iou == pytest.approx(175 / 3)


def test_names_that_programs_take():
    assert list(DATASETS) == ["lip", "atr", "pascal_person_part", "lip_merged"]
