import dataclasses

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.labels import IGNORE, LIP, RELABELLINGS
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.predictions.relabelling import relabel, relabel_prediction

# What each of LIP's 20 classes is there.
IDS = {
    "acgpn": (0, 1, 1, 7, 12, 4, 4, 4, 8, 8, 4, 7, 8, 12, 11, 13, 9, 10, 5, 6),
    "viton": (0, 1, 1, 7, 12, 4, 4, 4, 8, 8, 4, 7, 8, 12, 11, 13, 9, 10, 5, 6),
    "hrviton": (0, 1, 1, 12, 2, 3, 3, 3, 11, 4, 3, 12, 4, 2, 5, 6, 7, 8, 9, 10),
    "cihp": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 6, 11, 12, 13, 14, 15, 16, 17, 18, 19),
}


@pytest.mark.parametrize("name", RELABELLINGS)
def test_label_maps_get_the_ids_of_the_table(name):
    parsing = np.uint8([[*range(20), IGNORE]])
    found = relabel(parsing, RELABELLINGS[name])
    assert found.dtype == np.uint8 and found[0].tolist() == [*IDS[name], IGNORE]


@pytest.mark.parametrize("name", RELABELLINGS)
def test_mirroring_and_relabelling_may_come_in_any_order(name):
    table = RELABELLINGS[name]
    for index, mirrored in enumerate(LIP.mirror):
        assert table.ids[mirrored] == table.classes.mirror[table.ids[index]]
    assert len(table.classes.palette) == len(set(table.classes.palette)) == len(table.classes.names)


@pytest.mark.parametrize("parsing", [[[20]], [[-1]], [[254]]])
def test_ids_that_are_not_classes(parsing):
    with pytest.raises(InputError, match="an id that is not a class"):
        relabel(np.array(parsing), RELABELLINGS["acgpn"])


def test_names_follow_their_ids():
    table = RELABELLINGS["acgpn"]
    assert table.rename(["right-shoe", "coat", "background", "dress"]) == (
        "background", "upper-clothes", "right-shoe",
    )  # fmt: skip
    assert table.rename(["somebody else's"]) == ()


def test_predictions_carry_the_new_classes_and_their_scores():
    parsing = np.uint8([[0, 5, 5, 5, 7, 19]])
    scores = np.full(20, np.nan, np.float32)
    scores[[0, 5, 7, 19]] = 0.9, 0.8, 0.4, 0.3
    prediction = Prediction(parsing, class_scores=scores, logits=np.zeros((1, 6, 20), np.float32))
    found = relabel_prediction(prediction, RELABELLINGS["acgpn"])
    assert found.parsing.tolist() == [[0, 4, 4, 4, 4, 6]] and found.logits is None
    assert found.classes.names[4] == "upper-clothes"
    expected = np.full(14, np.nan)
    expected[[0, 4, 6]] = 0.9, (3 * 0.8 + 0.4) / 4, 0.3
    np.testing.assert_allclose(found.class_scores, expected, rtol=1e-6)
    assert [each["label"] for each in found.to_hf()] == [
        "background",
        "upper-clothes",
        "right-shoe",
    ]
    alone = relabel_prediction(Prediction(parsing), RELABELLINGS["acgpn"])
    assert alone.class_scores is None


def test_predictions_of_other_classes_are_refused():
    others = dataclasses.replace(LIP, names=LIP.names[::-1])
    with pytest.raises(InputError, match="not for the classes of this prediction"):
        relabel_prediction(
            Prediction(np.zeros((2, 2), np.uint8), classes=others), RELABELLINGS["cihp"]
        )
