"""Scores parsing and pose by the rules of LIP's benchmark.

  jppnet evaluate --data LIP --weights JPPNet-s2 --output scores
  jppnet evaluate --data LIP --predictions results --output scores
  jppnet evaluate --ground_truth labels --predictions pngs [--dataset atr]
  jppnet evaluate --ground_truth lip_val_set.csv --predictions pose.csv
  jppnet evaluate --ground_truth mpii.mat --predictions pose.csv --dataset mpii
  jppnet evaluate --dataset coco --data COCO --weights WEIGHTS
  jppnet evaluate --dataset cihp --data CIHP --weights WEIGHTS --people auto
  jppnet evaluate --dataset mhp_v2 --data MHP --predictions results

--weights predicts on the way and keeps nothing; --predictions takes what is on disk: class ids
as <name>.png, joints as <name>.txt, a CSV or predictions.jsonl. Prints accuracies, IoU and PCKh in
percent beside the paper's. --output also writes scores.json, report.md with pictures, and a CSV per
table.
--dataset coco scores joints and masks of people (PersonLab's) as COCO does: average precision and
recall; --predictions is then a folder of `jppnet infer --format coco`, or a list of results.
--dataset cihp and mhp_v2 score several people's parts: AP^r, AP^p, PCP and AP^h. --predictions is a
folder of `jppnet infer --people auto --format cihp` or mhp, or anybody's in that form; --people
tells whom --weights look at, truth being the boxes of the truth.
--baselines adds what methods reach that do not look at shapes: the class of each pixel by its
colour alone, and the same mean pose for every image, both learnt from the first 500 images of the
train split.

Exit status: 0 done; 2 wrong flags or input; 130 interrupted.
"""

import typing
from collections.abc import Callable, Sequence

from absl import flags

from jppnet_tf.commands import cli, coco_scores, instance_scores, people
from jppnet_tf.evaluation.metrics.datasets import DATASETS, LIP_CLASSES, ParsingDataset
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    import numpy as np

    from jppnet_tf.data.lip import Record
    from jppnet_tf.evaluation.metrics.scores import Scores
    from jppnet_tf.evaluation.metrics.tally import Tally
    from jppnet_tf.evaluation.scoring import Entry

About = dict[str, typing.Any]
Predict = Callable[["Entry"], tuple["np.ndarray | None", "np.ndarray | None"]]
Score = Callable[[], tuple["Tally", About, Predict]]
"""Predicts and scores. Gives the tally, what decided it, and what was predicted of an entry."""

FLAGS = flags.FlagValues()

_DATA = flags.DEFINE_string("data", None, "Folder of LIP, in either layout.", flag_values=FLAGS)
_ZERO = flags.DEFINE_bool(
    "zero_is_missing",
    False,
    "Joints at (0, 0) or (-1, -1) in --data's CSV are missing, as COCO's are.",
    flag_values=FLAGS,
)
_SPLIT = flags.DEFINE_enum(
    "split", "val", ["train", "val"], "Which images of --data.", flag_values=FLAGS
)
_GROUND_TRUTH = flags.DEFINE_string(
    "ground_truth",
    None,
    "Without --data: folder of label PNGs, CSV as LIP's, or MPII's .mat/.json.",
    flag_values=FLAGS,
)
_WEIGHTS = flags.DEFINE_string("weights", None, "As for jppnet infer.", flag_values=FLAGS)
_PREDICTIONS = flags.DEFINE_string(
    "predictions", None, "Folder, CSV or predictions.jsonl.", flag_values=FLAGS
)
_DATASET = flags.DEFINE_enum(
    "dataset",
    "lip",
    [*DATASETS, "mpii", "coco", *instance_scores.DATASETS],
    "Whose classes, or head sizes, are scored by; coco scores people, cihp and mhp_v2 their parts.",
    flag_values=FLAGS,
)
_NATIVE = flags.DEFINE_bool(
    "native_ids", False, "Predictions are in --dataset's ids, not LIP's.", flag_values=FLAGS
)
_STAGE = flags.DEFINE_integer(
    "stage", None, "Stop at this stage; 1 is unrefined.", lower_bound=1, flag_values=FLAGS
)
_LIMIT = flags.DEFINE_integer(
    "limit", None, "Take only the first so many images.", lower_bound=1, flag_values=FLAGS
)
_MISSING = flags.DEFINE_bool(
    "allow_missing", False, "Score what is predicted, count the rest.", flag_values=FLAGS
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for the report.", flag_values=FLAGS)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Replace files in --output that no evaluation wrote.", flag_values=FLAGS
)
_BASELINES = flags.DEFINE_bool(
    "baselines", False, "Also score methods that look at no shape.", flag_values=FLAGS
)
_SHARED = flags.DEFINE_bool(
    "shared_classes",
    False,
    "On CIHP, score the classes that LIP has too: all but torso-skin, whose pixels do not count.",
    flag_values=FLAGS,
)
cli.define_predicting_flags(FLAGS, __name__)
people.define_people_flags(FLAGS, __name__)


