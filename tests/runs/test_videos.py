import dataclasses
import json

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.images.masks import decode_mask
from jppnet_tf.inference.people import PeoplePredictor
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.boxes import Box
from jppnet_tf.runs import videos
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results
from jppnet_tf.runs.videos import Viewing, predict_video

SETTINGS = {"checksum": "abc", "scales": [1.0], "mirror": False, "pose": True}

ALL = Viewing()


@pytest.fixture(scope="module")
def predictor(small_model):
    return Predictor(small_model, (1,), mirror=False, input_hw=(32, 32))


def open_results(output, jobs):
    results = Results(output, SETTINGS, chosen=(formats.VIDEO,))
    return results, results.open(jobs)


def predict(predictor, job, source, results, viewing=ALL, is_stopping=lambda: False):
    return predict_video(
        predictor, job, source, results, viewing, is_stopping, lambda frames, count: frames
    )


def read_records(output):
    return [json.loads(line) for line in (output / "predictions.jsonl").read_text().splitlines()]


def test_a_video_becomes_an_overlay_and_a_record_a_frame(
    tmp_path, predictor, save_video, read_video
):
    path, output = save_video(tmp_path / "clip.avi", 12, rate=20, code="MJPG"), tmp_path / "out"
    job = Job(path, "sub/clip")
    results, left = open_results(output, [job])
    assert left == [job] and predict(predictor, job, path, results) == 12
    results.close()
    assert read_video(output / "overlay/sub/clip.mp4").shape == (12, 48, 64, 3)
    records = read_records(output)
    assert [record["frame"] for record in records] == list(range(12))
    assert [record["time"] for record in records] == [round(n / 20, 4) for n in range(12)]
    assert {record["name"] for record in records} == {"sub/clip"}
    assert records[3]["width"] == 64 and len(records[3]["keypoints"]) == 16
    assert [record.get("frames") for record in records] == [None] * 11 + [12]
    # Finished, until it is another video, or its overlay is gone, or a record.
    assert open_results(output, [job])[1] == []
    (output / "overlay/sub/clip.mp4").rename(output / "kept.mp4")
    assert open_results(output, [job])[1] == [job]
    (output / "kept.mp4").rename(output / "overlay/sub/clip.mp4")
    text = (output / "predictions.jsonl").read_text()
    (output / "predictions.jsonl").write_text(text.replace('"frame": 5', '"framed": 5'))
    assert open_results(output, [job])[1] == [job]
    (output / "predictions.jsonl").write_text(text)
    assert open_results(output, [job])[1] == []
    save_video(path, 5)
    results, left = open_results(output, [job])
    assert left == [job] and not (output / "overlay/sub/clip.mp4").exists()
    assert predict(predictor, job, path, results) == 5
    results.close()
    assert len(read_records(output)) == 5


def test_frames_are_predicted_as_photographs(tmp_path, predictor, save_video):
    path, output = save_video(tmp_path / "clip.mp4", 3), tmp_path / "out"
    results, _ = open_results(output, [Job(path, "clip")])
    seen = []

    class Watched:
        def predict_each(self, images):
            for image in images:
                seen.append(image)
                yield predictor(image)

    predict(Watched(), Job(path, "clip"), path, results)
    results.close()
    for record, rgb in zip(read_records(output), seen, strict=True):
        keypoints = np.array(record["keypoints"], np.float32)
        np.testing.assert_allclose(keypoints, predictor(rgb).keypoints, atol=0.006)


def test_a_video_that_is_stopped_leaves_nothing(tmp_path, predictor, save_video):
    path, output = save_video(tmp_path / "clip.mp4"), tmp_path / "out"
    results, _ = open_results(output, [Job(path, "clip")])
    asked = iter([False] * 4 + [True])
    stopped = predict(predictor, Job(path, "clip"), path, results, is_stopping=lambda: next(asked))
    assert stopped == 0
    assert not list(output.rglob("*.mp4")) and not results.close(False)[0]
    assert [path.name for path in output.iterdir() if path.is_file()] == [
        "predictions.jsonl", "settings.json",
    ]  # fmt: skip
    assert read_records(output) == []


def test_a_damaged_video_leaves_nothing(tmp_path, predictor, save_video):
    path, output = save_video(tmp_path / "a.avi", 50, code="MJPG"), tmp_path / "out"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    results, _ = open_results(output, [Job(path, "a")])
    with pytest.raises(InputError, match="a.avi: damaged: [0-9]+ of 50 frames can be read"):
        predict(predictor, Job(path, "a"), path, results)
    results.close()
    assert not list(output.rglob("*.mp4")) and read_records(output) == []


