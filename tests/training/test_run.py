import json
import shutil
import subprocess

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.system.errors import InputError
from jppnet_tf.training import run as run_module
from jppnet_tf.training.run import TrainingRun
from jppnet_tf.training.settings import Settings
from jppnet_tf.weights.loading import load_model, read_input_hw
from tests.networks.table import TINY

DATA = {"train": 10, "validation": 2}


def begin_run(folder):
    run = TrainingRun(folder, Settings(), DATA)
    run.begin()
    return run


def test_a_run_tells_what_it_was_begun_with(tmp_path):
    run = TrainingRun(tmp_path / "run", Settings(batch=3), DATA)
    assert not run.folder.exists()  # until all is ready
    run.begin(["a: no image"])
    assert (tmp_path / "run/skipped.txt").read_text() == "a: no image\n"
    notes = json.loads((tmp_path / "run/settings.json").read_text())
    assert notes["settings"]["batch"] == 3 and notes["settings"]["units"] == [3, 4, 23, 3]
    assert notes["data"] == DATA
    assert set(notes["versions"]) == {"python", "tensorflow", "keras", "numpy"}
    assert "git_revision" in notes


def test_the_revision_tells_of_changes_anywhere_in_the_package(tmp_path, monkeypatch):
    def git(*words):
        identity = ("-c", "user.name=n", "-c", "user.email=e@x")
        done = subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, stdout=-1)
        return done.stdout.decode().strip()

    monkeypatch.setattr(run_module, "PACKAGE", tmp_path / "package")
    assert run_module.git_revision() == ""
    (tmp_path / "package/training").mkdir(parents=True)
    (tmp_path / "package/model.py").touch()
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    assert run_module.git_revision() == git("rev-parse", "HEAD")
    (tmp_path / "notes.txt").touch()  # beside the package
    assert run_module.git_revision() == git("rev-parse", "HEAD")
    (tmp_path / "package/model.py").write_text("changed")
    assert run_module.git_revision() == git("rev-parse", "HEAD") + "+changes"


def test_other_settings_or_data_are_refused(tmp_path):
    TrainingRun(tmp_path / "run", Settings(), DATA).begin()
    TrainingRun(tmp_path / "run", Settings(), DATA).begin()
    with pytest.raises(InputError, match="rate was 0.0001, is now 0.0002"):
        TrainingRun(tmp_path / "run", Settings(rate=2e-4), DATA)
    with pytest.raises(InputError, match="train was 10, is now 11"):
        TrainingRun(tmp_path / "run", Settings(), DATA | {"train": 11})


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(InputError, match="holds files, but no run"):
        TrainingRun(tmp_path, Settings(), DATA)


def test_a_run_that_was_killed_as_it_began_begins_again(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.0123456789ab.part").write_text("half of the settin")
    (tmp_path / "run/skipped.txt").write_text("a: no image\n")
    begin_run(tmp_path / "run")
    assert (tmp_path / "run/settings.json").exists()


def test_damaged_settings_are_named(tmp_path):
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(InputError, match="settings.json: damaged"):
        TrainingRun(tmp_path, Settings(), DATA)


def test_the_last_state_comes_back_exactly(tmp_path):
    def build():
        network = JPPNet(**TINY)
        optimizer = keras.optimizers.Adam(1e-2)
        optimizer.build(network.trainable_variables)
        return network, optimizer

    def step(network, optimizer):
        optimizer.apply_gradients([(v * 0 + 1, v) for v in network.trainable_variables])

    network, optimizer = build()
    run = TrainingRun(tmp_path / "run", Settings(), DATA)
    run.begin()
    assert run.open_state(network=network, optimizer=optimizer, average=None) == 0
    step(network, optimizer)
    for number in (5, 6, 7):
        run.save_state(number)
    step(network, optimizer)
    expected = network.get_weights()

    network, optimizer = build()
    run = TrainingRun(tmp_path / "run", Settings(), DATA)
    assert run.open_state(network=network, optimizer=optimizer, average=None) == 7
    step(network, optimizer)  # needs the slots too
    for array, wanted in zip(network.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(array, wanted)
    assert len(list((tmp_path / "run/state").glob("*.index"))) == 2


def test_scores_are_kept_by_epoch_and_the_best_weights_with_them(tmp_path, small_model):
    run = TrainingRun(tmp_path / "run", Settings(), DATA)
    run.begin()
    for epoch, score, is_best in ((1, 10.0, True), (2, 30.0, True), (3, 20.0, False)):
        assert run.add_scores(small_model, {"epoch": epoch, "score": score}, "score") == is_best
    # An epoch that was finished, but not saved as a state, comes again.
    assert run.add_scores(small_model, {"epoch": 3, "score": 40.0}, "score")
    assert [line["score"] for line in run.read_scores()] == [10, 30, 40]
    for name in ("last", "best"):
        assert load_model(run.folder / f"{name}.safetensors").count_params()
        assert read_input_hw(run.folder / f"{name}.safetensors") == (384, 384)


@pytest.mark.parametrize(
    "scores, best",
    [
        ([10.0, float("nan"), 20.0], [True, False, True]),
        ([float("nan"), float("nan"), 5.0, 4.0], [True, False, True, False]),
        ([10.0, 10.0], [True, False]),
    ],
)
def test_a_missing_score_hides_no_better_epoch_and_an_equal_one_is_not_better(
    tmp_path, small_model, scores, best
):
    run = TrainingRun(tmp_path / "run", Settings(), DATA)
    run.begin()
    rows = [{"epoch": n, "score": score} for n, score in enumerate(scores)]
    assert [run.add_scores(small_model, row, "score") for row in rows] == best


def test_a_state_that_cannot_be_saved_is_one_line(tmp_path, monkeypatch):
    run = begin_run(tmp_path / "run")
    run.open_state(value=tf.Variable(1.0))
    run.save_state(1)

    def fail(self, checkpoint_number):
        raise tf.errors.ResourceExhaustedError(
            None, None, "{{node SaveV2}} /x/part-0; No space left on device [Op:SaveV2]"
        )

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", fail)
        with pytest.raises(InputError, match="state: .* saved: No space left on device; the one"):
            run.save_state(2)
    assert tf.train.latest_checkpoint(str(tmp_path / "run/state")).endswith("ckpt-1")
    run.save_state(2)


def test_a_folder_that_vanishes_is_noticed(tmp_path, small_model):
    run = begin_run(tmp_path / "run")
    run.open_state()
    shutil.rmtree(tmp_path / "run")
    for use in (
        lambda: run.save_state(1),
        lambda: run.add_scores(small_model, {"epoch": 1, "overall": 1.0}, best_by="overall"),
    ):
        with pytest.raises(InputError, match="run: has vanished"):
            use()
    assert not (tmp_path / "run").exists()
