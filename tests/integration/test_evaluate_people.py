"""`jppnet evaluate --dataset coco` as its users run it."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_masks

from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups
from jppnet_tf.models.personlab import PersonLab
from jppnet_tf.weights.loading import save_weights


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    write_groups(folder, "val", 3, RenderedScenes(5, (1, 2), 96), processes=1)
    return folder


def perfect_results(data, folder):
    """Results that are the truth, in the files of jppnet infer --format coco."""
    truth = json.loads((data / "annotations/person_keypoints_val.json").read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
    keypoints, segments = [], []
    for each in truth["annotations"]:
        if each["iscrowd"]:
            continue
        common = {"image_id": each["image_id"], "category_id": 1, "score": 0.9}
        keypoints.append(common | {"keypoints": each["keypoints"]})
        runs = coco_masks.frPyObjects(each["segmentation"], *sizes[each["image_id"]])
        runs["counts"] = runs["counts"].decode()
        segments.append(common | {"segmentation": runs})
    (folder / "coco").mkdir(parents=True)
    (folder / "coco/keypoints.json").write_text(json.dumps(keypoints))
    (folder / "coco/segments.json").write_text(json.dumps(segments))
    return folder


def test_results_on_disk(run_tool, data, tmp_path):
    folder = perfect_results(data, tmp_path / "results")
    flags = ("--dataset", "coco", "--data", data, "--output", tmp_path / "scores")
    status, text, errors = run_tool("evaluate.py", *flags, "--predictions", folder)
    assert (status, errors) == (0, "")
    assert text.startswith("3 images, ") and "keypoints, percent" in text and "masks, perc" in text
    assert " 65.5  PersonLab, ResNet-101, on COCO's test-dev (the paper's)" in text
    scores = json.loads((tmp_path / "scores/scores.json").read_text())["scores"]
    assert scores["segm"]["AP"] == pytest.approx(100)
    alone = folder / "coco/segments.json"
    status, text, _ = run_tool("evaluate.py", *flags[:4], "--predictions", alone)
    assert status == 0 and "keypoints, percent" not in text and "masks, percent" in text


def test_weights(run_tool, data, tmp_path):
    model = PersonLab(width=1 / 64, units=(1, 1, 1, 1))
    save_weights(model, tmp_path / "small.safetensors", (65, 65))
    status, text, errors = run_tool(
        "evaluate.py", "--dataset", "coco", "--data", data, "--limit", 2,
        "--weights", tmp_path / "small.safetensors",
    )  # fmt: skip
    assert status == 0 and "2/2" in errors
    assert "least person: 0.05" in text and "  0.0" in text
    assert np.count_nonzero([line.startswith("   AP") for line in text.splitlines()]) == 2


@pytest.mark.parametrize(
    "flags, message",
    [
        (("--weights", "a", "--predictions", "b"), "give either --weights or --predictions"),
        (("--predictions", "none", "--native_ids"), "--native_ids does not go with"),
        (("--predictions", "none.json"), "none.json: cannot be read as results"),
    ],
)
def test_flags_that_make_no_sense(run_tool, data, flags, message):
    status, _, errors = run_tool("evaluate.py", "--dataset", "coco", "--data", data, *flags)
    assert status == 2 and errors.count("\n") == 1 and message in errors


def test_without_data(run_tool, tmp_path):
    status, text, errors = run_tool("evaluate.py", "--dataset", "coco", "--predictions", tmp_path)
    assert (status, text) == (2, "") and "needs --data, a folder in COCO's form" in errors
