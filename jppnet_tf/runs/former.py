"""What earlier runs left in an output folder."""

import functools
import json
import typing
from collections.abc import Collection, Iterator, Sequence

from jppnet_tf.runs import records
from jppnet_tf.runs.jobs import Job

if typing.TYPE_CHECKING:
    from jppnet_tf.runs.results import Results


class Former:
    """What earlier runs left in an output folder, looked at record by record.

    Args:
        results: Results.
        jobs: sequence of Job.
        theirs: names of images that other processes at work have to do with: all of those stays.
        is_current: whether the earlier runs' settings were the same.

    Attributes:
        counting: once read, for each line of the records, whether to keep it.
    """

    def __init__(
        self, results: "Results", jobs: Sequence[Job], theirs: Collection[str], is_current: bool
    ) -> None:
        self._results = results
        self._jobs = jobs
        self._numbers = {job.name: number for number, job in enumerate(jobs)}
        self._theirs = theirs
        self._is_current = is_current
        self._index = records.Index()
        self._dropped: dict[str, bool] = {}  # name -> whether its files go too
        self.counting = bytearray()

    def read(self, extents: Sequence[records.Extent]) -> list[Job]:
        """Reads all records; the jobs that are not finished."""
        finished = bytearray(len(self._jobs))
        for line in records.read_lines(extents):
            record = records.parse(line)
            if record is not None:
                number = self._numbers.get(record["name"])
                if number is None:
                    self._judge_foreign(record)
                else:
                    record["name"] = self._jobs[number].name  # one string for both
                    finished[number] = self._judge(self._jobs[number], record)
            self._index.add(record)
        self.counting = self._index.counting(but=self._dropped)
        counting = set(self._index.names())
        return [
            job
            for number, job in enumerate(self._jobs)
            if self._results.overwrite or not finished[number] or job.name not in counting
        ]

    def _judge(self, job, record):
        """Whether an image of this run is finished. Its last record decides."""
        is_recorded = self._is_current and job.is_of(record)
        self._dropped.pop(job.name, None)
        if job.name not in self._theirs and (self._results.overwrite or not is_recorded):
            self._dropped[job.name] = not is_recorded
        return is_recorded and self._results.has_files(job, record)

    def _judge_foreign(self, record):
        """Decides about a record of a name that no image of this run has."""
        self._dropped.pop(record["name"], None)
        if not self._is_current:
            self._dropped[record["name"]] = False
        elif not self._theirs and record.get("image") in self._files:
            self._dropped[record["name"]] = True  # it was called so before

    @functools.cached_property
    def _files(self):
        return {str(job.file) for job in self._jobs}

    def read_outdated(self, extents: Sequence[records.Extent]) -> Iterator[dict]:
        """The records whose files must go: of another image, or under a former name."""
        names = {name for name, is_gone in self._dropped.items() if is_gone}
        if names:
            flags = self._index.counting(only=names)
            yield from map(json.loads, records.read_counting(extents, flags))
