#!/usr/bin/env python3
"""Measures this package on this machine.

  python tools/benchmark.py predict [--weights W] [--megapixels 0.17,2] [--backends tensorflow]
  python tools/benchmark.py agree --weights W --data LIP [--limit 100]
  python tools/benchmark.py convert --weights JPPNet-s2
  python tools/benchmark.py data --data LIP
  python tools/benchmark.py score --data LIP [--count 10000]
  python tools/benchmark.py run [--weights W] [--count 10000]

`predict` times bare network calls and the whole prediction from file to files, with every backend
and precision that this machine has; `agree` tells how far their results, and those of --fast, lie
from TensorFlow's in float32, and how they score; `convert` times a
conversion to safetensors beside a plain read and write of as many bytes; `data` counts training
samples per second, beside the same ones read from the original's heatmap files; `score` times
scoring --count predictions on disk, the validation labels over and over; `run` predicts --count
small photographs, by a very small network unless told otherwise, and tells after each tenth of them
how fast it was and how much memory it holds. What is compared is measured in one run: machines
differ, and the same one does from hour to hour.
"""

import dataclasses
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_output

_WEIGHTS = flags.DEFINE_string(
    "weights", None, "Weights; without, the full network with random ones, which is as fast."
)
_MEGAPIXELS = flags.DEFINE_list("megapixels", ["0.17", "2"], "Sizes of photograph to try.")
_BACKENDS = flags.DEFINE_list("backends", None, "For `predict` and `agree`; else all there are.")
_PRECISIONS = flags.DEFINE_list(
    "precisions", None, "For `predict` and `agree`; else all there are."
)
_FAST = flags.DEFINE_bool("fast", False, "`predict`: look once, at one scale and not mirrored.")
_BATCH = flags.DEFINE_integer("batch", None, "`predict`: images per call.", lower_bound=1)
_LIMIT = flags.DEFINE_integer(
    "limit", None, "`agree`: only the first so many images.", lower_bound=1
)
_REPEATS = flags.DEFINE_integer("repeats", 3, "Photographs of each size, timed calls of each kind.")
_JSON = flags.DEFINE_string("json", None, "File to write the figures to.")
_DATA = flags.DEFINE_string("data", None, "LIP, for `agree`, `data` and `score`.")
_COUNT = flags.DEFINE_integer(
    "count", 10000, "Label maps to `score`, photographs to `run`.", lower_bound=1
)
_MEASURE = flags.DEFINE_string("measure", None, "Internal: what this process measures, as JSON.")

LEGEND = """
ready            from the start of the process until the network is loaded and compiled
call, calls      one bare network call at scale 1; those at all scales
file to files    one photograph of a run: reading, the calls, writing all results
ratio            file to files / calls
gain             how much faster from file to files than the first line of that size
GFLOP/s          of the bare calls
share            of it in the rate of this machine's matrix multiplication, in the same precision
peak             memory of the whole process; beyond it: what photographs of that size add"""


def main(arguments):
    """Runs the benchmark that the first argument names."""
    if _MEASURE.value:
        measure(json.loads(_MEASURE.value))
        return
    benchmarks = {
        "predict": benchmark_predict,
        "agree": benchmark_agree,
        "convert": benchmark_convert,
        "data": benchmark_data,
        "score": benchmark_score,
        "run": benchmark_run,
    }
    if len(arguments) != 1 or arguments[0] not in benchmarks:
        given = " ".join(arguments) or "nothing"
        raise InputError(f"name what to measure: {' or '.join(benchmarks)}; not {given}")
    if _JSON.value:
        check_output(_JSON.value, overwrite=True)
    cli.load_tensorflow()
    from jppnet_tf.system.machine import describe_machine

    figures = {"machine": describe_machine()}
    for name, value in figures["machine"].items():
        print(f"{name:10} {value}")
    with tempfile.TemporaryDirectory() as folder:
        figures[arguments[0]] = benchmarks[arguments[0]](pathlib.Path(folder))
    if _JSON.value:
        pathlib.Path(_JSON.value).write_text(json.dumps(figures, indent=2) + "\n")


