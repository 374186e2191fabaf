"""Scores by COCO's rules."""

import json

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.coco import CocoSplit, read_coco
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups
from jppnet_tf.evaluation import coco
from jppnet_tf.labels import COCO_JOINTS, PERSON
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from tests.conftest import ROOT

RECORDED = ROOT / "tests/parity/recorded/personlab"


@pytest.fixture(scope="module")
def recorded():
    """The recorded ground truth, whose images are not needed."""
    content = json.loads((RECORDED / "coco_gt.json").read_text())
    images = {image["id"]: None for image in content["images"]}
    return CocoSplit(RECORDED / "coco_gt.json", images, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    draw = RenderedScenes(5, (1, 4), 160)
    write_groups(folder, "val", 10, draw, processes=1)
    return read_coco(folder, "val"), [draw(number) for number in range(10)]


@pytest.mark.parametrize("task, file", [("keypoints", "keypoints"), ("segm", "segm")])
def test_recorded_scores(recorded, task, file):
    expected = json.loads((RECORDED / "coco_scores.json").read_text())
    results = coco.read_results(RECORDED / f"coco_det_{file}.json")
    scores = [*coco.score_results(recorded, task, results).values()]
    wanted = np.where(np.array(expected[task]) < 0, np.nan, 100 * np.array(expected[task]))
    np.testing.assert_allclose(scores, wanted, rtol=0, atol=1e-7)


def place_joints(person):
    """Whole numbers, as the list has them; what nobody labelled lies on the person."""
    rows, columns = np.nonzero(person.mask)
    found = np.rint(person.keypoints).astype(np.float32)
    found[person.keypoints[:, 2] == 0] = columns[0], rows[0], 0
    return found


class Oracle:
    """Predicts what was drawn: everybody but crowds; those without joints, who all look alike to
    COCO's rules, are the least sure."""

    def __init__(self, drawn):
        self.drawn = drawn

    def predict_each(self, images):
        for scene, _ in zip(self.drawn, images, strict=True):
            people = [person for person in scene.people if not person.is_crowd]
            size_hw = scene.image.shape[:2]
            masks = np.array([p.mask for p in people], bool).reshape(-1, *size_hw)
            keypoints = np.array([place_joints(p) for p in people]).reshape(-1, 17, 3)
            found = People(
                keypoints=keypoints, boxes=np.zeros((len(people), 4)),
                scores=np.array([0.9 if p.keypoints.any() else 0.1 for p in people]), masks=masks,
            )  # fmt: skip
            yield Prediction(masks.any(axis=0).astype(np.uint8), found, PERSON, COCO_JOINTS)


def test_perfect_predictions_score_100(scenes):
    split, drawn = scenes
    seen = []
    results = coco.predict_split(Oracle(drawn), split, on_image=lambda: seen.append(1))
    assert len(seen) == 10
    for task in coco.TASKS:
        scores = coco.score_results(split, task, results[task])
        assert scores["AP"] == pytest.approx(100) and scores["AP75"] == pytest.approx(100)


def test_only_the_first_images_count_if_told(scenes):
    split, drawn = scenes
    results = coco.predict_split(Oracle(drawn[:4]), split, limit=4)
    assert {each["image_id"] for each in results["segm"]} <= {1, 2, 3, 4}
    assert coco.score_results(split, "segm", results["segm"], limit=4)["AP"] == pytest.approx(100)
    assert coco.score_results(split, "segm", results["segm"])["AP"] < 90


def test_nothing_found_scores_nothing(scenes):
    scores = coco.score_results(scenes[0], "keypoints", [])
    assert scores["AP"] == 0 and len(scores) == 10


def test_results_of_other_images_are_refused(scenes):
    with pytest.raises(InputError, match="1 images of the results are not listed, such as 77"):
        coco.score_results(scenes[0], "segm", [{"image_id": 77, "score": 1}])


@pytest.mark.parametrize("text", ["{", "{}", "[3]", '[{"image_id": 3}]'])
def test_files_that_are_no_results(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match="a.json"):
        coco.read_results(tmp_path / "a.json")
