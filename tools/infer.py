#!/usr/bin/env python3
"""Parsing and pose for photographs.

  python tools/infer.py --weights JPPNet-s2 --images photos --output results
  python tools/infer.py --weights jppnet.safetensors --output results a.jpg b.png

Writes parsing/<name>.png (class ids), parsing/<name>_vis.png (colours), pose/<name>.txt (x and y
of 16 joints), overlay/<name>.jpg (to look at), predictions.jsonl (everything, a line an image).
Started again after an interruption, it goes on where it stopped.

Exit status: 0 all done; 1 some images could not be read; 2 nothing was done; 130 interrupted.
"""

import os
import sys

from absl import flags

from jppnet_tf import cli

_WEIGHTS = flags.DEFINE_string(
    "weights", None, "Safetensors file, or TF1 checkpoint (folder or prefix).", required=True
)
_IMAGES = flags.DEFINE_multi_string(
    "images", [], "Folder (with its sub-folders), file, or quoted pattern; may be repeated."
)
_LIST = flags.DEFINE_string("list", None, "Text file with one image a line, below --images.")
_OUTPUT = flags.DEFINE_string("output", None, "Folder for the results.", required=True)
_SCALES = flags.DEFINE_list(
    "scales", ["1", "0.75", "1.25"], "Factors on 384 x 384 at which the network looks."
)
_MIRROR = flags.DEFINE_bool("mirror", True, "Look at the mirror image too.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Do finished images again.")


def main(arguments):
    """Predicts all images; the exit status."""
    from jppnet_tf import sources
    from jppnet_tf.errors import InputError

    try:
        scales = [float(scale) for scale in _SCALES.value]
    except ValueError:
        raise InputError(f"--scales: numbers with commas between, not {_SCALES.value}") from None
    root, files = sources.list_images(_IMAGES.value + arguments, _LIST.value, _OUTPUT.value)
    from tqdm import tqdm  # from here on it takes a while

    from jppnet_tf.inference import Predictor
    from jppnet_tf.results import Job, Results, predict_jobs, run_settings

    predictor = Predictor(_WEIGHTS.value, scales, _MIRROR.value)
    settings = run_settings(predictor, os.path.basename(os.path.abspath(_WEIGHTS.value)))
    results = Results(_OUTPUT.value, settings, _OVERWRITE.value)
    names = sources.result_names(files, root)
    jobs = [Job(file, name) for file, name in zip(files, names, strict=True)]
    left = results.open(jobs)
    failures = []
    with tqdm(total=len(jobs), initial=len(jobs) - len(left), unit="image") as progress:
        for _, reason in predict_jobs(predictor, left, results):
            progress.update()
            if reason:
                failures.append(reason)
    done = len(left) - len(failures)
    print(f"{done} predicted, {len(jobs) - len(left)} finished before, {len(failures)} failed")
    for reason in failures:
        print(f"failed: {reason}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    cli.run(main, positional=True)
