"""PersonLab trained on scenes, interrupted and gone on with, as its users do."""

import csv
import signal

import numpy as np
import pytest

from jppnet_tf import Predictor
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups
from jppnet_tf.weights import store
from tests.programs import call_program

SETTINGS = [
    "width=0.0625", "stem=4", "units=1,1,1,1", "size=65", "predict_size=65", "batch=2", "epochs=2",
    "planned_epochs=2", "epoch_steps=3", "warmup_steps=0", "validation_images=2", "save_steps=2",
]  # fmt: skip


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    for split, count in (("train", 6), ("val", 3)):
        write_groups(folder, split, count, RenderedScenes(count, (1, 2), 96), processes=1)
    return folder


def flags(scenes, output, *more):
    words = ["--recipe", "scenes_personlab", "--data", scenes, "--output", output]
    return [*words, *(f"--set={setting}" for setting in (*SETTINGS, *more))]


@pytest.mark.parametrize("more", [(), pytest.param(("auxiliary=true",), marks=pytest.mark.slow)])
def test_a_run_and_one_that_was_interrupted(run_tool, scenes, tmp_path, monkeypatch, more):
    status, text, errors = run_tool("train.py", *flags(scenes, tmp_path / "whole", *more))
    assert status == 0, errors
    assert "train: 6 images, " in text and "val: 3 images, " in text
    rows = list(csv.DictReader(open(tmp_path / "whole/scores.csv")))
    assert [row["step"] for row in rows] == ["3", "6"]
    terms = {"heatmaps", "segmentation", "short", "mid", "long", "keypoints_ap", "masks_ap"}
    assert terms <= rows[0].keys() and all(float(row["loss"]) > 0 for row in rows)
    assert ("auxiliary_mid" in rows[0]) == bool(more)

    from jppnet_tf.training import callbacks

    save, seen = callbacks.SaveStates.on_train_batch_end, []

    def stop_once(self, batch, logs=None):
        seen.append(batch)
        if len(seen) == 2:
            signal.raise_signal(signal.SIGINT)
        save(self, batch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(callbacks.SaveStates, "on_train_batch_end", stop_once)
        assert call_program("train.py", *flags(scenes, tmp_path / "parts", *more)) == 130
    assert call_program("train.py", *flags(scenes, tmp_path / "parts", *more)) == 0
    found, expected = (
        store.open_safetensors(tmp_path / name / "last.safetensors").read_all()
        for name in ("parts", "whole")
    )
    assert not any("auxiliary" in name for name in expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    predictor = Predictor(tmp_path / "whole/best.safetensors")
    assert predictor.input_hw == (65, 65) and predictor.family.name == "personlab"


def test_a_list_that_is_wrong_is_told_before_anything_begins(run_tool, scenes, tmp_path):
    status, text, errors = run_tool("train.py", *flags(tmp_path, tmp_path / "run"))
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert "no person_keypoints_train.json" in errors and not (tmp_path / "run").exists()
