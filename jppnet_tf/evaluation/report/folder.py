"""The folder that an evaluation leaves behind: scores for programs, a report for people."""

import dataclasses
import json
import os
import pathlib
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from jppnet_tf.evaluation.metrics.datasets import ParsingDataset
from jppnet_tf.evaluation.metrics.pose import GROUPS, POOLS
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.evaluation.metrics.tally import THRESHOLDS, Tally
from jppnet_tf.evaluation.report import charts, paper, tables
from jppnet_tf.labels import LIP_JOINTS, Joints
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import write_bytes

if typing.TYPE_CHECKING:
    from jppnet_tf.evaluation.metrics.scores import Scores
    from jppnet_tf.evaluation.metrics.tally import ImageScore

_PARSING = (
    "overall_accuracy", "mean_accuracy", "mean_iou", "frequency_weighted_iou", "legacy_mean_iou",
)  # fmt: skip
SHOWN = 6
"""How many of the worst and of the best images a report shows."""
_TITLES = ("worst", "best")
_SCORES, _WRITTEN = "scores.json", "written"
_TABLES = ("parsing", "classes", "pckh", "joints", "ablations", "kinds", "images")
_NAMES = (
    _SCORES, "report.md", "classes.png", "confusion.png", "pckh_curve.png",
    *(f"{name}.csv" for name in _TABLES),
)  # fmt: skip
"""The files that a report may consist of, beside the images it shows."""


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """What an evaluation found.

    Attributes:
        tally: metrics.tally.Tally.
        dataset: metrics.datasets.ParsingDataset.
        about: dict of what was evaluated (weights, split, ...), as JSON takes it.
        baselines: dict of name to metrics.scores.Scores, to print beside.
        is_ablation: whether a part of the network was looked at, so that the paper's ablations
            are of interest.
    """

    tally: Tally
    dataset: ParsingDataset
    about: dict
    baselines: dict[str, Scores] = dataclasses.field(default_factory=dict)
    is_ablation: bool = False

    @property
    def has_parsing(self) -> bool:
        """Whether any pixel was counted."""
        return bool(self.tally.parsing.confusion.any())

    @property
    def has_pose(self) -> bool:
        """Whether any joint was counted."""
        return bool(self.tally.pose.counts.any())

    @property
    def title(self) -> str:
        """What was scored."""
        return "MPII" if self.tally.given_head_sizes else self.dataset.title

    @property
    def published(self) -> paper.PublishedParsing:
        """The paper's scores on this data set: paper.PublishedParsing."""
        return paper.PARSING.get(self.dataset.name, paper.PublishedParsing())

    def columns(self) -> "dict[str, Scores]":
        """dict of what was scored to metrics.scores.Scores: this result, then the baselines."""
        return {tables.OURS: self.tally.scores()} | self.baselines

    def _structure(self):
        """A sentence on the structure-sensitive error, or ""."""
        error = self.columns()[tables.OURS].structure_error
        return "" if error is None else f"Structure-sensitive error, 0 to 3.6: {error:.4f}."

    def tables(self) -> list[tables.Table]:
        """The tables that suit it: list of tables.Table."""
        columns, found, is_mpii = self.columns(), [], self.tally.given_head_sizes > 0
        if self.has_parsing:
            parsing = {name: scores.parsing for name, scores in columns.items()}
            names, notes = self.dataset.names, self.dataset.notes
            found.append(tables.parsing_table(parsing, self.published.scores, self._structure()))
            found.append(tables.class_table(parsing, names, self.published.iou, notes))
        if self.has_pose:
            pose = {name: scores.pose for name, scores in columns.items() if scores.pose}
            published = paper.MPII_POSE if is_mpii else paper.LIP_POSE
            found.append(tables.pose_table(pose, published))
            found.append(tables.joint_table(pose[tables.OURS], self.tally.joints))
        if self.is_ablation:
            found.append(tables.ablation_table(columns))
        sizes = paper.LIP_SIZES if self.dataset.name == "lip" and not is_mpii else None
        found.append(tables.kind_table(self.tally.scores_by_kind(), sizes))
        return found


