"""Videos from the first frame to results on disk."""

import collections
import contextlib
import dataclasses
import itertools
import json
import os
import subprocess
import sys
import time
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping

import cv2
import numpy as np

from jppnet_tf.images.drawing import draw_people
from jppnet_tf.images.reading import MAX_PIXELS
from jppnet_tf.images.recording import OverlayVideo, write_note
from jppnet_tf.images.video import Video
from jppnet_tf.predictions.formats.person_maps import colour_people
from jppnet_tf.predictions.tracking import Tracker
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.names import result_names
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import Workers

if typing.TYPE_CHECKING:
    from jppnet_tf.images.video import Frame
    from jppnet_tf.predictions.predicting import Predicts
    from jppnet_tf.runs.results import Results
    from jppnet_tf.runs.sources import Sources

_RECENT = 20
"""How many frames the rate is taken from that is drawn into a live video."""


@dataclasses.dataclass(frozen=True)
class Viewing:
    """How videos are looked at.

    Attributes:
        is_live: whether frames that come while the network works are left out, as a camera's are;
            else every frame is predicted.
        max_frames: after how many predicted frames a live video ends; None for its own end.
        is_shown: whether to show it in a window; q or Escape there ends it.
        max_pixels: how many pixels a frame may hold.
    """

    is_live: bool = False
    max_frames: int | None = None
    is_shown: bool = False
    max_pixels: int = MAX_PIXELS

    @contextlib.contextmanager
    def open(self, video: Video) -> "Iterator[Iterator[Frame]]":
        """The frames to predict."""
        frames = video.read_newest() if self.is_live else video.read_all()
        with contextlib.closing(frames):
            yield itertools.islice(frames, self.max_frames)


def name_videos(videos: "Sources | int", is_live: bool) -> dict[Job, str | int]:
    """What is to be done of videos.

    Args:
        videos: sources.Sources, or number of a camera.
        is_live: whether each time it is another one; its name has the time then.

    Returns:
        dict of jobs.Job to the path of its video, or the camera's number.
    """
    files: list[str | int]
    if isinstance(videos, int):
        files, names = [videos], [f"camera{videos}"]
    else:
        files, names = [*videos.files], result_names(videos.files, videos.root)
    if is_live:
        now = time.strftime("%Y%m%d-%H%M%S")
        jobs = [Job(f"{name}-{now}", f"{name}-{now}") for name in names]
    else:
        jobs = [Job(str(file), name) for file, name in zip(files, names, strict=True)]
    return dict(zip(jobs, files, strict=True))


def predict_videos(
    predictor: "Predicts",
    jobs: Iterable[Job],
    sources: Mapping[Job, str | int],
    results: "Results",
    viewing: Viewing,
    on_end: Callable[[Job, str | None], object],
    is_stopping: Callable[[], bool],
    track: "Callable[[Iterable[Frame], int], Iterable[Frame]]",
) -> None:
    """Predicts video after video.

    Args:
        predictor, results, viewing, is_stopping, track: as of `predict_video`.
        jobs: iterable of jobs.Job; is asked for one only when that is to be read.
        sources: dict of jobs to what `predict_video` takes.
        on_end: function of (job, reason) as of `runs.predict_jobs`.

    Raises:
        OSError: results cannot be written (disk full, say).
    """
    for job in jobs:
        try:
            if predict_video(predictor, job, sources[job], results, viewing, is_stopping, track):
                on_end(job, None)
        except InputError as error:
            on_end(job, str(error))
        if is_stopping():
            return


