"""Work shared out over processes and threads, and requests to stop it."""

import collections
import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import count_cores


def map_jobs(
    function: Callable,
    jobs: Sequence,
    processes: int | None = None,
    chunk: int = 1,
    prepare: Callable[[], object] | None = None,
) -> Generator:
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


_users: set[int] = set()  # the process that uses TensorFlow, if one does


def refuse_forks() -> None:
    """Notes that this process uses TensorFlow from now on, which after a fork waits for ever.

    Raises:
        InputError: this process was forked from one that did.
    """
    if _users - {os.getpid()}:
        raise InputError(
            "this process was forked from one that had made a Predictor, and TensorFlow does not "
            'survive that: start processes by multiprocessing\'s "spawn", or make the first '
            "Predictor after the fork"
        )
    _users.add(os.getpid())


@contextlib.contextmanager
def _blocked_interrupt():
    """Holds Ctrl-C back; processes that start meanwhile never see it, not even as they import."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def group_items(items: Iterable, size: int) -> Iterator[list]:
    """Yields lists of up to `size` items, in their order; asks for an item only when it must."""
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        yield group


class Workers(concurrent.futures.ThreadPoolExecutor):
    """Threads that work a little ahead of a loop, or a little behind it."""

    def map_ahead(
        self, function: Callable, items: Iterable, ahead: int = 1
    ) -> Iterator[concurrent.futures.Future]:
        """Calls function(item) on other threads.

        Args:
            function: what to call.
            items: iterable; is asked for an item only when that is to be begun.
            ahead: how many calls may be under way beyond the one that is yielded.

        Yields:
            Futures, in the items' order.
        """
        begun: collections.deque[concurrent.futures.Future] = collections.deque()
        for item in items:
            begun.append(self.submit(function, item))
            if len(begun) > ahead:
                yield begun.popleft()
        yield from begun

    def __exit__(self, *error: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


class StopRequest:
    """Ctrl-C and SIGTERM while it is entered: noted, so that what is under way can be finished.

    A second one ends the process at once, even in the middle of a long call into a library.

    Attributes:
        made: whether one was made.
    """

    def __init__(self) -> None:
        self.made = False
        self._earlier: dict = {}

    def _note(self, *_):
        self.made = True
        for number in self._earlier:
            signal.signal(number, signal.SIG_DFL)

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            signals = (signal.SIGINT, signal.SIGTERM)
            self._earlier = {number: signal.getsignal(number) for number in signals}
            for number in signals:
                signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._earlier.items():
            signal.signal(number, handler)
