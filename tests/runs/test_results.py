import concurrent.futures
import dataclasses
import inspect
import json
import os
import pathlib
import threading

import numpy as np
import pytest

from jppnet_tf import InputError, JPPNet, Predictor
from jppnet_tf.images.reading import read_image
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.models.personlab import PersonLab
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.predictions.crops import Crops
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.runs import results
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results, run_settings
from jppnet_tf.runs.run import predict_jobs
from tests.networks.table import SMALL

SETTINGS = {"weights": "a", "checksum": "abc", "scales": [1.0], "mirror": False, "pose": True}


def blank(size_hw):
    """A prediction of background, with joints that score 0."""
    joints = np.zeros((16, 3), np.float32)
    return Prediction(np.zeros(size_hw, np.uint8), People.of_one(joints))


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


def run(predictor, jobs, output, settings=SETTINGS, names="lip", **options):
    folder = Results(output, settings, chosen=formats.choose_formats([names]), **options)
    left, outcomes = folder.open(jobs), {}
    predict_jobs(predictor, left, folder, outcomes.__setitem__)
    folder.close()
    return left, outcomes


def read_files(output):
    """Path -> content of all files but predictions.jsonl."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted(output.rglob("*")) if path.is_file() and path.suffix != ".jsonl"
    }  # fmt: skip


def read_records(output):
    return [json.loads(line) for line in (output / "predictions.jsonl").read_text().splitlines()]


def test_all_files_are_there_and_failures_are_told(tmp_path, predictor, jobs):
    output = tmp_path / "new/out"
    left, outcomes = run(predictor, jobs, output)
    assert left == jobs and set(outcomes) == set(jobs)
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


def test_what_is_to_be_overwritten_is_not_finished_any_more(tmp_path, predictor, jobs):
    run(predictor, jobs[:3], tmp_path / "out")
    stopped = Results(tmp_path / "out", SETTINGS, overwrite=True)
    assert stopped.open(jobs[1:3]) == jobs[1:3]
    stopped.close(is_complete=False)  # before it had done any
    assert Results(tmp_path / "out", SETTINGS).open(jobs[:3]) == jobs[1:3]


def test_results_of_other_settings_are_not_mixed(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    other = SETTINGS | {"checksum": "def"}
    with pytest.raises(InputError, match="results of another run: checksum differ"):
        Results(tmp_path / "out", other)
    folder = Results(tmp_path / "out", other, overwrite=True)
    assert folder.open(jobs[:1]) == jobs[:1]
    assert read_records(tmp_path / "out") == []


def test_the_same_weights_under_another_name_go_on(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    assert Results(tmp_path / "out", SETTINGS | {"weights": "b"}).open(jobs[:2]) == []


# For every argument of Predictor, another value than `predictor`'s; None if it changes no results.
OTHERS = {
    "weights": lambda: JPPNet(**SMALL),
    "scales": lambda: (0.5,),
    "mirror": lambda: True,
    "input_hw": lambda: (32, 40),
    "stage": lambda: 1,
    "subpixel": lambda: True,
    "class_scores": None,
    "precision": lambda: "bfloat16",
    "backend": lambda: "openvino",
    "batch": None,
    "classes": lambda: dataclasses.replace(LIP, names=LIP.names[::-1]),
    "joints": lambda: dataclasses.replace(LIP_JOINTS, names=LIP_JOINTS.names[::-1]),
    "least_person": lambda: 0.5,
    "convolution": lambda: "fast",
}


def test_every_argument_of_predictor_is_judged():
    assert OTHERS.keys() == inspect.signature(Predictor).parameters.keys()


@pytest.mark.parametrize("name", [name for name, other in OTHERS.items() if other])
def test_settings_that_decide_results_are_not_mixed(
    tmp_path, monkeypatch, small_file, predictor, jobs, name
):
    arguments = {"weights": small_file, "scales": (1,), "mirror": False, "input_hw": (32, 32)}
    settings = run_settings(predictor, "w")
    monkeypatch.setattr("jppnet_tf.inference.predictor.check_backend", lambda *_: None)
    monkeypatch.setattr("jppnet_tf.inference.predictor.build_backend", lambda *_, **__: None)
    if name == "least_person":
        arguments["weights"] = PersonLab(width=1 / 64, units=(1, 1, 1, 1))
        settings = run_settings(Predictor(**arguments), "w")
    assert json.loads(json.dumps(settings)) == settings
    other = run_settings(Predictor(**arguments | {name: OTHERS[name]()}), "w")
    run(predictor, jobs[:1], tmp_path / "out", settings)
    with pytest.raises(InputError, match=f"{'checksum' if name == 'weights' else name} differ"):
        Results(tmp_path / "out", other)


@pytest.mark.parametrize("text", ["[]", "null", "{", "\udcff", None])
def test_lost_settings_count_as_others(tmp_path, predictor, jobs, text):
    run(predictor, jobs[:1], tmp_path / "out")
    (tmp_path / "out/settings.json").unlink()
    if text is not None:
        content = text.encode(errors="surrogateescape")
        (tmp_path / "out/settings.json").write_bytes(content)
    with pytest.raises(InputError, match="results of another run"):
        Results(tmp_path / "out", SETTINGS)


def test_damaged_records_are_done_again(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    with open(tmp_path / "out/predictions.jsonl", "ab") as file:
        file.write(b'\xff\xfe\n[]\n{"name"')
    assert run(predictor, jobs[:3], tmp_path / "out")[0] == jobs[2:3]
    assert len(read_records(tmp_path / "out")) == 3


def test_another_image_of_the_same_name_is_not_finished(tmp_path, predictor, jobs, save_photo):
    run(predictor, jobs[:1], tmp_path / "out")
    save_photo(tmp_path / "other/0.png", 50, 50, seed=9)
    other = Job(tmp_path / "other/0.png", "sub/0")
    assert run(predictor, [other], tmp_path / "out") == ([other], {other: None})
    save_photo(tmp_path / "other/0.png", 20, 20, seed=8)
    assert run(predictor, [other], tmp_path / "out")[0] == [other]
    (record,) = read_records(tmp_path / "out")
    assert (record["width"], record["height"]) == (20, 20)


def test_results_under_a_former_name_are_removed(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    renamed = Job(jobs[0].file, "sub/0.png")
    run(predictor, [renamed, jobs[1]], tmp_path / "out")
    assert {record["name"] for record in read_records(tmp_path / "out")} == {"sub/0.png", "sub/1"}
    assert not (tmp_path / "out/parsing/sub/0.png").exists()
    assert (tmp_path / "out/parsing/sub/0.png.png").exists()


def test_output_folders_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(InputError, match="results cannot be written: .*file: not a folder"):
            Results(path, SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_leftovers_of_a_killed_run_are_cleared_and_nothing_else(tmp_path, jobs):
    folder = tmp_path / "out/parsing/sub"
    folder.mkdir(parents=True)
    (folder / ".0123456789ab.part").write_bytes(b"half")
    (folder / ".mine.part").write_bytes(b"mine")
    (folder / ".ba9876543210.part").mkdir()
    Results(tmp_path / "out", SETTINGS).open(jobs)
    assert sorted(path.name for path in folder.iterdir()) == [".ba9876543210.part", ".mine.part"]


def test_names_that_cannot_be_fail_alone(tmp_path, predictor, jobs, save_photo):
    name = "n" * 250
    save_photo(tmp_path / f"photos/{name}.png")
    long = Job(tmp_path / f"photos/{name}.png", name)
    (tmp_path / "out/parsing").mkdir(parents=True)
    (tmp_path / "out/parsing/file").write_bytes(b"")
    below = Job(jobs[1].file, "file/1")
    _, outcomes = run(predictor, [long, below, jobs[0]], tmp_path / "out")
    assert "name too long" in outcomes[long]
    assert "cannot be written: " in outcomes[below] and outcomes[jobs[0]] is None


def test_a_full_disk_stops_the_run(tmp_path, predictor, jobs, monkeypatch):
    write_bytes = results.write_bytes

    def fail(path, content, durable=True):
        if path.suffix == ".txt":
            raise OSError(28, "No space left on device", str(path))
        write_bytes(path, content, durable)

    monkeypatch.setattr(results, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        run(predictor, jobs, tmp_path / "out")
    assert read_records(tmp_path / "out") == []


def test_names_that_are_no_unicode(tmp_path, predictor, save_photo):
    path = pathlib.Path(str(tmp_path / "photos/") + "/caf\udce9.jpg")
    save_photo(path)
    job = Job(path, "caf\udce9")
    _, outcomes = run(predictor, [job], tmp_path / "out")
    assert outcomes == {job: None}
    assert run(predictor, [job], tmp_path / "out")[0] == []


def test_reading_network_and_writing_overlap(tmp_path, jobs):
    """While the network is at work on an image, the next is read and the last is written."""
    readable = [job for job in jobs if job.name != "sub/3"]
    numbers = {read_image(job.file).tobytes(): i for i, job in enumerate(readable)}
    read, begun = ([threading.Event() for _ in readable] for _ in range(2))

    class WatchedPredictor:
        batch = 1

        def prepare(self, rgb):
            number = numbers[rgb.tobytes()]
            read[number].set()
            return number

        def infer_together(self, group):
            (number,) = group
            begun[number].set()
            assert number == 3 or read[number + 1].wait(20)
            return group

        def decode(self, number, size_hw):
            return blank(size_hw)

    class WatchedResults(Results):
        def write(self, job, rgb, prediction):
            number = readable.index(job)
            assert number == 3 or begun[number + 1].wait(20)

    folder = WatchedResults(tmp_path / "out", SETTINGS)
    ends = {}
    predict_jobs(WatchedPredictor(), folder.open(readable), folder, ends.__setitem__)
    assert ends == dict.fromkeys(readable)


def test_records_of_many_threads_stay_whole(tmp_path, make_photo, jobs):
    folder = Results(tmp_path / "out", SETTINGS)
    folder.open([])
    prediction = blank((40, 30))
    many = [Job(jobs[0].file, f"n{number}") for number in range(60)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda job: folder.write(job, make_photo(40, 30), prediction), many))
    folder.close()
    assert {record["name"] for record in read_records(tmp_path / "out")} == {j.name for j in many}


@pytest.fixture(scope="module")
def scoring(small_model):
    """A predictor that tells class scores too, as the format hf needs."""
    return Predictor(small_model, (1,), mirror=False, input_hw=(32, 32), class_scores=True)


def test_formats_one_after_the_other_are_those_of_one_run(tmp_path, scoring, jobs):
    jobs = jobs[:3]
    run(scoring, jobs, tmp_path / "once", names="lip,vitonhd,openpose18,coco,hf")
    run(scoring, jobs, tmp_path / "out")
    before = read_files(tmp_path / "out")
    left, _ = run(scoring, jobs, tmp_path / "out", names="openpose18,coco")
    assert left == jobs  # their files are missing
    after = read_files(tmp_path / "out")
    del before["settings.json"]  # it tells which formats there are
    assert {path: after[path] for path in before} == before
    assert run(scoring, jobs, tmp_path / "out", names="coco,lip") == ([], {})
    run(scoring, jobs[:2], tmp_path / "out", names="hf,vitonhd")
    (tmp_path / "out/vitonhd/image-parse/sub/1.png").unlink()
    mask = next((tmp_path / "out/hf/sub/0").iterdir())
    mask.unlink()
    left, _ = run(scoring, jobs, tmp_path / "out", names="hf,vitonhd,lip")
    assert left == jobs
    assert read_files(tmp_path / "out") == read_files(tmp_path / "once")
    # A line an image, however often it was done.
    assert sorted(record["name"] for record in read_records(tmp_path / "out")) == [
        "sub/0", "sub/1", "sub/2",
    ]  # fmt: skip


def test_results_of_all_images_are_written_on_a_restart_too(tmp_path, predictor, jobs):
    output = tmp_path / "out"
    run(predictor, jobs[:1], output)
    assert run(predictor, jobs[:1], output, names="coco") == ([], {})
    assert len(json.loads((output / "coco/keypoints.json").read_text())) == 1
    run(predictor, jobs, output, names="coco")
    content = (output / "coco/keypoints.json").read_bytes()
    assert [entry["image_id"] for entry in json.loads(content)] == [0, 1, 2, 4]
    (output / "coco/keypoints.json").write_text("half")
    (output / "coco/.0123456789ab.part").write_text("half")
    run(predictor, jobs, output, names="coco")
    assert (output / "coco/keypoints.json").read_bytes() == content
    assert [path.name for path in (output / "coco").iterdir()] == ["keypoints.json"]


def test_another_image_or_other_settings_leave_no_old_files_in_any_format(
    tmp_path, predictor, jobs, save_photo
):
    output = tmp_path / "out"
    run(predictor, jobs[:2], output, names="lip,openpose25,coco")
    save_photo(jobs[0].file, 50, 50, seed=9)
    run(predictor, jobs[:2], output, names="openpose25")
    assert not (output / "parsing/sub/0.png").exists() and (output / "parsing/sub/1.png").exists()
    other = SETTINGS | {"least_score": 0.5}
    with pytest.raises(InputError, match="least_score differ"):
        Results(output, other)
    run(predictor, jobs[:2], output, other, names="mpi15", overwrite=True)
    assert [*read_files(output)] == [
        "mpi15/sub/0_keypoints.json", "mpi15/sub/1_keypoints.json", "settings.json",
    ]  # fmt: skip


def test_masks_of_classes_that_are_gone_are_removed(tmp_path, scoring, jobs):
    folder = tmp_path / "out/hf/sub/0"
    folder.mkdir(parents=True)
    (folder / "hat.png").write_bytes(b"old")
    (folder / "mine.png").write_bytes(b"mine")
    run(scoring, jobs[:1], tmp_path / "out", names="hf")
    listed = json.loads((tmp_path / "out/hf/sub/0.json").read_text())
    masks = {f"{entry['label']}.png" for entry in listed}
    assert {path.name for path in folder.iterdir()} == masks | {"mine.png"}


def test_folders_of_before_there_were_formats_go_on(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    (tmp_path / "out/settings.json").write_text(json.dumps(SETTINGS | {"subpixel": False}))
    assert Results(tmp_path / "out", SETTINGS | {"least_score": None}).open(jobs[:2]) == []
    with pytest.raises(InputError, match="subpixel differ"):
        Results(tmp_path / "out", SETTINGS | {"subpixel": True})


def test_names_too_long_for_one_format_only(tmp_path, predictor, save_photo):
    name = "n" * 245
    save_photo(tmp_path / f"photos/{name}.png")
    job = Job(tmp_path / f"photos/{name}.png", name)
    assert run(predictor, [job], tmp_path / "out")[1] == {job: None}
    for _ in range(2):  # the second time, the format's folder is there
        _, outcomes = run(predictor, [job], tmp_path / "out", names="openpose25")
        assert "name too long" in outcomes[job]
    assert run(predictor, [job], tmp_path / "out") == ([], {})


def test_a_run_that_is_stopped_writes_what_it_has_begun_and_begins_no_other(
    tmp_path, predictor, jobs
):
    folder, ends = Results(tmp_path / "out", SETTINGS), []
    begun = iter([False, False, True])  # asked before each image
    left = folder.open(jobs)
    predict_jobs(predictor, left, folder, lambda job, _: ends.append(job), lambda: next(begun))
    assert sorted(ends, key=jobs.index) == jobs[:2]  # two threads write
    folder.close()
    assert sorted(record["name"] for record in read_records(tmp_path / "out")) == ["sub/0", "sub/1"]


def test_two_processes_share_the_images(tmp_path, predictor, jobs):
    output = tmp_path / "out"
    first, second = Results(output, SETTINGS), Results(output, SETTINGS)
    first.open(jobs[:4])
    mine, ends, passed = first.claim_each(jobs[:4]), {}, []
    begun = [next(mine), next(mine)]
    assert begun == jobs[:2] and second.open(jobs) == jobs
    predict_jobs(predictor, begun[:1], first, ends.__setitem__)
    assert Results(output, SETTINGS).open(jobs[:2]) == jobs[1:2]
    claimed = second.claim_each(jobs, passed.append)
    predict_jobs(predictor, [next(claimed)], second, ends.__setitem__)
    assert passed == begun and list(mine) == jobs[3:4] and list(claimed) == jobs[4:]
    assert set(ends) == {jobs[0], jobs[2]}
    assert second.close() == ({"sub/0"}, True)
    assert "sub/2" not in {record["name"] for record in read_records(output)}  # not yet
    assert first.close(is_complete=False) == ({"sub/2"}, False)
    assert sorted(record["name"] for record in read_records(output)) == ["sub/0", "sub/2"]


def test_only_the_same_run_may_be_shared(tmp_path, jobs):
    output = tmp_path / "out"
    first = Results(output, SETTINGS)
    first.open(jobs)
    with pytest.raises(InputError, match="results of another run: scales differ"):
        Results(output, SETTINGS | {"scales": [0.5]})  # though there are no results yet
    with pytest.raises(InputError, match="at work here, --overwrite would do its images again"):
        Results(output, SETTINGS, overwrite=True)
    other = Results(output, SETTINGS, chosen=formats.choose_formats(["coco"]))
    with pytest.raises(InputError, match="writes --format lip"):
        other.open(jobs)
    first.close()
    assert other.open(jobs) == jobs


def test_a_process_that_joins_removes_nothing_of_the_others(tmp_path, predictor, jobs, save_photo):
    output = tmp_path / "out"
    run(predictor, jobs[:3], output)
    first = Results(output, SETTINGS)
    first.open(jobs[:1])
    (output / "parsing/sub/.0123456789ab.part").write_bytes(b"being written")
    for job in jobs[:2]:
        save_photo(job.file, 50, 50, seed=9)
    assert Results(output, SETTINGS).open(jobs[:2]) == jobs[:2]
    assert (output / "parsing/sub/0.png").exists()  # the first process's to replace
    assert not (output / "parsing/sub/1.png").exists()  # nobody else's
    assert (output / "parsing/sub/.0123456789ab.part").exists()


def test_people_are_part_of_what_an_image_is(tmp_path, predictor, jobs):
    output, settings = tmp_path / "out", SETTINGS | {"box_margin": 0.1}

    def with_boxes(*boxes, image_id=5):
        return [Job(jobs[0].file, "sub/0", Crops(tuple(Box(*b) for b in boxes), 0.1, image_id))]

    two = with_boxes((0, 0, 20, 20), (10, 10, 20.5, 30))
    assert run(predictor, two, output, settings, names="lip,openpose18,coco")[1] == {two[0]: None}
    (record,) = read_records(output)
    assert [person["box"] for person in record["people"]] == [[0, 0, 20, 20], [10, 10, 20.5, 30]]
    assert record["keypoints"] is None and record["image_id"] == 5
    lines = (output / "pose/sub/0.txt").read_text().split("\n")
    assert [len(line.split()) for line in lines] == [32, 32]
    found = json.loads((output / "openpose18/sub/0_keypoints.json").read_text())["people"]
    assert len(found) == 2 and found[0] != found[1]
    results = json.loads((output / "coco/keypoints.json").read_text())
    assert [result["image_id"] for result in results] == [5, 5]
    assert run(predictor, two, output, settings)[0] == []  # the same people: finished
    (one,) = with_boxes((10, 10, 20.5, 30), image_id=None)
    assert run(predictor, [one], output, settings)[0] == [one]
    (record,) = read_records(output)
    assert record["keypoints"] == record["people"][0]["keypoints"] and "image_id" not in record
    with pytest.raises(InputError, match="box_margin differ"):
        Results(output, SETTINGS)
    outside = with_boxes((500, 0, 20, 20))
    _, outcomes = run(predictor, outside, output, settings)
    assert "the box [500, 0, 20, 20] lies outside" in outcomes[outside[0]]


def test_an_empty_file_is_not_finished(tmp_path, predictor, jobs):
    run(predictor, jobs[:2], tmp_path / "out")
    (tmp_path / "out/parsing/sub/1.png").write_bytes(b"")  # as a power cut may leave it
    assert run(predictor, jobs[:2], tmp_path / "out")[0] == jobs[1:2]


@pytest.mark.parametrize("durable", [True, False])
def test_files_are_safe_on_disk_before_their_record_is_written(
    tmp_path, predictor, jobs, monkeypatch, durable
):
    done, fsync = [], os.fsync
    places = {}

    def note(descriptor):
        done.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    folder = Results(tmp_path / "out", SETTINGS, durable=durable)
    folder.open(jobs[:1])
    monkeypatch.setattr(os, "fsync", note)
    predict_jobs(predictor, jobs[:1], folder, lambda *_: None)
    places = {name: index for index, name in enumerate(done)}
    if not durable:
        assert not done
        return
    (part,) = (name for name in done if name.endswith(".jsonl"))
    before = {"0.png", "0_vis.png", "0.txt", "0.jpg", "sub"}
    assert before < places.keys() and all(places[name] < places[part] for name in before)


def test_only_what_was_written_is_looked_for_when_images_are_done_again(
    tmp_path, predictor, jobs, monkeypatch, save_photo
):
    run(predictor, jobs[:3], tmp_path / "out", names="openpose25")
    for job in jobs[:3]:
        save_photo(job.file, 50, 50, seed=9)
    removed, unlink = [], pathlib.Path.unlink
    monkeypatch.setattr(
        pathlib.Path, "unlink", lambda p, **o: removed.append(p.name) or unlink(p, **o)
    )
    Results(tmp_path / "out", SETTINGS, chosen=formats.choose_formats(["lip"])).open(jobs[:3])
    assert [name for name in removed if name[0] in "012" and "keypoints" not in name] == []
    assert sum("keypoints" in name for name in removed) == 3


@pytest.mark.parametrize("name", ["../../mine", "/etc/mine", "a/../../../mine"])
def test_records_of_somebody_else_remove_nothing_outside(tmp_path, predictor, jobs, name):
    run(predictor, jobs[:1], tmp_path / "out")
    (tmp_path / "mine.png").write_text("mine")
    (record,) = read_records(tmp_path / "out")
    with open(tmp_path / "out/predictions.jsonl", "a") as file:
        file.write(json.dumps(record | {"name": name}) + "\n")
    Results(tmp_path / "out", SETTINGS).open(jobs[:1])
    assert (tmp_path / "mine.png").exists()
