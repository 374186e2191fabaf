import cv2
import numpy as np
import pytest


@pytest.fixture
def save_video():
    """Function that writes a video of grey frames, each a little lighter than the one before."""

    def save(path, count=12, size_hw=(48, 64), rate=25, code="mp4v"):
        path.parent.mkdir(parents=True, exist_ok=True)
        way, code = cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code)
        writer = cv2.VideoWriter(str(path), way, code, rate, size_hw[::-1])
        for number in range(count):
            writer.write(np.full((*size_hw, 3), (20 + 5 * number) % 256, np.uint8))
        writer.release()
        return path

    return save


@pytest.fixture
def read_video():
    """Function that reads all frames of a video: uint8 [n, h, w, 3], RGB."""

    def read(path):
        capture, frames = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), []
        while (found := capture.read())[0]:
            frames.append(found[1][..., ::-1])
        return np.array(frames)

    return read
