"""tools/infer.py as its user runs it, mostly in this process."""

import json
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from jppnet_tf.labels import LIP
from jppnet_tf.runs.sharing import FOLDER
from tests.detector_files import CELLS, place, write_detector
from tests.programs import ROOT, start_program


def counts_in(text):
    """What a run's last line counts, without the place of its results."""
    counts, _, place = text.splitlines()[-1].partition("; results are in ")
    assert place
    return counts


def test_a_network_that_parses_only(run_tool, small_caffemodel, save_photo, tmp_path):
    save_photo(tmp_path / "photos/a.jpg", 50, 40)
    output = tmp_path / "out"
    arguments = ("--weights", small_caffemodel, "--images", tmp_path / "photos", "--output", output)
    status, text, errors = run_tool("infer.py", *arguments)
    assert status == 0 and "1 predicted" in text, errors
    files = sorted(str(path.relative_to(output)) for path in output.rglob("*.*"))
    assert files == [
        "overlay/a.jpg", "parsing/a.png", "parsing/a_vis.png", "predictions.jsonl", "settings.json",
    ]  # fmt: skip
    settings = json.loads((output / "settings.json").read_text())
    assert settings["input_hw"] == [640, 640] and not (settings["mirror"] or settings["pose"])
    assert "1 finished before" in run_tool("infer.py", *arguments)[1]
    arguments = (*arguments[:-1], tmp_path / "new", "--format", "hf,vitonhd,coco")
    status, _, errors = run_tool("infer.py", *arguments)
    assert (status, errors) == (
        2, "error: no pose for the format vitonhd, coco: the network parses only\n"
    )  # fmt: skip
    status, _, errors = run_tool("infer.py", *arguments[:-1], "hf", "--least_score", "0.2")
    assert (status, errors) == (2, "error: no pose for --least_score: the network parses only\n")
    assert not (tmp_path / "new").exists()


def test_all_formats_at_once_and_again(run_tool, small_file, save_photo, tmp_path):
    save_photo(tmp_path / "photos/7.png", 60, 40)
    save_photo(tmp_path / "photos/sub/8.jpg", 30, 50, seed=1)
    output = tmp_path / "photos/out"  # inside the folder: results are no photographs
    arguments = ("--weights", small_file, "--images", tmp_path / "photos", "--output", output)
    arguments += ("--scales", "0.25", "--nomirror", "--subpixel", "--least_score=-100")
    formats = ("--format", "lip,cpvton,cpvton+,vitonhd,openpose18", "--format=openpose25")
    formats += ("--format", "mpi15,coco,hf")
    status, text, errors = run_tool("infer.py", *arguments, *formats)
    assert status == 0 and "2 predicted" in text, errors
    settings = json.loads((output / "settings.json").read_text())
    assert settings["subpixel"] is True and settings["least_score"] == -100
    record = json.loads((output / "predictions.jsonl").read_text().splitlines()[0])
    assert any(value % 1 for x, y, _ in record["keypoints"] for value in (x, y))
    assert [entry["image_id"] for entry in json.loads(
        (output / "coco/keypoints.json").read_text()
    )] == [7, 8]  # fmt: skip
    mask = json.loads((output / "hf/7.json").read_text())[-1]["mask"]
    for path, size in [
        ("cpvton/image-parse/7.png", (256, 192)), ("cpvton+/image-parse-new/sub/8.png", (256, 192)),
        ("vitonhd/openpose-img/sub/8_rendered.png", (1024, 768)), ("parsing/sub/8.png", (30, 50)),
        (f"hf/{mask}", (60, 40)),
    ]:  # fmt: skip
        picture = cv2.imread(str(output / path))
        assert picture is not None and picture.shape[:2] == size, path
    people = json.loads((output / "openpose25/sub/8_keypoints.json").read_text())["people"]
    assert len(people[0]["pose_keypoints_2d"]) == 75
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*.png")}
    status, text, _ = run_tool("infer.py", *arguments, "--format", "coco,hf,lip")
    assert status == 0 and "0 predicted, 2 finished before" in text
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*.png")} == before


