"""Scenes of several people, and their lists in COCO's form."""

import json

import cv2
import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.figures.dice import Dice
from jppnet_tf.data.groups.composing import Stage, draw_scene
from jppnet_tf.data.groups.cutout import HIDDEN, VISIBLE, Cutout
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import encode_runs, write_groups

IDENTITY = np.eye(2, 3)


def block(height, width, colour, *joints):
    """A person who is a rectangle, with visible joints (number, x, y)."""
    keypoints = np.zeros((17, 3), np.float32)
    for number, x, y in joints:
        keypoints[number] = x, y, VISIBLE
    whole = np.ones((height, width), bool)
    image, parsing = np.full((height, width, 3), colour, np.uint8), whole.astype(np.uint8)
    return Cutout(image, whole, whole, 5 * parsing, keypoints)


def shifted(x, y):
    return np.array([[1.0, 0, x], [0, 1, y]])


@pytest.fixture
def stage():
    return Stage(np.zeros((3, 60, 80), np.float32))


@pytest.fixture(scope="module")
def scenes():
    draw = RenderedScenes(5, (1, 5), 320)
    return [draw(number) for number in range(60)]


def test_who_comes_later_covers_whoever_is_there(stage):
    stage.add(block(40, 20, 255, (0, 5, 5), (1, 17, 20)), shifted(10, 10))
    stage.add(block(30, 30, 100, (0, 15, 15)), shifted(25, 5))
    behind, front = stage.describe()
    assert behind.mask.sum() == 40 * 20 - 25 * 5 and front.mask.sum() == 900
    assert not (behind.mask & front.mask).any()
    assert behind.keypoints[0].tolist() == [15, 15, VISIBLE]
    assert behind.keypoints[1].tolist() == [27, 30, HIDDEN]  # beneath the other, near what shows
    assert stage.rgb[0, 30, 27] == pytest.approx(100 / 255)
    assert stage.rgb[0, 30, 12] == 1


def test_joints_that_nobody_could_place_are_not_labelled(stage):
    stage.add(block(50, 60, 255, (0, 3, 25), (1, 50, 25), (2, 59, 25)), shifted(-10, 5))
    stage.add(block(60, 45, 0), shifted(10, 0))
    (behind, _) = stage.describe()
    # Nothing shows within 6 pixels, an eighth of the height, of the second; the third is near the
    # edge of the picture on the other side, and covered; the first is outside.
    assert not behind.keypoints[[0, 1]].any()
    assert behind.mask.sum() == 50 * 10


def test_the_hardly_seen_are_nobody_and_the_small_have_no_joints(stage):
    stage.add(block(20, 20, 255, (0, 10, 10)), shifted(10, 10))
    stage.add(block(20, 19, 90, (0, 10, 10)), shifted(11, 10), is_small=True)
    (front,) = stage.describe()
    assert front.mask.sum() == 380 and not front.keypoints.any()


def test_a_thing_in_front_cuts_somebody_in_two(stage):
    stage.add(block(40, 40, 255), shifted(10, 10))
    pole = np.zeros((60, 80), bool)
    pole[:, 28:32] = True
    stage.cover(pole)
    (person,) = stage.describe()
    count, _ = cv2.connectedComponents(person.mask.astype(np.uint8))
    assert count == 3 and person.mask.sum() == 40 * 36


def test_a_crowd_is_one(stage):
    stage.add(block(9, 9, 200, (0, 4, 4)), shifted(5, 5))
    stage.add(block(9, 9, 200, (0, 4, 4)), shifted(30, 5))
    crowd = stage.gather_crowd()
    assert crowd.is_crowd and crowd.mask.sum() == 162 and not crowd.keypoints.any()
    assert stage.describe() == [] and stage.gather_crowd() is None


def test_the_same_dice_draw_the_same_scene(scenes):
    again = RenderedScenes(5, (1, 5), 320)(7)
    assert np.array_equal(again.image, scenes[7].image)
    assert len(again.people) == len(scenes[7].people)
    assert not np.array_equal(RenderedScenes(6, (1, 5), 320)(7).image, scenes[7].image)


