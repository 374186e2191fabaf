"""What a format is."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Sequence

from jppnet_tf.labels import LIP, Classes


@dataclasses.dataclass(frozen=True)
class Format:
    """Files of results in the way that somebody's programs read them.

    Attributes:
        name: what `--format` calls it.
        folders: tuple of str, the folders below the output folder that are this format's alone.
        paths: function of (name, classes, has_pose) to the paths of one image's files: names of
            the classes found, and whether there is pose, decide in some formats.
        files: function of (name, rgb, prediction, least_score) to a dict of such paths to bytes:
            the image's result name, uint8 [h, w, 3], Prediction, and what a joint must
            score not to be missing, or None for `points.LEAST_SCORE`.
        summary: None, or function of (records, least_score, joints) to a dict of path to bytes:
            files made of all images of a run together, from what predictions.jsonl holds.
        needs_pose: whether networks that parse only cannot give it.
        needs_scores: whether it takes Prediction.class_scores.
        one_person: whether it has no place for several people.
        needs_people: whether it is about several people, found by a network or named by boxes.
        classes: of what classes predictions must be; None for any.
        any_classes: whether its label maps may have other ids than the network's.
        check: None, or function of the classes of its label maps that raises an InputError where
            they cannot be written.
    """

    name: str
    folders: tuple[str, ...]
    paths: Callable[[str, Collection[str], bool], Iterable[str]]
    files: Callable[..., dict[str, bytes]]
    summary: Callable[..., dict[str, bytes]] | None = None
    needs_pose: bool = False
    needs_scores: bool = False
    one_person: bool = False
    needs_people: bool = False
    classes: Classes | None = None
    any_classes: bool = False
    check: Callable | None = None

    def all_paths(self, name: str, class_names: Sequence[str] = LIP.names) -> Iterable[str]:
        """The paths of all files that an image of that name may have."""
        return self.paths(name, class_names, True)
