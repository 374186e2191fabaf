"""What a run is trained and validated on."""

import dataclasses
import os
import typing

from jppnet_tf.data.check import check_records
from jppnet_tf.data.lip import Record, read_split
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.training.settings import Settings


@dataclasses.dataclass(frozen=True)
class Samples:
    """What a run is trained and validated on.

    Attributes:
        train, validation: tuples of lip.Record, each with a label.
        notes: list of str, what people should know of them.
        skipped: dict of record name to what is wrong with it.
    """

    train: tuple[Record, ...]
    validation: tuple[Record, ...]
    notes: list[str]
    skipped: dict[str, str]


def find_samples(
    folder: str | os.PathLike, settings: "Settings", skip_bad_samples: bool = False
) -> Samples:
    """Reads LIP's lists and looks at every file of the training and validation set.

    Args:
        folder: where LIP lies.
        settings: Settings.
        skip_bad_samples: whether to leave out bad samples instead of refusing them.

    Returns:
        Samples; images without label are left out, and counted in the notes.

    Raises:
        InputError: LIP is not there, samples are bad, or nothing is left.
    """
    kept: list[tuple[Record, ...]] = []
    notes: list[str] = []
    skipped: dict[str, str] = {}
    for name, limit in (("train", 0), ("val", settings.validation_images)):
        split = read_split(folder, name)
        notes.append(split.summary())
        labelled = [record for record in split.records if record.label is not None]
        labelled = labelled[: limit or None]
        if len(labelled) < len(split.records) and not limit:
            notes.append(f"{name}: images without label are left out")
        bad = check_records(labelled)
        if bad and not skip_bad_samples:
            raise InputError(_describe_bad(name, bad))
        if bad:
            notes.append(f"{name}: {len(bad)} bad samples skipped; skipped.txt lists them")
        skipped |= bad
        kept.append(tuple(record for record in labelled if record.name not in bad))
        if not kept[-1]:
            raise InputError(f"{folder}: no {name} sample is left")
    return Samples(kept[0], kept[1], notes, skipped)


def _describe_bad(name, bad, shown=10):
    lines = [f"{len(bad)} bad samples in the {name} set; mend them or pass --skip_bad_samples"]
    lines += [f"  {reason}" for reason in list(bad.values())[:shown]]
    return "\n".join(lines + ["  ..."] * (len(bad) > shown))
