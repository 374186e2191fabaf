"""Runs over images or videos: what they do, and how they end."""

import dataclasses
import itertools
import typing
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from jppnet_tf.images.reading import MAX_PIXELS, read_image
from jppnet_tf.runs.jobs import Job
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import count_cores
from jppnet_tf.system.processes import StopRequest, Workers, group_items

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.predicting import Predicts
    from jppnet_tf.runs.results import Results


class Run:
    """A run over jobs, where others may be at work in the same folder, and Ctrl-C may end it.

    Args:
        jobs: list of jobs.Job, all of them.
        results: results.Results; it is opened.

    Attributes:
        jobs: as given.
        left: list of those that were not finished before.
        by_others: how many of those left other processes finished meanwhile.
    """

    def __init__(self, jobs: Sequence[Job], results: "Results") -> None:
        self.jobs = jobs
        self.left = results.open(jobs)
        self.by_others = 0
        self._results = results
        self._reasons: dict[
            Job, str | None
        ] = {}  # of each job that came to its end; None of one that was predicted
        self._is_shared = False

    @property
    def failures(self) -> list[str]:
        """List of the reasons why some could not be done."""
        return [reason for reason in self._reasons.values() if reason is not None]

    @property
    def predicted(self) -> int:
        """How many were predicted here."""
        return len(self._reasons) - len(self.failures)

    @property
    def undone(self) -> int:
        """How many are left over."""
        return len(self.left) - len(self._reasons) - self.by_others

    @property
    def is_done(self) -> bool:
        """Whether nothing failed, and nothing is left over but what others are at work on."""
        return not self.failures and (not self.undone or self._is_shared)

    def predict(
        self, predict: Callable, on_pass: Callable[[Job], object] = lambda job: None
    ) -> None:
        """Predicts what no other process does.

        Args:
            predict: function of (iterable of jobs, on_end, is_stopping), as of `predict_jobs`.
            on_pass: function of a job that another process has begun.

        Raises:
            KeyboardInterrupt: Ctrl-C or SIGTERM ended it before its time.
        """
        others: set[str] = set()
        with StopRequest() as stop:
            try:
                claimed = self._results.claim_each(self.left, on_pass)
                predict(claimed, self._reasons.__setitem__, lambda: stop.made)
                is_complete = not stop.made or len(self._reasons) == len(self.left)
                others, self._is_shared = self._results.close(is_complete)
            finally:
                open_names = {job.name for job in self.left if job not in self._reasons}
                self.by_others = len(open_names & others)
        if stop.made and self.undone:
            raise KeyboardInterrupt


@dataclasses.dataclass
class _Sample:
    """One image on its way: what is known of it so far, or the reason why it got no further."""

    job: Job
    rgb: np.ndarray | None = None
    views: list | None = None
    inputs: list | None = None
    maps: list | None = None
    reason: str | None = None


def predict_jobs(
    predictor: "Predicts",
    jobs: Iterable[Job],
    results: "Results",
    on_end: Callable[[Job, str | None], object],
    is_stopping: Callable[[], bool] = lambda: False,
    max_pixels: int = MAX_PIXELS,
    allow_truncated: bool = False,
) -> None:
    """Predicts image after image, while the next are read and the last are written.

    Args:
        predictor: Predictor.
        jobs: iterable of jobs.Job; is asked for one only when that is to be read.
        results: results.Results, opened.
        on_end: function of (job, reason), called from other threads when an image is written
            (reason None), or could not be done (reason a str); such an image stops no other.
        is_stopping: function that is asked before each image whether to begin no other; what is
            under way is written.
        max_pixels, allow_truncated: as of `read_image`.

    Raises:
        InputError: the network's results are not finite.
        OSError: results cannot be written any more (disk full, say).
    """

    def read(job):
        try:
            rgb = read_image(job.file, max_pixels, allow_truncated)
            views = job.cut(rgb)
        except InputError as error:
            return _Sample(job, reason=str(error))
        return _Sample(job, rgb, views, [predictor.prepare(view) for view in views])

    def infer(samples):
        good = [sample for sample in samples if sample.reason is None]
        views = (inputs for sample in good for inputs in sample.inputs)
        groups = group_items(views, predictor.batch)
        maps = iter([found for group in groups for found in predictor.infer_together(group)])
        for sample in good:
            sample.maps = [next(maps) for _ in sample.inputs]
            sample.inputs = None
        return samples

    def write(sample):
        if sample.reason is None:
            found = [
                predictor.decode(maps, view.shape[:2])
                for maps, view in zip(sample.maps, sample.views, strict=True)
            ]
            prediction = sample.job.join(found, sample.rgb.shape[:2])
            try:
                results.write(sample.job, sample.rgb, prediction)
            except InputError as error:
                sample.reason = str(error)
        on_end(sample.job, sample.reason)

    # One reads, one writes, and a third helps whoever is behind, where there are cores for it.
    with Workers(min(3, count_cores() + 1)) as workers:
        read_ahead = (job.result() for job in workers.map_ahead(read, jobs, predictor.batch))
        going_on = itertools.takewhile(lambda _: not is_stopping(), read_ahead)
        groups = map(infer, group_items(going_on, predictor.batch))
        samples = (sample for group in groups for sample in group)
        for written in workers.map_ahead(write, samples, 2 * predictor.batch):
            written.result()
