"""Videos of overlays."""

import os
from collections.abc import Sequence

import cv2
import numpy as np

from jppnet_tf.system.errors import InputError

_INK, _PAPER = (20, 20, 20), (255, 255, 255)


class OverlayVideo:
    """An MP4 file (MPEG-4 part 2) of frames of one size, each at its time.

    A context manager: closes the file where an error ends the block, without judging it.

    Args:
        path: the file; ends with .mp4.
        rate: frames per second.
        size_hw: of the frames; cut to even numbers, as the format wants them.

    Raises:
        InputError: OpenCV cannot write it.
    """

    def __init__(self, path: str | os.PathLike, rate: float, size_hw: Sequence[int]) -> None:
        self._path = path
        self._height, self._width = (side // 2 * 2 for side in size_hw)
        self._rate = rate
        self._count = 0
        size, code = (self._width, self._height), cv2.VideoWriter_fourcc(*"mp4v")
        self._last: np.ndarray  # the frame written last, if there is one
        self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, rate, size)
        if not self._writer.isOpened():
            raise InputError(
                f"{path}: OpenCV cannot write a video of {size[0]} x {size[1]} pixels there"
            )

    def __enter__(self) -> "OverlayVideo":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.release()

    def add(self, rgb: np.ndarray, seconds: float | None = None) -> None:
        """Adds a frame.

        Args:
            rgb: uint8 [h, w, 3].
            seconds: when it is shown; until then, the one before it stays. None is at once.
        """
        start = self._count if seconds is None else round(seconds * self._rate)
        while 0 < self._count < start:
            self._write(self._last)
        bgr = cv2.cvtColor(rgb[: self._height, : self._width], cv2.COLOR_RGB2BGR)
        if bgr.shape[:2] != (self._height, self._width):  # OpenCV would leave it out in silence
            bgr = cv2.resize(bgr, (self._width, self._height))
        self._last = bgr
        self._write(bgr)

    def _write(self, bgr):
        self._writer.write(bgr)
        self._count += 1

    def close(self) -> None:
        """Ends the file.

        Raises:
            OSError: not all of it could be written, which OpenCV does not tell.
        """
        self._writer.release()
        written = cv2.VideoCapture(str(self._path), cv2.CAP_FFMPEG)
        count = round(written.get(cv2.CAP_PROP_FRAME_COUNT))
        written.release()
        if count != self._count:
            raise OSError(f"{self._path}: the video could not be written whole; is the disk full?")


def write_note(picture: np.ndarray, note: str) -> None:
    """Writes a line into the upper left corner of a picture, uint8 [h, w, 3], in place."""
    size = max(0.4, picture.shape[0] / 900)
    place = (round(12 * size), round(32 * size))
    for colour, width in ((_INK, 5), (_PAPER, 2)):
        thickness = max(1, round(width * size))
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(picture, note, place, font, size, colour, thickness, cv2.LINE_AA)
