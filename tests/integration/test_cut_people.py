"""People of CIHP cut out and trained on, as a user would."""

import json

import pytest

from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups
from jppnet_tf.weights.loading import read_classes

SETTINGS = (
    "width=0.0625", "units=1,1,1,1", "size=32", "scales=1", "batch=2", "epochs=1",
    "planned_epochs=1", "epoch_steps=2", "validation_images=2",
)  # fmt: skip


@pytest.fixture
def scenes(tmp_path):
    for split in ("train", "val"):
        write_groups(tmp_path / "scenes", split, 4, RenderedScenes(4, (2, 3), 320), processes=1)
    return tmp_path / "scenes"


def test_crops_are_trained_on(run_tool, scenes, tmp_path):
    crops, output = tmp_path / "crops", tmp_path / "run"
    for split in ("train", "val"):
        flags = ("--data", scenes, "--output", crops, "--split", split)
        status, text, errors = run_tool("cut_people.py", *flags)
        assert status == 0 and " people of 4 images in " in text, errors
    status, _, errors = run_tool("cut_people.py", *flags)
    assert status == 2 and "exists already; pass --overwrite" in errors
    settings = [f"--set={each}" for each in SETTINGS]
    arguments = ("--recipe", "cihp_jppnet", "--data", crops, "--output", output, *settings)
    status, text, errors = run_tool("train.py", *arguments)
    assert status == 0, errors
    weights = output / "last.safetensors"
    assert read_classes(weights).names[10] == "torso-skin"
    arguments = ("--images", scenes / "val", "--output", tmp_path / "out", "--format", "cihp")
    status, _, errors = run_tool("infer.py", "--weights", weights, "--fast", *arguments)
    assert status == 0, errors
    settings = json.loads((tmp_path / "out/settings.json").read_text())
    assert settings["classes"][10] == "torso-skin"
    status, _, errors = run_tool(
        "cut_people.py", "--dataset", "mhp_v2", *flags[:2], "--output", "x"
    )
    assert status == 2 and "no val/parsing_annos" in errors
