"""`jppnet evaluate --dataset cihp` and `mhp_v2`: several people and their parts."""

import typing

from absl import flags

from jppnet_tf.commands import cli, people
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from jppnet_tf.data.cihp import GroupSplit
    from jppnet_tf.evaluation.metrics.instances import ImageMatch
    from jppnet_tf.labels import Classes

DATASETS = "cihp", "mhp_v2"
TRUTH = "truth"
"""What --people is for the boxes of the truth."""
_FOR_LIP = "stage", "baselines", "zero_is_missing"
_SHOWN = 10  # missing images that are named


def score_instances(values: flags.FlagValues) -> None:
    """Scores weights, or predictions on disk, and prints; with --output, writes scores.json.

    Args:
        values: the flags of `jppnet evaluate`.

    Raises:
        InputError: flags do not go together, or something cannot be read.
    """
    dataset = values["dataset"].value
    _check_flags(values, dataset)
    from jppnet_tf.data.cihp import read_cihp
    from jppnet_tf.data.mhp import read_mhp
    from jppnet_tf.evaluation.report import folder
    from jppnet_tf.labels import CIHP, MHP

    place = values["data"].value or values["ground_truth"].value
    read, classes = {"cihp": (read_cihp, CIHP), "mhp_v2": (read_mhp, MHP)}[dataset]
    split = read(place, values["split"].value)
    split = type(split)(split.folder, split.records[: values["limit"].value])
    print(split.summary())
    output, overwrite = values["output"].value, values["overwrite"].value
    output = None if output is None else folder.make_folder(output, overwrite)
    left_out = classes.names.index("torso-skin") if values["shared_classes"].value else None
    if values["weights"].value is None:
        matches, about, known = _from_files(values, split, classes, left_out)
    else:
        matches, about, known = _from_weights(values, split, classes, left_out)
    about |= {"dataset": dataset, "split": values["split"].value}
    _report(values, split, matches, about, known, (classes, left_out), output)


def _check_flags(values, dataset):
    for name in _FOR_LIP:
        if values[name].present:
            raise InputError(f"--{name} does not go with --dataset {dataset}")
    weights, predictions = values["weights"].value, values["predictions"].value
    if (weights is None) == (predictions is None):
        raise InputError("give either --weights or --predictions")
    if (values["data"].value is None) == (values["ground_truth"].value is None):
        raise InputError(f"--dataset {dataset} needs --data, its folder")
    if values["shared_classes"].value and dataset != "cihp":
        raise InputError("--shared_classes goes with --dataset cihp")
    if weights is None and values["people"].value is not None:
        raise InputError("--people goes with --weights; predictions are what they are")
    if weights is not None and values["people"].value is None:
        raise InputError(
            "--weights needs --people: auto to find them, a file of boxes, or truth for the boxes "
            "of the truth"
        )
    if weights is not None and values["allow_missing"].value:
        raise InputError("--allow_missing goes with --predictions")
    people.check_people_flags(values)


def _from_files(values, split: "GroupSplit", classes: "Classes", left_out):
    """Matches, what was scored, and whether there are parts and people."""
    from jppnet_tf.evaluation.instance_files import PredictedFolder
    from jppnet_tf.evaluation.instances import find_missing, match_files

    predicted = PredictedFolder.find(values["predictions"].value)
    missing, allow = find_missing(split, predicted), values["allow_missing"].value
    if len(missing) == len(split.records):
        raise InputError(f"{predicted.folder}: has none of the images, such as {missing[0]}")
    if missing:
        named = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        how = "do not count" if allow else "count as nothing found"
        print(f"{len(missing)} images without prediction {how}: {named}")
    matches = match_files(split, predicted, len(classes.names), allow, left_out)
    about = {
        "predictions": values["predictions"].value,
        "images": len(split.records) - (len(missing) if allow else 0),
        "without_prediction": missing,
    }
    return matches, about, (predicted.has_parts, predicted.has_people)


def _from_weights(values, split: "GroupSplit", classes: "Classes", left_out):
    """The same of a network."""
    without = [record.name for record in split.records if record.image is None]
    if without:
        raise InputError(f"{split.folder}: no photograph of {', '.join(without[:3])}")
    looks = cli.read_predicting_flags(values)
    from jppnet_tf.evaluation.instances import match_predictions, oracle_crops
    from jppnet_tf.labels import CIHP
    from jppnet_tf.runs.results import run_settings

    chosen, weights = values["people"].value, values["weights"].value
    native = {"classes": CIHP} if values["native_ids"].value else {}
    predictor = people.build_predictor(values, weights, True, **looks, **native)
    margin = values["box_margin"].value
    if chosen == people.AUTO:
        crops = None
    elif chosen == TRUTH:
        crops = oracle_crops(margin)
    else:
        crops = _read_boxes(values, split, chosen)
    about = run_settings(predictor, cli.name_weights(weights))
    about |= people.describe_people(values, predictor)
    if chosen == TRUTH:
        about |= {"people": "oracle boxes", "note": "oracle boxes: not to be compared with papers"}
    about["images"] = len(split.records)
    return match_predictions(split, predictor, classes, crops, left_out), about, (True, True)


def _read_boxes(values, split, file):
    """The people of a file of boxes."""
    from jppnet_tf.predictions.boxes import read_boxes
    from jppnet_tf.predictions.crops import Crops

    names = {record.name: record.image.name for record in split.records}
    found = read_boxes(file, names, values["least_box_score"].value)

    def crops(record, labels):
        boxes = found.boxes.get(record.name)
        return None if boxes is None else Crops(boxes, values["box_margin"].value)

    return crops


def _report(values, split, matches: "Iterable[ImageMatch]", about, known, scored, output):
    from tqdm import tqdm

    from jppnet_tf.evaluation.metrics.instance_scores import score_matches
    from jppnet_tf.evaluation.report import folder, instances

    classes, left_out = scored
    with tqdm(matches, total=about["images"], unit="image") as progress:
        scores = score_matches(
            progress, len(classes.names), () if left_out is None else (left_out,)
        )
    described = instances.describe_instances(scores, *known)
    mean_iou = 100 * scores.mean_iou
    names = [name for id_, name in enumerate(classes.names) if id_ not in (0, left_out)]
    by_class = instances.describe_classes(scores, names)
    about |= {
        "people_in_truth": scores.people,
        "parts_in_truth": scores.parts,
        "parts_without_pixels": scores.empty_parts,
    }
    if output:
        content = about | {"parsing": {"mean_iou": mean_iou}, "instances": described}
        folder.write_scores(output, content | {"ap_r_by_class": by_class})
    told = about | {"without_prediction": len(about.get("without_prediction", ()))}
    print("\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in told.items()))
    print(f"\npercent\n{instances.write_table(described, mean_iou, about['dataset'])}")
    if any((value or 0) > 100 for value in scores.ap_r.max(axis=0, initial=0) * 100):
        print("AP^r of a class above 100: below 0.5, the rules let a true part be found twice")
    if output:
        print(f"\nwritten: {output / 'scores.json'}")
