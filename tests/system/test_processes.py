import os
import signal
import subprocess
import sys
import time

import pytest

from jppnet_tf.system.processes import StopRequest, map_jobs
from tests.conftest import ROOT


def describe_job(job):
    time.sleep(0.05 * (job == 0))  # the first is not the first to be done
    return job, os.getpid(), os.environ.get("PREPARED")


def prepare():
    os.environ["PREPARED"] = "yes"


def test_results_come_in_the_order_of_the_jobs_from_other_processes():
    done = list(map_jobs(describe_job, [0, 1, 2, 3], processes=2, prepare=prepare))
    assert [job for job, _, _ in done] == [0, 1, 2, 3]
    assert os.getpid() not in {process for _, process, _ in done}
    assert {prepared for _, _, prepared in done} == {"yes"}


def test_one_process_is_this_one():
    assert list(map_jobs(describe_job, [5, 6], processes=1)) == [
        (5, os.getpid(), None), (6, os.getpid(), None),
    ]  # fmt: skip
    assert list(map_jobs(describe_job, [])) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted(number):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.made
        os.kill(os.getpid(), number)
        assert stop.made
    assert signal.getsignal(number) is before


def test_the_second_signal_ends_the_process_at_once():
    program = (
        "import os, signal\n"
        "from jppnet_tf.system.processes import StopRequest\n"
        "with StopRequest():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('noted', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still there')\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-signal.SIGINT, "noted\n")
