"""Views of pictures with everybody in them."""

import json

import cv2
import numpy as np
import pytest
import tensorflow as tf
from pycocotools import mask as coco_masks

from jppnet_tf.data.coco import CocoRecord, read_coco
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.reading import GroupReading
from jppnet_tf.data.groups.writing import encode_runs, write_groups
from jppnet_tf.data.pipeline import build_dataset
from jppnet_tf.images.masks import decode_mask
from jppnet_tf.labels import COCO_JOINTS

NOSE, LEFT_EYE, RIGHT_EYE = range(3)


def annotate(mask, *joints, iscrowd=0):
    """An annotation of a mask, bool [h, w], with joints (number, x, y)."""
    keypoints = np.zeros((17, 3))
    for number, x, y in joints:
        keypoints[number] = x, y, 2
    return {
        "iscrowd": iscrowd,
        "area": int(mask.sum()),
        "keypoints": keypoints.ravel().tolist(),
        "segmentation": encode_runs(mask),
    }


@pytest.fixture
def record(tmp_path):
    """A picture of 60 x 40: a person who is a red block, and a crowd to the right."""
    person, crowd = np.zeros((2, 40, 60), bool)
    person[10:30, 8:20], crowd[0:10, 45:60] = True, True
    rgb = np.full((40, 60, 3), 60, np.uint8)
    rgb[person] = (250, 0, 0)
    cv2.imwrite(str(tmp_path / "a.png"), rgb[..., ::-1])
    people = annotate(person, (NOSE, 14, 12), (LEFT_EYE, 16, 11)), annotate(crowd, iscrowd=1)
    return CocoRecord("7", tmp_path / "a.png", people)


def read(reading, record, seed=None):
    row = {name: tf.constant(values)[0] for name, values in reading.columns([record]).items()}
    return {name: values.numpy() for name, values in reading.read(row, seed).items()}


def test_without_chance_the_whole_picture_lies_in_the_middle(record):
    sample = read(GroupReading(121, 8), record)  # twice as large
    assert sample["image"].shape == (121, 121, 3) and sample["image"].dtype == np.float32
    np.testing.assert_allclose(sample["image"][:15], 127 / 127.5 - 1, atol=1e-6)
    scale = 121 / 60
    top = (121 - 40 * scale) / 2
    expected = [(14.5 * scale - 0.5), top + 12.5 * scale - 0.5]
    np.testing.assert_allclose(sample["keypoints"][0, NOSE, :2], expected, atol=1e-4)
    assert sample["keypoints"][0, NOSE, 2] == 2 and not sample["keypoints"][0, RIGHT_EYE].any()
    assert not sample["keypoints"][1:].any() and not sample["masks"][1:].any()
    # Masks are what the picture shows at every eighth pixel.
    is_red = sample["image"][::8, ::8, 0] > 0.2  # halfway from its surroundings
    # OpenCV counts in 32nds of a pixel, and the two on the edge are nearer to it.
    assert (sample["masks"][0] != is_red).sum() <= 2 and is_red.sum() > 10
    assert sample["crowd"].any() and not (sample["crowd"] & sample["masks"][0]).any()


def test_joints_and_masks_go_where_the_picture_goes(record):
    reading = GroupReading(121, 4, (0.6, 1.4), rotation=40)
    turned = 0
    for number in range(40):
        sample = read(reading, record, tf.constant([3, number], tf.int64))
        x, y, flag = sample["keypoints"][0, NOSE]
        if flag and 6 <= x <= 114 and 6 <= y <= 114:
            near = sample["image"][int(y) - 1 : int(y) + 3, int(x) - 1 : int(x) + 3]
            assert near[..., 0].max() > 0.7 and near[..., 1].min() < -0.7
        is_red = sample["image"][::4, ::4, 0] > 0.2
        # Of the border, turned ones round otherwise here and there.
        assert (sample["masks"][0] != is_red).sum() <= 0.1 * is_red.sum() + 1
        left, right = sample["keypoints"][0, [LEFT_EYE, RIGHT_EYE]]
        turned += bool(right[2]) and not left[2]
    assert 8 < turned < 32  # mirrored, which makes a left eye a right one


def test_the_same_seed_gives_the_same_sample_and_a_graph_too(record):
    reading = GroupReading(65, 8, light=0.5, soften=0.5, rotation=10)
    seed = tf.constant([1, 5], tf.int64)
    first, again = read(reading, record, seed), read(reading, record, seed)
    other = read(reading, record, tf.constant([1, 6], tf.int64))
    dataset = build_dataset([record], reading, 1, seed=1, start=5)
    batch = next(iter(dataset))
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        np.testing.assert_array_equal(values, batch[name][0])
    assert not np.array_equal(first["image"], other["image"])


def test_those_for_whom_there_is_no_room_are_a_crowd(record):
    reading = GroupReading(121, 8, most_people=1)
    small = np.zeros((40, 60), bool)
    small[32:38, 30:40] = True
    people = (annotate(small, (NOSE, 33, 34)), *record.people)
    sample = read(reading, CocoRecord("8", record.image, people))
    whole = read(GroupReading(121, 8), record)
    np.testing.assert_array_equal(sample["masks"][0], whole["masks"][0])
    assert sample["crowd"].sum() > whole["crowd"].sum()


def test_a_picture_of_nobody(record):
    sample = read(GroupReading(121, 8), CocoRecord("9", record.image, ()))
    assert not sample["keypoints"].any() and not sample["masks"].any() and not sample["crowd"].any()


def test_large_pictures_are_reduced_and_not_skipped_over(tmp_path):
    """Of stripes of a pixel, grey is left."""
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    cv2.imwrite(str(tmp_path / "a.png"), stripes)
    sample = read(GroupReading(65, 8), CocoRecord("1", tmp_path / "a.png", ()))
    assert np.abs(sample["image"]).max() < 0.2


@pytest.mark.parametrize("kind", ["polygons", "runs", "compressed"])
def test_masks_of_every_kind(kind):
    mask = np.zeros((20, 30), bool)
    mask[4:12, 6:18] = True
    runs = encode_runs(mask)
    if kind == "polygons":
        runs = [[6, 4, 18, 4, 18, 12, 6, 12]]
    elif kind == "compressed":
        runs = json.loads(
            json.dumps(coco_masks.frPyObjects(runs, 20, 30), default=lambda value: value.decode())
        )
    np.testing.assert_array_equal(decode_mask(runs, (20, 30)).astype(bool), mask)


def test_scenes_become_batches(tmp_path):
    write_groups(tmp_path, "train", 4, RenderedScenes(5, (1, 3), 96), processes=1)
    records = read_coco(tmp_path, "train").records
    batch = next(iter(build_dataset(records, GroupReading(65, 8), 4)))
    assert batch["image"].shape == (4, 65, 65, 3)
    assert batch["masks"].shape == (4, 20, 9, 9) and batch["masks"].dtype == tf.bool
    assert batch["keypoints"].shape == (4, 20, len(COCO_JOINTS.names), 3)
    assert batch["crowd"].shape == (4, 9, 9)
