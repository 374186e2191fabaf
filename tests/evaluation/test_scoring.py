import json
import types

import cv2
import numpy as np
import pytest

from jppnet_tf import SSJPPNet
from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.evaluation import scoring
from jppnet_tf.evaluation.metrics.datasets import ATR_CLASSES, LIP_CLASSES, ParsingDataset
from jppnet_tf.images.reading import read_ids
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.system.errors import InputError
from tests.made_up_labels import CLASSES, JOINTS


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_figures(folder, "val", 4, seed=1, size=64, processes=1)
    return folder


@pytest.fixture
def entries(data):
    return scoring.record_entries(read_split(data, "val").records)


@pytest.fixture
def predictions(entries, tmp_path):
    """A folder of perfect predictions, as `tools/infer.py` lays it out."""
    folder = tmp_path / "results"
    for name in ("parsing", "pose"):
        (folder / name).mkdir(parents=True)
    for entry in entries:
        (folder / f"parsing/{entry.name}.png").write_bytes(entry.label.read_bytes())
        words = map(str, entry.joints[:, :2].ravel())  # nan counts as 1, and nowhere
        (folder / f"pose/{entry.name}.txt").write_text(" ".join(words))
    return folder


def count(entries, folder, **options):
    return scoring.tally_files(scoring.add_predictions(entries, folder, **options))


def test_perfect_predictions_on_disk(entries, predictions):
    tally = count(entries, predictions)
    assert tally.scores().parsing.mean_iou == tally.scores().pose.total == 100
    assert [image.name for image in tally.images] == [entry.name for entry in entries]
    assert tally.without_prediction == 0


def test_any_number_of_processes_counts_the_same(entries, predictions, monkeypatch):
    found = scoring.add_predictions(entries, predictions)
    for entry in found:  # something to tell apart
        cv2.imwrite(str(entry.parsing), np.minimum(read_ids(entry.parsing) + 1, 19))
    monkeypatch.setattr(scoring, "_CHUNK", 1)
    seen = []
    one, two = (
        scoring.tally_files(found, processes=processes, on_images=seen.append)
        for processes in (1, 2)
    )
    np.testing.assert_array_equal(one.parsing.confusion, two.parsing.confusion)
    assert repr(one.images) == repr(two.images)
    assert one.scores().structure_error == two.scores().structure_error > 0
    assert seen == [1] * 8


def test_a_task_without_predictions_is_not_scored(entries, predictions):
    tally = count(entries, predictions / "pose")
    assert np.isnan(tally.scores().parsing.mean_iou) and tally.scores().pose.total == 100
    tally = count(entries, predictions / "parsing")
    assert np.isnan(tally.scores().pose.total) and tally.scores().parsing.mean_iou == 100


def test_missing_predictions(entries, predictions):
    (predictions / f"parsing/{entries[2].name}.png").unlink()
    with pytest.raises(InputError, match=f"label maps for 1 of 4 .* {entries[2].name}; --allow"):
        count(entries, predictions)
    tally = count(entries, predictions, allow_missing=True)
    assert tally.without_prediction == 1
    assert tally.scores().parsing.mean_iou == 100
    assert np.isnan(tally.images[2].mean_iou)


def test_predictions_of_unknown_images(entries, predictions):
    with pytest.raises(InputError, match=f"{entries[3].name}.png: there is no image"):
        count(entries[:3], predictions)
    assert len(count(entries[:3], predictions, known=[entries[3].name]).images) == 3


def test_a_network_that_parses_only_has_no_pose_scores(entries):
    predictor = Predictor(SSJPPNet(widths=(2, 2, 2, 2, 2)), input_hw=(64, 64))
    tally = scoring.tally_weights(predictor, entries)
    assert np.isnan(tally.scores().pose.total) and tally.scores().parsing.mean_iou >= 0
    assert tally.without_prediction == 0


def test_a_prediction_of_another_size_is_named(entries, predictions):
    path = predictions / f"parsing/{entries[1].name}.png"
    cv2.imwrite(str(path), np.zeros((3, 4), np.uint8))
    with pytest.raises(InputError, match=f"{path} against .*: prediction is 4 x 3, ground"):
        count(entries, predictions)


def test_an_id_that_is_no_class_is_named(entries, predictions):
    path = predictions / f"parsing/{entries[1].name}.png"
    cv2.imwrite(str(path), np.full_like(read_ids(path), 20))
    with pytest.raises(InputError, match=f"{path} against .*prediction has ids .* not classes: 20"):
        count(entries, predictions)


