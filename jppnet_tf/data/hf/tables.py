"""What the ids of a data set's masks stand for, and what these are among LIP's classes."""

import dataclasses
import os
import pathlib

import numpy as np

from jppnet_tf.labels import ATR, CIHP, IGNORE, LIP
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_json

CLASS_SETS = {"lip": LIP, "atr": ATR, "cihp": CIHP}
"""The sets of classes that --classes names."""
TABLE_FILE = "id2label.json"
"""What data sets of the hub call the file that names their classes."""
_OTHERS = {"bag": LIP.names.index("background"), "belt": IGNORE, "torso-skin": IGNORE}
"""Classes that LIP does not have, as Clothing Co-Parsing's are taken: bags are background in LIP;
belts and the skin of neck and torso may be several of its classes."""
IGNORED = "ignore"
"""The name of what no loss and no score counts."""
_IDS = {name: number for number, name in enumerate(LIP.names)} | _OTHERS | {IGNORED: IGNORE}


@dataclasses.dataclass(frozen=True)
class ClassTable:
    """What the ids of masks stand for.

    Attributes:
        name: a name in CLASS_SETS, or the path of the file that the classes come from.
        classes: dict of each id to its class, written as in `labels`; 255 may occur beside.
    """

    name: str
    classes: dict[int, str]

    @property
    def ids(self) -> dict[int, int]:
        """Each id's class id in LIP; 255 of what LIP cannot tell."""
        return {number: _IDS[name] for number, name in self.classes.items()}

    @property
    def is_lip(self) -> bool:
        """Whether the ids are LIP's already."""
        return all(number == lip for number, lip in self.ids.items())

    def translate(self, mask: np.ndarray, where: str) -> np.ndarray:
        """A mask in LIP's class ids.

        Args:
            mask: uint8 [h, w].
            where: what messages call it.

        Returns:
            uint8 [h, w]; 255 stays.

        Raises:
            InputError: it holds an id that is not a class.
        """
        table = np.full(256, IGNORE, np.uint8)
        table[list(self.ids)] = list(self.ids.values())
        known = {*self.ids, IGNORE}
        found = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
        strange = [str(number) for number in found if number not in known]
        if strange:
            raise InputError(
                f"{where}: holds {', '.join(strange[:10])}, which {self.name} does not name; it "
                f"names {len(self.ids)} ids up to {max(self.ids)}, and 255 is ignored: is this the "
                "column of masks, and are these its classes?"
            )
        return table[mask]


def find_table(dataset: str | os.PathLike, classes: str | None = None) -> ClassTable:
    """Finds what the ids of a data set's masks stand for.

    Args:
        dataset: its folder, or one file of it.
        classes: a name in CLASS_SETS, or the path of a JSON file; None takes the id2label.json
            beside the data set.

    Raises:
        InputError: nothing tells the classes, two things tell them differently, the file is
            damaged, or a class has no counterpart in LIP.
    """
    beside = _find_beside(pathlib.Path(dataset))
    if classes is None:
        if beside is None:
            raise InputError(
                f"{dataset}: no {TABLE_FILE} tells its classes: give --classes, one of "
                f"{', '.join(CLASS_SETS)}, or a JSON file such as "
                '{"0": "background", "1": "hat"}'
            )
        return read_table(beside)
    if classes not in CLASS_SETS:
        if not classes.endswith(".json"):
            raise InputError(
                f"--classes {classes}: give one of {', '.join(CLASS_SETS)}, or a .json file"
            )
        return read_table(classes)
    table = ClassTable(classes, dict(enumerate(CLASS_SETS[classes].names)))
    if beside is not None and _read_names(beside) != table.classes:
        raise InputError(
            f"{beside}: names other classes than --classes {classes} has; without --classes, the "
            "file counts"
        )
    return table


def read_table(path: str | os.PathLike) -> ClassTable:
    """Reads the classes from a JSON file: id to name, or a list of names.

    Capitals, blanks and underscores in names do not matter; "ignore" is what nobody counts. What is
    a set of ours goes by that set's name.

    Raises:
        InputError: the file is missing or damaged, or a class has no counterpart in LIP.
    """
    names = _read_names(path)
    strange = [f"{number} ({name})" for number, name in names.items() if name not in _IDS]
    if strange:
        more = f", and {len(strange) - 10} more" if len(strange) > 10 else ""
        raise InputError(
            f"{path}: has classes without a counterpart in LIP: {', '.join(strange[:10])}{more}; "
            f"write a JSON file that gives each id one of {', '.join(_IDS)}, and pass it as "
            "--classes"
        )
    for name, known in CLASS_SETS.items():
        if names == dict(enumerate(known.names)):
            return ClassTable(name, names)
    return ClassTable(str(path), names)


def _find_beside(dataset):
    """The id2label.json of a data set, or None: in its folder, or beside or above its file."""
    places = [dataset] if dataset.is_dir() else [dataset.parent, dataset.parent.parent]
    return next((place / TABLE_FILE for place in places if (place / TABLE_FILE).is_file()), None)


def _read_names(path):
    """The class of each id, written as in `labels`: dict."""
    content = read_json(path)
    if isinstance(content, dict):
        content = content.get("id2label", content)  # a model's config.json has it inside
    if isinstance(content, list):
        content = dict(enumerate(content))
    try:
        names = {int(number): _normalise(name) for number, name in content.items()}
    except (AttributeError, TypeError, ValueError):
        names = {}
    if not names or not all(0 <= number <= IGNORE for number in names):
        raise InputError(f"{path}: must give a class to each id from 0 to 255, by JSON")
    return names


def _normalise(name):
    return "-".join(name.strip().lower().replace("_", " ").split())
