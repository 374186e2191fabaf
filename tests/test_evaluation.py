import json

import cv2
import numpy as np
import pytest

from jppnet_tf import evaluation
from jppnet_tf.data.lip import Record
from jppnet_tf.errors import InputError
from jppnet_tf.images import read_ids
from jppnet_tf.inference import Prediction, Predictor
from jppnet_tf.labels import LIP, LIP_JOINTS

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


def predict(record, shift):
    """Off by so many classes and pixels."""
    label = np.zeros((40, 30), np.uint8) if record.label is None else read_ids(record.label)
    joints = np.zeros((16, 3)) if record.joints is None else record.joints
    keypoints = joints + np.array([100 * shift, 0, 0])
    return record, Prediction((label + shift) % 20, keypoints)


@pytest.mark.parametrize("shift, expected", [(0, 100), (1, 0)])
def test_perfect_and_wrong_predictions(make_record, shift, expected):
    records = [make_record(seed) for seed in range(3)]
    scores = evaluation.score_predictions(predict(record, shift) for record in records)
    assert scores.parsing.mean_iou == scores.parsing.overall_accuracy == expected
    assert scores.pose.total == scores.overall == expected
    assert scores.pose.images == 3


def test_what_has_no_label_or_no_joints_is_scored_for_the_other(make_record):
    records = [make_record(0, label=None), make_record(1, joints=None), make_record(2)]
    shifts = (1, 0, 0)  # only the first one's joints are wrong
    scores = evaluation.score_predictions(map(predict, records, shifts))
    assert scores.parsing.overall_accuracy == 100
    assert (scores.pose.total, scores.pose.images) == (50, 2)
    alone = evaluation.score_predictions([predict(records[0], 0)])
    assert np.isnan(alone.parsing.mean_iou) and alone.pose.total == 100


def test_a_label_of_another_size_is_named(make_record):
    record = make_record(0, label=np.zeros((40, 31), np.uint8))
    with pytest.raises(InputError, match="0_label.png: prediction is 30 x 40, ground truth 31"):
        evaluation.score_predictions(
            [(record, Prediction(np.zeros((40, 30), int), np.zeros((16, 3))))]
        )


def test_records_are_predicted_in_their_order(small_model, make_record, make_photo):
    records = [make_record(seed, rgb=make_photo(40, 30 + seed, seed)) for seed in range(3)]
    predictor = Predictor(small_model, scales=[1], mirror=False, input_hw=(64, 64))
    pairs = list(evaluation.predict_records(predictor, records))
    assert [record.name for record, _ in pairs] == ["0", "1", "2"]
    for record, prediction in pairs:
        np.testing.assert_array_equal(prediction.parsing, predictor(record.image).parsing)


def test_where_the_colour_decides_all_the_baseline_is_perfect(make_record):
    records = []
    for seed in range(4):
        ids = np.random.default_rng(seed).integers(0, 3, (40, 30))
        label = (5 * ids).astype(np.uint8)
        label[:25] = 255  # white as class 10, and to be ignored
        ids[:25] = 2
        records.append(make_record(seed, rgb=COLOURS[ids], label=label))
    baselines = evaluation.learn_baselines(records[:2])
    for predicted in baselines.parse(COLOURS[None]).values():
        assert predicted.tolist() == [[0, 5, 10]]
    scores, _ = evaluation.score_baselines(baselines, records[2:])
    assert scores.parsing.mean_iou == 100
    np.testing.assert_array_equal(np.flatnonzero(scores.parsing.iou == 100), [0, 5, 10])


def test_where_the_colour_decides_nothing_the_most_frequent_class_is_left(make_record):
    label = np.full((40, 30), 4, np.uint8)
    label[:, :12] = 7  # two pixels of five
    record = make_record(0, label=label)
    scores, prior = evaluation.score_baselines(evaluation.learn_baselines([record]), [record])
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
    scores, prior = evaluation.score_baselines(evaluation.learn_baselines([record]), [record])
    # Plain: class 9 everywhere, IoU 99 and 0. Balanced: grey is class 2.
    assert prior == "balanced"
    np.testing.assert_allclose(scores.parsing.iou[[2, 9]], [100 * 12 / 36, 100 * 1164 / 1188])


