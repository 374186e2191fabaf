"""The frames of a video or of a camera."""

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Generator

import cv2
import numpy as np

from jppnet_tf.system.errors import InputError

# OpenCV 4's, and since 5.0.
_set_log_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
USUAL_RATE = 25.0
"""Frames per second where a camera or a file does not say how many it gives."""
_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
"""What a file says of its frames' orientation, in degrees -> what brings them upright."""
_EVEN = 0.1
"""By what share the times between frames may differ that are still called even."""
_HIGHEST_RATE = 120.0
"""Of an overlay whose frames are not evenly spaced."""
_FEW = 2
"""By how many frames a whole video may be shorter than it says: some count them by duration."""


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One picture.

    Attributes:
        number: from 0, those that were left out counted.
        seconds: since the beginning: of a file, by its own time stamps.
        rgb: uint8 [h, w, 3], upright.
    """

    number: int
    seconds: float
    rgb: np.ndarray


class Video:
    """A video file, or a camera; a context manager, which closes it.

    A file is looked through once before its first frame is given: for the time of each frame, and
    to refuse one that ends before its end before anybody has worked on it.

    Args:
        source: path of a file; or a number, a camera's.
        max_pixels: how many pixels a frame may hold.

    Attributes:
        name: what messages call it.
        rate: frames per second; of a file, so many that each frame can be shown at its own time.
        count: how many frames the file holds; 0 of a camera.

    Raises:
        InputError: there is no such file or camera, or OpenCV cannot read it, or it has fewer
            frames than it says.
    """

    def __init__(self, source: str | os.PathLike | int, max_pixels: float):
        self._source = source if isinstance(source, int) else os.fspath(source)
        self._is_camera = isinstance(source, int)
        self.name = f"camera {source}" if self._is_camera else str(self._source)
        self._capture = self._open()
        try:
            self._check_size(max_pixels)
            rate = self._capture.get(cv2.CAP_PROP_FPS)
            self.rate = rate if 1 <= rate <= 1000 else USUAL_RATE
            self._times = [] if self._is_camera else self._read_times()
            self.count = len(self._times)
        except BaseException:
            self._capture.release()
            raise

    def _open(self):
        with _quiet():
            # Other ways to read files would take digits in a name for a series of pictures.
            way = cv2.CAP_V4L2 if self._is_camera else cv2.CAP_FFMPEG
            capture = cv2.VideoCapture(self._source, way)
        if not capture.isOpened():
            capture.release()
            reason = "not a video that OpenCV reads, or a damaged one"
            if self._is_camera:
                reason = "there is no such camera, or another program is using it"
            elif not os.path.isfile(self._source):
                reason = "no such file"
            raise InputError(f"{self.name}: {reason}")
        # Some versions of OpenCV turn frames upright by themselves, others do not: none shall.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        self._turn = _TURNS.get(round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360)
        return capture

    def _check_size(self, max_pixels):
        width, height = (
            self._capture.get(what)
            for what in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        if width * height > max_pixels:
            raise InputError(
                f"{self.name}: too large: frames of {width:.0f} x {height:.0f} pixels, the limit "
                f"is {max_pixels / 1e6:.4g} megapixels (--max_megapixels of `jppnet infer`)"
            )

    def _read_times(self):
        """When each frame is shown, in seconds; sets the rate that they need."""
        claimed, times = self._capture.get(cv2.CAP_PROP_FRAME_COUNT), []
        while self._grab():
            times.append(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if not times or (claimed < 1e9 and len(times) < claimed - _FEW):
            known = int(claimed) if 0 < claimed < 1e9 else "its"
            raise InputError(f"{self.name}: damaged: {len(times)} of {known} frames can be read")
        self._capture.release()
        self._capture = self._open()
        steps = np.diff(times)
        if not (steps > 0).all():  # it has no time stamps that could be used
            return [number / self.rate for number in range(len(times))]
        if len(steps) and np.ptp(steps) > _EVEN * steps.max():
            self.rate = min(round(1 / steps.min(), 3), _HIGHEST_RATE)
        return [time - times[0] for time in times]

    def _grab(self):
        try:
            return self._capture.grab()
        except cv2.error:  # the end of what can be read, as well
            return False

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.release()

    def read_all(self) -> Generator[Frame, None, None]:
        """Every frame of a file.

        Raises:
            InputError: the file has become shorter meanwhile.
        """
        for number, seconds in enumerate(self._times):
            rgb = self._read()
            if rgb is None:
                raise InputError(
                    f"{self.name}: damaged: {number} of {self.count} frames can be read"
                )
            yield Frame(number, seconds, rgb)

    def read_newest(self) -> Generator[Frame, None, None]:
        """The frames that are the newest whenever one is asked for; those between are left out.

        A file is played at its own rate, as a camera would show it.

        Yields:
            Frame; its `seconds` are those that have gone by.
        """
        newest: list[Frame] = []
        failures: list[BaseException] = []
        is_over, arrival = False, threading.Condition()

        def watch():
            nonlocal is_over
            begun, number = time.monotonic(), 0
            try:
                while not is_over and (rgb := self._read()) is not None:
                    if number < len(self._times):
                        time.sleep(max(0, begun + self._times[number] - time.monotonic()))
                    with arrival:
                        newest[:] = [Frame(number, time.monotonic() - begun, rgb)]
                        arrival.notify()
                    number += 1
            except BaseException as failure:  # told where the frames are asked for
                failures.append(failure)
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
                        break
                    frame = newest.pop()
                yield frame
        finally:
            is_over = True
            watcher.join()
        if failures:
            raise failures[0]

    def _read(self):
        """The next frame, upright; None where there is none."""
        try:
            is_read, bgr = self._capture.read()
        except cv2.error:  # the end of what can be read, as well
            return None
        if not is_read:
            return None
        upright = bgr if self._turn is None else cv2.rotate(bgr, self._turn)
        return cv2.cvtColor(upright, cv2.COLOR_BGR2RGB)


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
