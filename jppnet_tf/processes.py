"""Work shared out over processes."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal


def count_cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def map_jobs(function, jobs, processes=None, chunk=1, prepare=None):
    """Applies a function to jobs in several processes.

    Each process imports what it needs anew, since TensorFlow, should it be loaded, does not
    survive a fork; so `function` must be importable, and a script that calls this needs
    `if __name__ == "__main__":`. Ctrl-C is the calling process's to handle.

    Args:
        function: takes a job.
        jobs: list, of what can be pickled.
        processes: how many work at once; None for one per core, 1 for this one alone.
        chunk: how many jobs a process is given at a time.
        prepare: function of no argument that each other process calls first.

    Yields:
        What the function gives, in the order of the jobs.
    """
    processes = min(processes or count_cores(), len(jobs))
    if processes <= 1:
        yield from map(function, jobs)
        return
    context = multiprocessing.get_context("spawn")
    pool = concurrent.futures.ProcessPoolExecutor(processes, context, prepare)
    try:
        with _blocked_interrupt():
            results = pool.map(function, jobs, chunksize=chunk)
        yield from results
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _blocked_interrupt():
    """Holds Ctrl-C back; processes that start meanwhile never see it, not even as they import."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
