"""`jppnet evaluate --dataset coco`: joints and masks of people by COCO's rules."""

import pathlib
import typing

from absl import flags

from jppnet_tf.commands import cli, people
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.data.coco import CocoSplit

_FOR_LIP = (
    "ground_truth", "native_ids", "stage", "allow_missing", "baselines", "zero_is_missing",
    "shared_classes", *people.FLAGS,
)  # fmt: skip


def score_people(values: flags.FlagValues) -> None:
    """Scores weights, or results on disk, and prints; with --output, writes scores.json.

    Args:
        values: the flags of `jppnet evaluate`.

    Raises:
        InputError: flags do not go together, or something cannot be read.
    """
    for name in _FOR_LIP:
        if values[name].present:
            raise InputError(f"--{name} does not go with --dataset coco")
    weights, predictions = values["weights"].value, values["predictions"].value
    if (weights is None) == (predictions is None):
        raise InputError("give either --weights or --predictions")
    if values["data"].value is None:
        raise InputError("--dataset coco needs --data, a folder in COCO's form")
    from jppnet_tf.data.coco import read_coco
    from jppnet_tf.evaluation.report import folder

    split = read_coco(values["data"].value, values["split"].value)
    print(split.summary())
    overwrite, output = values["overwrite"].value, values["output"].value
    output = None if output is None else folder.make_folder(output, overwrite)
    if weights is None:
        results, about = _read(predictions), {"predictions": predictions}
    else:
        results, about = _predict(values, split)
    _report(split, results, about, values["limit"].value, output)


def _predict(values, split: "CocoSplit"):
    from tqdm import tqdm

    looks = cli.read_predicting_flags(values)
    from jppnet_tf.evaluation.coco import LEAST_PERSON, predict_split
    from jppnet_tf.inference.predictor import Predictor
    from jppnet_tf.runs.results import run_settings

    weights, limit = values["weights"].value, values["limit"].value
    predictor = Predictor(weights, least_person=LEAST_PERSON, **looks)
    about = run_settings(predictor, cli.name_weights(weights))
    total = len(list(split.images)[:limit])
    with tqdm(desc="predicting", total=total, unit="image") as progress:
        results = predict_split(predictor, split, limit, progress.update)
    return results, about


def _read(predictions):
    """Results on disk: a folder of jppnet infer --format coco, or one list."""
    from jppnet_tf.evaluation.coco import read_results

    path = pathlib.Path(predictions)
    if not path.is_dir():
        results = read_results(path)
        is_masks = any("segmentation" in each for each in results)
        return {"segm" if is_masks else "keypoints": results}
    place = path / "coco" if (path / "coco").is_dir() else path
    files = {"keypoints": place / "keypoints.json", "segm": place / "segments.json"}
    found = {task: read_results(file) for task, file in files.items() if file.is_file()}
    if not found:
        raise InputError(f"{place}: holds neither keypoints.json nor segments.json")
    return found


def _report(split, results, about, limit, output):
    from jppnet_tf.evaluation.coco import PAPER, TASKS, score_results
    from jppnet_tf.evaluation.report import folder

    scores = {task: score_results(split, task, found, limit) for task, found in results.items()}
    if output:
        content = about | {"images": len(list(split.images)[:limit]), "scores": scores}
        folder.write_scores(output, content)
    print("\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in about.items()))
    for task, values in scores.items():
        print(f"\n{TASKS[task]}, percent")
        print("  ".join(f"{name:>5}" for name in values))
        print("  ".join(f"{value:5.1f}" for value in values.values()))
        for name, value in PAPER[task].items():
            print(f"{value:5.1f}  {name}, on COCO's test-dev (the paper's)")
    if output:
        print(f"\nwritten: {output / 'scores.json'}")
