#!/usr/bin/env python3
"""Scores weights on a split of LIP, or of anything in its layout.

  python tools/evaluate.py --data LIP --weights JPPNet-s2 --output scores
  python tools/evaluate.py --data LIP --weights jppnet.safetensors --scales 1 --nomirror --limit 100

Prints accuracies, IoU and PCKh in percent. --output also writes them to scores.json there, in place
of an earlier one. --baselines adds what methods reach that look at no shape: the class of each
pixel by its colour alone, and for every image the same mean pose, both learnt from the first 500
images of the train split.

Exit status: 0 done; 2 wrong flags or input; 130 interrupted.
"""

import json
import os
import pathlib

from absl import flags

from jppnet_tf import cli
from jppnet_tf.files import write_bytes

_DATA = flags.DEFINE_string("data", None, "Folder of LIP, in either layout.", required=True)
_SPLIT = flags.DEFINE_enum("split", "val", ["train", "val"], "Which images.")
_WEIGHTS = flags.DEFINE_string(
    "weights", None, "Safetensors file, or TF1 checkpoint (folder or prefix).", required=True
)
_SCALES = flags.DEFINE_list(
    "scales", ["1", "0.75", "1.25"], "Factors on the input size, which the weights state or is 384."
)
_MIRROR = flags.DEFINE_bool("mirror", True, "Look at the mirror image too.")
_LIMIT = flags.DEFINE_integer("limit", None, "Take only the first so many images.", lower_bound=1)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for scores.json.")
_BASELINES = flags.DEFINE_bool("baselines", False, "Also score methods that look at no shape.")


def main():
    """Predicts, scores and prints."""
    from jppnet_tf.data.lip import read_split

    scales = cli.parse_numbers("--scales", _SCALES.value)
    records = read_split(_DATA.value, _SPLIT.value).records[: _LIMIT.value]
    training_records = find_training_records() if _BASELINES.value else ()
    cli.load_tensorflow()  # from here on it takes a while
    from tqdm import tqdm

    from jppnet_tf import evaluation
    from jppnet_tf.inference import Predictor
    from jppnet_tf.results import run_settings

    predictor = Predictor(_WEIGHTS.value, scales, _MIRROR.value)
    report = run_settings(predictor, os.path.basename(os.path.abspath(_WEIGHTS.value)))
    report |= {"split": _SPLIT.value, "images": len(records)}
    output = make_output() if _OUTPUT.value is not None else None
    columns = {}
    if training_records:  # first: what is wrong with the data is found sooner so
        columns["baseline"], report["baselines"] = evaluate_baselines(training_records, records)
    pairs = evaluation.predict_records(predictor, records)
    with tqdm(pairs, desc="predicting", total=len(records), unit="image") as progress:
        scores = evaluation.score_predictions(progress)
    left_out = count_left_out(records, scores)
    counts = (f"{count} {what.replace('_', ' ')}" for what, count in left_out.items())
    print(f"{len(records)} images of {_SPLIT.value}: {', '.join(counts)}")
    print(evaluation.format_table({"network": scores} | columns))
    if output:
        report |= left_out | evaluation.describe_scores(scores)
        write_bytes(output / "scores.json", f"{json.dumps(report, indent=2)}\n".encode())


def find_training_records():
    """The train split's records, for the baselines."""
    from jppnet_tf.data.lip import read_split
    from jppnet_tf.errors import InputError

    try:
        return read_split(_DATA.value, "train").records
    except InputError as error:
        raise InputError(f"--baselines learns from the train split: {error}") from None


def make_output():
    """Makes the folder of --output: pathlib.Path."""
    from jppnet_tf.errors import InputError

    output = pathlib.Path(_OUTPUT.value)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{output}: cannot be the folder of scores: {error.strerror}") from None
    return output


def evaluate_baselines(training_records, records):
    """Learns and scores the baselines.

    Args:
        training_records: sequence of lip.Record to learn from.
        records: sequence of lip.Record to score on.

    Returns:
        metrics.scores.Scores, and the same as JSON takes it, with what they learnt from.
    """
    from tqdm import tqdm

    from jppnet_tf import evaluation

    first = training_records[: evaluation.BASELINE_IMAGES]
    with tqdm(first, desc="learning baselines", unit="image") as progress:
        baselines = evaluation.learn_baselines(progress)
    with tqdm(records, desc="scoring baselines", unit="image") as progress:
        scores, prior = evaluation.score_baselines(baselines, progress)
    print(
        f"baseline: each pixel by its colour ({prior} prior) and the mean pose, "
        f"learnt from {len(first)} images"
    )
    notes = {"training_images": len(first), "colour_prior": prior}
    return scores, notes | evaluation.describe_scores(scores)


def count_left_out(records, scores):
    """How many images are not scored, and why: dict of str to int."""
    return {
        "without_label": sum(record.label is None for record in records),
        "without_joints": sum(record.joints is None for record in records),
        "without_head_size": scores.pose.images_left_out,
    }


if __name__ == "__main__":
    cli.run(main)