def test_a_fast_look_with_what_this_machine_has(run_tool, small_file, save_photo, tmp_path):
    save_photo(tmp_path / "a.jpg")
    command = (
        "infer.py", "--weights", small_file, "--output", tmp_path / "results", tmp_path / "a.jpg",
        "--fast", "--precision", "float16",
    )  # fmt: skip
    status, _, errors = run_tool(*command)
    assert status == 2 and "float16 is for GPUs" in errors and not (tmp_path / "results").exists()
    status, text, errors = run_tool(*command, "--fallback", "--batch", 2)
    assert status == 0 and "falling back to tensorflow, float32: precision float16" in errors
    settings = json.loads((tmp_path / "results/settings.json").read_text())
    assert (settings["scales"], settings["mirror"]) == ([1], False)
    assert (settings["backend"], settings["precision"]) == ("tensorflow", "float32")
    status, _, errors = run_tool(*command, "--scales", "1")
    assert status == 2 and "--fast is --scales 1 --nomirror: give either" in errors


def test_a_format_that_is_none(run_tool, tmp_path):
    status, _, errors = run_tool(
        "infer.py", "--weights", "w", "--output", tmp_path / "out", "--format", "lip,voc", "a.jpg"
    )
    assert status == 2 and errors.startswith("error: no format voc; there are lip, palette, ")
    assert errors.count("\n") == 1 and not (tmp_path / "out").exists()


def test_a_folder_of_all_sorts(run_tool, small_file, save_photo, tmp_path):
    photos = tmp_path / "my photos"
    save_photo(photos / "a.jpg", 50, 40)
    save_photo(photos / "a.png", 30, 60, seed=1)
    save_photo(photos / "sub/写真 1.webp", 33, 20, seed=2)
    (photos / "sub/broken.jpg").write_bytes((photos / "a.jpg").read_bytes()[:-200])
    output = photos / "out"  # inside the folder: results are no photographs
    arguments = ("--weights", small_file, "--images", photos, "--output", output, "--scales", "0.5")
    status, text, errors = start_program("infer.py", *arguments)
    assert status == 1, errors
    assert "3 predicted, 0 finished before, 1 failed" in text and "oneDNN" not in errors
    assert "broken.jpg: damaged" in errors and "Traceback" not in errors
    for name, size in [("a.jpg", (50, 40)), ("a.png", (30, 60)), ("sub/写真 1", (33, 20))]:
        ids = cv2.imread(str(output / f"parsing/{name}.png"), cv2.IMREAD_UNCHANGED)
        assert ids.shape == size and ids.dtype == np.uint8 and ids.max() < 20
        colours = cv2.imread(str(output / f"parsing/{name}_vis.png"))[..., ::-1]
        np.testing.assert_array_equal(colours, np.array(LIP.palette)[ids])
        points = [int(word) for word in (output / f"pose/{name}.txt").read_text().split()]
        assert len(points) == 32
        assert max(points[::2]) < size[1] and max(points[1::2]) < size[0]
        assert cv2.imread(str(output / f"overlay/{name}.jpg")).shape[0] >= 300
    records = [json.loads(line) for line in (output / "predictions.jsonl").open()]
    assert sorted(record["name"] for record in records) == ["a.jpg", "a.png", "sub/写真 1"]
    assert sum(records[0]["pixels"].values()) == records[0]["width"] * records[0]["height"]

    status, text, errors = run_tool("infer.py", *arguments, "--damaged_images", "use")
    assert status == 0 and "1 predicted, 3 finished before, 0 failed" in text
    assert (output / "parsing/sub/broken.png").exists()
    status, text, errors = run_tool("infer.py", *arguments, "--nomirror")
    assert (status, errors.count("\n")) == (2, 1)
    assert "results of another run: mirror differ" in errors
    (photos / "list.txt").write_text("/a.jpg\nsub/写真 1\n")
    options = ("--nomirror", "--overwrite", "--list", photos / "list.txt")
    options += ("--max_megapixels", "0.001")
    status, text, errors = run_tool("infer.py", *arguments, *options)
    assert status == 1 and "1 predicted, 0 finished before, 1 failed" in text
    assert "failed: " in errors and "a.jpg: too large: 40 x 50 pixels, the limit is 0.001" in errors
    settings = json.loads((output / "settings.json").read_text())
    assert (settings["scales"], settings["mirror"]) == ([0.5], False)


