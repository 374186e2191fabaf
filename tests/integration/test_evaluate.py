"""tools/evaluate.py as its user runs it, mostly in this process."""

import json

import cv2
import numpy as np
import pytest

from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.evaluation import baselines, scoring
from jppnet_tf.evaluation.metrics.datasets import LIP_CLASSES
from jppnet_tf.evaluation.report.folder import Result, describe
from jppnet_tf.images.reading import read_ids
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.labels import LIP
from tests.programs import start_program

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
    assert "scored: ['parsing', 'pose']\nimages: 4\nwithout label: 1\nwithout joints: 1\n" in text
    assert "4/4" in errors  # tqdm
    assert {path: path.stat().st_mtime_ns for path in figures.rglob("*")} == before

    predictor = Predictor(small_file, [0.125], mirror=False)
    entries = scoring.record_entries(read_split(figures, "val").records)
    tally = scoring.tally_weights(predictor, entries)
    expected = Result(tally, LIP_CLASSES, {}).tables()
    for table in expected:
        assert table.text() in text
    assert "paper: JPPNet" in text
    report = json.loads((output / "scores.json").read_text())
    assert report.items() >= describe(tally.scores(), LIP.names).items()
    assert None in report["parsing"]["accuracy"].values()
    curve = report["pckh_curve"]
    assert len(curve) == 21 and curve["0.5"] == report["pckh"]["total"] and curve["0.0"] == 0
    assert report["checksum"] and report["weights"] == small_file.name
    assert (report["scales"], report["mirror"], report["split"]) == ([0.125], False, "val")
    assert (report["images"], report["stage"], report["baselines"]) == (4, 3, {})
    written = {path.name for path in output.rglob("*")}
    assert written >= {"report.md", "images.csv", "confusion.png", "worst_1.jpg", "best_1.jpg"}


def test_predictions_on_disk_score_as_their_network_did(run_tool, small_file, figures, tmp_path):
    flags = ("--weights", small_file, *QUICK)
    images = figures / "TrainVal_images/val_images"
    status, _, errors = run_tool(
        "infer.py", *flags, "--images", images, "--output", tmp_path / "results"
    )
    assert status == 0, errors
    data = ("--data", figures)
    _, direct, _ = run_tool("evaluate.py", *data, *flags)
    output = ("--output", tmp_path / "report")
    status, stored, errors = start_program(
        "evaluate.py", *data, "--predictions", tmp_path / "results", *output
    )
    assert status == 0, errors
    # The rest tells of ablations, which --scales is one of.
    tables = direct[direct.index("Parsing, percent") : direct.index("Ablations")]
    assert tables in stored
    assert (tmp_path / "report/images/worst_1.jpg").stat().st_size > 1000
    assert "oneDNN" not in errors


def test_one_task_without_images(run_tool, figures, tmp_path):
    labels = figures / "TrainVal_parsing_annotations/val_segmentations"
    arguments = ("--ground_truth", labels, "--predictions", labels)
    status, text, errors = run_tool("evaluate.py", *arguments, "--output", tmp_path / "report")
    assert status == 0, errors
    assert "PCKh" not in text.split("Kinds")[0] and "images: 3" in text
    score = json.loads((tmp_path / "report/scores.json").read_text())
    assert score["parsing"]["mean_iou"] == 100 and score["pckh"]["total"] is None

    status, text, errors = run_tool("evaluate.py", *arguments, "--dataset", "atr", "--native_ids")
    assert status == 2 and "ground truth has ids that are not classes: " in errors
    parts = ("--dataset", "pascal_person_part")
    status, text, errors = run_tool("evaluate.py", *arguments, *parts)
    assert status == 2 and "ground truth has ids that are not classes: " in errors
    for file in labels.iterdir():  # as if it were PASCAL's
        cv2.imwrite(str(tmp_path / file.name), np.minimum(read_ids(file), 6))
    same = ("--ground_truth", tmp_path, "--predictions", tmp_path, *parts)
    status, text, errors = run_tool("evaluate.py", *same, "--native_ids")
    assert status == 0 and "lower arms" in text, errors
    next(tmp_path.glob("*.png")).unlink()
    missing = ("--ground_truth", labels, "--predictions", tmp_path)
    assert "--allow_missing scores the others" in run_tool("evaluate.py", *missing)[2]
    status, text, errors = run_tool("evaluate.py", *missing, "--allow_missing")
    assert status == 0 and "without prediction: 1\n" in text, errors

    joints = figures / "TrainVal_pose_annotations/lip_val_set.csv"
    status, text, errors = run_tool(
        "evaluate.py", f"--ground_truth={joints}", f"--predictions={joints}"
    )
    assert status == 0, errors
    assert "this result        100.00" in text and "mean IoU  freq" not in text


def test_mpii_has_head_sizes_of_its_own(run_tool, tmp_path):
    points = np.arange(32).reshape(16, 2).tolist()
    person = {"image": "a.jpg", "joints": points, "head_box": [0, 0, 30, 40]}
    (tmp_path / "mpii.json").write_text(json.dumps([person]))
    shifted = np.array(points) + [15, 0]  # 0.5 of 0.6 x 50
    rows = [[name, *shifted.ravel()] for name in ("a.jpg", "b.jpg")]
    (tmp_path / "pose.csv").write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    truth, predicted = f"--ground_truth={tmp_path}/mpii.json", f"--predictions={tmp_path}/pose.csv"
    status, text, errors = run_tool("evaluate.py", truth, predicted, "--dataset=mpii")
    assert status == 0, errors
    row = next(line for line in text.splitlines() if line.startswith("this result"))
    assert row.split()[2:] == ["100.00"] * 9
    assert "90.40" in text  # the paper's on MPII


def test_a_stage_is_printed_beside_the_papers_ablations(run_tool, small_file, figures):
    arguments = ("--data", figures, "--weights", small_file, *QUICK, "--stage=1", "--limit=2")
    status, text, errors = run_tool("evaluate.py", *arguments, "--subpixel")
    assert status == 0, errors
    assert "stage: 1\n" in text and "subpixel: True\n" in text and "paper: Joint + MSC + S1" in text


def test_baselines_and_limit(run_tool, small_file, figures, tmp_path):
    arguments = ("--data", figures, "--weights", small_file, *QUICK, "--output", tmp_path)
    status, text, errors = run_tool("evaluate.py", *arguments, "--limit=2", "--baselines")
    assert status == 0, errors
    assert "images: 2\nwithout label: 1\nwithout joints: 0\n" in text
    records = read_split(figures, "val").records[:2]
    learnt = baselines.learn_baselines(read_split(figures, "train").records)
    expected, prior = baselines.score_baselines(learnt, records)
    title = f"colour ({prior} prior), mean pose"
    row = next(line for line in text.splitlines() if line.startswith(title))
    assert f"{expected.parsing.mean_iou:.2f}" in row.split()
    report = json.loads((tmp_path / "scores.json").read_text())
    assert report["images"] == 2
    assert report["baselines"] == {title: describe(expected, LIP.names)}
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
        ("predictions", "p", "either --weights or --predictions"),
        ("ground_truth", "g", "either --data or --ground_truth"),
        ("dataset", "mpii", "--dataset mpii goes with"),
        ("native_ids", "true", "--native_ids goes with"),
        ("stage", "4", "stage 4 is not there: the network has 3"),
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
