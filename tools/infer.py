#!/usr/bin/env python3
"""Parsing and pose for photographs.

  python tools/infer.py --weights JPPNet-s2 --images photos --output results
  python tools/infer.py --weights jppnet.safetensors --output results a.jpg b.png

Writes parsing/<name>.png (class ids), parsing/<name>_vis.png (colours), pose/<name>.txt (x and y
of 16 joints), overlay/<name>.jpg (to look at), predictions.jsonl (everything, a line an image). Of
SS-JPPNet, which parses only, there is no pose. --format writes what other projects read, each
into a folder of its name: docs/formats.md has the table.
Started again after an interruption, it goes on where it stopped; with other formats, it adds them.
Ctrl-C finishes the image under way, a second one ends at once.

Exit status: 0 all done; 1 some images could not be done; 2 wrong flags or input, or results could
not be written; 130 interrupted.
"""

import os
import sys

from absl import flags

from jppnet_tf import cli

_WEIGHTS = flags.DEFINE_string(
    "weights",
    None,
    "Safetensors file, TF1 checkpoint (folder or prefix), or caffemodel.",
    required=True,
)
_IMAGES = flags.DEFINE_multi_string(
    "images", [], "Folder (with its sub-folders), file, or quoted pattern; may be repeated."
)
_LIST = flags.DEFINE_string("list", None, "Text file with one image a line, below --images.")
_OUTPUT = flags.DEFINE_string("output", None, "Folder for the results.", required=True)
_FORMAT = flags.DEFINE_multi_string(
    "format",
    ["lip"],
    "What to write, with commas between or repeated: lip (the files above), cpvton, cpvton+, "
    "vitonhd, openpose18, openpose25, mpi15, coco, hf.",
)
_LEAST_SCORE = flags.DEFINE_float(
    "least_score",
    None,
    "In formats other than lip, joints that score less are missing; without it, none is.",
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Do finished images again.")
cli.define_predicting_flags()


def main(arguments):
    """Predicts all images; the exit status."""
    from jppnet_tf import formats, sources

    chosen = formats.choose_formats(_FORMAT.value)
    images = sources.list_images(_IMAGES.value + arguments, _LIST.value, _OUTPUT.value)
    names = sources.result_names(images.files, images.root)
    looks = cli.read_predicting_flags()  # from here on it takes a while
    from tqdm import tqdm

    from jppnet_tf.inference import Predictor
    from jppnet_tf.processes import StopRequest
    from jppnet_tf.results import Job, Results, predict_jobs, run_settings

    predictor = Predictor(
        _WEIGHTS.value, class_scores=any(each.needs_scores for each in chosen), **looks
    )
    formats.check_pose(chosen, predictor.has_pose)
    settings = run_settings(predictor, os.path.basename(os.path.abspath(_WEIGHTS.value)))
    settings["least_score"] = _LEAST_SCORE.value
    results = Results(_OUTPUT.value, settings, _OVERWRITE.value, chosen)
    jobs = [Job(file, name) for file, name in zip(images.files, names, strict=True)]
    left = results.open(jobs)
    ends = []
    finished = len(jobs) - len(left)
    with (
        StopRequest() as stop,
        tqdm(total=len(jobs), initial=finished, unit="image") as progress,
    ):

        def on_end(_, reason):
            ends.append(reason)
            progress.update()

        try:
            predict_jobs(predictor, left, results, on_end, lambda: stop.made)
            if not stop.made:
                results.close()
        finally:
            progress.close()
            failures = [reason for reason in ends if reason] + images.unreadable
            predicted = ends.count(None)
            undone = f", {len(left) - len(ends)} left" if stop.made else ""
            print(
                f"{predicted} predicted, {finished} finished before, {len(failures)} failed{undone}"
            )
            for reason in failures:
                print(f"failed: {reason}", file=sys.stderr)
    if stop.made:
        raise KeyboardInterrupt
    return 1 if failures else 0


if __name__ == "__main__":
    cli.run(main, positional=True)
