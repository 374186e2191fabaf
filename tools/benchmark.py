#!/usr/bin/env python3
"""Measures this package on this machine.

  python tools/benchmark.py predict [--weights W] [--megapixels 0.17,2,24]
  python tools/benchmark.py convert --weights JPPNet-s2
  python tools/benchmark.py data --data LIP
  python tools/benchmark.py score --data LIP [--count 10000]

`predict` times bare network calls and the whole prediction from file to files; `convert` times a
conversion to safetensors beside a plain read and write of as many bytes; `data` counts training
samples per second, beside the same ones read from the original's heatmap files; `score` times
scoring --count predictions on disk, the validation labels over and over. What is compared is
measured in one run: machines differ, and the same one does from hour to hour.
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

from jppnet_tf import cli
from jppnet_tf.errors import InputError
from jppnet_tf.files import check_output

_WEIGHTS = flags.DEFINE_string(
    "weights", None, "Weights; without, the full network with random ones, which is as fast."
)
_MEGAPIXELS = flags.DEFINE_list("megapixels", ["0.17", "2", "24"], "Sizes of photograph to try.")
_REPEATS = flags.DEFINE_integer("repeats", 3, "Photographs of each size, timed calls of each kind.")
_JSON = flags.DEFINE_string("json", None, "File to write the figures to.")
_DATA = flags.DEFINE_string("data", None, "LIP, for `data` and `score`.")
_COUNT = flags.DEFINE_integer("count", 10000, "Label maps to `score`.", lower_bound=1)
_FOLDER = flags.DEFINE_string("folder", None, "Internal: photographs that this process measures.")

COLUMNS = {  # title -> (figure, digits)
    "first s": ("first", 1),
    "call s": ("call", 2),
    "three calls s": ("three", 2),
    "file to files s": ("whole", 2),
    "ratio": ("ratio", 3),
    "peak MB": ("memory", 0),
    "beyond model MB": ("more", 0),
}
LEGEND = """
first            starting tools/infer.py to its end with one photograph: loading, compiling
call             one network call: 384 x 384, image and mirror image
three calls      the bare calls of scales 1, 0.75 and 1.25 together
file to files    one photograph of a run: reading, the three calls, writing all results
ratio            file to files / three calls
beyond model     peak memory beyond that of the loaded model and its bare calls"""


def main(arguments):
    """Runs the benchmark that the first argument names."""
    benchmarks = {
        "predict": benchmark_predict,
        "convert": benchmark_convert,
        "data": benchmark_data,
        "score": benchmark_score,
    }
    if len(arguments) != 1 or arguments[0] not in benchmarks:
        given = " ".join(arguments) or "nothing"
        raise InputError(f"name what to measure: {' or '.join(benchmarks)}; not {given}")
    if _FOLDER.value:
        cli.load_tensorflow()
        print(json.dumps(measure_photos(pathlib.Path(_FOLDER.value))))
        return
    if _JSON.value:
        check_output(_JSON.value, overwrite=True)
    cli.load_tensorflow()
    from jppnet_tf.machine import describe_machine

    figures = {"machine": describe_machine()}
    for name, value in figures["machine"].items():
        print(f"{name:10} {value}")
    with tempfile.TemporaryDirectory() as folder:
        figures[arguments[0]] = benchmarks[arguments[0]](pathlib.Path(folder))
    if _JSON.value:
        pathlib.Path(_JSON.value).write_text(json.dumps(figures, indent=2) + "\n")


def benchmark_convert(folder):
    """Times converting --weights, and reading and writing as many bytes: dict of figures."""
    from jppnet_tf import loading
    from jppnet_tf.machine import peak_memory

    if not _WEIGHTS.value:
        raise InputError("convert needs --weights, a TF1 checkpoint")
    output = folder / "converted.safetensors"
    figures = {"imports_mb": peak_memory()}
    figures["convert"] = loading.convert(_WEIGHTS.value, output).seconds
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

    from jppnet_tf.data.heatmaps import encode_joints
    from jppnet_tf.images import read_ids
    from jppnet_tf.labels import LIP

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
    from jppnet_tf import evaluation
    from jppnet_tf.data import lip
    from jppnet_tf.machine import peak_memory

    if not _DATA.value:
        raise InputError("score needs --data, a folder with LIP's validation split")
    labelled = evaluation.record_entries(
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
        evaluation.tally_files(entries)
        seconds = time.perf_counter() - begun
        figures[count] = {"seconds": seconds, "peak_mb": peak_memory()}
        print(f"{count:12}{seconds:12.1f}{peak_memory():12.0f}", flush=True)
    return figures


def benchmark_predict(folder):
    """Measures photographs of each size of --megapixels: list of dicts of figures."""
    try:
        sizes = {size: float(size) for size in _MEGAPIXELS.value}
    except ValueError:
        raise InputError(f"--megapixels: numbers, not {','.join(_MEGAPIXELS.value)}") from None
    weights = _WEIGHTS.value or save_random_weights(folder)
    print(f"\n{'megapixels':>12}" + "".join(f"{title:>16}" for title in COLUMNS))
    rows = []
    for name, megapixels in sizes.items():
        row = measure_size(megapixels, weights, folder / name)
        rows.append(row)
        values = "".join(f"{row[key]:16.{digits}f}" for key, digits in COLUMNS.values())
        print(f"{row['megapixels']:12g}{values}", flush=True)
    print(LEGEND)
    return rows


def save_random_weights(folder):
    """Writes the full network's random weights; the path."""
    from jppnet_tf import JPPNet, save_weights

    path = folder / "random.safetensors"
    save_weights(JPPNet(), path)
    return path


