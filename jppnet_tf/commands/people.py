"""What the commands share that predict several people: whom to look at, and who finds them."""

import os
import pathlib
import typing
from collections.abc import Sequence

from absl import flags

from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.inference.detecting import Detector
    from jppnet_tf.inference.people import PeoplePredictor
    from jppnet_tf.inference.predictor import Predictor

AUTO = "auto"
FLAGS = "people", "detector", "least_person", "box_margin", "least_box_score"


def define_people_flags(values: flags.FlagValues, module: str) -> None:
    """Defines --people, --detector, --least_person, --box_margin and --least_box_score.

    Args:
        values: where to define them.
        module: name of the module whose help lists them.
    """
    flags.DEFINE_string(
        "people",
        None,
        "auto finds the people of each image and predicts everyone; or a JSON file with their "
        "boxes and perhaps masks: COCO's annotations or a list of results.",
        flag_values=values,
    )
    flags.DEFINE_alias("boxes", "people", flag_values=values)
    flags.DEFINE_string(
        "detector",
        None,
        "What --people auto finds people by: weights of PersonLab, or YOLOX as .onnx; without it, "
        "scenes_personlab.",
        flag_values=values,
    )
    flags.DEFINE_float(
        "least_person",
        None,
        "Of networks that find people, and of --people auto: who scores less is left out; without "
        "it, below 0.2, or 0.5 of an ONNX detector.",
        lower_bound=0,
        upper_bound=1,
        flag_values=values,
    )
    flags.DEFINE_float(
        "box_margin",
        0.1,
        "What boxes are enlarged by on each side, a share of their size.",
        lower_bound=0,
        upper_bound=2,
        flag_values=values,
    )
    flags.DEFINE_float(
        "least_box_score",
        None,
        "Boxes of a file that score less are left out; without it, none is.",
        flag_values=values,
    )
    for name in (*FLAGS, "boxes"):
        values.register_key_flag_for_module(module, values[name])


def check_people_flags(values: flags.FlagValues) -> None:
    """Refuses flags of `define_people_flags` that do not go together.

    Raises:
        InputError: they do not.
    """
    people = values["people"].value
    if values["detector"].value is not None and people != AUTO:
        raise InputError("--detector goes with --people auto")
    if values["box_margin"].present and people is None:
        raise InputError("--box_margin goes with --people")
    if values["least_box_score"].present and people in (None, AUTO):
        raise InputError("--least_box_score goes with --people FILE; --least_person with auto")


def build_predictor(
    values: flags.FlagValues, weights: str, class_scores: bool = False, **looks: typing.Any
) -> "Predictor | PeoplePredictor":
    """The predictor that the flags ask for.

    Args:
        values: the flags.
        weights: as for Predictor.
        class_scores: as for Predictor; with --people, it tells them anyway.
        **looks: further arguments of Predictor, as `cli.read_predicting_flags` gives them.

    Raises:
        InputError: weights cannot be loaded, or flags do not go with their network.
    """
    from jppnet_tf.inference.people import PeoplePredictor
    from jppnet_tf.inference.predictor import Predictor

    people, least = values["people"].value, values["least_person"].value
    is_auto = people == AUTO
    predictor = Predictor(
        weights,
        class_scores=class_scores or people is not None,
        least_person=None if is_auto else least,
        **looks,
    )
    if people is not None and predictor.family.finds_people:
        raise InputError("--people is for networks that label one person: this one finds people")
    if not is_auto:
        return predictor
    detector = build_detector(values["detector"].value, least, looks)
    return PeoplePredictor(predictor, detector, values["box_margin"].value)


def build_detector(
    detector: str | None, least_person: float | None, looks: dict[str, typing.Any]
) -> "Detector":
    """What finds people.

    Args:
        detector: weights of PersonLab, or a path that ends in .onnx; None for the default.
        least_person: as of PersonLabDetector and YoloxDetector; None for their defaults.
        looks: as for `build_predictor`; of them, what computes the network counts.

    Raises:
        InputError: it cannot be loaded, or finds nobody.
    """
    from jppnet_tf.inference.detecting import DEFAULT_DETECTOR, PersonLabDetector, YoloxDetector
    from jppnet_tf.inference.predictor import Predictor
    from jppnet_tf.weights import presets

    if detector is None:
        detector = DEFAULT_DETECTOR
        try:
            presets.locate(detector)
        except InputError as error:
            raise InputError(
                f"{error}; name another by --detector: YOLOX as .onnx, or weights of PersonLab"
            ) from None
    if pathlib.PurePath(detector).suffix.lower() == ".onnx":
        return YoloxDetector(detector, *([] if least_person is None else [least_person]))
    computing = {name: looks[name] for name in ("backend", "precision", "batch") if name in looks}
    return PersonLabDetector(Predictor(detector, least_person=least_person, **computing))


def describe_people(
    values: flags.FlagValues, predictor: "Predictor | PeoplePredictor"
) -> dict[str, typing.Any]:
    """What settings.json holds of the people to look at: it decides results."""
    people = values["people"].value
    if people is None:
        return {}
    about = {
        "people": AUTO if people == AUTO else "boxes",
        "box_margin": values["box_margin"].value,
    }
    if people == AUTO:
        about["detector"] = typing.cast("PeoplePredictor", predictor).detector.checksum()
    return about


def relative_paths(files: Sequence[str | os.PathLike], root: str | os.PathLike) -> list[str]:
    """Paths below a folder, with `/`, as files of boxes have them."""
    return [pathlib.PurePath(os.path.relpath(file, root)).as_posix() for file in files]
