"""The people of an image, as fields of equal length."""

import dataclasses
from collections.abc import Sequence

import numpy as np

FIELDS = ("ids", "keypoints", "boxes", "scores", "masks", "detector_keypoints")


@dataclasses.dataclass(frozen=True, eq=False)
class People:
    """The people of an image: entry i of each field is person i's.

    Fields that nobody filled in are None, for all people alike. Indexing gives fewer people, in
    another order if wanted: `people[0]`, `people[2:]`, `people[people.scores > 0.5]`,
    `people[[2, 0]]`.

    Attributes:
        ids: int [n] above 0, what tells a person from others: in a Prediction's `person_map`, and
            in other frames of a video; unless given, they are counted from 1.
        keypoints: float32 [n, joints, 3]: x, y in pixels of the image, and score.
        boxes: float64 [n, 4]: x, y of the upper left corner, width, height, in pixels.
        scores: float32 [n], how sure each person is.
        masks: bool [n, h, w], their pixels; may overlap.
        detector_keypoints: float32 [n, joints, 3], the joints that the detector gave, where
            another network then predicted each of them: in COCO's order, as `keypoints`.

    Raises:
        ValueError: the fields differ in length, or none is given.
    """

    ids: np.ndarray | None = None
    keypoints: np.ndarray | None = None
    boxes: np.ndarray | None = None
    scores: np.ndarray | None = None
    masks: np.ndarray | None = None
    detector_keypoints: np.ndarray | None = None

    def __post_init__(self) -> None:
        given = {name: np.asarray(v) for name in FIELDS if (v := getattr(self, name)) is not None}
        lengths = {name: len(values) for name, values in given.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"the fields of people need one length, not {lengths}")
        given.setdefault("ids", 1 + np.arange(next(iter(lengths.values()))))
        for name, values in given.items():
            object.__setattr__(self, name, values)

    @classmethod
    def of_one(cls, keypoints: np.ndarray | None = None) -> "People":
        """One person, who is the whole image.

        Args:
            keypoints: float32 [joints, 3]; None of networks that parse only.
        """
        return cls(ids=np.ones(1, int), keypoints=None if keypoints is None else keypoints[None])

    @classmethod
    def join(cls, parts: "list[People]") -> "People":
        """All people of several objects, in order; only fields that all parts have are kept.

        Ids stay as they are: give the parts different ones where that matters.

        Args:
            parts: one object at least.
        """
        fields = {name: [getattr(part, name) for part in parts] for name in FIELDS}
        return cls(
            **{
                name: np.concatenate(values)
                for name, values in fields.items()
                if all(each is not None for each in values)
            }
        )

    def __len__(self) -> int:
        return len(self._given()["ids"])

    def __getitem__(self, index: int | slice | Sequence[int] | np.ndarray) -> "People":
        """The people at an index, slice, list of indices or mask, as an object of the same kind."""
        if isinstance(index, (int, np.integer)):
            index = [range(len(self))[index]]  # an IndexError where there is nobody
        if isinstance(index, (list, tuple)):
            index = np.asarray(index, None if len(index) else int)
        return type(self)(**{name: values[index] for name, values in self._given().items()})

    def sort_by_score(self) -> "People":
        """The same people, the surest first; of equal ones, the earlier first.

        Raises:
            ValueError: they have no scores.
        """
        if self.scores is None:
            raise ValueError("these people have no scores to be sorted by")
        return self[np.argsort(-self.scores, kind="stable")]

    def replace(self, **fields: np.ndarray | None) -> "People":
        """The same people with other values in some fields."""
        return type(self)(**self._given() | fields)

    def _given(self):
        """The fields that are filled in."""
        return {name: v for name in FIELDS if (v := getattr(self, name)) is not None}


def map_people(people: People) -> np.ndarray:
    """The person of each pixel.

    Args:
        people: People with masks.

    Returns:
        uint8, or of ids above 255 uint16, [h, w]: ids, 0 where nobody is; where masks overlap, the
        earlier person's.

    Raises:
        ValueError: they have no masks.
    """
    if people.masks is None or people.ids is None:
        raise ValueError("people without masks cannot be mapped")
    largest = people.ids.max(initial=0)
    found = np.zeros(people.masks.shape[1:], np.uint8 if largest <= 255 else np.uint16)
    for id_, mask in zip(people.ids[::-1], people.masks[::-1], strict=True):
        found[mask] = id_
    return found