def measure_size(megapixels, weights, folder):
    """Measures photographs of one size in processes of their own: dict of figures."""
    write_photos(folder / "photos", megapixels, _REPEATS.value)
    common = [f"--weights={weights}"]
    begun = time.perf_counter()
    run_python("infer.py", *common, f"--output={folder / 'first'}", folder / "photos/0.jpg")
    first = time.perf_counter() - begun
    printed = run_python("benchmark.py", "predict", *common, f"--folder={folder}")
    return {"megapixels": megapixels, "first": first, **json.loads(printed.splitlines()[-1])}


def run_python(tool, *arguments):
    """Runs a program of tools/ and returns what it printed."""
    command = [sys.executable, pathlib.Path(__file__).with_name(tool), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"{tool} failed with status {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def write_photos(folder, megapixels, count):
    """Random photographs, 3 to 4 upright, with details of every size."""
    import cv2
    import numpy as np

    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    width = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    size_wh = (width, width * 4 // 3)
    for number in range(count):
        photo = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
        for cells in (4, 30, 200):
            detail = random.integers(0, 80, (cells, cells, 3), np.uint8)
            photo += cv2.resize(detail, size_wh, interpolation=cv2.INTER_LINEAR)
        cv2.imwrite(str(folder / f"{number}.jpg"), photo)


def measure_photos(folder):
    """Times bare calls, then a whole run, then bare calls again: dict in seconds and MB."""
    from jppnet_tf import Predictor
    from jppnet_tf.machine import peak_memory
    from jppnet_tf.results import Job, Results, predict_jobs

    predictor = Predictor(_WEIGHTS.value)
    measure_calls(predictor)  # compiles
    calls = [measure_calls(predictor)]
    model_memory = peak_memory()
    jobs = [Job(file, file.stem) for file in sorted((folder / "photos").iterdir())]
    results = Results(folder / "whole", {})
    results.open(jobs)
    begun = time.perf_counter()
    predict_jobs(predictor, jobs, results, check_end)
    whole = (time.perf_counter() - begun) / len(jobs)
    calls.append(measure_calls(predictor))
    three = sum(map(sum, calls)) / len(calls)
    return {
        "call": sum(call[0] for call in calls) / len(calls),
        "three": three,
        "whole": whole,
        "ratio": whole / three,
        "memory": peak_memory(),
        "more": peak_memory() - model_memory,
    }


def check_end(_, reason):
    """Stops the benchmark at an image that could not be predicted."""
    if reason:
        raise InputError(reason)


def measure_calls(predictor):
    """Seconds of one bare call at each of the predictor's scales."""
    import numpy as np

    seconds = []
    for inputs in predictor.prepare(np.zeros((8, 8, 3), np.uint8)):
        begun = time.perf_counter()
        predictor.infer([inputs])
        seconds.append(time.perf_counter() - begun)
    return seconds


if __name__ == "__main__":
    cli.run(main, positional=True)
