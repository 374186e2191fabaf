"""Whether a run over very many photographs stays as fast and as small as it began."""

import pathlib
import time
import typing
from collections.abc import Callable

from jppnet_tf.commands.benchmark.photographs import write_photographs
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results, run_settings
from jppnet_tf.runs.run import predict_jobs
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import held_memory
from jppnet_tf.weights.loading import save_weights


def benchmark_run(
    weights: str | None, count: int, folder: pathlib.Path, is_varied: bool = False
) -> list[dict[str, typing.Any]]:
    """Predicts small photographs in one run, and prints its speed and memory as it goes.

    Args:
        weights: path or name; None is a very small network.
        count: how many photographs.
        folder: for photographs and results.
        is_varied: whether the photographs are of all sizes, and not of one.

    Returns:
        The rows of `measure_run`, one for each tenth of the photographs.
    """
    if not weights:
        weights = str(folder / "quick.safetensors")
        save_quick_weights(weights)
    size_hw, least_hw = ((800, 800), (64, 64)) if is_varied else ((96, 64), ())
    write_photographs(folder / "photos", size_hw, count, least_hw)
    print(f"\n{'photographs':>12}{'per second':>12}{'CPU ms each':>13}{'MB':>8}", flush=True)

    def show(row):
        figures = f"{row['rate']:12.1f}{1000 * row['effort']:13.1f}{row['memory']:8.0f}"
        print(f"{row['photos']:12}{figures}", flush=True)

    step = max(1, count // 10)
    rows = measure_run(weights, folder / "photos", folder / "results", step, show)
    # The first ones hold the compiling.
    ratios = {key: rows[-1][key] / rows[1][key] for key in ("rate", "effort", "memory")}
    print(f"last : second{ratios['rate']:11.2f}{ratios['effort']:13.2f}{ratios['memory']:8.2f}")
    return rows


def save_quick_weights(path: str) -> None:
    """Writes random weights of a network so small that all else takes longer."""
    save_weights(JPPNet(width=1 / 16, units=(1, 1, 1, 1)), path, input_hw=(64, 64))


def measure_run(
    weights: str,
    photos: pathlib.Path,
    output: pathlib.Path,
    step: int,
    show: Callable[[dict[str, typing.Any]], None],
) -> list[dict[str, typing.Any]]:
    """Predicts a folder as `jppnet infer` does, with one look at each photograph.

    Args:
        weights: path or name.
        photos: folder of JPEG files.
        output: folder for the results.
        step: after how many photographs to look at the clock and the memory.
        show: function that is given each row as soon as it is known.

    Returns:
        The rows: `photos` (how many are done), of the last `step` of them `rate` (photographs
        per second) and `effort` (seconds of processor time for each), and `memory` (MB held).
    """
    predictor = Predictor(weights, scales=(1,), mirror=False)
    results = Results(output, run_settings(predictor, "benchmark"))
    jobs = results.open([Job(file, file.stem) for file in sorted(photos.glob("*.jpg"))])
    rows, count = [], 0
    begun, spent = time.perf_counter(), time.process_time()

    def on_end(_, reason):
        nonlocal begun, spent, count
        if reason:
            raise InputError(reason)
        count += 1
        if count % step == 0:
            row = {
                "photos": count,
                "rate": step / (time.perf_counter() - begun),
                "effort": (time.process_time() - spent) / step,
                "memory": held_memory(),
            }
            begun, spent = time.perf_counter(), time.process_time()
            rows.append(row)
            show(row)

    predict_jobs(predictor, results.claim_each(jobs), results, on_end)
    results.close()
    return rows
