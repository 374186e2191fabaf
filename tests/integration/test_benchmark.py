"""tools/benchmark.py, with a small network: that it runs, not how fast."""

import json

import numpy as np
import pytest

from jppnet_tf.commands.benchmark import samples
from jppnet_tf.data.figures.dataset import write_figures
from tests.detector_files import CELLS, write_detector
from tests.programs import ROOT, start_program

pytestmark = pytest.mark.slow


def test_prediction_is_measured(run_tool, small_file, tmp_path):
    status, text, errors = run_tool(
        "benchmark.py", "predict", "--weights", small_file, "--megapixels", "0.01",
        "--repeats", 2, "--json", tmp_path / "figures.json",
        "--backends", "tensorflow", "--precisions", "float32",
    )  # fmt: skip
    assert status == 0, errors
    figures = json.loads((tmp_path / "figures.json").read_text())
    row, fast = figures["predict"]
    assert (row["convolution"], fast["convolution"]) == ("direct", "fast")
    assert row["operations"] == row["direct_operations"] == fast["direct_operations"]
    assert (row["backend"], row["precision"], row["gain"]) == ("tensorflow", "float32", 1)
    assert row["images_per_second"] == pytest.approx(1 / row["whole"])
    assert row["share"] == pytest.approx(row["operations"] / row["calls"] / row["matmul"])
    assert 0 < row["call"] < row["calls"] < row["ready"]
    assert row["peak_mb"] > 200 and int(figures["machine"]["cores"]) > 0
    assert "TensorFlow" in text and "multiplies matrices in float32" in text


def test_agreement_is_measured(run_tool, small_file, tmp_path):
    write_figures(tmp_path / "lip", "val", 2, seed=1, size=64, processes=1)
    status, text, errors = run_tool(
        "benchmark.py", "agree", "--weights", small_file, "--data", tmp_path / "lip",
        "--json", tmp_path / "figures.json", "--backends", "tensorflow", "--precisions", "float32",
    )  # fmt: skip
    assert status == 0, errors
    same, fast = json.loads((tmp_path / "figures.json").read_text())["agree"]
    assert (same["pixels"], same["joints"], same["distance"], same["fast"]) == (1, 1, 0, False)
    assert fast["fast"] and 0 < fast["pixels"] < 1
    assert "2 images" in text


def test_converting_is_measured(small_checkpoint):
    arguments = ("benchmark.py", "convert", "--weights", small_checkpoint)
    status, text, errors = start_program(*arguments)
    assert status == 0, errors
    assert "plain read and write" in text and errors == ""


def test_reading_samples_is_measured(run_tool, monkeypatch):
    monkeypatch.setattr(samples, "SECONDS", 1)
    recorded = ROOT / "tests/parity/recorded"
    status, text, errors = run_tool("benchmark.py", "data", "--data", recorded)
    assert status == 0, errors
    assert "3 samples" in text and "ratio" in text


def test_scoring_is_measured(run_tool, tmp_path):
    write_figures(tmp_path, "val", 2, seed=1, size=64, processes=1)
    status, text, errors = run_tool("benchmark.py", "score", "--data", tmp_path, "--count", 20)
    assert status == 0, errors
    assert [line.split()[0] for line in text.splitlines()[-2:]] == ["2", "20"]


def test_runs_over_many_photographs_are_measured(run_tool):
    status, text, errors = run_tool("benchmark.py", "run", "--count", 20)
    assert status == 0, errors
    *rows, (*_, faster, _, larger) = (line.split() for line in text.splitlines()[-11:])
    assert [int(row[0]) for row in rows] == list(range(2, 21, 2))
    assert float(faster) == pytest.approx(float(rows[-1][1]) / float(rows[1][1]), abs=0.02, rel=0.1)
    assert 0.9 < float(larger) < 1.5


def test_beginning_a_run_is_measured(run_tool):
    status, text, errors = run_tool("benchmark.py", "start", "--count", 30)
    assert status == 0, errors
    new, finished = (line.split() for line in text.splitlines()[-2:])
    assert (new[0], new[-1]) == ("new", "30") and (finished[0], finished[-1]) == ("finished", "0")


def test_decoding_people_is_measured(run_tool, tmp_path):
    status, text, errors = run_tool(
        "benchmark.py", "decode", "--repeats", 1, "--json", tmp_path / "figures.json"
    )
    assert status == 0, errors
    figures = json.loads((tmp_path / "figures.json").read_text())["decode"]
    assert figures["found"] == 10 and figures["people"] > 0 and figures["prediction"] > 0
    assert f"{figures['people']:.2f} s" in text and f"{figures['prediction']:.2f} s" in text
    assert "10 people drawn, 10 found" in text


def test_what_people_cost_is_measured(run_tool, small_file, tmp_path):
    detector = write_detector(tmp_path / "none.onnx", np.zeros((1, CELLS, 85), np.float32))
    status, text, errors = run_tool(
        "benchmark.py", "people", "--weights", small_file, "--detector", detector, "--fast",
        "--repeats", 1, "--json", tmp_path / "figures.json",
    )  # fmt: skip
    assert status == 0, errors
    figures = json.loads((tmp_path / "figures.json").read_text())["people"]
    assert [*figures] == ["detector", "1", "2", "4", "8"] and min(figures.values()) > 0
    assert "8 people" in text and f"{figures['8']:.2f} s a photograph" in text


@pytest.mark.parametrize(
    "arguments, reason",
    [
        ([], "name what to measure"),
        (["predict", "--megapixels", "big"], "--megapixels: numbers"),
        (["convert"], "convert needs --weights"),
        (["data"], "data needs --data"),
        (["score"], "score needs --data"),
        (["agree", "--data", "docs"], "agree needs --weights"),
        (["predict", "--backends", "x", "--precisions", "float32"], "backend is one of"),
        (["predict", "--precisions", "int8"], "has none of the --backends"),
        (["data", "--data", "docs"], "docs: no LIP train split: images and labels not found"),
        (["predict", "--json", "/nowhere/x.json"], "/nowhere does not exist"),
    ],
)
def test_wrong_arguments(run_tool, arguments, reason):
    status, _, errors = run_tool("benchmark.py", *arguments)
    assert status == 2 and reason in errors and errors.startswith("error: ")