def test_nothing_to_judge(entries, tmp_path):
    with pytest.raises(InputError, match="no predictions that the ground truth could judge"):
        scoring.add_predictions(entries, tmp_path)


def test_ground_truth_without_images(data, entries, tmp_path):
    labels = scoring.read_ground_truth(data / "TrainVal_parsing_annotations/val_segmentations")
    assert [(e.name, e.label) for e in labels] == [(e.name, e.label) for e in entries]
    joints = scoring.read_ground_truth(data / "TrainVal_pose_annotations/lip_val_set.csv")
    for ours, expected in zip(joints, entries, strict=True):
        np.testing.assert_array_equal(ours.joints, expected.joints)
        assert ours.head_size is None and "lip_val_set.csv, line" in ours.source
    with pytest.raises(InputError, match="no ground truth"):
        scoring.read_ground_truth(tmp_path)
    (tmp_path / "pose.csv").write_text("a.jpg" + ",1" * 32 + "\n")
    with pytest.raises(InputError, match="line 1: 33 columns instead of 49"):
        scoring.read_ground_truth(tmp_path / "pose.csv")


def test_label_maps_with_a_palette_are_read_as_ids(entries, predictions, tmp_path):
    from PIL import Image

    for entry in entries:
        image = Image.fromarray(read_ids(entry.label)).convert("L")
        image.putpalette(list(range(256)) * 3)
        image.save(predictions / f"parsing/{entry.name}.png")
        assert Image.open(predictions / f"parsing/{entry.name}.png").mode == "P"
    assert count(entries, predictions).scores().parsing.mean_iou == 100


def test_a_network_is_scored_on_the_way(small_model, entries):
    predictor = Predictor(small_model, scales=[1], mirror=False, input_hw=(64, 64))
    seen = []
    tally = scoring.tally_weights(predictor, entries, on_images=seen.append)
    assert seen == [1] * 4
    for entry, image in zip(entries, tally.images, strict=True):
        right = predictor(entry.image).parsing == read_ids(entry.label)
        assert image.overall_accuracy == pytest.approx(100 * right.mean())
    shared = scoring.tally_weights(predictor, entries, ATR_CLASSES.on_lip)
    assert len(shared.scores().parsing.iou) == 16


@pytest.fixture
def bird(entries, tmp_path):
    """An entry of made-up classes and joints, and its perfect prediction."""
    label = read_ids(entries[0].label) % 7
    cv2.imwrite(str(tmp_path / "label.png"), label)
    points = np.random.default_rng(0).uniform(1, 60, (17, 3))
    entry = scoring.Entry("a", entries[0].image, tmp_path / "label.png", joints=points)
    people = People.of_one(points.astype(np.float32))
    return entry, Prediction(label, people, classes=CLASSES, joints=JOINTS)


BIRDS = ParsingDataset.of(CLASSES, "birds", "Birds")


def test_a_network_of_other_classes_and_joints(bird):
    entry, prediction = bird
    predictor = types.SimpleNamespace(
        classes=CLASSES, joints=JOINTS, has_pose=True, predict_each=lambda images: [prediction]
    )
    scores = scoring.tally_weights(predictor, [entry], BIRDS).scores()
    assert scores.parsing.mean_iou == scores.pose.total == 100
    with pytest.raises(InputError, match="LIP scores predictions of 20 classes"):
        scoring.tally_weights(predictor, [entry], LIP_CLASSES)


def test_files_of_other_classes_and_joints(bird, tmp_path):
    entry, prediction = bird
    for name in ("parsing", "pose"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "parsing/a.png"), prediction.parsing)
    words = " ".join(map(str, prediction.keypoints[:, :2].ravel()))
    (tmp_path / "pose/a.txt").write_text(words)
    found = scoring.add_predictions([entry], tmp_path, joints=JOINTS)
    scores = scoring.tally_files(found, BIRDS, processes=1, joints=JOINTS).scores()
    assert scores.parsing.mean_iou == scores.pose.total == 100
    with pytest.raises(InputError, match="a.txt: 34 numbers instead of 32"):
        scoring.add_predictions([entry], tmp_path)
    (tmp_path / "settings.json").write_text(json.dumps({"joints": [*LIP_JOINTS.names]}))
    with pytest.raises(InputError, match="settings.json: these predictions are of 16 joints"):
        scoring.add_predictions([entry], tmp_path, joints=JOINTS)
