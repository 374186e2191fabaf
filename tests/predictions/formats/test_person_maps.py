"""What is written of several people whom a network found."""

import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_masks

from jppnet_tf.labels import COCO_JOINTS, PERSON
from jppnet_tf.predictions.formats import FORMATS, lip, openpose
from jppnet_tf.predictions.formats.person_maps import colour_people
from jppnet_tf.predictions.people import People, map_people
from jppnet_tf.predictions.prediction import Prediction


@pytest.fixture
def group():
    """Two people, 40 high and 60 wide, who overlap; the right one's wrist is hardly there."""
    masks = np.zeros((2, 40, 60), bool)
    masks[0, 5:35, 10:30] = masks[1, 8:40, 25:50] = True
    keypoints = np.empty((2, 17, 3), np.float32)
    keypoints[:, :, 0] = [[20], [38]]
    keypoints[:, :, 1] = np.arange(17) + 10
    keypoints[:, :, 2] = 0.9
    keypoints[1, 10] = -3, 50, 0.02
    boxes = np.array([[10, 5, 20, 30], [25, 8, 25, 32]], float)
    people = People(keypoints=keypoints, boxes=boxes, scores=[0.8, 0.4], masks=masks)
    parsing, owners = masks.any(axis=0).astype(np.uint8), map_people(people)
    return Prediction(parsing, people, PERSON, COCO_JOINTS, person_map=owners)


@pytest.fixture
def nobody():
    people = People(
        keypoints=np.zeros((0, 17, 3), np.float32), boxes=np.zeros((0, 4)), scores=[],
        masks=np.zeros((0, 40, 60), bool),
    )  # fmt: skip
    empty = np.zeros((40, 60), np.uint8)
    return Prediction(empty, people, PERSON, COCO_JOINTS, person_map=empty)


def test_the_person_of_each_pixel(group, nobody, make_photo):
    found = map_people(group.people)
    assert found[20, 15] == 1 and found[20, 27] == 1 and found[20, 40] == 2 and found[0, 0] == 0
    files = FORMATS["person"].files("sub/a", make_photo(40, 60), group)
    assert [*files] == ["person/sub/a.png", "person/sub/a_vis.png"]
    written, coloured = (np.asarray(Image.open(io.BytesIO(c))) for c in files.values())
    np.testing.assert_array_equal(written, found)
    assert len({tuple(coloured[20, x]) for x in (15, 40)}) == 2 and not coloured[0, 0].any()
    np.testing.assert_array_equal(coloured[20, 15], coloured[20, 27])
    assert not map_people(nobody.people).any()


def test_ids_that_last_are_kept_and_coloured_alike(group):
    people = group.people.replace(ids=np.array([12, 300]))
    found = map_people(people)
    assert found.dtype == np.uint16 and found[20, 15] == 12 and found[20, 40] == 300
    drawn = dataclasses.replace(group, people=people, person_map=found)
    regions, classes = colour_people(drawn)
    assert classes.names[12] == "person 12, 0.80" and len(classes.palette) == 301
    # Ten colours, over and over: 12 has that of 2, 300 that of 10.
    assert classes.palette[12] == classes.palette[2] and classes.palette[300] == classes.palette[10]


def test_more_people_than_a_byte_has_numbers():
    masks = np.zeros((300, 1, 300), bool)
    masks[np.arange(300), 0, np.arange(300)] = True
    found = map_people(People(masks=masks))
    assert found[0].tolist() == list(range(1, 301))


def test_each_person_has_a_colour_and_a_line_in_the_legend(group, nobody):
    regions, classes = colour_people(group)
    assert classes.names == ("nobody", "person 1, 0.80", "person 2, 0.40")
    assert len(set(classes.palette)) == 3 and regions.max() == 2
    assert colour_people(nobody)[1].names == ("nobody",)
    alone = Prediction(group.parsing, classes=PERSON)
    assert colour_people(alone) == (alone.parsing, PERSON)


def test_the_usual_files(group, nobody, make_photo):
    files = FORMATS["lip"].files("a", make_photo(40, 60), group)
    np.testing.assert_array_equal(Image.open(io.BytesIO(files["parsing/a.png"])), group.parsing)
    assert files["pose/a.txt"].count(b"\n") == 1 and files["pose/a.txt"].startswith(b"20 10 20 11 ")
    assert FORMATS["lip"].files("a", make_photo(40, 60), nobody)["pose/a.txt"] == b""


def test_records_hold_scores_and_masks(group, nobody):
    record = lip.prediction_record("a", "a.jpg", group)
    assert json.loads(json.dumps(record)) == record
    assert record["keypoints"] is None and record["pixels"]["person"] == group.parsing.sum()
    assert [person["score"] for person in record["people"]] == [0.8, 0.4]
    assert [person["id"] for person in record["people"]] == [1, 2]
    assert [person["pixels"] for person in record["people"]] == [600, 665]
    for person, mask in zip(record["people"], group.people.masks, strict=True):
        assert np.array_equal(coco_masks.decode(person["mask"]).astype(bool), mask)
    assert lip.prediction_record("a", "a.jpg", nobody)["people"] == []


def test_cocos_results_of_both_tasks(group, nobody):
    records = [
        lip.prediction_record(name, name, prediction)
        for name, prediction in (("7", group), ("12", nobody), ("3", group))
    ]
    files = FORMATS["coco"].summary(iter(records), None, COCO_JOINTS)
    assert [*files] == ["coco/keypoints.json", "coco/segments.json"]
    keypoints, segments = (json.loads(content) for content in files.values())
    assert [each["image_id"] for each in keypoints] == [3, 3, 7, 7]
    assert [each["score"] for each in segments] == [0.8, 0.4, 0.8, 0.4]
    # Joints that are not seen have a place too: where they are counts.
    found = np.reshape(keypoints[1]["keypoints"], (17, 3))
    np.testing.assert_allclose(found, group.people.keypoints[1], atol=0.006)
    assert coco_masks.area(segments[0]["segmentation"]) == group.people.masks[0].sum()
    strict = openpose.coco_results(records[:1], 0.5, COCO_JOINTS)[1]
    assert not np.reshape(strict["keypoints"], (17, 3))[10].any()


def test_openpose_has_everybody(group, make_photo):
    files = FORMATS["openpose18"].files("a", make_photo(40, 60), group)
    people = json.loads(files["openpose18/a_keypoints.json"])["people"]
    points = [np.reshape(person["pose_keypoints_2d"], (18, 3)) for person in people]
    assert [point[0, 0] for point in points] == [20, 38]
    assert points[0].all() and not points[1][4].any()  # the wrist beyond the edge