def benchmark_convert(folder):
    """Times converting --weights, and reading and writing as many bytes: dict of figures."""
    from jppnet_tf.system.machine import peak_memory
    from jppnet_tf.weights import conversion, loading

    if not _WEIGHTS.value:
        raise InputError("convert needs --weights, a TF1 checkpoint")
    output = folder / "converted.safetensors"
    figures = {"imports_mb": peak_memory()}
    figures["convert"] = conversion.convert(_WEIGHTS.value, output).seconds
    figures |= {"peak_mb": peak_memory(), "kept_mb": output.stat().st_size / 1e6}
    source = loading.open_weights(_WEIGHTS.value).source
    begun = time.perf_counter()
    with open(source, "rb") as file:
        content = file.read(output.stat().st_size)
    (folder / "plain").write_bytes(content)
    figures["plain"] = time.perf_counter() - begun
    print(
        f"\nkept bytes            {figures['kept_mb']:8.0f} MB\n"
        f"convert               {figures['convert']:8.2f} s\n"
        f"plain read and write  {figures['plain']:8.2f} s\n"
        f"ratio                 {figures['convert'] / figures['plain']:8.2f}\n"
        f"peak memory           {figures['peak_mb']:8.0f} MB, "
        f"{figures['imports_mb']:.0f} of it before anything is read"
    )
    return figures


def benchmark_data(folder):
    """Counts samples per second of the training pipeline: dict of figures."""
    from jppnet_tf.data import lip
    from jppnet_tf.data.squares import SquareReading

    if not _DATA.value:
        raise InputError("data needs --data, a folder with LIP's training split")
    records = [r for r in lip.read_split(_DATA.value, "train").records if r.label is not None]
    records = write_original_files(records[:100], folder)
    readings = {
        "heatmaps drawn, labels exchanged": SquareReading(),
        "16 heatmap files, mirrored label files": SquareReading(
            reversed_labels=True, heatmap_files=True
        ),
    }
    print(f"\n{len(records)} samples{'per core-second':>52}{'per second':>14}")
    figures = {}
    for name, reading in readings.items():
        figures[name] = measure_samples(records, reading)
        per_core, per_second = figures[name]
        print(f"{name:45}{per_core:16.0f}{per_second:14.0f}")
    ours, original = (per_core for per_core, _ in figures.values())
    print(f"{'ratio':45}{ours / original:16.1f}")
    return figures


def write_original_files(records, folder):
    """Gives every record the heatmap and mirrored label files that the original read."""
    import cv2
    import numpy as np

    from jppnet_tf.images.reading import read_ids
    from jppnet_tf.labels import LIP
    from jppnet_tf.models.maps.heatmaps import encode_joints

    changed = []
    for record in records:
        label = read_ids(record.label)
        partners = np.array([*LIP.mirror, *range(len(LIP.names), 256)], np.uint8)
        cv2.imwrite(str(folder / f"{record.name}.png"), partners[label[:, ::-1]])
        none = np.full((16, 2), np.nan, np.float32)
        joints_xy = none if record.joints is None else record.joints[:, :2]
        maps = np.asarray(encode_joints(joints_xy, label.shape))
        for joint in range(maps.shape[2]):
            cv2.imwrite(str(folder / f"{record.name}_{joint}.png"), maps[..., joint])
        reversed_label = folder / f"{record.name}.png"
        heatmap = folder / record.name
        changed.append(dataclasses.replace(record, reversed_label=reversed_label, heatmap=heatmap))
    return changed


def measure_samples(records, reading, batch=4, seconds=10):
    """(samples per second of processor time, samples per second) of the training pipeline."""
    from jppnet_tf.data.pipeline import build_dataset

    batches = iter(build_dataset(records, reading, batch))
    for _ in range(5):  # the pipeline finds out how many threads suit it
        next(batches)
    begun, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < begun + seconds:
        next(batches)
        count += batch
    return count / (time.process_time() - cpu), count / (time.perf_counter() - begun)


