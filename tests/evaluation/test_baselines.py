import dataclasses

import cv2
import numpy as np
import pytest

from jppnet_tf.data.lip import Record
from jppnet_tf.evaluation.baselines import learn_baselines, score_baselines
from jppnet_tf.evaluation.metrics.datasets import ATR_CLASSES, LIP_CLASSES, ParsingDataset
from jppnet_tf.labels import LIP
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES, JOINTS

COLOURS = np.array([(10, 200, 30), (240, 5, 120), (255, 255, 255)], np.uint8)


@pytest.fixture
def write_record(tmp_path):
    """Function that writes an image and its label, and gives their record."""

    def write(name, rgb, label=None, joints=None):
        image, ids = tmp_path / f"{name}.png", tmp_path / f"{name}_label.png"
        cv2.imwrite(str(image), rgb[..., ::-1])
        if label is not None:
            cv2.imwrite(str(ids), label)
        label = None if label is None else ids
        return Record(name, image, label, joints=joints, source=f"line {name}")

    return write


@pytest.fixture
def make_record(write_record):
    """Function that makes a record of one grey and noise, its labels and joints random."""

    def make(seed, height=40, width=30, **changes):
        random = np.random.default_rng(seed)
        parts = {
            "rgb": np.full((height, width, 3), 77, np.uint8),
            "label": random.integers(0, 20, (height, width), np.uint8),
            "joints": make_joints(random.uniform(1, 29, (16, 2))),
        }
        return write_record(str(seed), **(parts | changes))

    return make


def make_joints(points):
    """LIP's joints, all visible: float32 [16, 3]."""
    return np.append(points, np.zeros((16, 1)), axis=1).astype(np.float32)


def test_where_the_colour_decides_all_the_baseline_is_perfect(make_record):
    records = []
    for seed in range(4):
        ids = np.random.default_rng(seed).integers(0, 3, (40, 30))
        label = (5 * ids).astype(np.uint8)
        label[:25] = 255  # white as class 10, and to be ignored
        ids[:25] = 2
        records.append(make_record(seed, rgb=COLOURS[ids], label=label))
    baselines = learn_baselines(records[:2])
    for predicted in baselines.parse(COLOURS[None]).values():
        assert predicted.tolist() == [[0, 5, 10]]
    scores, _ = score_baselines(baselines, records[2:])
    assert scores.parsing.mean_iou == 100
    np.testing.assert_array_equal(np.flatnonzero(scores.parsing.iou == 100), [0, 5, 10])


def test_where_the_colour_decides_nothing_the_most_frequent_class_is_left(make_record):
    label = np.full((40, 30), 4, np.uint8)
    label[:, :12] = 7  # two pixels of five
    record = make_record(0, label=label)
    scores, prior = score_baselines(learn_baselines([record]), [record])
    assert prior == "plain"
    assert scores.parsing.iou[[4, 7]].tolist() == [60, 0]
    assert scores.parsing.mean_iou == 30


def test_the_prior_with_the_higher_mean_iou_is_taken(make_record):
    # 1200 pixels: 12 of class 2, all grey; of class 9 are 24 grey and 1164 of another colour.
    label = np.full((40, 30), 9, np.uint8)
    label[0, :12] = 2
    rgb = np.full((40, 30, 3), COLOURS[0])
    rgb[0, :12] = rgb[1, :24] = 77
    record = make_record(0, rgb=rgb, label=label)
    scores, prior = score_baselines(learn_baselines([record]), [record])
    # Plain: class 9 everywhere, IoU 99 and 0. Balanced: grey is class 2.
    assert prior == "balanced"
    np.testing.assert_allclose(scores.parsing.iou[[2, 9]], [100 * 12 / 36, 100 * 1164 / 1188])


