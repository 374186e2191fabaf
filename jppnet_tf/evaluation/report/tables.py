"""Tables of scores, and three ways to write a table: text, Markdown, CSV."""

import csv
import dataclasses
import io
import typing
from collections.abc import Mapping, Sequence

import numpy as np

from jppnet_tf.evaluation.metrics import breakdowns
from jppnet_tf.evaluation.metrics.pose import GROUPS
from jppnet_tf.evaluation.report import paper
from jppnet_tf.labels import LIP_JOINTS, Joints

if typing.TYPE_CHECKING:
    from jppnet_tf.evaluation.metrics.parsing import ParsingScores
    from jppnet_tf.evaluation.metrics.pose import PoseScores
    from jppnet_tf.evaluation.metrics.scores import Scores
    from jppnet_tf.evaluation.metrics.tally import ImageScore

LEGACY = (
    "Legacy mean IoU, LIP-Net's own, is averaged over images and all classes with "
    "(I + 1) / (U + 1), so that every class that is not in an image scores 100 there: compare it "
    "with its like only."
)
OURS = "this result"
PAPER = "paper: "

_PARSING = {
    "overall_accuracy": "overall accuracy",
    "mean_accuracy": "mean accuracy",
    "mean_iou": "mean IoU",
    "frequency_weighted_iou": "frequency-weighted IoU",
    "legacy_mean_iou": "legacy mean IoU",
}
_POSE = {
    "head": "Head", "shoulder": "Sho", "elbow": "Elb", "wrist": "Wri", "hip": "Hip",
    "knee": "Knee", "ankle": "Ank", "upper_body": "U.Body", "total": "Total",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        name: what its file is called.
        title: for people.
        header: tuple of str; the first column holds words, the others mostly numbers.
        rows: tuple of tuples of str, int, float (percent) or None.
        notes: for people; "".
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple, ...]
    notes: str = ""

    def text(self) -> str:
        """Aligned columns: str of several lines, without a last line break."""
        cells = [self.header, *([_show(value) for value in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, *lines, *([self.notes] if self.notes else [])])

    def markdown(self) -> str:
        """A Markdown table: str of several lines, without a last line break."""
        rule = ["---"] + ["---:"] * (len(self.header) - 1)
        rows = [self.header, rule, *([_show(value) for value in row] for row in self.rows)]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join(lines + (["", self.notes] if self.notes else []))

    def csv(self) -> str:
        """Comma-separated values with a header: str; nothing where nothing was counted."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows([_plain(value) for value in row] for row in self.rows)
        return text.getvalue()


def _show(value):
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _plain(value):
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def parsing_table(
    columns: "Mapping[str, ParsingScores]",
    published: Mapping[str, Sequence[float | None]] | None = None,
    notes: str = "",
) -> Table:
    """Accuracies and IoU over all classes.

    Args:
        columns: dict of what was scored to metrics.parsing.ParsingScores.
        published: dict of method to (overall accuracy, mean accuracy, mean IoU), or None.
        notes: what people should know beside.

    Returns:
        Table.
    """
    rows = [(name, *(getattr(scores, key) for key in _PARSING)) for name, scores in columns.items()]
    rows += [(PAPER + name, *values, None, None) for name, values in (published or {}).items()]
    notes = " ".join(filter(None, (LEGACY, notes)))
    return Table("parsing", "Parsing, percent", ("", *_PARSING.values()), tuple(rows), notes)


def class_table(
    columns: "Mapping[str, ParsingScores]",
    names: Sequence[str],
    published: Mapping[str, Mapping[str, float]] | None = None,
    notes: str = "",
) -> Table:
    """IoU and accuracy of each class.

    Args:
        columns: as for `parsing_table`.
        names: of the classes.
        published: dict of method to a dict of class to IoU, or None.
        notes: what people should know of the classes.

    Returns:
        Table.
    """
    header = [""]
    for name in columns:
        header += [f"IoU {name}", f"accuracy {name}"]
    header += [f"IoU {PAPER}{method}" for method in published or {}]
    rows = []
    for place, name in enumerate(names):
        row: list = [name]
        for scores in columns.values():
            row += [float(scores.iou[place]), float(scores.accuracy[place])]
        row += [iou.get(name) for iou in (published or {}).values()]
        rows.append(tuple(row))
    return Table("classes", "Classes, percent", tuple(header), tuple(rows), notes)


def pose_table(
    columns: "Mapping[str, PoseScores]", published: Mapping[str, Sequence[float]] | None = None
) -> Table:
    """PCKh in the paper's order of columns.

    Args:
        columns: dict of what was scored to metrics.pose.PoseScores.
        published: dict of method to PCKh as in `paper.LIP_POSE`, or None.

    Returns:
        Table.
    """
    rows = [(name, *(getattr(scores, key) for key in _POSE)) for name, scores in columns.items()]
    rows += [
        (PAPER + name, *groups, None, total)  # no upper body
        for name, (*groups, total) in (published or {}).items()
    ]
    return Table("pckh", "PCKh@0.5, percent", ("", *_POSE.values()), tuple(rows))


def joint_table(scores: "PoseScores", joints: Joints = LIP_JOINTS) -> Table:
    """PCKh of each joint, with how often it was counted.

    Args:
        scores: metrics.pose.PoseScores.
        joints: labels.Joints that were scored.

    Returns:
        Table.
    """
    counted = {name for names in GROUPS.values() for name in names}
    rows = tuple(
        (name, float(rate), int(count), "" if name in counted else "not in the total")
        for name, rate, count in zip(joints.names, scores.joints, scores.counts, strict=True)
    )
    return Table("joints", "Joints, PCKh@0.5, percent", ("", "PCKh", "counted", ""), rows)


def _pckh(scores):
    return scores.pose.total if scores.pose else None


def ablation_table(columns: "Mapping[str, Scores]") -> Table:
    """Both tasks in one row, beside the paper's ablations.

    Args:
        columns: dict of what was scored to metrics.scores.Scores.

    Returns:
        Table.
    """
    header = ("", "overall accuracy", "mean accuracy", "mean IoU", "PCKh total")
    rows = [
        (name, scores.parsing.overall_accuracy, scores.parsing.mean_accuracy,
         scores.parsing.mean_iou, _pckh(scores))
        for name, scores in columns.items()
    ]  # fmt: skip
    rows += [(PAPER + name, *values) for name, values in paper.ABLATIONS.items()]
    notes = "The paper's are on LIP's test set, and each variant was trained on its own."
    return Table("ablations", "Ablations, percent", header, tuple(rows), notes)


def kind_table(
    by_kind: "Mapping[str, tuple[int, Scores]]",
    published: Mapping[str, Mapping[str, float]] | None = None,
) -> Table:
    """Scores by kind of image, without kinds that there are no images of.

    Args:
        by_kind: what Tally.scores_by_kind gives.
        published: dict of method to a dict of kind to mean IoU, beside which the paper's counts of
            images are shown too; or None.

    Returns:
        Table.
    """
    header = ["", "images", "overall accuracy", "mean accuracy", "mean IoU", "PCKh total"]
    if published is not None:
        header += ["paper: images", *(f"{PAPER}{method} mean IoU" for method in published)]
    rows, rules = [], []
    for kind, (count, scores) in by_kind.items():
        if not count:
            continue
        breakdown = breakdowns.KINDS[kind]
        parsing = scores.parsing
        row = [breakdown.title, count, parsing.overall_accuracy, parsing.mean_accuracy,
               parsing.mean_iou, _pckh(scores)]  # fmt: skip
        if published is not None:
            row += [breakdown.paper_count, *(iou.get(kind) for iou in published.values())]
        rows.append(tuple(row))
        rules.append(f"{breakdown.title}: {breakdown.rule}")
    notes = (
        "Sizes are the image's; the others are derived from the joints, not the official split. "
        f"{'; '.join(rules)}."
    )
    return Table("kinds", "Kinds of image, percent", tuple(header), tuple(rows), notes)


def image_table(images: "Sequence[ImageScore]") -> Table:
    """A row per image.

    Args:
        images: sequence of metrics.tally.ImageScore.

    Returns:
        Table.
    """
    header = ("name", "width", "height", "overall_accuracy", "mean_iou", "structure_error",
              "joints", "joints_right", "pckh", "kinds")  # fmt: skip
    rows = tuple(
        (
            image.name,
            *((None, None) if image.size_hw is None else image.size_hw[::-1]),
            image.overall_accuracy, image.mean_iou, image.structure_error,
            image.joints, image.joints_right, image.pckh, " ".join(image.kinds),
        )
        for image in images
    )  # fmt: skip
    return Table("images", "Images", header, rows)