def test_a_live_video_is_whole_when_it_is_stopped(tmp_path, predictor, save_video, read_video):
    path, output = save_video(tmp_path / "clip.mp4", 40, rate=50), tmp_path / "out"
    job = Job(tmp_path / "clip-now", "clip-now")
    results, _ = open_results(output, [job])
    asked = iter([False] * 4 + [True])
    count = predict(predictor, job, path, results, Viewing(is_live=True), lambda: next(asked))
    results.close()
    assert count == len(read_records(output)) == 4
    results, _ = open_results(output, [job])
    assert predict(predictor, job, path, results, Viewing(is_live=True, max_frames=2)) == 2
    results.close()
    records = read_records(output)
    assert len(records) == 2
    numbers = [record["frame"] for record in records]
    assert numbers[0] < numbers[1]
    # A frame stays in the overlay until the next was there.
    frames = read_video(output / "overlay/clip-now.mp4")
    assert len(frames) == max(2, round(records[1]["time"] * 50) + 1)


def test_a_window_needs_a_display_and_may_be_closed(tmp_path, predictor, save_video, monkeypatch):
    path = save_video(tmp_path / "clip.mp4", 40, rate=50)
    job = Job(tmp_path / "clip-now", "clip-now")
    results, _ = open_results(tmp_path / "out", [job])
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    viewing = Viewing(is_live=True, is_shown=True)
    with pytest.raises(InputError, match="no window can be opened to show the video in"):
        predict(predictor, job, path, results, viewing)
    shown = []
    monkeypatch.setattr(videos, "can_show", lambda: True)
    monkeypatch.setattr(videos.cv2, "imshow", lambda title, picture: shown.append(picture))
    monkeypatch.setattr(videos.cv2, "waitKey", lambda _: ord("q") if len(shown) == 2 else -1)
    count = predict(predictor, job, path, results, viewing)
    assert 2 <= len(shown) == count < 10 and shown[0].shape == (48, 64, 3)


def test_an_overlay_keeps_the_timing_of_its_video(tmp_path, predictor, save_video, read_video):
    path = save_video(tmp_path / "clip.mp4", 6, rate=10)
    job = Job(path, "clip")
    results, _ = open_results(tmp_path / "out", [job])
    with videos.Video(path, 10**6) as video:
        times = [0, 0.1, 0.2, 0.3, 0.8, 1.3]
        frames = [
            dataclasses.replace(frame, seconds=seconds)
            for frame, seconds in zip(video.read_all(), times, strict=True)
        ]
    recording = videos._Recording(results.scratch(".mp4"), job, 10, is_live=False)
    for pair in videos._predict_frames(predictor, frames):
        recording.add(pair)
    recording.close()
    assert len(read_video(recording.path)) == 14  # the last one begins at 1.3 s
    assert [json.loads(record)["time"] for record in recording.records] == times
    recording.discard()
    assert not recording.path.exists()


class Strollers:
    """Finds two people who walk through each other's places, listed in changing order."""

    least_person = 0.5

    def __init__(self):
        self.frame = 0

    def find(self, images):
        found = []
        for _ in images:
            step = 2.0 * self.frame
            boxes = [Box(2 + step, 2, 20, 40, score=0.9), Box(40 - step, 2, 18, 44, score=0.8)]
            found.append(tuple(boxes[:: -1 if self.frame % 2 else 1]))
            self.frame += 1
        return found


def test_people_keep_their_ids_from_frame_to_frame(tmp_path, small_model, save_video):
    path, output = save_video(tmp_path / "clip.mp4", 5), tmp_path / "out"
    predictor = Predictor(small_model, (1,), False, (32, 32), class_scores=True)
    job = Job(path, "clip")
    results, _ = open_results(output, [job])
    assert predict(PeoplePredictor(predictor, Strollers()), job, path, results) == 5
    results.close()
    for number, record in enumerate(read_records(output)):
        boxes = {person["id"]: person["box"] for person in record["people"]}
        assert boxes == {1: [2 + 2 * number, 2, 20, 40], 2: [40 - 2 * number, 2, 18, 44]}
        areas = [decode_mask(p["mask"], (48, 64)).sum() for p in record["people"]]
        assert areas == [person["pixels"] for person in record["people"]] and any(areas)
