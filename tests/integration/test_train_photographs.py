"""From a clone of CCP and a pretrained trunk to weights: what the recipe for photographs does."""

import csv
import json

import pytest

from jppnet_tf.data.ccp.writing import import_ccp
from jppnet_tf.weights.loading import load_model, open_weights
from tests.data.ccp.made_up import write_clone
from tests.weights.imagenet.onnx_files import write_model

TINY = (
    "width=0.0625", "units=1,1,1,1", "stem=6", "refinements=0", "size=32", "batch=4", "epochs=1",
    "planned_epochs=1", "epoch_steps=2", "warmup_steps=1",
)  # fmt: skip


@pytest.mark.slow
def test_photographs_train_a_network(run_tool, tmp_path):
    landmarks = write_clone(tmp_path / "clone")
    import_ccp(tmp_path / "clone", landmarks, tmp_path / "ccp")
    trunk = write_model(tmp_path / "trunk.onnx", units=(1, 1, 1, 1))
    changes = [word for setting in TINY for word in ("--set", setting)]
    status, text, errors = run_tool(
        "train.py", "--recipe", "photos", "--data", tmp_path / "ccp", "--output",
        tmp_path / "run", "--initial_weights", trunk, *changes,
    )  # fmt: skip
    assert status == 0, errors
    assert "train: 1 images without label train pose only" in text
    assert "train: 3 images come 9 times in an epoch" in text  # two labelled ones, four times each
    assert "trunk.onnx: read; " in text
    rows = list(csv.DictReader((tmp_path / "run" / "scores.csv").open()))
    assert len(rows) == 1 and float(rows[0]["parsing_1_x1"]) > 0 and float(rows[0]["pckh"]) >= 0
    weights = tmp_path / "run" / "last.safetensors"
    assert json.loads(open_weights(weights).metadata["config"])["stem"] == 6
    assert load_model(weights).get_layer("conv1").filters == 6
