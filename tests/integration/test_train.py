"""tools/train.py as its users run it, mostly in this process."""

import json
import pathlib
import re
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.training import callbacks
from jppnet_tf.weights.loading import load_model, open_weights
from tests.programs import ROOT, start_program

SETTINGS = {
    "width": 1 / 16, "units": "1,1,1,1", "refinements": 1, "size": 32, "scales": "1,0.5",
    "batch": 2, "epochs": 3, "planned_epochs": 3, "rate": 1e-3, "average": 0.9, "save_steps": 2,
}  # fmt: skip

SS_JPPNET = {
    "model": "ss_jppnet", "widths": "4,4,4,4,4", "size": 33, "augmentation": "0.4,0.6",
    "structure": "paper", "weight_decay": 1e-3, "power": 0, "predict_size": 65, "batch": 2,
    "accumulate": 2, "epochs": 2, "planned_epochs": 2, "average": 0.9, "save_steps": 2,
}  # fmt: skip

LIP_NET = {
    "model": "lip_net", "width": 0.125, "size": 36, "losses": "border,dice", "structure": "paper",
    "optimizer": "adam", "predict_size": 65, "batch": 2, "epochs": 2, "planned_epochs": 2,
    "epoch_steps": 3, "save_steps": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """Eight figures to train on and two to validate on."""
    folder = tmp_path_factory.mktemp("figures")
    write_figures(folder, "train", count=8, seed=1, size=64)
    write_figures(folder, "val", count=2, seed=2, size=64)
    return folder


def flags(data, output, *further, base=SETTINGS, **settings):
    changes = base | settings
    assignments = [f"--set={name}={value}" for name, value in changes.items()]
    return ["--data", data, "--output", output, *assignments, *further]


@pytest.fixture(scope="module")
def whole_run(figures, tmp_path_factory):
    """A run that nobody interrupted."""
    output = tmp_path_factory.mktemp("whole") / "run"
    status, text, errors = start_program("train.py", *flags(figures, output))
    assert status == 0, errors[-2000:]
    return output, text + errors


def start(figures, output, base=SETTINGS):
    command = [
        sys.executable,
        ROOT / "tools/train.py",
        *map(str, flags(figures, output, base=base)),
    ]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for_state(output, number, process):
    """Waits until the state after at least `number` updates is there."""
    for _ in range(3000):
        found = [
            int(re.search(r"ckpt-(\d+)", path.name)[1]) for path in output.glob("state/*.index")
        ]
        if found and max(found) >= number:
            return
        assert process.poll() is None, process.stdout.read()[-2000:]
        time.sleep(0.1)
    raise AssertionError("no state was saved")


def test_what_a_run_leaves(whole_run):
    output, printed = whole_run
    assert "train: 8 images, 0 without label, 0 without joints" in printed
    assert "3 epochs of 4 steps, 2 samples a step on 1 device" in printed
    assert re.search(r"epoch 3: overall_accuracy [\d.]+, mean_accuracy [\d.]+, mean_iou", printed)
    lines = (output / "scores.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", "4"], ["2", "8"], ["3", "12"]]
    assert "parsing_2_x0.5" in lines[0] and lines[0].endswith(
        "mean_iou,structure_error,pckh,overall"
    )
    notes = json.loads((output / "settings.json").read_text())
    assert notes["settings"]["units"] == [1, 1, 1, 1] and notes["versions"]["tensorflow"]
    assert len(list((output / "tensorboard").iterdir())) == 1
    load_model(output / "best.safetensors")


