"""The two kinds of scenes: of rendered people, and of people cut out of photographs."""

import dataclasses
import functools
import pathlib

import cv2
import numpy as np

from jppnet_tf.data.ccp.clone import Photograph, read_clone, read_landmarks, read_tags
from jppnet_tf.data.ccp.writing import plan_splits
from jppnet_tf.data.figures import scenery
from jppnet_tf.data.figures.dice import Dice
from jppnet_tf.data.groups.composing import Scene, draw_scene
from jppnet_tf.data.groups.cutout import Cutout
from jppnet_tf.data.groups.photographs import cut_photograph, paint_over
from jppnet_tf.data.groups.rendered import render_cutout
from jppnet_tf.images.reading import to_rgb
from jppnet_tf.system.errors import InputError

_RENDERED = 400  # pixels of a rendered person's longer side, before they step into the scene


@dataclasses.dataclass(frozen=True)
class RenderedScenes:
    """Draws scenes of rendered people by their numbers.

    Attributes:
        seed: int >= 0; scene i depends on (seed, i), and on `people` and `size`.
        people: the least and the most of them.
        size: the longer side of scenes in pixels.
    """

    seed: int
    people: tuple[int, int] = (1, 5)
    size: int = 640

    def __call__(self, number: int) -> Scene:
        dice = Dice((self.seed, number))
        return draw_scene(dice, self._draw_person, scenery.draw_backdrop, self.people, self.size)

    @staticmethod
    def _draw_person(dice):
        return render_cutout(int(dice.uniform(0, 2**31)), _RENDERED)


@dataclasses.dataclass(frozen=True)
class PastedScenes:
    """Draws scenes of people cut out of CCP's photographs, before what is behind others.

    Passers-by in a photograph stay in its background, and nobody labelled them.

    Attributes:
        source: a clone of CCP's repository.
        landmarks: .npz of BlazePose's landmarks, see clone.read_landmarks.
        split: "train" or "val", whose photographs are used; see ccp.writing.plan_splits.
        seed, people, size: as of RenderedScenes.
    """

    source: str
    landmarks: str
    split: str
    seed: int
    people: tuple[int, int] = (1, 5)
    size: int = 640

    def __call__(self, number: int) -> Scene:
        dice = Dice((self.seed, number))
        photographs = _Photographs.of(self.source, self.landmarks, self.split)
        return draw_scene(
            *(dice, photographs.draw_person, photographs.draw_backdrop, self.people, self.size)
        )


@dataclasses.dataclass(frozen=True)
class _Photographs:
    """Labelled photographs: dice draw people and backgrounds of them."""

    photographs: tuple[Photograph, ...]
    names: tuple[str, ...]

    @classmethod
    @functools.cache  # each process reads the lists once
    def of(cls, source: str, landmarks: str, split: str) -> "_Photographs":
        """The labelled photographs of a split.

        Raises:
            InputError: there are none.
        """
        found, names = read_clone(source, read_landmarks(landmarks))
        plan = plan_splits(found)
        part = plan.train if split == "train" else plan.validation
        labelled = [p for p in part if p.tags is not None and p.landmarks is not None]
        if not labelled:
            raise InputError(f"{source}: no labelled photograph for the {split} split")
        return cls(tuple(labelled), tuple(names))

    def draw_person(self, dice: Dice) -> Cutout:
        """Somebody whose landmarks are their own."""
        while True:
            person = cut_photograph(self._draw(dice), self.names)
            if person is not None:
                return person

    def draw_backdrop(self, dice: Dice, height: int, width: int) -> np.ndarray:
        """Part of a photograph without its person: float32 [3, height, width], 0..1."""
        photograph = self._draw(dice)
        shape = read_tags(photograph, len(self.names)) > 0
        empty = paint_over(to_rgb(photograph.image), shape)
        factor = min(len(empty) / height, empty.shape[1] / width) * dice.uniform(0.4, 1)
        high, wide = max(1, int(height * factor)), max(1, int(width * factor))
        top = int(dice.uniform(0, len(empty) - high + 1))
        left = int(dice.uniform(0, empty.shape[1] - wide + 1))
        part = empty[top : top + high, left : left + wide]
        if dice.chance(0.5):
            part = part[:, ::-1]
        method = cv2.INTER_AREA if factor > 1 else cv2.INTER_LINEAR
        part = cv2.resize(np.ascontiguousarray(part), (width, height), interpolation=method)
        return np.ascontiguousarray(part.transpose(2, 0, 1), np.float32) / 255

    def _draw(self, dice):
        return dice.pick(self.photographs)


def check_source(source: str, landmarks: str, split: str) -> None:
    """Refuses a clone without photographs for a split, before anything is drawn.

    Raises:
        InputError: there are none, or files are missing or damaged.
    """
    if not pathlib.Path(source).is_dir():
        raise InputError(f"{source}: no such folder; --source takes a clone of CCP's repository")
    _Photographs.of(source, landmarks, split)
