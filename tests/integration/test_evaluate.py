"""tools/evaluate.py as its user runs it."""

import json

import numpy as np
import pytest

from jppnet_tf import evaluation
from jppnet_tf.data.figures import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.inference import Predictor
from jppnet_tf.labels import LIP

QUICK = ("--scales", "0.125", "--nomirror")


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """A train and a val split; of val's four images the first has no label, the last no joints."""
    folder = tmp_path_factory.mktemp("figures")
    for split, count in (("train", 3), ("val", 4)):
        write_figures(folder, split, count, seed=count, size=64, processes=1)
    read_split(folder, "val").records[0].label.unlink()
    rows = folder / "TrainVal_pose_annotations/lip_val_set.csv"
    rows.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    return folder


def test_scores_of_a_split(run_tool, small_file, figures, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in figures.rglob("*")}
    output = tmp_path / "new" / "out"
    arguments = ("--data", figures, "--weights", small_file, *QUICK)
    status, text, errors = run_tool("evaluate.py", *arguments, "--output", output)
    assert status == 0, errors
    assert text.startswith("4 images of val: 1 without label, 1 without joints, 0 without head")
    assert "4/4" in errors  # tqdm
    assert [path.name for path in output.iterdir()] == ["scores.json"]
    assert {path: path.stat().st_mtime_ns for path in figures.rglob("*")} == before

    predictor = Predictor(small_file, [0.125], mirror=False)
    pairs = evaluation.predict_records(predictor, read_split(figures, "val").records)
    expected = evaluation.score_predictions(pairs)
    assert text.endswith(evaluation.format_table({"network": expected}) + "\n")
    report = json.loads((output / "scores.json").read_text())
    assert report.items() >= evaluation.describe_scores(expected).items()
    assert None in report["parsing"]["accuracy"].values()
    assert report["checksum"] and report["weights"] == "small.safetensors"
    assert (report["scales"], report["mirror"], report["split"]) == ([0.125], False, "val")
    counts = ("images", "without_label", "without_joints", "without_head_size")
    assert [report[key] for key in counts] == [4, 1, 1, 0]
    assert "baselines" not in report


def test_baselines_and_limit(run_tool, small_file, figures, tmp_path):
    arguments = ("--data", figures, "--weights", small_file, *QUICK, "--output", tmp_path)
    status, text, errors = run_tool("evaluate.py", *arguments, "--limit=2", "--baselines")
    assert status == 0, errors
    assert "2 images of val: 1 without label, 0 without joints" in text
    records = read_split(figures, "val").records[:2]
    learnt = evaluation.learn_baselines(read_split(figures, "train").records)
    expected, prior = evaluation.score_baselines(learnt, records)
    assert f"({prior} prior) and the mean pose, learnt from 3 images" in text
    words = next(line for line in text.splitlines() if line.startswith("mean IoU")).split()
    assert words[-1] == f"{expected.parsing.mean_iou:.2f}"
    report = json.loads((tmp_path / "scores.json").read_text())
    assert report["images"] == 2
    assert report["baselines"] == {
        "training_images": 3,
        "colour_prior": prior,
        **evaluation.describe_scores(expected),
    }
    assert np.isfinite(expected.parsing.mean_iou) and list(report["parsing"]["iou"]) == [*LIP.names]


@pytest.mark.parametrize(
    "flag, value, said",
    [
        ("data", "missing", "no such folder"),
        ("weights", "missing", "missing"),
        ("scales", "big", "big"),
        ("limit", "0", "limit"),
        ("split", "test", "split"),
        ("output", "file", "file: cannot be the folder"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(
    run_tool, small_file, figures, tmp_path, flag, value, said
):
    (tmp_path / "file").touch()
    flags = {"data": figures, "weights": small_file, "scales": "0.125", "output": "out"}
    words = [f"--{name}={given}" for name, given in (flags | {flag: value}).items()]
    status, text, errors = run_tool("evaluate.py", *words, cwd=tmp_path)
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("error: ") and said in errors
    assert not (tmp_path / "out").exists()


def test_baselines_want_a_train_split(run_tool, small_file, tmp_path):
    write_figures(tmp_path, "val", 1, seed=1, size=64, processes=1)
    arguments = ("--data", tmp_path, "--weights", small_file, *QUICK, "--baselines")
    status, text, errors = run_tool("evaluate.py", *arguments)
    assert (status, text) == (2, "") and "Traceback" not in errors
    assert errors.startswith("error: --baselines learns from the train split: ")
    assert "no LIP train split: images and labels not found" in errors
