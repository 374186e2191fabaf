import os
import pathlib
import signal
import types

import pytest

from jppnet_tf.runs import run
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.run import Run

JOBS = [Job(pathlib.Path(name), name) for name in "abcd"]


class FakeResults:
    """Of four jobs the first is finished; some of the others belong to another process."""

    def __init__(self, theirs=(), finished_by_others=(), is_shared=False):
        self._theirs = theirs
        self._ends = set(finished_by_others), is_shared
        self.is_complete = None

    def open(self, jobs):
        return jobs[1:]

    def claim_each(self, jobs, on_pass):
        for job in jobs:
            if job.name in self._theirs:
                on_pass(job)
            else:
                yield job

    def close(self, is_complete):
        self.is_complete = is_complete
        return self._ends


def counts(run):
    return run.predicted, len(run.failures), run.by_others, run.undone


def predict_with(reasons):
    def predict(jobs, on_end, is_stopping):
        for job in jobs:
            on_end(job, reasons.get(job.name))

    return predict


def test_all_are_predicted():
    results = FakeResults()
    run = Run(JOBS, results)
    run.predict(predict_with({}))
    assert counts(run) == (3, 0, 0, 0) and run.is_done and results.is_complete


def test_a_failure_stops_no_other():
    run = Run(JOBS, FakeResults())
    run.predict(predict_with({"b": "b: broken"}))
    assert counts(run) == (2, 1, 0, 0) and run.failures == ["b: broken"] and not run.is_done


@pytest.mark.parametrize(
    "finished, is_shared, expected, is_done",
    [
        ({"c", "d"}, False, (1, 0, 2, 0), True),
        ({"c"}, True, (1, 0, 1, 1), True),  # they are still at work on it
        ({"c"}, False, (1, 0, 1, 1), False),  # they were killed
    ],
)
def test_what_others_do_counts_as_theirs(finished, is_shared, expected, is_done):
    passed = []
    run = Run(JOBS, FakeResults({"c", "d"}, finished, is_shared))
    run.predict(predict_with({}), passed.append)
    assert passed == JOBS[2:]
    assert counts(run) == expected and run.is_done == is_done


def test_a_stop_leaves_the_others_undone():
    results = FakeResults()
    run = Run(JOBS, results)

    def predict(jobs, on_end, is_stopping):
        on_end(next(jobs), None)
        os.kill(os.getpid(), signal.SIGINT)
        assert is_stopping()

    with pytest.raises(KeyboardInterrupt):
        run.predict(predict)
    assert counts(run) == (1, 0, 0, 2) and not run.is_done and not results.is_complete


def test_what_was_done_before_an_error_is_counted():
    run = Run(JOBS, FakeResults())

    def predict(jobs, on_end, is_stopping):
        on_end(next(jobs), None)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run.predict(predict)
    assert counts(run) == (1, 0, 0, 2) and not run.is_done


@pytest.mark.parametrize("cores, threads", [(1, 2), (2, 3), (64, 3)])
def test_there_are_no_more_threads_than_the_machine_has_use_for(monkeypatch, cores, threads):
    asked = []

    class Recorded(run.Workers):
        def __init__(self, count):
            asked.append(count)
            super().__init__(count)

    monkeypatch.setattr(run, "Workers", Recorded)
    monkeypatch.setattr(run, "count_cores", lambda: cores)
    run.predict_jobs(types.SimpleNamespace(batch=1), [], None, lambda *_: None)
    assert asked == [threads]
