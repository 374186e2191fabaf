"""The frames of a video or of a camera."""

import contextlib
import dataclasses
import os
import threading
import time

import cv2
import numpy as np

from jppnet_tf.system.errors import InputError

# OpenCV 4's, and since 5.0.
_set_log_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
USUAL_RATE = 25.0
"""Frames per second where a camera or a file does not say how many it gives."""
_FEW = 2
"""By how many frames a whole video may be shorter than it says: some count them by duration."""


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Attributes:
        number: from 0, those that were left out counted.
        seconds: since the beginning.
        rgb: uint8 [h, w, 3].
    """

    number: int
    seconds: float
    rgb: np.ndarray


class Video:
    """A video file, or a camera.

    Args:
        source: path of a file; or a number, a camera's.
        max_pixels: how many pixels a frame may hold.

    Attributes:
        name: what messages call it.
        rate: frames per second.
        count: how many frames the file says it holds; 0 if it does not, or if it is a camera.

    Raises:
        InputError: there is no such file or camera, or OpenCV cannot read it.
    """

    def __init__(self, source, max_pixels):
        self._is_camera = is_camera = isinstance(source, int)
        self.name = f"camera {source}" if is_camera else str(source)
        with _quiet():
            # Other ways to read files would take digits in a name for a series of pictures.
            way = cv2.CAP_V4L2 if is_camera else cv2.CAP_FFMPEG
            self._capture = cv2.VideoCapture(source if is_camera else str(source), way)
        if not self._capture.isOpened():
            reason = "not a video that OpenCV reads, or a damaged one"
            if is_camera:
                reason = "there is no such camera, or somebody else has it"
            elif not os.path.isfile(source):
                reason = "no such file"
            raise InputError(f"{self.name}: {reason}")
        width, height, rate, count = (
            self._capture.get(what)
            for what in (
                cv2.CAP_PROP_FRAME_WIDTH,
                cv2.CAP_PROP_FRAME_HEIGHT,
                cv2.CAP_PROP_FPS,
                cv2.CAP_PROP_FRAME_COUNT,
            )
        )
        if width * height > max_pixels:
            raise InputError(
                f"{self.name}: too large: frames of {width:.0f} x {height:.0f} pixels, the limit "
                f"is {max_pixels / 1e6:.4g} megapixels (--max_megapixels of tools/infer.py)"
            )
        self.rate = rate if 1 <= rate <= 1000 else USUAL_RATE
        self.count = int(count) if not is_camera and 0 < count < 1e9 else 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._capture.release()

    def read_all(self):
        """Every frame of a file.

        Yields:
            Frame.

        Raises:
            InputError: there are fewer frames than the file says.
        """
        number = 0
        while (rgb := self._read()) is not None:
            yield Frame(number, number / self.rate, rgb)
            number += 1
        if number == 0 or number < self.count - _FEW:
            raise InputError(
                f"{self.name}: damaged: {number} of {self.count or 'its'} frames can be read"
            )

    def read_newest(self):
        """The frames that are the newest whenever one is asked for; those between are left out.

        A file is played at its own rate, as a camera would show it.

        Yields:
            Frame; its `seconds` are those that have gone by.
        """
        newest, is_over, arrival = [], False, threading.Condition()

        def watch():
            nonlocal is_over
            begun, number = time.monotonic(), 0
            try:
                while not is_over and (rgb := self._read()) is not None:
                    if not self._is_camera:
                        time.sleep(max(0, begun + number / self.rate - time.monotonic()))
                    with arrival:
                        newest[:] = [Frame(number, time.monotonic() - begun, rgb)]
                        arrival.notify()
                    number += 1
            finally:
                with arrival:
                    is_over = True
                    arrival.notify()

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            while True:
                with arrival:
                    arrival.wait_for(lambda: newest or is_over)
                    if not newest:
                        return
                    frame = newest.pop()
                yield frame
        finally:
            is_over = True
            watcher.join()

    def _read(self):
        try:
            is_read, bgr = self._capture.read()
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB) if is_read else None
        except cv2.error:  # the end of what can be read, as well
            return None


@contextlib.contextmanager
def _quiet():
    """Keeps OpenCV from telling how it tried, and its reader of files from the network."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "protocol_whitelist;file")
    before = _set_log_level(0)
    try:
        yield
    finally:
        _set_log_level(before)
