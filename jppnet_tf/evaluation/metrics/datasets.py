"""Which classes are scored on a data set, and which ids stand for them."""

import dataclasses

import numpy as np

from jppnet_tf import labels
from jppnet_tf.labels import IGNORE, LIP, Classes
from jppnet_tf.system.errors import InputError


@dataclasses.dataclass(frozen=True)
class ParsingDataset:
    """The classes that are scored on a data set, and what ids stand for them.

    What stands for none of them is "other": it has no score, but a scored class that is taken for
    it, or it for a scored class, is wrong.

    Attributes:
        name: what programs call it.
        title: what tables call it.
        names: tuple of the scored classes.
        truth: for each id of its label maps the place in `names`, or `len(names)` for other.
        predicted: the same for each id of a prediction.
        notes: what cannot be told apart, for people; "".
        label_classes: what the ids of its label maps stand for.
        predicted_classes: what the ids of predictions stand for.
    """

    name: str
    title: str
    names: tuple[str, ...]
    truth: tuple[int, ...]
    predicted: tuple[int, ...]
    notes: str = ""
    label_classes: Classes = LIP
    predicted_classes: Classes = LIP

    @classmethod
    def of(cls, classes: Classes, name: str, title: str) -> "ParsingDataset":
        """All classes of a vocabulary, scored in its own ids."""
        places = tuple(range(len(classes.names)))
        return cls(
            name=name,
            title=title,
            names=classes.names,
            truth=places,
            predicted=places,
            label_classes=classes,
            predicted_classes=classes,
        )

    @property
    def native(self) -> "ParsingDataset":
        """The same for predictions in the data set's own ids, of a network trained on it."""
        return dataclasses.replace(
            self, predicted=self.truth, predicted_classes=self.label_classes, notes=""
        )

    @property
    def on_lip(self) -> "ParsingDataset":
        """The same classes scored on label maps in the ids of the predictions: LIP's own."""
        if self.truth == self.predicted:
            return self
        title = f"LIP, as {self.title}"
        return dataclasses.replace(
            self,
            name=f"lip_as_{self.name}",
            title=title,
            truth=self.predicted,
            label_classes=self.predicted_classes,
        )

    @property
    def ids(self) -> int:
        """How many ids remain after `translate`: the scored classes, and other if there is any."""
        return max(*self.truth, *self.predicted) + 1

    def check_predicted(self, classes: Classes) -> None:
        """Refuses predictions of other classes than those that this data set scores.

        Raises:
            InputError: the names differ.
        """
        if classes.names != self.predicted_classes.names:
            raise InputError(
                f"{self.title} scores predictions of {len(self.predicted_classes.names)} classes "
                f"({self.predicted_classes.names[0]}, {self.predicted_classes.names[1]}, ...), "
                f"but these are of {len(classes.names)} others: choose a data set that has them"
            )

    def translate(
        self, label: np.ndarray, parsing: np.ndarray, where: str = ""
    ) -> tuple[np.ndarray, np.ndarray]:
        """Brings a label map and a prediction to the places of `names`.

        Args:
            label: integers [..., h, w], ids of this data set or 255.
            parsing: integers [..., h, w], ids of predictions.
            where: what to name in an error.

        Returns:
            The same, as ids 0 .. `ids` - 1; 255 stays.

        Raises:
            InputError: an id stands for nothing.
        """
        where = f"{where}: " if where else ""
        return (
            _translate(label, self.truth, f"{where}ground truth", may_ignore=True),
            _translate(parsing, self.predicted, f"{where}prediction", may_ignore=False),
        )


def _translate(ids, places, what, may_ignore):
    if places == tuple(range(len(places))):
        return ids  # counting checks them
    is_known = (ids >= 0) & (ids < len(places))
    if may_ignore:
        is_known |= ids == IGNORE
    if not is_known.all():
        raise InputError(f"{what} has ids that are not classes: {ids[~is_known][0]}")
    table = np.full(IGNORE + 1, IGNORE, np.uint8)
    table[: len(places)] = places
    return table[ids]


def _places(names, scored):
    """Of each name the place in `scored`, or the one behind them all."""
    return tuple(scored.index(name) if name in scored else len(scored) for name in names)


LIP_CLASSES = ParsingDataset.of(LIP, "lip", "LIP")
"""LIP itself."""

_SHARED = tuple(name for name in labels.ATR.names if name in LIP.names)

ATR_CLASSES = ParsingDataset(
    name="atr",
    title="ATR, 16 classes shared with LIP",
    names=_SHARED,
    truth=_places(labels.ATR.names, _SHARED),
    predicted=_places(LIP.names, _SHARED),
    notes="ATR has no glove, coat, socks and jumpsuits, LIP no belt and bag: whatever of these is "
    "taken for a shared class, or the other way round, is wrong",
    label_classes=labels.ATR,
)
"""ATR, scored on the classes it shares with LIP.

Nothing is merged: the paper's own figure for LIP on these classes (53.99) is the mean of the
unmerged classes' IoU.
"""

_PASCAL_PARTS = {
    "background": ("background",),
    "head": ("hat", "hair", "sunglasses", "face"),
    "torso": ("upper-clothes", "dress", "coat", "jumpsuits", "scarf"),
    "lower arms": ("left-arm", "right-arm", "glove"),
    "upper legs": ("pants", "skirt"),
    "lower legs": ("left-leg", "right-leg", "left-shoe", "right-shoe", "socks"),
}

PASCAL_CLASSES = dataclasses.replace(
    ParsingDataset.of(labels.PASCAL_PERSON_PART, "pascal_person_part", "PASCAL-Person-Part"),
    predicted=tuple(
        labels.PASCAL_PERSON_PART.names.index(part)
        for name in LIP.names
        for part, names in _PASCAL_PARTS.items()
        if name in names
    ),
    notes="LIP labels clothes, not limbs: sleeves are the torso's, trousers and skirts the upper "
    "legs' down to the ankle, a bare arm the lower arm's up to the shoulder, a bare leg the lower "
    "leg's; nothing becomes upper arms. Only head and background compare well",
    predicted_classes=LIP,
)
"""PASCAL-Person-Part, from LIP's classes as well as that goes."""

_MERGED = {
    name: {"face": "skin", "arm": "skin", "leg": "skin", "shoe": "shoes"}.get(
        name.rpartition("-")[2], name
    )
    for name in LIP.names
}
MERGED_NAMES = tuple(dict.fromkeys(_MERGED.values()))
"""LIP's classes with all skin as one, and all shoes."""

LIP_MERGED = ParsingDataset(
    name="lip_merged",
    title="LIP, skin and shoes merged",
    names=MERGED_NAMES,
    truth=tuple(MERGED_NAMES.index(_MERGED[name]) for name in LIP.names),
    predicted=tuple(MERGED_NAMES.index(_MERGED[name]) for name in LIP.names),
    notes="face, arms and legs count as one class, skin, and both shoes as one: what labels of "
    "clothes tell, without a body's left and right",
)
"""LIP in the classes that people labelled where body parts were derived, as in CCP."""

DATASETS = {
    dataset.name: dataset for dataset in (LIP_CLASSES, ATR_CLASSES, PASCAL_CLASSES, LIP_MERGED)
}
"""The parsing data sets by the names that programs take."""
