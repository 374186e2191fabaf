"""One Predictor in many threads: everybody gets the results of his own images."""

import concurrent.futures
import os
import threading

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.inference.backends import BACKENDS

THREADS = 8
SIZES = ((40, 30), (64, 90), (33, 17), (120, 80))


@pytest.fixture(params=BACKENDS)
def predictor(request, small_model, tmp_path, monkeypatch):
    """Looks at three sizes of input, so that its first calls compile three networks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    try:
        return Predictor(
            small_model, scales=(1, 0.5, 1.25), input_hw=(64, 48), backend=request.param
        )
    except InputError as error:
        pytest.skip(str(error))


def test_threads_get_what_they_would_get_alone(predictor, make_photo):
    images = [make_photo(*SIZES[i % len(SIZES)], seed=i) for i in range(3 * THREADS)]
    ready = threading.Barrier(THREADS)

    def predict(thread):
        ready.wait(60)  # the first calls come at once
        return [predictor(images[i]) for i in range(thread, len(images), THREADS)]

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(predict, range(THREADS)))
    for number, image in enumerate(images):
        alone, together = predictor(image), found[number % THREADS][number // THREADS]
        np.testing.assert_array_equal(together.parsing, alone.parsing)
        np.testing.assert_array_equal(together.keypoints, alone.keypoints)


def test_a_fork_is_an_error_and_not_a_wait_without_end(small_model, make_photo):
    predictor = Predictor(small_model, (1,), mirror=False, input_hw=(32, 32))
    photo = make_photo(40, 30)
    for use in (lambda: predictor(photo), lambda: Predictor(small_model)):
        child = os.fork()
        if not child:
            try:
                use()
            except InputError as error:
                os._exit(7 if "forked" in str(error) else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert predictor(photo).parsing.shape == (40, 30)  # this process goes on