def benchmark_score(folder):
    """Times scoring a tenth of --count label maps and all of them: dict of figures."""
    del folder
    from jppnet_tf.data import lip
    from jppnet_tf.evaluation import scoring
    from jppnet_tf.system.machine import peak_memory

    if not _DATA.value:
        raise InputError("score needs --data, a folder with LIP's validation split")
    labelled = scoring.record_entries(
        record for record in lip.read_split(_DATA.value, "val").records if record.label is not None
    )
    figures = {}
    print(f"\n{'label maps':>12}{'seconds':>12}{'peak MB':>12}")
    for count in (_COUNT.value // 10 or 1, _COUNT.value):
        entries = [
            dataclasses.replace(
                entry, name=str(number), parsing=entry.label,
                keypoints=None if entry.joints is None else entry.joints[:, :2],
            )
            for number, entry in zip(range(count), itertools.cycle(labelled), strict=False)
        ]  # fmt: skip
        begun = time.perf_counter()
        scoring.tally_files(entries)
        seconds = time.perf_counter() - begun
        figures[count] = {"seconds": seconds, "peak_mb": peak_memory()}
        print(f"{count:12}{seconds:12.1f}{peak_memory():12.0f}", flush=True)
    return figures


def benchmark_run(folder):
    """Predicts --count small photographs in one run: list of dicts of figures."""
    from jppnet_tf.commands.benchmark import folders
    from jppnet_tf.commands.benchmark.photographs import write_photographs

    weights = _WEIGHTS.value or folder / "quick.safetensors"
    if not _WEIGHTS.value:
        folders.save_quick_weights(weights)
    write_photographs(folder / "photos", (96, 64), _COUNT.value)
    print(f"\n{'photographs':>12}{'per second':>12}{'CPU ms each':>13}{'MB':>8}", flush=True)

    def show(row):
        figures = f"{row['rate']:12.1f}{1000 * row['effort']:13.1f}{row['memory']:8.0f}"
        print(f"{row['photos']:12}{figures}", flush=True)

    step = max(1, _COUNT.value // 10)
    rows = folders.measure_run(weights, folder / "photos", folder / "results", step, show)
    # The first ones hold the compiling.
    ratios = {key: rows[-1][key] / rows[1][key] for key in ("rate", "effort", "memory")}
    print(f"last : second{ratios['rate']:11.2f}{ratios['effort']:13.2f}{ratios['memory']:8.2f}")
    return rows


def benchmark_predict(folder):
    """Measures all backends and precisions on photographs: list of dicts of figures."""
    from jppnet_tf.commands.benchmark.photographs import upright_size, write_photographs

    try:
        sizes = {size: float(size) for size in _MEGAPIXELS.value}
    except ValueError:
        raise InputError(f"--megapixels: numbers, not {','.join(_MEGAPIXELS.value)}") from None
    choices = available_choices()
    weights = _WEIGHTS.value or save_random_weights(folder)
    folders = {name: str(folder / name) for name in sizes}
    for name, megapixels in sizes.items():
        write_photographs(folders[name], upright_size(megapixels), _REPEATS.value)
    looks = {"scales": (1,), "mirror": False} if _FAST.value else {}
    rates = {}
    for precision in dict.fromkeys(precision for _, precision in choices):
        rates[precision] = run_measure({"rate": precision})
        print(f"multiplies matrices in {precision} at {rates[precision] / 1e9:.0f} GFLOP/s")
    rows, slowest = [], {}
    print()
    for backend, precision in choices:
        settings = {"backend": backend, "precision": precision, "batch": _BATCH.value, **looks}
        job = {"weights": str(weights), "settings": settings}
        if backend != "tensorflow":
            run_measure(job | {"folders": {}})  # the network is converted, and kept
        figures = run_measure(job | {"folders": folders})
        for name, photographs in figures.pop("photographs").items():
            row = {"backend": backend, "precision": precision, "megapixels": sizes[name]}
            row |= figures | photographs | {"matmul": rates[precision]}
            row["gain"] = slowest.setdefault(name, row["whole"]) / row["whole"]
            row["images_per_second"] = 1 / row["whole"]
            row["flops"] = row["operations"] / row["calls"]
            row["share"] = row["flops"] / row["matmul"]
            rows.append(row)
            print_row(row, with_title=len(rows) == 1)
    print(LEGEND)
    return rows


def print_row(row, with_title):
    """Prints one line of `predict`, and before the first the columns' titles."""
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


def available_choices():
    """Pairs of backend and precision that this machine has and the flags do not leave out."""
    from jppnet_tf.inference import backends
    from jppnet_tf.models.precision import PRECISIONS

    choices = []
    for backend in _BACKENDS.value or backends.BACKENDS:
        for precision in _PRECISIONS.value or PRECISIONS:
            try:
                backends.check_backend(backend, precision)
            except InputError as error:
                if _BACKENDS.value and _PRECISIONS.value:
                    raise
                print(f"left out: {error}")
            else:
                choices.append((backend, precision))
    if not choices:
        raise InputError("this machine has none of the --backends and --precisions")
    return choices


def save_random_weights(folder):
    """Writes the full network's random weights; the path."""
    from jppnet_tf import JPPNet, save_weights

    path = folder / "random.safetensors"
    save_weights(JPPNet(), path)
    return path


def run_measure(job):
    """Runs `measure` in a process of its own and returns what it found."""
    job = json.dumps(job | {"begun": time.time()})
    command = [sys.executable, __file__, "--measure", job]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"measuring failed with status {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(job):
    """Measures what `run_measure` was asked for, and prints it as JSON."""
    cli.load_tensorflow()
    from jppnet_tf.commands.benchmark import arithmetic, prediction

    if "rate" in job:
        print(json.dumps(arithmetic.measure_rate(job["rate"])))
    else:
        print(json.dumps(prediction.measure_prediction(**job)))


def benchmark_agree(folder):
    """Compares all backends and precisions, and looking once: list of dicts of figures."""
    del folder
    from tqdm import tqdm

    from jppnet_tf.commands.benchmark import agreement
    from jppnet_tf.data import lip
    from jppnet_tf.inference.predictor import Predictor

    if not (_DATA.value and _WEIGHTS.value):
        raise InputError("agree needs --weights, and --data, a folder with LIP's validation split")
    records = [r for r in lip.read_split(_DATA.value, "val").records if r.label is not None]
    records = records[: _LIMIT.value]
    choices, expected, rows = available_choices(), None, []
    print(f"\n{len(records)} images; the first line is what the others are compared with")
    print(f"{'':34}{'pixels':>10}{'joints':>10}{'distance':>10}{'mean IoU':>10}{'PCKh':>10}")
    for fast in (False, True):
        for backend, precision in choices:
            looks = {"scales": (1,), "mirror": False} if fast else {}
            predictor = Predictor(_WEIGHTS.value, backend=backend, precision=precision, **looks)
            with tqdm(total=len(records), unit="image", leave=False) as bar:
                found = agreement.predict_records(predictor, records, bar.update)
            expected = expected or found
            row = {"backend": backend, "precision": precision, "fast": fast}
            row |= dataclasses.asdict(agreement.compare(records, found, expected))
            rows.append(row)
            name = f"{backend} {precision}{' --fast' if fast else ''}"
            shares, numbers = [row["pixels"], row["joints"]], ("distance", "mean_iou", "pckh")
            values = ["" if v is None else f"{v:.3%}" for v in shares]
            values += ["" if row[k] is None else f"{row[k]:.2f}" for k in numbers]
            print(f"{name:34}" + "".join(f"{value:>10}" for value in values), flush=True)
    print("pixels: of the same class; joints: within one pixel; distance of joints in pixels")
    return rows


if __name__ == "__main__":
    cli.run(main, positional=True)
