"""How long prediction takes, from file to files, in one process."""

import pathlib
import tempfile
import time
import typing
from collections.abc import Sequence

import numpy as np

from jppnet_tf.commands.benchmark.arithmetic import count_operations
from jppnet_tf.commands.benchmark.measuring import run_measure
from jppnet_tf.commands.benchmark.photographs import upright_size, write_photographs
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results, run_settings
from jppnet_tf.runs.run import predict_jobs
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import peak_memory
from jppnet_tf.weights.loading import save_weights

LEGEND = """
ready            from the start of the process until the network is loaded and compiled
call, calls      one bare network call at scale 1; those at all scales
file to files    one photograph of a run: reading, the calls, writing all results
ratio            file to files / calls
gain             how much faster from file to files than the first line of that size
GFLOP/s          of the bare calls
share            of it in the rate of this machine's matrix multiplication, in the same precision
peak             memory of the whole process; beyond it: what photographs of that size add"""


def benchmark_prediction(
    weights: str | None,
    choices: Sequence[tuple[str, str]],
    sizes: dict[str, float],
    repeats: int,
    settings: dict[str, typing.Any],
    folder: pathlib.Path,
) -> list[dict[str, typing.Any]]:
    """Measures backends and precisions on photographs, and prints a table.

    Args:
        weights: path or name; None is the full network with random weights.
        choices: pairs of backend and precision.
        sizes: the photographs' megapixels, by the name that their folder gets.
        repeats: how many photographs of each size.
        settings: further arguments of Predictor.
        folder: for photographs and random weights.

    Returns:
        The rows of the table.
    """
    weights = weights or save_random_weights(folder)
    folders = {name: str(folder / name) for name in sizes}
    for name, megapixels in sizes.items():
        write_photographs(folders[name], upright_size(megapixels), repeats)
    rates = {}
    for precision in dict.fromkeys(precision for _, precision in choices):
        rates[precision] = run_measure({"rate": precision})
        print(f"multiplies matrices in {precision} at {rates[precision] / 1e9:.0f} GFLOP/s")
    rows: list[dict[str, typing.Any]] = []
    slowest: dict[str, float] = {}
    print()
    for backend, precision in choices:
        chosen = {"backend": backend, "precision": precision}
        job = {"weights": weights, "settings": chosen | settings}
        if backend != "tensorflow":
            run_measure(job | {"folders": {}})  # the network is converted, and kept
        figures = run_measure(job | {"folders": folders})
        for name, photographs in figures.pop("photographs").items():
            row = chosen | {"megapixels": sizes[name]} | figures | photographs
            row["matmul"] = rates[precision]
            row["gain"] = slowest.setdefault(name, row["whole"]) / row["whole"]
            row["images_per_second"] = 1 / row["whole"]
            row["flops"] = row["operations"] / row["calls"]
            row["share"] = row["flops"] / row["matmul"]
            rows.append(row)
            print_row(row, with_title=len(rows) == 1)
    print(LEGEND)
    return rows


def print_row(row: dict[str, typing.Any], with_title: bool) -> None:
    """Prints one line of the table, and before the first the columns' titles."""
    columns = {
        "backend": f"{row['backend']:>12}",
        "precision": f"{row['precision']:>10}",
        "megapixels": f"{row['megapixels']:11g}",
        "ready s": f"{row['ready']:8.1f}",
        "call s": f"{row['call']:8.2f}",
        "calls s": f"{row['calls']:8.2f}",
        "file to files s": f"{row['whole']:16.2f}",
        "images/s": f"{row['images_per_second']:9.3f}",
        "ratio": f"{row['ratio']:6.2f}",
        "gain": f"{row['gain']:6.2f}",
        "GFLOP/s": f"{row['flops'] / 1e9:8.0f}",
        "share": f"{row['share']:6.0%}",
        "peak MB": f"{row['peak_mb']:8.0f}",
        "beyond MB": f"{row['more_mb']:10.0f}",
    }
    if with_title:
        print(" ".join(f"{title:>{len(value)}}" for title, value in columns.items()))
    print(" ".join(columns.values()), flush=True)


def save_random_weights(folder: pathlib.Path) -> str:
    """Writes random weights of the full network, and returns their path."""
    path = str(folder / "random.safetensors")
    save_weights(JPPNet(), path)
    return path


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
        those at all scales, medians; `operations` of all scales; `peak_mb` at the end; and for each
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
    operations = [
        count_operations(predictor.run_network, inputs.shape) for inputs in _inputs(predictor)
    ]
    return {
        "ready": ready,
        "call": float(by_scale[0]),
        "calls": float(by_scale.sum()),
        "operations": sum(operations),
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
