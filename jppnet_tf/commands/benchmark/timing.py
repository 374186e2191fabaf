"""Times a network's bare calls, and the whole way from file to files."""

import pathlib
import tempfile
import time
import typing

import numpy as np

from jppnet_tf.commands.benchmark.arithmetic import count_operations
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.models.maps.stages import fuse_stages
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results, run_settings
from jppnet_tf.runs.run import predict_jobs
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import peak_memory


def measure_prediction(
    weights: str, settings: dict[str, typing.Any], folders: dict[str, str], begun: float
) -> dict[str, typing.Any]:
    """Measures a predictor on photographs.

    Args:
        weights: path or name.
        settings: further arguments of Predictor.
        folders: folders of photographs, by name.
        begun: `time.time()` when this process was started.

    Returns:
        Figures: `ready`, seconds from `begun` until the network is compiled at all scales, its
        first calls' own time left out; `call`, seconds of a bare call at scale 1, and `calls`, of
        those at all scales, medians; `operations` of all scales, and `direct_operations`, how many
        they were if all convolutions were direct; `peak_mb` at the end; and for each
        folder, under `photographs`, `whole` seconds a photograph from file to files, `ratio` of it
        to `calls`, and `more_mb`, peak memory beyond that before.
    """
    predictor = Predictor(weights, **settings)
    first = _time_calls(predictor)
    ready = time.time() - begun
    rounds = [_time_calls(predictor)]
    ready -= min(sum(first), sum(rounds[0]))
    photographs = {}
    for name, folder in folders.items():
        before = peak_memory()
        whole = _time_run(predictor, folder)
        rounds.append(_time_calls(predictor))
        calls = sum(sum(seconds) for seconds in rounds[-2:]) / 2  # before and after
        photographs[name] = {
            "whole": whole,
            "ratio": whole / calls,
            "more_mb": peak_memory() - before,
        }
    by_scale = np.median(rounds, axis=0)

    def run_directly(images):
        return fuse_stages(predictor.model, images, predictor.stages)

    done, direct = (
        sum(count_operations(function, inputs.shape) for inputs in _inputs(predictor))
        for function in (predictor.run_network, run_directly)
    )
    return {
        "ready": ready,
        "call": float(by_scale[0]),
        "calls": float(by_scale.sum()),
        "operations": done,
        "direct_operations": direct,
        "peak_mb": peak_memory(),
        "photographs": photographs,
    }


def _inputs(predictor: Predictor) -> list[np.ndarray]:
    """The network's inputs per scale, for one image."""
    return predictor.prepare(np.zeros((8, 8, 3), np.uint8))


def _time_calls(predictor: Predictor) -> list[float]:
    """Seconds per image of one bare call at each of the predictor's scales."""
    seconds = []
    for inputs in _inputs(predictor):
        begun = time.perf_counter()
        predictor.infer_together([[inputs]] * predictor.batch)
        seconds.append((time.perf_counter() - begun) / predictor.batch)
    return seconds


def _time_run(predictor: Predictor, folder: str) -> float:
    """Seconds per photograph of a whole run over a folder, all results of the default written."""
    jobs = [Job(file, file.stem) for file in sorted(pathlib.Path(folder).iterdir())]
    with tempfile.TemporaryDirectory() as output:
        results = Results(output, run_settings(predictor, ""))
        jobs = results.open(jobs)
        begun = time.perf_counter()
        predict_jobs(predictor, results.claim_each(jobs), results, _check_end)
        results.close()
        return (time.perf_counter() - begun) / len(jobs)


def _check_end(_: Job, reason: str | None) -> None:
    """Stops the benchmark at an image that could not be predicted."""
    if reason:
        raise InputError(reason)
