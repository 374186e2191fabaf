import json
import pathlib
import threading

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor, results
from jppnet_tf.images import read_image
from jppnet_tf.inference import Prediction
from jppnet_tf.results import Job, Results, predict_jobs

SETTINGS = {"checksum": "abc", "scales": [1.0], "mirror": False}


@pytest.fixture(scope="module")
def predictor(small_model):
    return Predictor(small_model, (1,), mirror=False, input_hw=(32, 32))


@pytest.fixture
def jobs(tmp_path, save_photo):
    """Five photographs; the fourth cannot be read."""
    for number in range(5):
        save_photo(tmp_path / f"photos/sub/{number}.png", seed=number)
    (tmp_path / "photos/sub/3.png").write_bytes(b"broken")
    return [Job(tmp_path / f"photos/sub/{number}.png", f"sub/{number}") for number in range(5)]


def run(predictor, jobs, output, **options):
    folder = Results(output, SETTINGS, **options)
    left = folder.open(jobs)
    return left, dict(predict_jobs(predictor, left, folder))


def read_records(output):
    return [json.loads(line) for line in (output / "predictions.jsonl").read_text().splitlines()]


def test_all_files_are_there_and_failures_are_told(tmp_path, predictor, jobs):
    output = tmp_path / "new/out"
    left, outcomes = run(predictor, jobs, output)
    assert left == jobs and list(outcomes) == jobs
    assert [job.name for job, reason in outcomes.items() if reason] == ["sub/3"]
    assert "3.png: not an image" in outcomes[jobs[3]]
    files = sorted(str(p.relative_to(output)) for p in output.rglob("*") if p.is_file())
    expected = [f"{kind}/sub/{n}{end}" for n in (0, 1, 2, 4) for kind, end in [
        ("parsing", ".png"), ("parsing", "_vis.png"), ("pose", ".txt"), ("overlay", ".jpg"),
    ]]  # fmt: skip
    assert files == sorted([*expected, "predictions.jsonl", "settings.json"])
    assert sorted(record["name"] for record in read_records(output)) == [
        job.name for job in jobs if job != jobs[3]
    ]


def test_a_second_run_does_only_what_is_missing(tmp_path, predictor, jobs):
    run(predictor, jobs, tmp_path / "out")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.png")}
    (tmp_path / "out/pose/sub/1.txt").unlink()
    lines = (tmp_path / "out/predictions.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"sub/2"' not in line]
    (tmp_path / "out/predictions.jsonl").write_text("".join(kept) + '{"name": "sub/2", "wid')
    left, _ = run(predictor, jobs, tmp_path / "out")
    assert [job.name for job in left] == ["sub/1", "sub/2", "sub/3"]
    assert sorted(record["name"] for record in read_records(tmp_path / "out")) == [
        "sub/0", "sub/1", "sub/2", "sub/4",
    ]  # fmt: skip
    for path, written in before.items():
        assert (path.stat().st_mtime_ns > written) == (path.stem[0] in "12")


def test_overwrite_does_all_again_but_keeps_other_records(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    left, _ = run(predictor, jobs[1:3], tmp_path / "out", overwrite=True)
    assert left == jobs[1:3]
    assert sorted(record["name"] for record in read_records(tmp_path / "out")) == [
        "sub/0", "sub/1", "sub/2",
    ]  # fmt: skip


def test_results_of_other_settings_are_not_mixed(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    other = SETTINGS | {"checksum": "def"}
    with pytest.raises(InputError, match="results of another run: checksum differ"):
        Results(tmp_path / "out", other)
    folder = Results(tmp_path / "out", other, overwrite=True)
    assert folder.open(jobs[:1]) == jobs[:1]
    assert read_records(tmp_path / "out") == []


def test_output_folders_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(InputError, match="results cannot be written: .*file: not a folder"):
            Results(path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_leftovers_of_a_killed_run_are_cleared(tmp_path, jobs):
    leftover = tmp_path / "out/parsing/.0123456789ab.part"
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    Results(tmp_path / "out", SETTINGS).open(jobs)
    assert not leftover.exists()


def test_a_name_too_long_for_the_disk_fails_alone(tmp_path, predictor, jobs, save_photo):
    name = "n" * 250
    save_photo(tmp_path / f"photos/{name}.png")
    long = Job(tmp_path / f"photos/{name}.png", name)
    _, outcomes = run(predictor, [long, jobs[0]], tmp_path / "out")
    assert "name too long" in outcomes[long] and outcomes[jobs[0]] is None


def test_a_full_disk_stops_the_run(tmp_path, predictor, jobs, monkeypatch):
    def fail(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(results, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        run(predictor, jobs, tmp_path / "out")
    assert read_records(tmp_path / "out") == []


def test_names_that_are_no_unicode(tmp_path, predictor, save_photo):
    path = pathlib.Path(str(tmp_path / "photos/") + "/caf\udce9.png")
    save_photo(path)
    job = Job(path, "caf\udce9")
    _, outcomes = run(predictor, [job], tmp_path / "out")
    assert outcomes == {job: None}
    assert run(predictor, [job], tmp_path / "out")[0] == []


def test_reading_network_and_writing_overlap(tmp_path, jobs):
    """While the network is at work on an image, the next is read and the last is written."""

    readable = [job for job in jobs if job.name != "sub/3"]
    numbers = {read_image(job.file).tobytes(): i for i, job in enumerate(readable)}

    class Watching:
        def __init__(self):
            self.read = [threading.Event() for _ in readable]
            self.decoded = [threading.Event() for _ in readable]

        def prepare(self, rgb):
            number = numbers[rgb.tobytes()]
            self.read[number].set()
            return number

        def infer(self, number):
            assert number == 3 or self.read[number + 1].wait(20)
            assert number == 0 or self.decoded[number - 1].wait(20)
            return number

        def decode(self, number, size_hw):
            self.decoded[number].set()
            return Prediction(np.zeros(size_hw, np.uint8), np.zeros((16, 3), np.float32))

    folder = Results(tmp_path / "out", SETTINGS)
    outcomes = dict(predict_jobs(Watching(), folder.open(readable), folder))
    assert outcomes == dict.fromkeys(readable)
