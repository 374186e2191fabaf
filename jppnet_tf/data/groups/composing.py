"""Scenes of several people, put together from people cut out, back to front."""

import dataclasses
import typing
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from jppnet_tf.data.figures import scenery
from jppnet_tf.data.figures.canvas import Canvas
from jppnet_tf.data.groups.cutout import HIDDEN, MISSING, Cutout
from jppnet_tf.labels import IGNORE

if typing.TYPE_CHECKING:
    from jppnet_tf.data.figures.dice import Dice

_USUAL = 130 / 640
"""A person's usual height, as a share of the scene's longer side."""
_SMALL = 32  # pixels of height below which somebody's joints are not labelled
_LEAST_SEEN = 0.06  # the share of somebody that must show, else nobody labels them
_KNOWN = 0.12  # heights of a person around what shows of them, in which hidden joints are labelled
_CROWD = (8, 14)
_HEAD, _LEGS = tuple(range(5)), tuple(range(13, 17))  # joints' numbers


@dataclasses.dataclass(frozen=True, eq=False)
class GroupMember:
    """Somebody in a scene.

    Attributes:
        keypoints: float32 [17, 3], COCO's joints: x, y in pixels, flag; zeros where not labelled.
        mask: bool [h, w], what shows of them, as an annotator drew it.
        parsing: uint8 [h, w], LIP's class ids of what shows of them, exactly, 255 where not known;
            0 elsewhere.
        is_crowd: whether they are many, who have one mask and no joints, and of whose parsing
            nothing is known.
    """

    keypoints: np.ndarray
    mask: np.ndarray
    parsing: np.ndarray
    is_crowd: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """A picture of several people.

    Attributes:
        image: uint8 [h, w, 3], RGB.
        people: tuple of GroupMember, those behind first.
        quality: the JPEG quality to write it with, 40 to 95.
    """

    image: np.ndarray
    people: tuple[GroupMember, ...]
    quality: int


class Stage:
    """A scene on which people step up, each before all others.

    Args:
        backdrop: float32 [3, h, w], RGB, 0..1; is painted on.
    """

    def __init__(self, backdrop: np.ndarray) -> None:
        self.rgb = backdrop
        self.size_hw = backdrop.shape[1:]
        self._people: list[_Person] = []

    def add(self, person: Cutout, matrix: np.ndarray, is_small: bool = False) -> None:
        """Puts somebody before everybody.

        Args:
            person: Cutout.
            matrix: float64 [2, 3], from pixels of the cutout to pixels of the scene.
            is_small: whether their joints are too small to be labelled.
        """
        shape, mask = (
            self._warp(a.astype(np.float32), matrix) for a in (person.shape, person.mask)
        )
        colours = self._warp(person.image.astype(np.float32) / 255, matrix, cv2.BORDER_REPLICATE)
        self.rgb += shape * (colours.transpose(2, 0, 1) - self.rgb)
        self.cover(shape >= 0.5)
        keypoints = person.keypoints.copy()
        keypoints[:, :2] = keypoints[:, :2] @ matrix[:, :2].T + matrix[:, 2]
        keypoints[person.keypoints[:, 2] == MISSING] = 0
        height = len(person.mask) * float(np.linalg.norm(matrix[:, 1]))
        seen = mask >= 0.5
        parsing = cv2.warpAffine(
            person.parsing, matrix, self.size_hw[::-1], flags=cv2.INTER_NEAREST
        )
        parsing = np.where(seen & (parsing == 0), IGNORE, parsing)
        self._people.append(_Person(keypoints, seen, parsing, int(seen.sum()), height, is_small))

    def cover(self, covered: np.ndarray) -> None:
        """Takes what something before them covers, bool [h, w], from everybody's masks."""
        for person in self._people:
            person.mask &= ~covered

    def gather_crowd(self) -> GroupMember | None:
        """Makes all who are there one crowd; None of nobody."""
        masks = [person.mask for person in self._people]
        self._people.clear()
        if not masks:
            return None
        mask = np.any(masks, axis=0)
        unknown = np.where(mask, np.uint8(IGNORE), np.uint8(0))
        return GroupMember(np.zeros((17, 3), np.float32), mask, unknown, is_crowd=True)

    def describe(self) -> list[GroupMember]:
        """Everybody of whom enough shows, those behind first."""
        seen = [p for p in self._people if p.mask.sum() >= max(_LEAST_SEEN * p.area, 1)]
        return [
            GroupMember(
                self._label_joints(person), person.mask, np.where(person.mask, person.parsing, 0)
            )
            for person in seen
        ]

    def _label_joints(self, person):
        """The joints that somebody would label: hidden ones where one can tell where they are."""
        keypoints = person.keypoints
        limits = np.array(self.size_hw[::-1]) - 1
        inside = ((keypoints[:, :2] >= 0) & (keypoints[:, :2] <= limits)).all(axis=1)
        labelled = inside & (keypoints[:, 2] > MISSING) & (not person.is_small)
        near = cv2.distanceTransform((~person.mask).astype(np.uint8), cv2.DIST_L2, 3)
        found = np.zeros_like(keypoints)
        for joint in np.flatnonzero(labelled):
            x, y = np.rint(keypoints[joint, :2]).astype(int)
            if near[y, x] <= _KNOWN * person.height:
                found[joint] = keypoints[joint]
                if not person.mask[y, x]:
                    found[joint, 2] = HIDDEN
        return found

    def _warp(self, values, matrix, border=cv2.BORDER_CONSTANT):
        size_wh = self.size_hw[::-1]
        return cv2.warpAffine(values, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=border)