def test_tensorboard_shows_losses_rate_scores_and_a_panel(whole_run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole_run[0] / "tensorboard"))
    events.Reload()
    tags = set(events.Tags()["tensors"])
    assert {"rate", "loss/loss", "loss/pose_2_fused", "validation/pckh", "predictions"} <= tags
    panel = events.Tensors("predictions")[0].tensor_proto.string_val[2]
    picture = cv2.imdecode(np.frombuffer(panel, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (960, 960, 3) and picture.std() > 20


def test_a_finished_run_has_nothing_left_to_do(whole_run, figures, run_tool):
    output = whole_run[0]
    before = (output / "last.safetensors").stat().st_mtime_ns
    status, out, err = run_tool("train.py", *flags(figures, output))
    assert status == 0 and "finished before" in out + err
    assert (output / "last.safetensors").stat().st_mtime_ns == before


@pytest.mark.slow
@pytest.mark.parametrize("number, after", [(signal.SIGINT, 2), (signal.SIGKILL, 6)])
def test_an_interrupted_run_ends_with_the_same_weights(
    figures, whole_run, tmp_path, run_tool, number, after
):
    output = tmp_path / "run"
    process = start(figures, output)
    wait_for_state(output, after, process)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 130), printed[-2000:]
    assert (
        not (output / "scores.csv").exists() or "3,12," not in (output / "scores.csv").read_text()
    )
    status, out, err = run_tool("train.py", *flags(figures, output))
    assert status == 0 and "going on after step" in out + err, err[-2000:]
    for name in ("last.safetensors", "best.safetensors"):
        checksums = {
            open_weights(folder / name).metadata["checksum"] for folder in (output, whole_run[0])
        }
        assert len(checksums) == 1, name


@pytest.mark.slow
@pytest.mark.parametrize(
    "base, term", [(SS_JPPNET, "parsing_scale_05"), (LIP_NET, "parsing_border")]
)
def test_the_others_too_end_with_the_same_weights(
    figures, tmp_path, run_tool, monkeypatch, base, term
):
    whole, output = tmp_path / "whole", tmp_path / "run"
    status, out, err = run_tool("train.py", *flags(figures, whole, base=base))
    assert status == 0, err[-2000:]
    with monkeypatch.context() as patch:
        # Ctrl-C, during the second update.
        take_step = callbacks.SaveStates.on_train_batch_end

        def interrupt(self, *arguments):
            if self.step == 1:
                signal.raise_signal(signal.SIGINT)
            take_step(self, *arguments)

        patch.setattr(callbacks.SaveStates, "on_train_batch_end", interrupt)
        assert run_tool("train.py", *flags(figures, output, base=base))[0] == 130
    status, out, err = run_tool("train.py", *flags(figures, output, base=base))
    assert status == 0 and "going on after step 2" in out + err, err[-2000:]
    archives = [open_weights(folder / "last.safetensors") for folder in (whole, output)]
    assert len({archive.metadata["checksum"] for archive in archives}) == 1
    assert (output / "scores.csv").read_text() == (whole / "scores.csv").read_text()
    assert json.loads(archives[0].metadata["input_hw"]) == [65, 65]
    header = (whole / "scores.csv").read_text().splitlines()[0].split(",")
    assert {term, "structure", "structure_error"} <= set(header)
    assert "pckh" not in header


def test_other_settings_are_refused(whole_run, figures, run_tool):
    status, _, err = run_tool("train.py", *flags(figures, whole_run[0], rate=2e-3))
    assert status == 2 and "rate was 0.001, is now 0.002" in err


def test_a_loss_that_is_not_finite_names_its_batch(figures, tmp_path, run_tool):
    status, _, err = run_tool(
        "train.py", *flags(figures, tmp_path / "run", rate=1e30, momentum=0, average=0)
    )
    assert status == 2
    assert re.search(r"not finite at step \d+, of the samples \S+, \S+;", err), err[-2000:]
    assert list((tmp_path / "run/state").glob("*.index"))


@pytest.fixture
def bad_figures(figures, tmp_path):
    """The figures, one label of them with a class that LIP does not have."""
    folder = tmp_path / "bad"
    folder.mkdir()
    write_figures(folder, "train", count=8, seed=1, size=64)
    write_figures(folder, "val", count=2, seed=2, size=64)
    labels = pathlib.Path(next(folder.rglob("train_segmentations")))
    label = sorted(labels.iterdir())[3]
    ids = cv2.imread(str(label), cv2.IMREAD_UNCHANGED)
    ids[0, 0] = 77
    cv2.imwrite(str(label), ids)
    return folder, label


@pytest.mark.slow
def test_bad_samples_are_named_or_skipped_and_counted(bad_figures, tmp_path, run_tool):
    folder, label = bad_figures
    run = tmp_path / "run"
    status, _, err = run_tool("train.py", *flags(folder, run))
    assert status == 2 and "1 bad samples in the train set" in err and label.name in err
    assert not run.exists()
    status, out, err = run_tool(
        "train.py", *flags(folder, run, "--skip_bad_samples", epochs=1, planned_epochs=1)
    )
    assert status == 0 and "train: 1 bad samples skipped" in out, err[-2000:]
    assert label.stem in (run / "skipped.txt").read_text()
    assert json.loads((run / "settings.json").read_text())["data"]["train"] == 7


@pytest.mark.parametrize(
    "further, message",
    [
        (["--set", "colour=red"], "no setting colour"),
        (["--recipe", "cake"], "recipe cake: no Python file"),
        (["--initial_weights", "nothing.safetensors"], "nothing.safetensors"),
        (["--set", "batch=3", "--set", "accumulate=2"], "batch=3 cannot be cut evenly"),
    ],
)
def test_wrong_flags(figures, tmp_path, run_tool, further, message):
    status, _, err = run_tool("train.py", *flags(figures, tmp_path / "run", *further))
    assert status == 2 and message in err, err[-2000:]
    assert not (tmp_path / "run").exists()


def test_settings_can_be_shown_without_training(run_tool, tmp_path):
    status, out, _ = run_tool("train.py", "--show_settings")
    assert status == 0 and json.loads(out)["epochs"] == 27


@pytest.mark.parametrize("flag", ["data", "output"])
def test_what_training_needs_is_asked_for(run_tool, tmp_path, flag):
    other = {"data": "output", "output": "data"}[flag]
    status, out, err = run_tool("train.py", f"--{other}", tmp_path / "x")
    assert (status, out) == (2, "") and f"--{flag} is missing" in err