def predict_video(
    predictor: "Predicts",
    job: Job,
    source: str | os.PathLike | int,
    results: "Results",
    viewing: Viewing,
    is_stopping: Callable[[], bool],
    track: "Callable[[Iterable[Frame], int], Iterable[Frame]]",
) -> int:
    """Predicts a video: all of it, or nothing is written.

    Args:
        predictor: Predictor.
        job: jobs.Job.
        source: path of the video, or number of a camera.
        results: results.Results, opened.
        viewing: Viewing.
        is_stopping: function that is asked before each frame whether to stop. A live video ends
            there, of any other nothing is written.
        track: function of (iterable of frames, how many there are or 0), which gives the same.

    Returns:
        How many frames were predicted; 0 if it was stopped and nothing is written.

    Raises:
        InputError: the video cannot be read, or ends before its end; or no window can be shown.
        OSError: results cannot be written (disk full, say).
    """
    window = _Window(job.name) if viewing.is_shown else None
    is_cut = False

    def until_stopped(frames):
        nonlocal is_cut
        for frame in frames:
            if is_stopping() or (window and window.is_closed):
                is_cut = not viewing.is_live
                return
            yield frame

    if viewing.is_live:
        blank = np.zeros((8, 8, 3), np.uint8)
        predictor([blank] * predictor.batch)  # compiles, while nothing is missed
    with Video(source, viewing.max_pixels) as video, viewing.open(video) as frames:
        recording = _Recording(results.scratch(".mp4"), job, video.rate, viewing.is_live)
        try:
            with Workers(1) as workers:
                pairs = _predict_frames(predictor, until_stopped(track(frames, video.count)))
                for drawn in workers.map_ahead(recording.add, pairs):
                    picture = drawn.result()
                    if window:
                        window.show(picture)
            recording.close()
            if is_cut:
                return 0
            if not recording.records:
                raise InputError(f"{video.name}: stopped before its first frame")
            results.write_video(job, recording.path, recording.records)
        finally:
            recording.discard()
    return len(recording.records)


def _predict_frames(predictor, frames):
    """(Frame, Prediction) of each, people with ids that last.

    While the network is at work on one, the next is read.
    """
    begun: collections.deque[Frame] = collections.deque()

    def remember():
        for frame in frames:
            begun.append(frame)
            yield frame.rgb

    tracker = Tracker()
    for prediction in predictor.predict_each(remember()):
        yield begun.popleft(), tracker.follow(prediction)


class _Recording:
    """The overlay of a video on its way, and the records of its frames.

    Args:
        path: where the overlay is written first.
        job: jobs.Job.
        rate: frames per second.
        is_live: whether the rate of predictions is drawn.
    """

    def __init__(self, path, job, rate, is_live):
        self.path = path
        self.records = []  # as text, which takes a sixth of the memory
        self._job = job
        self._rate = rate
        self._is_live = is_live
        self._ends: collections.deque[float] = collections.deque(maxlen=_RECENT)
        self._video = None

    def add(self, pair):
        """Draws and records a (Frame, Prediction); the picture, uint8 [h, w, 3]."""
        frame, prediction = pair
        self._ends.append(time.monotonic())
        picture = self._draw(frame.rgb, prediction)
        if self._video is None:
            self._video = OverlayVideo(self.path, self._rate, picture.shape[:2])
        self._video.add(picture, frame.seconds)
        times = {"frame": frame.number, "time": round(frame.seconds, 4)}
        self.records.append(json.dumps(self._job.record(prediction) | times))
        return picture

    def _draw(self, rgb, prediction):
        """A frame under its parsing and skeletons, of the same size; live, with the rate."""
        people, joints = prediction.people.keypoints, prediction.joints
        regions, classes = colour_people(prediction)
        picture = draw_people(rgb, regions, people, classes, joints)
        if self._is_live and len(self._ends) >= 2:
            rate = (len(self._ends) - 1) / (self._ends[-1] - self._ends[0])
            write_note(picture, f"{rate:.1f} / s")
        return picture

    def close(self):
        """Ends the overlay, if one was begun.

        Raises:
            OSError: not all of it could be written.
        """
        if self._video is not None:
            self._video.close()

    def discard(self):
        """Releases and removes the file, if it is still there."""
        if self._video is not None:
            self._video.__exit__()
        self.path.unlink(missing_ok=True)


def can_show() -> bool:
    """Whether a window can be opened; tried in another process, since Qt ends one that cannot."""
    program = "import cv2; cv2.namedWindow('w'); cv2.waitKey(1)"
    tried = subprocess.run([sys.executable, "-c", program], capture_output=True)
    return tried.returncode == 0


class _Window:
    """Shows pictures; the person before it may close it by q or Escape.

    Raises:
        InputError: there is no display, or OpenCV was built without windows.
    """

    def __init__(self, title):
        self._title = title
        self.is_closed = False
        if not can_show():
            raise InputError("no window can be opened to show the video in: leave --show out")

    def show(self, rgb):
        """Shows a picture, and notes whether it was the last."""
        cv2.imshow(self._title, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        self.is_closed = cv2.waitKey(1) & 0xFF in (ord("q"), 27)