def main() -> None:
    """Scores, prints, and writes the report."""
    if _DATASET.value == "coco":
        coco_scores.score_people(FLAGS)
        return
    if _DATASET.value in instance_scores.DATASETS:
        instance_scores.score_instances(FLAGS)
        return
    check_flags()
    if _WEIGHTS.value or _BASELINES.value:
        cli.load_tensorflow()  # from here on it takes a while
    from jppnet_tf.evaluation.report import folder

    entries, known = find_entries()
    training_records = find_training_records() if _BASELINES.value else ()
    if _WEIGHTS.value:
        score = prepare_network(entries)
    else:
        score = prepare_predictions(entries, known)
    # What is wrong with the output folder is better found now than after hours of predicting.
    output = None if _OUTPUT.value is None else folder.make_folder(_OUTPUT.value, _OVERWRITE.value)
    baselines = score_baselines(training_records, entries) if _BASELINES.value else {}
    tally, about, predict = score()
    is_ablation = _STAGE.value is not None or bool(FLAGS["scales"].present or FLAGS["fast"].value)
    about |= describe_images(tally)
    result = folder.Result(tally, find_dataset(), about, baselines, is_ablation)
    if output:  # before anything that may fail is printed
        draw = make_drawer(entries, predict) if _DATA.value else None
        folder.write_report(output, result, draw)
    print("\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in result.about.items()))
    for table in result.tables():
        print(f"\n{table.text()}")
    if output:
        print(f"\nwritten: {output / 'report.md'}")


def check_flags() -> None:
    """Refuses flags that do not go together."""
    if (_WEIGHTS.value is None) == (_PREDICTIONS.value is None):
        raise InputError("give either --weights or --predictions")
    for name in (*people.FLAGS, "shared_classes"):
        if FLAGS[name].present:
            raise InputError(f"--{name} goes with --dataset cihp or mhp_v2")
    if (_DATA.value is None) == (_GROUND_TRUTH.value is None):
        raise InputError("give either --data or --ground_truth")
    if _DATA.value is None and (_WEIGHTS.value or _BASELINES.value):
        raise InputError("--weights and --baselines need the images of --data")
    network_only = [name for name in (*cli.PREDICTING, "stage") if FLAGS[name].present]
    if network_only and not _WEIGHTS.value:
        raise InputError(f"--{network_only[0]} goes with --weights; predictions are what they are")
    if _NATIVE.value and (_DATA.value or _DATASET.value not in ("atr", "pascal_person_part")):
        raise InputError(
            "--native_ids goes with --ground_truth and --dataset of other ids than LIP's"
        )
    is_mpii = (_GROUND_TRUTH.value or "").endswith((".mat", ".json"))
    if is_mpii != (_DATASET.value == "mpii"):
        raise InputError("--dataset mpii goes with a --ground_truth of MPII's: .mat or .json")


def find_entries() -> tuple[list["Entry"], set[str] | None]:
    """The entries to score, without predictions; and the names that predictions may have."""
    from jppnet_tf.data.lip import read_split
    from jppnet_tf.evaluation import scoring

    if _DATA.value is None:
        entries = scoring.read_ground_truth(_GROUND_TRUTH.value)
    else:
        split = read_split(_DATA.value, _SPLIT.value, _ZERO.value)
        if split.joints_at_origin:
            print(split.summary())
        entries = scoring.record_entries(split.records)
    # Of MPII only some people are scored, but whole folders are predicted.
    known = None if _DATASET.value == "mpii" else {entry.name for entry in entries}
    return entries[: _LIMIT.value], known


def find_dataset() -> ParsingDataset:
    """The classes to score, and what the ids are."""
    dataset = DATASETS.get(_DATASET.value, LIP_CLASSES)
    if _DATA.value:
        dataset = dataset.on_lip
    return dataset.native if _NATIVE.value else dataset


def prepare_network(entries: Sequence["Entry"]) -> Score:
    """Loads the network that is to be scored."""
    from tqdm import tqdm

    from jppnet_tf.evaluation import scoring
    from jppnet_tf.inference.predictor import Predictor
    from jppnet_tf.runs.results import run_settings

    predictor = Predictor(_WEIGHTS.value, stage=_STAGE.value, **cli.read_predicting_flags(FLAGS))
    about = run_settings(predictor, cli.name_weights(_WEIGHTS.value))

    def predict(entry):
        prediction = predictor(entry.image)
        return prediction.parsing, prediction.keypoints

    def score():
        with tqdm(desc="predicting", total=len(entries), unit="image") as progress:
            tally = scoring.tally_weights(predictor, entries, find_dataset(), progress.update)
        return tally, about | {"stage": predictor.stage}, predict

    return score


def prepare_predictions(entries: Sequence["Entry"], known: set[str] | None) -> Score:
    """Finds the predictions on disk."""
    from tqdm import tqdm

    from jppnet_tf.evaluation import scoring
    from jppnet_tf.images.reading import read_ids

    predicted = scoring.add_predictions(entries, _PREDICTIONS.value, known, _MISSING.value)
    by_name = {entry.name: entry for entry in predicted}

    def predict(entry):
        entry = by_name[entry.name]
        return entry.parsing and read_ids(entry.parsing, allow_palette=True), entry.keypoints

    def score():
        with tqdm(desc="scoring", total=len(predicted), unit="image") as progress:
            tally = scoring.tally_files(predicted, find_dataset(), on_images=progress.update)
        return tally, {"predictions": _PREDICTIONS.value}, predict

    return score


def describe_images(tally: "Tally") -> About:
    """What was scored, for the report."""
    where = {"split": _SPLIT.value} if _DATA.value else {"ground_truth": _GROUND_TRUTH.value}
    scored = {
        "parsing": bool(tally.parsing.confusion.any()), "pose": bool(tally.pose.counts.any())
    }  # fmt: skip
    return where | {
        "dataset": _DATASET.value,
        "native_ids": _NATIVE.value,
        "scored": [task for task, is_scored in scored.items() if is_scored],
        "images": len(tally.images),
        "without_label": tally.without_label if scored["parsing"] else None,
        "without_joints": tally.without_joints if scored["pose"] else None,
        "without_prediction": tally.without_prediction,
        "without_head_size": tally.pose.images_left_out,
    }


def find_training_records() -> list["Record"]:
    """The first records of the train split, for the baselines."""
    from jppnet_tf.data.lip import read_split
    from jppnet_tf.evaluation.baselines import BASELINE_IMAGES

    try:
        return read_split(_DATA.value, "train").records[:BASELINE_IMAGES]
    except InputError as error:
        raise InputError(f"--baselines learns from the train split: {error}") from None


def score_baselines(records: Sequence["Record"], entries: Sequence["Entry"]) -> dict[str, "Scores"]:
    """Learns from records and scores entries: scores by title."""
    from tqdm import tqdm

    from jppnet_tf.evaluation import baselines

    with tqdm(records, desc="learning baselines", unit="image") as progress:
        learnt = baselines.learn_baselines(progress)
    with tqdm(entries, desc="scoring baselines", unit="image") as progress:
        scores, prior = baselines.score_baselines(learnt, progress, find_dataset())
    return {f"colour ({prior} prior), mean pose": scores}


def make_drawer(entries: Sequence["Entry"], predict: Predict) -> Callable[[str], bytes]:
    """Makes the function from an image's name to its comparison, as a picture file's bytes."""
    cli.load_tensorflow()  # it decodes JPEG
    from jppnet_tf.evaluation.report.comparison import draw_comparison
    from jppnet_tf.images.reading import read_ids, read_image

    by_name = {entry.name: entry for entry in entries}

    def draw(name):
        entry = by_name[name]
        label = None if entry.label is None else read_ids(entry.label, allow_palette=True)
        return draw_comparison(read_image(entry.image), predict(entry), (label, entry.joints))

    return draw