def test_all_that_must_occur_does(scenes):
    people = [member for scene in scenes for member in scene.people]
    counts = [sum(not member.is_crowd for member in scene.people) for scene in scenes]
    assert min(counts) == 0 and max(counts) <= 5 and np.mean(np.array(counts) > 1) > 0.4
    assert any(member.is_crowd for member in people)
    single = [member for member in people if not member.is_crowd]
    labelled = [member.keypoints[:, 2] > 0 for member in single]
    assert any(not joints.any() for joints in labelled)  # too small
    assert any(0 < joints.sum() < 17 for joints in labelled)
    assert any((member.keypoints[:, 2] == HIDDEN).any() for member in single)
    edges = [np.concatenate([m.mask[0], m.mask[-1], m.mask[:, 0], m.mask[:, -1]]) for m in single]
    assert any(edge.any() for edge in edges)  # cut off by the border
    overlaps = [np.sum([m.mask for m in s.people], axis=0).max() for s in scenes if s.people]
    assert max(overlaps) > 1  # masks that are a little wide
    heights = [np.flatnonzero(member.mask.any(axis=1)).size for member in single]
    assert min(heights) < 32 and max(heights) > 130


def test_joints_lie_in_the_picture_and_near_the_person(scenes):
    for scene in scenes:
        assert scene.image.dtype == np.uint8 and max(scene.image.shape) == 320
        for member in scene.people:
            assert member.mask.shape == scene.image.shape[:2] and member.mask.any()
            places = member.keypoints[member.keypoints[:, 2] > 0]
            columns, rows = np.rint(places[:, :2]).astype(int).T
            distance = cv2.distanceTransform((~member.mask).astype(np.uint8), cv2.DIST_L2, 3)
            seen = places[:, 2] == VISIBLE
            assert (distance[rows, columns] <= np.where(seen, 1, 120)).all()


def test_anybody_may_step_up_before_anything():
    scene = draw_scene(
        Dice(3),
        lambda dice: block(100, 40, 255),
        lambda dice, height, width: np.zeros((3, height, width), np.float32),
        (2, 2),
        200,
    )
    assert len(scene.people) <= 2 and scene.image.max() > 0


def test_a_data_set_in_cocos_form(tmp_path):
    mask = pytest.importorskip("pycocotools.mask")
    draw = RenderedScenes(5, (1, 5), 200)
    write_groups(tmp_path, "val", 12, draw, processes=1)
    content = json.loads((tmp_path / "annotations/person_keypoints_val.json").read_text())
    assert [image["id"] for image in content["images"]] == list(range(1, 13))
    (category,) = content["categories"]
    assert (category["id"], category["name"], len(category["keypoints"])) == (1, "person", 17)
    assert min(min(pair) for pair in category["skeleton"]) == 1
    exact = np.load(tmp_path / "annotations/exact_keypoints_val.npz")
    assert exact["ids"].tolist() == [each["id"] for each in content["annotations"]]
    for image in content["images"]:
        scene = draw(image["id"] - 1)
        picture = cv2.imread(str(tmp_path / "val" / image["file_name"]))
        assert picture.shape[:2] == (image["height"], image["width"]) == scene.image.shape[:2]
        found = [each for each in content["annotations"] if each["image_id"] == image["id"]]
        assert len(found) == len(scene.people)
        for annotation, member in zip(found, scene.people, strict=True):
            runs = mask.frPyObjects(annotation["segmentation"], image["height"], image["width"])
            assert np.array_equal(mask.decode(runs).astype(bool), member.mask)
            assert annotation["area"] == mask.area(runs)
            assert annotation["bbox"] == mask.toBbox(runs).tolist()
            assert annotation["iscrowd"] == member.is_crowd
            keypoints = np.array(annotation["keypoints"]).reshape(17, 3)
            assert np.abs(keypoints - member.keypoints).max() <= 0.5
            assert annotation["num_keypoints"] == np.count_nonzero(keypoints[:, 2])
            assert np.array_equal(exact["keypoints"][annotation["id"] - 1], member.keypoints)


def test_a_split_is_not_replaced_unasked(tmp_path):
    draw = RenderedScenes(5, (1, 1), 64)
    write_groups(tmp_path, "val", 1, draw, processes=1)
    with pytest.raises(InputError, match="exists already; pass --overwrite"):
        write_groups(tmp_path, "val", 2, draw, processes=1)
    write_groups(tmp_path, "train", 1, draw, processes=1)
    write_groups(tmp_path, "val", 2, draw, overwrite=True, processes=1)
    assert len(list((tmp_path / "val").iterdir())) == 2


@pytest.mark.parametrize(
    "rows, counts",
    [
        ([[0, 1], [0, 1]], [2, 2]),
        ([[1, 0], [0, 1]], [0, 1, 2, 1]),
        ([[0, 0], [0, 0]], [4]),
        ([[1, 1], [1, 1]], [0, 4]),
    ],
)
def test_runs_are_counted_down_the_columns(rows, counts):
    assert encode_runs(np.array(rows, bool)) == {"size": [2, 2], "counts": counts}
