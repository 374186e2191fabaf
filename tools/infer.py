#!/usr/bin/env python3
"""Parsing and pose for photographs.

  python tools/infer.py --weights JPPNet-s2 --images photos --output results
  python tools/infer.py --weights jppnet.safetensors --output results a.jpg b.png

Writes parsing/<name>.png (class ids), parsing/<name>_vis.png (colours), pose/<name>.txt (x and y
of 16 joints), overlay/<name>.jpg (to look at), predictions.jsonl (everything, a line an image). Of
networks that parse only, there is no pose. --format writes what other projects read, each
into a folder of its name: docs/formats.md has the table.
Started again after an interruption, it goes on where it stopped; with other formats, it adds them.
Ctrl-C finishes the image under way, a second one ends at once. Started several times over, the
processes share the images.

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
_MAX_MEGAPIXELS = flags.DEFINE_float(
    "max_megapixels", None, "Larger images are refused; 179 unless given.", lower_bound=0
)
_BOXES = flags.DEFINE_string(
    "boxes",
    None,
    "JSON with boxes around people, COCO's annotations or a list of results: each is predicted.",
)
_BOX_MARGIN = flags.DEFINE_float(
    "box_margin",
    0.1,
    "What boxes are enlarged by on each side, a share of their size.",
    lower_bound=0,
    upper_bound=2,
)
_LEAST_BOX_SCORE = flags.DEFINE_float(
    "least_box_score", None, "Boxes that score less are left out; without it, none is."
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Do finished images again.")
cli.define_predicting_flags()


def main(arguments):
    """Predicts all images; the exit status."""
    from jppnet_tf import formats, sources

    chosen = formats.choose_formats(_FORMAT.value)
    images = sources.list_images(_IMAGES.value + arguments, _LIST.value, _OUTPUT.value)
    names = sources.result_names(images.files, images.root)
    boxes = read_boxes(images, names, chosen) if _BOXES.value is not None else None
    looks = cli.read_predicting_flags()  # from here on it takes a while
    from jppnet_tf.inference import Predictor
    from jppnet_tf.results import Job, Results, run_settings

    predictor = Predictor(
        _WEIGHTS.value, class_scores=any(each.needs_scores for each in chosen), **looks
    )
    formats.check_pose(chosen, predictor.has_pose)
    settings = run_settings(predictor, os.path.basename(os.path.abspath(_WEIGHTS.value)))
    settings["least_score"] = _LEAST_SCORE.value
    settings["box_margin"] = None if boxes is None else _BOX_MARGIN.value
    results = Results(_OUTPUT.value, settings, _OVERWRITE.value, chosen)
    jobs = [
        Job(file, name, find_people(name, boxes))
        for file, name in zip(images.files, names, strict=True)
        if boxes is None or name in boxes.boxes
    ]
    return predict_images(predictor, jobs, results, images.unreadable)


def read_boxes(images, names, chosen):
    """The boxes of a run's images, as boxes.BoxFile; tells what is left out."""
    from jppnet_tf import boxes, formats

    formats.check_people(chosen)
    paths = [file.relative_to(images.root).as_posix() for file in images.files]
    found = boxes.read_boxes(
        _BOXES.value, dict(zip(names, paths, strict=True)), _LEAST_BOX_SCORE.value
    )
    without = len(names) - len(found.boxes)
    if without:
        print(f"{without} of {len(names)} images have no box, and are left out")
    if found.unused:
        print(f"{_BOXES.value}: {found.unused} of its images are not among those given")
    return found


def find_people(name, boxes):
    """An image's people.People; None without boxes."""
    from jppnet_tf.people import People

    if boxes is None:
        return None
    return People(boxes.boxes[name], _BOX_MARGIN.value, boxes.image_ids[name])


def predict_images(predictor, jobs, results, unreadable):
    """Predicts what is left to do, shows how it goes, and reports; the exit status."""
    from tqdm import tqdm

    from jppnet_tf.images import MAX_PIXELS
    from jppnet_tf.processes import StopRequest
    from jppnet_tf.results import predict_jobs

    largest = MAX_PIXELS if _MAX_MEGAPIXELS.value is None else _MAX_MEGAPIXELS.value * 1e6

    left = results.open(jobs)
    finished, ends, others, is_shared = len(jobs) - len(left), {}, set(), True
    with (
        StopRequest() as stop,
        # The time that is left is judged by the last twenty images, not by the last two or three.
        tqdm(total=len(jobs), initial=finished, unit="image", smoothing=0.05) as progress,
    ):

        def advance(*_):
            progress.update(progress.n < progress.total)  # not twice where it was passed before

        def on_end(job, reason):
            ends[job] = reason
            advance()

        try:
            mine = results.claim_each(left, advance)
            predict_jobs(predictor, mine, results, on_end, lambda: stop.made, largest)
            others, is_shared = results.close(not stop.made or len(ends) == len(left))
        finally:
            progress.close()
            others = {job for job in left if job not in ends and job.name in others}
            undone = len(left) - len(ends) - len(others)
            failures = [reason for reason in ends.values() if reason] + unreadable
            report(list(ends.values()).count(None), finished, failures, len(others), undone)
    if stop.made and undone:
        raise KeyboardInterrupt
    return 1 if failures or (undone and not is_shared) else 0


def report(predicted, finished, failures, others, undone):
    """Prints the counts of a run's images, and the reasons of those that failed."""
    print(
        f"{predicted} predicted, {finished} finished before, {len(failures)} failed"
        + (f", {others} by other processes" if others else "")
        + (f", {undone} left" if undone else "")
    )
    for reason in failures:
        print(f"failed: {reason}", file=sys.stderr)


if __name__ == "__main__":
    cli.run(main, positional=True)
