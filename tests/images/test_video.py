import struct
import time

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.images.video import USUAL_RATE, Video

ENOUGH = 10**6


def test_every_frame_of_a_file_has_its_number_and_time(tmp_path, save_video):
    path = save_video(tmp_path / "a.avi", 12, (48, 64), rate=20, code="MJPG")
    with Video(path, ENOUGH) as video:
        assert (video.rate, video.count) == (20, 12)
        found = list(video.read_all())
    assert [frame.number for frame in found] == list(range(12))
    np.testing.assert_allclose([frame.seconds for frame in found], np.arange(12) / 20)
    for number, frame in enumerate(found):
        assert frame.rgb.shape == (48, 64, 3)
        assert abs(frame.rgb.mean() - (20 + 5 * number)) < 2


def test_red_is_red(tmp_path):
    writer = cv2.VideoWriter(
        str(tmp_path / "a.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), 25, (32, 32)
    )
    writer.write(np.full((32, 32, 3), (0, 0, 250), np.uint8))  # OpenCV's order
    writer.release()
    with Video(tmp_path / "a.avi", ENOUGH) as video:
        assert next(video.read_all()).rgb[9, 9, 0] > 200


@pytest.mark.parametrize("name, code", [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_half_a_video_is_an_error(tmp_path, save_video, name, code):
    path = save_video(tmp_path / name, 50, code=code)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = f"{name}: (damaged: [0-9]+ of 50 frames|not a video .* or a damaged one)"
    with pytest.raises(InputError, match=message), Video(path, ENOUGH) as video:
        list(video.read_all())


def test_what_is_no_video(tmp_path, save_video):
    (tmp_path / "a.mp4").write_text("#EXTM3U\n#EXTINF:10,\nhttp://localhost:1/a.ts\n")
    (tmp_path / "empty.mp4").touch()
    for name, reason in [
        ("a.mp4", "not a video"), ("empty.mp4", "not a video"), ("b.mp4", "no such file")
    ]:  # fmt: skip
        with pytest.raises(InputError, match=f"{name}: {reason}"):
            Video(tmp_path / name, ENOUGH)
    with pytest.raises(InputError, match="camera 77: there is no such camera"):
        Video(77, ENOUGH)
    with pytest.raises(InputError, match="too large: frames of 64 x 48 pixels, the limit is 0.003"):
        Video(save_video(tmp_path / "c.mp4"), 3000)


def test_a_live_file_leaves_out_what_comes_meanwhile(tmp_path, save_video):
    path = save_video(tmp_path / "a.avi", 40, rate=100, code="MJPG")
    with Video(path, ENOUGH) as video:
        numbers = []
        for frame in video.read_newest():
            numbers.append(frame.number)
            assert abs(frame.rgb.mean() - (20 + 5 * frame.number)) < 2
            assert frame.seconds >= frame.number / 100
            time.sleep(0.05)
    assert numbers[-1] == 39 and len(numbers) < 30
    assert np.all(np.diff(numbers) > 0) and np.max(np.diff(numbers)) > 1


def test_a_camera_gives_what_is_newest_until_it_is_let_go(monkeypatch):
    class Camera:
        count, is_open = 0, True

        def __init__(self, source, way):
            assert (source, way) == (3, cv2.CAP_V4L2)

        def isOpened(self):  # noqa: N802
            return True

        def set(self, what, value):
            return False

        def get(self, what):
            return {cv2.CAP_PROP_FRAME_WIDTH: 8, cv2.CAP_PROP_FRAME_HEIGHT: 8}.get(what, 0)

        def read(self):
            assert self.is_open
            time.sleep(0.01)
            self.count += 1
            return True, np.full((8, 8, 3), self.count, np.uint8)

        def release(self):
            self.is_open = False

    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    with Video(3, ENOUGH) as video:
        assert (video.rate, video.count) == (USUAL_RATE, 0)
        found = video.read_newest()
        first = next(found)
        time.sleep(0.1)
        next(found)
        assert next(found).number > first.number + 2
        found.close()  # before the camera is given back: nobody reads from it any more


def test_what_fails_in_the_middle_is_at_its_end(monkeypatch, tmp_path, save_video):
    class Unplugged:
        def read(self):
            raise cv2.error("unplugged")

        def release(self):
            pass

    video = Video(save_video(tmp_path / "a.mp4"), ENOUGH)
    monkeypatch.setattr(video, "_capture", Unplugged())
    assert list(video.read_newest()) == []
    with pytest.raises(InputError, match="a.mp4: damaged: 0 of 12 frames can be read"):
        list(video.read_all())


def test_a_failure_of_the_live_thread_reaches_whoever_reads(monkeypatch, tmp_path, save_video):
    video = Video(save_video(tmp_path / "a.mp4"), ENOUGH)

    def fail():
        raise MemoryError("no room for a frame")

    monkeypatch.setattr(video, "_read", fail)
    with pytest.raises(MemoryError, match="no room for a frame"):
        list(video.read_newest())


def change_mp4(path, change):
    """Changes the content of an MP4 file: `change` is given it as a bytearray."""
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def turn(content, matrix):
    """Says in an MP4 file how its frames are to be turned: four numbers of the display matrix."""
    start = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (round(number * 65536) for number in matrix)
    content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


def slow_down(content, first, factor):
    """Lets all frames of an MP4 file after the first ones last longer."""
    start = content.index(b"stts")
    count, ticks = struct.unpack(">II", content[start + 12 : start + 20])
    entries = (first, ticks, count - first, factor * ticks)
    content[start + 8 : start + 20] = struct.pack(">5I", 2, *entries)
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts"):
        place = content.index(box) - 4
        size = struct.unpack(">I", content[place : place + 4])[0]
        content[place : place + 4] = struct.pack(">I", size + 8)
    place = content.index(b"edts")  # it says how long the video was
    content[place : place + 4] = b"free"


@pytest.mark.parametrize(
    "matrix, corner",
    [((1, 0, 0, 1), (0, 0)), ((0, 1, -1, 0), (0, -1)), ((-1, 0, 0, -1), (-1, -1)),
     ((0, -1, 1, 0), (-1, 0))],
)  # fmt: skip
def test_frames_are_upright(tmp_path, matrix, corner):
    path = tmp_path / "phone.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[:16, :16] = 255  # the upper left corner, as it is stored
    for _ in range(3):
        writer.write(frame)
    writer.release()
    change_mp4(path, lambda content: turn(content, matrix))
    with Video(path, ENOUGH) as video:
        frames = list(video.read_all())
    assert len(frames) == 3
    for found in frames:
        assert found.rgb.shape == ((64, 48, 3) if matrix[0] == 0 else (48, 64, 3))
        assert found.rgb[corner].min() > 200 and (found.rgb.mean(axis=2) > 128).mean() < 0.12


def test_each_frame_has_its_own_time(tmp_path, save_video):
    path = save_video(tmp_path / "a.mp4", 12, rate=10)
    change_mp4(path, lambda content: slow_down(content, 6, 5))
    with Video(path, ENOUGH) as video:
        times = [frame.seconds for frame in video.read_all()]
        assert video.rate == pytest.approx(10) and video.count == 12
    expected = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.1, 1.6, 2.1, 2.6, 3.1]
    np.testing.assert_allclose(times, expected, atol=1e-3)


def test_a_file_is_closed_again_after_an_error(tmp_path, save_video, monkeypatch):
    released, capture = [], cv2.VideoCapture

    class Watched:
        def __init__(self, *arguments):
            self._capture = capture(*arguments)

        def __getattr__(self, name):
            return getattr(self._capture, name)

        def release(self):
            released.append(1)
            self._capture.release()

    monkeypatch.setattr(cv2, "VideoCapture", Watched)
    with pytest.raises(InputError, match="too large"):
        Video(save_video(tmp_path / "a.mp4"), 3000)
    with pytest.raises(InputError, match="no such file"):
        Video(tmp_path / "b.mp4", ENOUGH)
    assert len(released) == 2
