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
    assert run_tool("evaluate.py", *flags, "--predictions", folder)[0] == 0  # it may be replaced
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


@pytest.fixture
def scenes(tmp_path):
    write_groups(tmp_path / "scenes", "val", 3, RenderedScenes(4, (1, 2), 96), processes=1)
    return tmp_path / "scenes"


def test_parts_of_people_by_weights(run_tool, scenes, small_file, tmp_path):
    flags = ("--dataset", "cihp", "--data", scenes, "--output", tmp_path / "scores")
    looks = ("--weights", small_file, "--scales", "0.25", "--nomirror")
    status, text, errors = run_tool("evaluate.py", *flags, *looks, "--people", "truth")
    assert status == 0, errors
    assert "oracle boxes: not to be compared with papers" in text and "M2FP" in text
    scores = json.loads((tmp_path / "scores/scores.json").read_text())
    assert scores["people"] == "oracle boxes" and scores["images"] == 3
    assert len(scores["instances"]["ap_r"]) == len(scores["instances"]["thresholds"]) == 9
    assert {"ap_r_vol", "ap_r_50", "ap_p_vol", "ap_p_50", "pcp_50", "ap_h"} < {*scores["instances"]}
    status, text, errors = run_tool("evaluate.py", *flags, *looks, "--people", "truth",
                                    "--shared_classes")  # fmt: skip
    assert status == 0, errors
    scores = json.loads((tmp_path / "scores/scores.json").read_text())
    assert "torso-skin" not in scores["ap_r_by_class"] and len(scores["ap_r_by_class"]) == 18
    boxes = [{"file_name": "000000000000.jpg", "bbox": [0, 0, 40, 60], "score": 0.5}]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    status, text, errors = run_tool(
        "evaluate.py", *flags, *looks, "--people", tmp_path / "boxes.json"
    )
    assert status == 0 and "people: boxes" in text, errors


def test_what_infer_wrote_is_scored(run_tool, scenes, small_file, tmp_path):
    boxes = [{"file_name": f"{n:012d}.jpg", "bbox": [0, 0, 40, 60], "score": 0.5} for n in range(2)]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    status, _, errors = run_tool(
        "infer.py", "--weights", small_file, "--scales", "0.25", "--nomirror",
        "--images", scenes / "val", "--output", tmp_path / "out",
        "--people", tmp_path / "boxes.json", "--format", "cihp",
    )  # fmt: skip
    assert status == 0, errors
    flags = ("--dataset", "cihp", "--data", scenes, "--predictions", tmp_path / "out")
    status, text, errors = run_tool("evaluate.py", *flags)
    assert status == 0, errors
    assert "1 images without prediction count as nothing found: 000000000002" in text
    status, text, _ = run_tool("evaluate.py", *flags, "--allow_missing")
    assert status == 0 and "images: 2\n" in text


@pytest.mark.parametrize("flags, message", [
    (("--weights", "a"), "--weights needs --people: auto to find them"),
    (("--weights", "a", "--predictions", "b"), "give either --weights or --predictions"),
    (("--predictions", "a", "--people", "auto"), "--people goes with --weights"),
    (("--predictions", "a", "--baselines"), "--baselines does not go with --dataset cihp"),
    (("--predictions", "a", "--ground_truth", "b"), "--dataset cihp needs --data, its folder"),
    (("--weights", "a", "--people", "auto", "--allow_missing"), "--allow_missing goes with"),
])  # fmt: skip
def test_flags_of_parts_that_make_no_sense(run_tool, scenes, flags, message):
    status, _, errors = run_tool("evaluate.py", "--dataset", "cihp", "--data", scenes, *flags)
    assert status == 2 and errors.startswith(f"error: {message}") and errors.count("\n") == 1