def describe(scores: "Scores", names: Sequence[str], joints: Joints = LIP_JOINTS) -> dict:
    """Scores as JSON takes them.

    Args:
        scores: metrics.scores.Scores with pose.
        names: of the classes.
        joints: labels.Joints that were scored.

    Returns:
        dict with "parsing" and "pckh", each a dict of score to percent, None where nothing was
        counted; "iou" and "accuracy" in the one are dicts of class, "joints" in the other of
        joint. "structure_error" in the one is not a percentage.
    """
    if scores.pose is None:
        raise ValueError("scores without pose cannot be described")
    parsing: dict = {key: _number(getattr(scores.parsing, key)) for key in _PARSING}
    if scores.structure_error is not None:
        parsing["structure_error"] = scores.structure_error
    for key in ("iou", "accuracy"):
        values = getattr(scores.parsing, key)
        parsing[key] = dict(zip(names, map(_number, values), strict=True))
    pckh: dict = {key: _number(getattr(scores.pose, key)) for key in (*GROUPS, *POOLS)}
    pckh["joints"] = dict(zip(joints.names, map(_number, scores.pose.joints), strict=True))
    return {"parsing": parsing, "pckh": pckh}


def _number(value):
    return None if np.isnan(value) else float(value)


def make_folder(output: str | os.PathLike, overwrite: bool = False) -> pathlib.Path:
    """Makes the folder of a report: pathlib.Path.

    Args:
        output: the folder; an earlier report in it may go, but nobody else's files.
        overwrite: whether files of others may go too where the report has the same names.

    Raises:
        InputError: it cannot be one, or holds such files.
    """
    output = pathlib.Path(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{output}: cannot be the folder of scores: {error.strerror}") from None
    known = set(_read_written(output))
    others = [name for name in _NAMES if name not in known and (output / name).exists()]
    if others and not overwrite:
        raise InputError(
            f"{output}: {others[0]} there was written by no evaluation; name another folder, or "
            "pass --overwrite to replace it"
        )
    return output


def write_report(
    output: str | os.PathLike, result: Result, draw_image: Callable[[str], bytes] | None = None
) -> None:
    """Writes scores.json, a CSV per table, images.csv, report.md and its pictures.

    Args:
        output: the folder; an earlier report in it goes.
        result: Result.
        draw_image: function from an image's name to bytes of a JPEG to show it by; None shows no
            images.
    """
    output, tally = pathlib.Path(output), result.tally
    remove_report(output)
    found = result.tables()
    files = {f"{t.name}.csv": t.csv().encode() for t in [*found, tables.image_table(tally.images)]}
    pictures = draw_charts(result)
    shown = choose_images(tally.images) if draw_image else {}
    if draw_image:
        for title, images in shown.items():
            for place, image in enumerate(images, start=1):
                pictures[f"images/{title}_{place}.jpg"] = draw_image(image.name)
    files |= pictures
    files["report.md"] = write_markdown(result, found, pictures, shown).encode()
    # First of all, so that what is written is known to be ours, even if that is interrupted.
    written = {_WRITTEN: [_SCORES, *files]}
    write_bytes(output / _SCORES, json.dumps(written).encode())
    for path, content in files.items():
        (output / path).parent.mkdir(exist_ok=True)
        write_bytes(output / path, content)
    scores = _describe_all(result) | written
    write_bytes(output / _SCORES, f"{json.dumps(scores, indent=2)}\n".encode())


def write_scores(output: str | os.PathLike, scores: Mapping[str, typing.Any]) -> pathlib.Path:
    """Writes a report that is scores.json alone: its path.

    Args:
        output: the folder, as `make_folder` gives it; an earlier report in it goes.
        scores: what JSON takes.
    """
    output = pathlib.Path(output)
    remove_report(output)
    content = {**scores, _WRITTEN: [_SCORES]}
    write_bytes(output / _SCORES, f"{json.dumps(content, indent=2)}\n".encode())
    return output / _SCORES


def _describe_all(result):
    """All scores, as scores.json has them."""
    tally, vocabulary = result.tally, (result.dataset.names, result.tally.joints)
    scores = result.about | describe(tally.scores(), *vocabulary)
    scores["pckh_curve"] = {
        str(metric.threshold): _number(metric.scores().total) for metric in tally.curve
    }
    scores["baselines"] = {name: describe(s, *vocabulary) for name, s in result.baselines.items()}
    scores["kinds"] = {
        kind: {"images": count} | describe(by_kind, *vocabulary)
        for kind, (count, by_kind) in tally.scores_by_kind().items()
    }
    return scores


def remove_report(output: pathlib.Path) -> None:
    """Removes what `write_report` once wrote, and nothing else."""
    for name in _read_written(output):
        (output / name).unlink(missing_ok=True)


def _read_written(output):
    """What an earlier report consists of: list of paths below `output`."""
    try:
        found = json.loads((output / _SCORES).read_text(errors="replace"))[_WRITTEN]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    # A file that others changed must not lead out of the folder.
    shown = (f"images/{title}_{n}.jpg" for title in _TITLES for n in range(1, SHOWN + 1))
    inside = (*_NAMES, *shown)
    return [name for name in found if name in inside] if isinstance(found, list) else []


def draw_charts(result: Result) -> dict[str, bytes]:
    """The charts that suit a result: dict of file name to bytes of a PNG."""
    scores, names, pictures = result.tally.scores(), result.dataset.names, {}
    if result.has_parsing:
        beside = next(iter(result.published.iou.items()), None)
        pictures["classes.png"] = charts.draw_classes(names, scores.parsing.iou, beside)
        pictures["confusion.png"] = charts.draw_confusion(names, result.tally.parsing.confusion)
    if result.has_pose:
        curve = [metric.scores() for metric in result.tally.curve]
        pictures["pckh_curve.png"] = charts.draw_curve(THRESHOLDS, curve)
    return pictures


def choose_images(
    images: "Sequence[ImageScore]", count: int = SHOWN
) -> "dict[str, list[ImageScore]]":
    """The images with the lowest and the highest scores.

    Args:
        images: sequence of metrics.tally.ImageScore.
        count: how many of each at most.

    Returns:
        dict of "worst" and "best" to lists of ImageScore, the most extreme first; no image twice.
    """
    ordered = sorted(
        (image for image in images if not np.isnan(image.overall)), key=lambda image: image.overall
    )
    count = min(count, len(ordered) // 2)
    return {"worst": ordered[:count], "best": ordered[::-1][:count]} if count else {}


def write_markdown(
    result: Result,
    found: Sequence[tables.Table],
    pictures: Iterable[str],
    shown: "Mapping[str, Sequence[ImageScore]]",
) -> str:
    """The report for people: str.

    Args:
        result: Result.
        found: list of tables.Table.
        pictures: paths of all pictures.
        shown: as `choose_images` gives it.
    """
    tally = result.tally
    parts = [f"# {result.title}: scores"]
    parts.append("\n".join(f"- {key.replace('_', ' ')}: {v}" for key, v in result.about.items()))
    for table in found:
        parts += [f"## {table.title}", table.markdown()]
    parts += [f"![{path}]({path})" for path in pictures if "/" not in path]
    for title, images in shown.items():
        parts.append(f"## The {title} images")
        for place, image in enumerate(images, start=1):
            said = [] if np.isnan(image.mean_iou) else [f"mean IoU {image.mean_iou:.1f}"]
            said += [f"{image.joints_right} of {image.joints} joints right"] if image.joints else []
            path = f"images/{title}_{place}.jpg"
            parts.append(f"{image.name}: {', '.join(said)}\n\n![{image.name}]({path})")
    parts.append(f"`images.csv` has the scores of all {len(tally.images)} images.")
    return "\n\n".join(parts) + "\n"
