"""Whether a run over very many photographs stays as fast and as small as it began."""

import time

from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results, run_settings
from jppnet_tf.runs.run import predict_jobs
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.machine import held_memory
from jppnet_tf.weights.loading import save_weights


def save_quick_weights(path):
    """Writes random weights of a network so small that all else takes longer."""
    save_weights(JPPNet(width=1 / 16, units=(1, 1, 1, 1)), path, input_hw=(64, 64))


def measure_run(weights, photos, output, step, show):
    """Predicts a folder as `tools/infer.py` does, with one look at each photograph.

    Args:
        weights: path.
        photos: folder of JPEG files.
        output: folder for the results.
        step: after how many photographs to look at the clock and the memory.
        show: function that is given each row as soon as it is known.

    Returns:
        list of dict: `photos` (how many are done), of the last `step` of them `rate` (photographs
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