@dataclasses.dataclass
class _Person:
    """Somebody on a stage: joints, what shows, parts, and how many pixels would show of them
    alone."""

    keypoints: np.ndarray
    mask: np.ndarray
    parsing: np.ndarray
    area: int
    height: float
    is_small: bool


def draw_scene(
    dice: "Dice",
    draw_person: Callable[["Dice"], Cutout],
    draw_backdrop: Callable[["Dice", int, int], np.ndarray],
    people: tuple[int, int] = (1, 5),
    size: int = 640,
) -> Scene:
    """Draws a scene.

    People stand side by side, before each other, far and near, and beyond the border; some have
    joints that nobody labelled. Now and then there is nobody, a crowd far behind, or a pole in
    front.

    Args:
        dice: Dice; the same give the same scene.
        draw_person: function of dice that draws a whole person.
        draw_backdrop: function of dice, height and width: float32 [3, h, w], 0..1.
        people: the least and the most of them.
        size: the longer side of the scene in pixels.

    Returns:
        Scene.
    """
    shape = dice.uniform(0.6, 1.0)
    sides = size, max(32, round(size * shape))
    height, width = sides if dice.chance(0.35) else sides[::-1]
    stage = Stage(draw_backdrop(dice, height, width))
    crowd = _draw_crowd(dice, stage, draw_person, size) if dice.chance(0.1) else None
    _place_people(dice, stage, draw_person, _draw_count(dice, *people), size)
    _put_in_front(dice, stage)
    members = stage.describe()
    if crowd is not None:
        hidden = np.any([member.mask for member in members], axis=0) if members else False
        crowd = dataclasses.replace(
            crowd, mask=crowd.mask & ~hidden, parsing=np.where(hidden, 0, crowd.parsing)
        )
        members = [crowd, *members] if crowd.mask.any() else members
    members = [member if member.is_crowd else _annotate(dice, member) for member in members]
    image = scenery.develop(dice, stage.rgb)
    return Scene(image, tuple(members), int(dice.uniform(60, 96)))


def _draw_count(dice, least, most):
    kind = dice.pick({"nobody": 5, "least": 25, "more": 70})
    if kind == "nobody":
        return 0
    if kind == "least" or most == least:
        return least
    return least + 1 + int(dice.uniform(0, most - least))