def test_a_colour_never_seen_is_the_most_frequent_class(make_record):
    records = [make_record(0, label=np.full((40, 30), 3, np.uint8))]
    predicted = evaluation.learn_baselines(records).parse(COLOURS[None])
    assert {prior: ids.tolist() for prior, ids in predicted.items()} == {
        "plain": [[3, 3, 3]],
        "balanced": [[3, 3, 3]],
    }


def test_the_mean_pose_is_relative_to_the_image(make_record):
    points = np.random.default_rng(3).uniform(2, 28, (16, 2))
    small = make_record(0, joints=make_joints(points))
    large = make_record(1, height=120, width=60, joints=make_joints(points * [2, 3]))
    baselines = evaluation.learn_baselines([small])
    np.testing.assert_allclose(baselines.pose, points / [30, 40], rtol=1e-6)
    scores, _ = evaluation.score_baselines(baselines, [large])
    assert scores.pose.total == 100
    far = make_record(2, height=120, width=60, joints=make_joints(points * [2, 3] + 90))
    assert evaluation.score_baselines(baselines, [far])[0].pose.total == 0


def test_the_mean_pose_is_of_the_joints_that_are_there(make_record):
    joints = [make_joints(np.full((16, 2), value)) for value in (3, 6, 9)]
    joints[0][4, 2] = np.nan  # missing, and so is a negative one
    joints[1][4, 0] = -1
    for values in joints:
        values[5] = np.nan
    baselines = evaluation.learn_baselines(
        [make_record(seed, joints=values) for seed, values in enumerate(joints)]
        + [make_record(3, joints=None)]
    )
    np.testing.assert_allclose(
        baselines.pose[[0, 4, 5]] * [30, 40], [[6] * 2, [9] * 2, [np.nan] * 2]
    )


def test_without_joints_to_learn_from_there_is_no_score_of_pose(make_record):
    baselines = evaluation.learn_baselines([make_record(0, joints=None)])
    assert np.isnan(evaluation.score_baselines(baselines, [make_record(1)])[0].pose.total)


def test_labels_to_learn_from_must_be_there_and_fit(make_record):
    with pytest.raises(InputError, match="there are none"):
        evaluation.learn_baselines([make_record(0, label=None)])
    with pytest.raises(InputError, match="1_label.png: 30 x 41, but 1.png is 30 x 40"):
        evaluation.learn_baselines([make_record(1, label=np.zeros((41, 30), np.uint8))])
    with pytest.raises(InputError, match="2_label.png: holds 20, which is no class"):
        evaluation.learn_baselines([make_record(2, label=np.full((40, 30), 20, np.uint8))])


@pytest.fixture
def half_right(make_record):
    """Scores of one image whose left half is class 1, all predicted as class 1."""
    label = np.zeros((40, 30), np.uint8)
    label[:, :15] = 1
    record = make_record(0, label=label)
    record.joints[0] = np.nan  # the right ankle
    prediction = Prediction(np.ones((40, 30), np.uint8), record.joints)
    return evaluation.score_predictions([(record, prediction)])


def test_scores_as_json(half_right):
    scores = json.loads(json.dumps(evaluation.describe_scores(half_right), allow_nan=False))
    parsing, pckh = scores["parsing"], scores["pckh"]
    nothing = dict.fromkeys(LIP.names[2:])
    assert parsing == {
        "overall_accuracy": 50,
        "mean_accuracy": 50,
        "mean_iou": 25,
        "frequency_weighted_iou": 25,
        "iou": {"background": 0, "hat": 50} | nothing,
        "accuracy": {"background": 0, "hat": 100} | nothing,
    }
    assert list(parsing["iou"]) == list(LIP.names)
    joints = pckh.pop("joints")
    assert joints == dict.fromkeys(LIP_JOINTS.names, 100) | {"right ankle": None}
    groups = "head shoulder elbow wrist hip knee ankle upper_body total"
    assert pckh == dict.fromkeys(groups.split(), 100)


def test_the_table_is_aligned(half_right):
    lines = evaluation.format_table({"one": half_right, "another": half_right}).splitlines()
    assert len({len(line) for line in lines}) == 1
    rows = {" ".join(words[:-2]): words[-2:] for words in map(str.split, lines)}
    assert len(rows) == 1 + 4 + 20 + 9
    assert rows[""] == ["one", "another"]
    assert rows["mean IoU"] == ["25.00"] * 2 and rows["IoU hat"] == ["50.00"] * 2
    assert rows["IoU right-shoe"] == ["-"] * 2
    assert rows["PCKh upper body"] == ["100.00"] * 2
