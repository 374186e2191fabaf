import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.images.recording import OverlayVideo, write_note


def test_frames_come_back_in_order_and_of_even_size(tmp_path, read_video):
    video = OverlayVideo(tmp_path / "a.mp4", 10, (33, 47))
    for level in (10, 120, 240):
        video.add(np.full((33, 47, 3), (level, 0, 0), np.uint8))
    video.add(np.full((20, 20, 3), 128, np.uint8))  # fitted, where OpenCV would leave it out
    video.close()
    frames = read_video(tmp_path / "a.mp4")
    assert frames.shape == (4, 32, 46, 3)
    np.testing.assert_allclose(frames[:3, 10, 10, 0], [10, 120, 240], atol=20)


def test_frames_with_times_stay_until_the_next(tmp_path, read_video):
    video = OverlayVideo(tmp_path / "a.mp4", 10, (32, 32))
    for seconds, level in [(0.2, 20), (0.5, 100), (0.51, 160), (1.0, 240)]:
        video.add(np.full((32, 32, 3), level, np.uint8), seconds)
    video.close()
    levels = read_video(tmp_path / "a.mp4").mean(axis=(1, 2, 3))
    # The first one has no other before it.
    expected = [20] * 5 + [100, 160, 160, 160, 160, 240]
    np.testing.assert_allclose(levels, expected, atol=6)


def test_videos_that_cannot_be_written(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="missing/a.mp4: OpenCV cannot write a video of 32 x 32"):
        OverlayVideo(tmp_path / "missing/a.mp4", 10, (32, 32))
    video = OverlayVideo(tmp_path / "a.mp4", 10, (32, 32))
    video.add(np.zeros((32, 32, 3), np.uint8))
    video._count += 1  # as if the disk had not taken one
    with pytest.raises(OSError, match="a.mp4: the video could not be written whole"):
        video.close()


def test_a_note_is_written_into_the_upper_left_corner():
    picture = np.full((90, 160, 3), 120, np.uint8)
    write_note(picture, "12.3 / s")
    changed = np.argwhere((picture != 120).any(axis=2))
    assert changed.size and changed.max(axis=0)[0] < 45
