import os
import time

from jppnet_tf.processes import count_cores, map_jobs


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
    assert count_cores() >= 1