def test_a_colour_never_seen_is_the_most_frequent_class(make_record):
    records = [make_record(0, label=np.full((40, 30), 3, np.uint8))]
    predicted = learn_baselines(records).parse(COLOURS[None])
    assert {prior: ids.tolist() for prior, ids in predicted.items()} == {
        "plain": [[3, 3, 3]],
        "balanced": [[3, 3, 3]],
    }


def test_the_mean_pose_is_relative_to_the_image(make_record):
    points = np.random.default_rng(3).uniform(2, 28, (16, 2))
    small = make_record(0, joints=make_joints(points))
    large = make_record(1, height=120, width=60, joints=make_joints(points * [2, 3]))
    baselines = learn_baselines([small])
    np.testing.assert_allclose(baselines.pose, points / [30, 40], rtol=1e-6)
    scores, _ = score_baselines(baselines, [large])
    assert scores.pose.total == 100
    far = make_record(2, height=120, width=60, joints=make_joints(points * [2, 3] + 90))
    assert score_baselines(baselines, [far])[0].pose.total == 0


def test_the_mean_pose_is_of_the_joints_that_are_there(make_record):
    joints = [make_joints(np.full((16, 2), value)) for value in (3, 6, 9)]
    joints[0][4, 2] = np.nan  # missing, and so is a negative one
    joints[1][4, 0] = -1
    for values in joints:
        values[5] = np.nan
    baselines = learn_baselines(
        [make_record(seed, joints=values) for seed, values in enumerate(joints)]
        + [make_record(3, joints=None)]
    )
    np.testing.assert_allclose(
        baselines.pose[[0, 4, 5]] * [30, 40], [[6] * 2, [9] * 2, [np.nan] * 2]
    )


def test_without_joints_to_learn_from_there_is_no_score_of_pose(make_record):
    baselines = learn_baselines([make_record(0, joints=None)])
    assert np.isnan(score_baselines(baselines, [make_record(1)])[0].pose.total)


def test_labels_to_learn_from_must_be_there_and_fit(make_record):
    with pytest.raises(InputError, match="there are none"):
        learn_baselines([make_record(0, label=None)])
    with pytest.raises(InputError, match="1_label.png: 30 x 41, but 1.png is 30 x 40"):
        learn_baselines([make_record(1, label=np.zeros((41, 30), np.uint8))])
    with pytest.raises(InputError, match="2_label.png: holds class 20; classes are 0 to 19"):
        learn_baselines([make_record(2, label=np.full((40, 30), 20, np.uint8))])


def test_baselines_are_scored_in_the_classes_of_the_data_set(make_record):
    record = make_record(0, label=np.full((40, 30), LIP.names.index("skirt"), np.uint8))
    scores, _ = score_baselines(learn_baselines([record]), [record], ATR_CLASSES.on_lip)
    assert len(scores.parsing.iou) == 16
    assert scores.parsing.iou[ATR_CLASSES.names.index("skirt")] == 100


def test_other_classes_and_joints(write_record):
    ids = np.repeat([[0, 1, 2]], 30, axis=0).repeat(10, axis=1)
    points = make_joints(np.arange(32.0).reshape(16, 2))
    points = np.append(points, [[3, 4, 0]], axis=0)
    record = write_record("a", COLOURS[ids], label=(3 * ids).astype(np.uint8), joints=points)
    baselines = learn_baselines([record], CLASSES, JOINTS)
    assert baselines.pose.shape == (17, 2)
    scores, _ = score_baselines(baselines, [record], ParsingDataset.of(CLASSES, "birds", "Birds"))
    assert scores.parsing.mean_iou == scores.pose.total == 100
    assert np.flatnonzero(~np.isnan(scores.parsing.iou)).tolist() == [0, 3, 6]
    with pytest.raises(InputError, match="LIP scores predictions of 20 classes .* 7 others"):
        score_baselines(baselines, [record], LIP_CLASSES)
    with pytest.raises(InputError, match="holds class 6; classes are 0 to 4"):
        learn_baselines([record], dataclasses.replace(CLASSES, names=CLASSES.names[:5]), JOINTS)