@pytest.mark.parametrize("what", ["weights", "images", "scales"])
def test_nothing_is_written_when_the_start_is_wrong(
    run_tool, small_file, save_photo, tmp_path, what
):
    save_photo(tmp_path / "photos/a.jpg")
    flags = {"weights": small_file, "images": tmp_path / "photos", "scales": "1"}
    flags[what] = tmp_path / "missing"
    status, _, errors = run_tool(
        "infer.py",
        "--output",
        tmp_path / "out",
        *(f"--{name}={value}" for name, value in flags.items()),
    )
    assert status == 2
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert "missing" in errors and not (tmp_path / "out").exists()


PARTS = f"{FOLDER}/[0-9]*-*.jsonl"
"""Where the processes at work in an output folder keep their records."""


def count_records(output):
    """Lines of predictions.jsonl and of the parts that are not in it yet."""
    files = [output / "predictions.jsonl", *output.glob(PARTS)]
    return sum(path.read_text().count("\n") for path in files if path.exists())


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on_to_the_same_results(
    run_tool, small_file, save_photo, tmp_path, how
):
    count = 40
    for number in range(count):
        save_photo(tmp_path / f"photos/{number:02}.png", 300, 200, seed=number)

    def arguments(output):
        images = ["--images", tmp_path / "photos", "--scales", "1", "--nomirror"]
        return ["--weights", small_file, *images, "--output", output]

    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run_tool("infer.py", *arguments(whole))[0] == 0
    command = [sys.executable, ROOT / "tools/infer.py", *map(str, arguments(stopped))]
    process = subprocess.Popen(
        command, env={"PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        # A shell that runs the tests in the background would have it ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.time() + 300
    while time.time() < deadline and count_records(stopped) <= 2:
        time.sleep(0.02)
    process.send_signal(how)
    text, _ = process.communicate(timeout=300)
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    finished = count_records(stopped)
    assert 2 < finished < count
    if how == signal.SIGINT:  # what was begun is whole, and counted
        assert (
            counts_in(text)
            == f"{finished} predicted, 0 finished before, 0 failed, {count - finished} left"
        )
        assert not list(stopped.rglob("*.part"))
    status, text, _ = run_tool("infer.py", *arguments(stopped))
    assert status == 0 and f"{finished} finished before" in text

    def contents(output):
        files = {
            path.relative_to(output): path.read_bytes()
            for path in output.rglob("*") if path.is_file() and path.name != "predictions.jsonl"
        }  # fmt: skip
        return files, sorted((output / "predictions.jsonl").read_text().splitlines())

    assert contents(stopped) == contents(whole)


@pytest.mark.slow
def test_processes_share_a_folder_though_one_is_killed(run_tool, small_file, save_photo, tmp_path):
    count, output = 80, tmp_path / "out"
    for number in range(count):
        save_photo(tmp_path / f"photos/{number:02}.png", 300, 200, seed=number)
    arguments = ["--weights", small_file, "--images", tmp_path / "photos", "--output", output]
    arguments += ["--scales", "1", "--nomirror"]
    command = [sys.executable, ROOT / "tools/infer.py", *map(str, arguments)]
    processes = [
        subprocess.Popen(
            command, env={"PYTHONPATH": str(ROOT)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    deadline = time.time() + 300
    parts = []
    while time.time() < deadline and len(parts) < 2:  # until both have done something
        time.sleep(0.02)
        parts = [path for path in output.glob(PARTS) if path.read_text().count("\n")]
    processes[0].kill()
    text, errors = processes[1].communicate(timeout=300)
    assert processes[1].returncode == 0, errors
    processes[0].communicate()
    # The other one has taken over what the killed one had begun, and made all one file.
    predicted, others = (int(text.split(f" {what}")[0].split()[-1]) for what in ("pred", "by"))
    assert predicted > 0 < others and predicted + others == count, text
    records = [json.loads(line) for line in (output / "predictions.jsonl").open()]
    assert sorted(record["name"] for record in records) == [f"{n:02}" for n in range(count)]
    assert len(list((output / "parsing").glob("*_vis.png"))) == count
    status, text, _ = run_tool("infer.py", *arguments)
    assert status == 0 and counts_in(text) == f"0 predicted, {count} finished before, 0 failed"
    assert not list(output.rglob("*.part")) and not (output / FOLDER).exists()


def save_video(path, count):
    code = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 10, (48, 32))
    for number in range(count):
        writer.write(np.full((32, 48, 3), 20 * number, np.uint8))
    writer.release()


def test_videos(run_tool, small_file, tmp_path):
    for name, count in (("a", 7), ("b", 5)):
        save_video(tmp_path / f"{name}.mp4", count)
    (tmp_path / "c.mp4").write_bytes((tmp_path / "a.mp4").read_bytes()[:-200])
    output = tmp_path / "out"
    arguments = ("--weights", small_file, "--images", tmp_path / "*.mp4", "--output", output)
    arguments += ("--scales", "0.25", "--nomirror")
    status, text, errors = run_tool("infer.py", *arguments)
    assert status == 1 and counts_in(text) == "2 predicted, 0 finished before, 1 failed", errors
    assert "failed: " in errors and "c.mp4: " in errors and "Traceback" not in errors
    records = [json.loads(line) for line in (output / "predictions.jsonl").open()]
    assert [(record["name"], record["frame"]) for record in records] == [
        *(("a", number) for number in range(7)), *(("b", number) for number in range(5)),
    ]  # fmt: skip
    overlay = cv2.VideoCapture(str(output / "overlay/a.mp4"))
    assert [overlay.get(what) for what in (
        cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FPS
    )] == [7, 48, 10]  # fmt: skip
    (tmp_path / "c.mp4").unlink()
    status, text, _ = run_tool("infer.py", *arguments)
    assert status == 0 and counts_in(text) == "0 predicted, 2 finished before, 0 failed"


@pytest.mark.slow
def test_each_live_video_is_another_one(run_tool, small_file, tmp_path):
    save_video(tmp_path / "a.mp4", 12)
    output = tmp_path / "out"
    arguments = ("--weights", small_file, "--images", tmp_path / "a.mp4", "--output", output)
    arguments += ("--scales", "0.25", "--nomirror", "--live", "--max_frames")
    for count in (2, 1):
        status, text, errors = run_tool("infer.py", *arguments, count)
        assert status == 0 and counts_in(text) == "1 predicted, 0 finished before, 0 failed", errors
    assert len(list((output / "overlay").glob("a-2*.mp4"))) == 2
    assert len((output / "predictions.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    "flags, reason",
    [
        (["there.mp4", "--format", "coco"], "--format goes with images only"),
        (["a.jpg", "--live"], "--live goes with videos only"),
        (["there.mp4", "--max_frames", 3], "--max_frames goes with a camera or --live"),
        (["a.mp4"], "a.mp4: no such video"),
    ],
)
def test_flags_that_do_not_go_together(run_tool, tmp_path, flags, reason):
    (tmp_path / "there.mp4").touch()
    status, _, errors = run_tool(
        "infer.py", "--weights", "w", "--output", "out", *flags,
        cwd=tmp_path,
    )  # fmt: skip
    assert status == 2 and errors.startswith(f"error: {reason}") and errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_people_in_boxes(run_tool, small_file, save_photo, tmp_path):
    for number, name in enumerate("abc"):
        save_photo(tmp_path / f"photos/{name}.png", 60, 90, seed=number)
    images = [{"id": 4, "file_name": "a.png"}, {"id": 5, "file_name": "x.png"}]
    people = [{"image_id": 4, "bbox": [0, 0, 40, 60]}, {"image_id": 4, "bbox": [40, 5, 50, 50]}]
    people.append({"image_id": 5, "bbox": [0, 0, 9, 9]})
    boxes, output = tmp_path / "boxes.json", tmp_path / "out"
    boxes.write_text(json.dumps({"images": images, "annotations": people}))
    arguments = ("--weights", small_file, "--images", tmp_path / "photos", "--output", output)
    arguments += ("--scales", "0.25", "--nomirror", "--boxes", boxes)
    status, text, errors = run_tool("infer.py", *arguments, "--format", "lip,coco")
    assert status == 0, errors
    assert text.splitlines() == [
        "2 of 3 images have no box, and are left out",
        f"{boxes}: 1 of its images are not among those given",
        f"1 predicted, 0 finished before, 0 failed; results are in {output}",
    ]
    (record,) = (json.loads(line) for line in (output / "predictions.jsonl").open())
    assert [person["box"] for person in record["people"]] == [[0, 0, 40, 60], [40, 5, 50, 50]]
    assert cv2.imread(str(output / "parsing/a.png"), cv2.IMREAD_UNCHANGED).shape == (60, 90)
    results = json.loads((output / "coco/keypoints.json").read_text())
    assert [result["image_id"] for result in results] == [4, 4]
    boxes.write_text(json.dumps([{"file_name": "a.png", "bbox": [0, 0, 0, 9]}]))
    status, _, errors = run_tool("infer.py", *arguments)
    assert status == 2 and errors.startswith(f"error: {boxes}, entry 0: bbox must have a width")
    status, _, errors = run_tool("infer.py", *arguments, "--format", "vitonhd")
    assert status == 2 and "the format vitonhd knows one person" in errors


@pytest.fixture
def couple_detector(tmp_path):
    """Finds two people in images of 60 x 90: (10, 5, 20, 40) and (50, 10, 30, 45)."""
    factor, values = 640 / 90, np.zeros((1, CELLS, 85), np.float32)
    for cell, (x, y, width, height), score in (
        (0, (10, 5, 20, 40), 0.9),
        (1, (50, 10, 30, 45), 0.6),
    ):
        middle = (x + width / 2) * factor / 8 - cell, (y + height / 2) * factor / 8
        place(values, cell, *middle, width * factor, height * factor, 8, 1, score)
    return write_detector(tmp_path / "couple.onnx", values)


def test_people_who_are_found(run_tool, small_file, couple_detector, save_photo, tmp_path):
    for number, name in enumerate("ab"):
        save_photo(tmp_path / f"photos/{name}.png", 60, 90, seed=number)
    output = tmp_path / "out"
    arguments = ("--weights", small_file, "--images", tmp_path / "photos", "--output", output)
    arguments += ("--scales", "0.25", "--nomirror", "--people", "auto", "--detector")
    status, text, errors = run_tool("infer.py", *arguments, couple_detector)
    assert status == 0 and counts_in(text) == "2 predicted, 0 finished before, 0 failed", errors
    records = [json.loads(line) for line in (output / "predictions.jsonl").open()]
    for record in records:
        assert [person["id"] for person in record["people"]] == [1, 2]
        assert [person["score"] for person in record["people"]] == pytest.approx([0.9, 0.6])
        owners = cv2.imread(str(output / f"person/{record['name']}.png"), cv2.IMREAD_UNCHANGED)
        parsing = cv2.imread(str(output / f"parsing/{record['name']}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(owners > 0, parsing > 0)
        counts = np.bincount(owners.ravel(), minlength=3)[1:].tolist()
        assert counts == [person["pixels"] for person in record["people"]] and sum(counts)
        np.testing.assert_allclose(record["people"][1]["box"], [50, 10, 30, 45], atol=0.01)
        assert len(record["people"][0]["keypoints"]) == 16
    assert (output / "person/a_vis.png").is_file() and (output / "overlay/a.jpg").is_file()
    status, text, _ = run_tool("infer.py", *arguments, couple_detector, "--format=cihp,mhp,lip")
    assert status == 0 and counts_in(text) == "2 predicted, 0 finished before, 0 failed"
    assert (output / "mhp/results.txt").read_text().splitlines()[0].startswith("a 1 0.9000")
    status, text, _ = run_tool("infer.py", *arguments, couple_detector)
    assert status == 0 and counts_in(text) == "0 predicted, 2 finished before, 0 failed"
    status, _, errors = run_tool("infer.py", *arguments, couple_detector, "--least_person", "0.7")
    assert status == 2 and "least_person differ" in errors
    status, _, errors = run_tool("infer.py", *arguments, "figures_lip_net")
    assert (status, errors) == (
        2, "error: the weights of the detector are of a network that labels one person\n"
    )  # fmt: skip


@pytest.mark.parametrize("flags, reason", [
    (["--detector", "d.onnx"], "--detector goes with --people auto"),
    (["--box_margin", "0.2"], "--box_margin goes with --people"),
    (["--people", "auto", "--least_box_score", "0.2"], "--least_box_score goes with --people FILE"),
    (["--format", "person"], "the format person is for several people: pass --people"),
])  # fmt: skip
def test_flags_of_people_that_do_not_go_together(
    run_tool, small_file, save_photo, tmp_path, flags, reason
):
    save_photo(tmp_path / "a.png", 20, 30)
    arguments = "--weights", small_file, "--output", tmp_path / "out", tmp_path / "a.png"
    status, _, errors = run_tool("infer.py", *arguments, *flags)
    assert status == 2 and errors.startswith(f"error: {reason}")
    assert not (tmp_path / "out").exists()