def _place_people(dice, stage, draw_person, count, size):
    height, width = stage.size_hw
    usual = _USUAL * size * np.exp(dice.uniform(np.log(0.4), np.log(3)))
    ground = dice.uniform(0.55, 1.1) * height
    x = dice.uniform(0, width)
    is_close = dice.chance(0.5)
    for number in range(count):
        tall = usual * np.exp(dice.bell(0, 0.5))
        is_small = dice.chance(0.15 / max(count, 1))
        if is_small:
            tall = dice.uniform(18, _SMALL)
        person = _reduce(draw_person(dice), tall)
        span = person.mask.shape[1] * tall / len(person.mask)
        if is_close and number:
            x += dice.pick((-1, 1)) * dice.uniform(0.3, 0.6) * span
            x = float(np.clip(x, -0.4 * span, width + 0.4 * span))
        else:
            x = dice.uniform(-0.4 * span, width + 0.4 * span)
        y = ground + dice.bell(0, 0.08) * height - tall / 2
        if dice.chance(0.85):  # of large people the head is mostly in the picture
            top = min(y - tall / 2, 0.7 * height)
            y = max(top, -0.3 * tall) + tall / 2
        turn = dice.bell(0, 0.2) if dice.chance(0.85) else dice.bell(0, 1.2)
        matrix = _make_matrix(person, tall, (x, y), turn, mirrored=dice.chance(0.5))
        stage.add(person.mirror() if matrix[1] else person, matrix[0], tall < _SMALL)


def _make_matrix(person, tall, middle_xy, turn, mirrored):
    """How a person lies in the scene, and whether it is their mirror image that does."""
    factor = tall / len(person.mask)
    cosine, sine = factor * np.cos(turn), factor * np.sin(turn)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    center = (np.array(person.mask.shape[::-1]) - 1) / 2
    return np.column_stack([linear, np.array(middle_xy) - linear @ center]), mirrored


def _reduce(person, tall):
    """The same person with no more pixels than are needed: what is skipped would flicker."""
    return person.shrink(max(8, round(tall)))


def _draw_crowd(dice, stage, draw_person, size):
    """A strip of tiny people far behind, all of them one annotation."""
    height, width = stage.size_hw
    ground = dice.uniform(0.35, 0.6) * height
    left, right = sorted((dice.uniform(0, width), dice.uniform(0, width)))
    for _ in range(int(dice.uniform(*_CROWD))):
        tall = dice.uniform(0.035, 0.06) * size
        person = _reduce(draw_person(dice), tall)
        middle = dice.uniform(left, right), ground + dice.bell(0, 0.02) * height - tall / 2
        stage.add(person, _make_matrix(person, tall, middle, 0.0, False)[0])
    return stage.gather_crowd()


def _put_in_front(dice, stage):
    """Now and then a pole, a box or a table before everybody."""
    canvas = Canvas(stage.rgb, (0.0, 0.0))
    scenery.paint_objects(dice, canvas)
    stage.cover(canvas.owner > 0)


def _annotate(dice, member):
    """What annotators do: joints left out, heads or legs left out, masks that are a little wide."""
    keypoints, mask = member.keypoints.copy(), member.mask
    for joint in range(len(keypoints)):
        if dice.chance(0.05):
            keypoints[joint] = 0
    if dice.chance(0.05):
        keypoints[list(dice.pick((_HEAD, _LEGS)))] = 0
    if dice.chance(0.2):
        mask = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return GroupMember(keypoints, mask, member.parsing)


def find_boxes(masks: Sequence[np.ndarray]) -> list[list[int]]:
    """COCO's boxes of masks: list of [x, y, width, height]; zeros of empty ones."""
    return [list(cv2.boundingRect(mask.astype(np.uint8))) for mask in masks]
