"""tools/import_hf.py as its user runs it, and what becomes of the data set."""

import csv
import re

import pytest

from jppnet_tf.data.lip import read_split
from jppnet_tf.training.samples import find_samples
from jppnet_tf.training.settings import Settings
from tests.data.hf.made_up import write_dataset
from tests.programs import start_program

TINY = (
    "width=0.0625", "units=1,1,1,1", "size=32", "scales=1", "batch=2", "epochs=1",
    "planned_epochs=1", "epoch_steps=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The folder of a data set that the program made, and what it printed."""
    folder = tmp_path_factory.mktemp("hf")
    write_dataset(folder / "people")
    status, text, errors = start_program(
        "import_hf.py", "--dataset", folder / "people", "--classes", "atr", "--val_share", 0.3,
        "--output", folder / "out",
    )  # fmt: skip
    assert status == 0, errors
    return folder / "out", text


def test_the_program_makes_what_training_reads(imported):
    folder, text = imported
    train, val = map(int, re.search(r"(\d+) images to train, (\d+) to validate", text).groups())
    samples = find_samples(folder, Settings(joints=0, refinements=0))
    assert (len(samples.train), len(samples.validation)) == (train, val)
    assert samples.skipped == {} and all(record.label for record in samples.train)
    assert f"train: {train} images, 0 without label, {train} without joints" in samples.notes[0]


def test_its_own_ids_are_what_evaluation_takes(imported, run_tool):
    folder, _ = imported
    own = folder / "TrainVal_parsing_annotations/val_own_ids"
    records = read_split(folder, "val").records
    flags = ("--ground_truth", own, "--predictions", own, "--dataset", "atr", "--native_ids")
    status, text, errors = run_tool("evaluate.py", *flags)
    assert status == 0, errors
    assert f"images: {len(records)}" in text
    assert re.search(r"^this result( +100\.00){5}$", text, re.MULTILINE), text


@pytest.mark.slow
def test_a_network_is_trained_and_scored(imported, run_tool, tmp_path):
    folder, _ = imported
    changes = [word for setting in TINY for word in ("--set", setting)]
    status, text, errors = run_tool(
        "train.py", "--recipe", "lip_parsing", "--data", folder, "--output", tmp_path / "run",
        *changes,
    )  # fmt: skip
    assert status == 0, errors
    rows = list(csv.DictReader((tmp_path / "run/scores.csv").open()))
    assert len(rows) == 1 and float(rows[0]["parsing_1_x1"]) > 0
    status, text, errors = run_tool(
        "evaluate.py", "--data", folder, "--weights", tmp_path / "run/last.safetensors",
        "--dataset", "atr", "--fast",
    )  # fmt: skip
    assert status == 0, errors
    assert f"images: {len(read_split(folder, 'val').records)}" in text
    lines = [line.split(" ")[0] for line in text.splitlines()]  # tables begin with the class
    assert "dataset: atr" in text and "scarf" in lines and "coat" not in lines
