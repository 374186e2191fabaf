"""How long a run over very many images takes to begin, and how much memory."""

import json
import os
import pathlib
import time
import typing
from collections.abc import Iterator

import numpy as np

from jppnet_tf.commands.benchmark.measuring import run_measure
from jppnet_tf.commands.benchmark.photographs import write_photographs
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.runs import sources
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.names import result_names
from jppnet_tf.runs.results import Results
from jppnet_tf.system.machine import peak_memory

_SETTINGS = {
    "checksum": "none",
    "scales": [1.0],
    "mirror": False,
    "pose": True,
    "classes": list(LIP.names),
    "joints": list(LIP_JOINTS.names),
}
_IN_A_FOLDER = 10_000


def benchmark_start(count: int, folder: pathlib.Path) -> dict[str, dict[str, float]]:
    """Begins a run over images that nobody has predicted, and one that is finished.

    Images and results are names of one file each: what is measured looks at names, sizes and times.

    Args:
        count: how many images.
        folder: for all of them.

    Returns:
        dict of "new" and "finished" to what `measure_start` gives.
    """
    write_photographs(folder / "one", (96, 64), 1)
    names = [f"{number // _IN_A_FOLDER}/{number:08}" for number in range(count)]
    link_files(folder / "one/0.jpg", (folder / f"photos/{name}.jpg" for name in names))
    print(f"\n{count:,} images{'seconds':>12}{'MB':>8}{'left':>12}", flush=True)
    rows = {}
    for what in ("new", "finished"):
        if what == "finished":
            finish_all(folder, names)
        rows[what] = run_measure({"start": str(folder)})
        figures = f"{rows[what]['seconds']:12.1f}{rows[what]['memory']:8.0f}"
        print(f"{what:>{len(f'{count:,} images')}}{figures}{rows[what]['left']:12,}", flush=True)
    return rows


def link_files(file: pathlib.Path, paths: Iterator[pathlib.Path]) -> None:
    """Makes a file appear under many names; a new copy of it now and then, as disks demand."""
    folders = set()
    source = file
    for number, path in enumerate(paths):
        if path.parent not in folders:
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.add(path.parent)
        if number % 30_000 == 0:
            path.write_bytes(file.read_bytes())
            os.utime(path, (0, 0))
            source = path
        else:
            os.link(source, path)


def finish_all(folder: pathlib.Path, names: list[str]) -> None:
    """Writes what a finished run leaves, its records and names of its files."""
    chosen = formats.FORMATS["lip"]
    joints = np.zeros((len(LIP_JOINTS.names), 3), np.float32)
    prediction = Prediction(np.zeros((96, 64), np.uint8), People.of_one(joints))
    output = folder / "results"
    results = Results(output, _SETTINGS)
    results.open([])
    results.close()
    with open(output / "predictions.jsonl", "w", encoding="utf-8") as file:
        for name in names:
            job = Job(folder / f"photos/{name}.jpg", name)
            file.write(json.dumps(job.record(prediction)) + "\n")
    paths = (output / path for name in names for path in chosen.paths(name, [], True))
    link_files(folder / "one/0.jpg", paths)


def measure_start(folder: str) -> dict[str, typing.Any]:
    """Finds the images and opens the results, as a run begins.

    Returns:
        `seconds`; `memory`, the process's peak in MB, TensorFlow included; and `left`, how many
        images are to be done.
    """
    begun = time.perf_counter()
    photos, output = pathlib.Path(folder, "photos"), pathlib.Path(folder, "results")
    found = sources.list_images([photos], None, output)
    names = result_names(found.files, found.root)
    jobs = [Job(file, name) for file, name in zip(found.files, names, strict=True)]
    left = Results(output, _SETTINGS).open(jobs)
    return {
        "seconds": time.perf_counter() - begun,
        "memory": peak_memory(),
        "left": len(left),
    }
