import json

import pytest

from jppnet_tf import InputError
from jppnet_tf.predictions.boxes import Box, read_boxes

IMAGES = {"sub/000139": "sub/000139.jpg", "b": "b.png", "c": "c.png"}


@pytest.fixture
def read(tmp_path):
    """Function that writes content as JSON and reads it as boxes."""

    def write_and_read(content, images=IMAGES, **options):
        (tmp_path / "boxes.json").write_text(json.dumps(content))
        return read_boxes(tmp_path / "boxes.json", images, **options)

    return write_and_read


def annotations(*entries, **other):
    """COCO's annotations with two images of the run and one that is not in it."""
    files = {7: "000139.jpg", 8: "b.png", 9: "elsewhere/x.jpg"}
    images = [{"id": number, "file_name": name} for number, name in files.items()]
    entries = [{"image_id": 7, "bbox": [1, 2, 3, 4], "category_id": 1} | each for each in entries]
    return {"images": images, "annotations": entries, **other}


def xywh(found):
    return {name: [box.xywh for box in boxes] for name, boxes in found.boxes.items()}


def test_annotations_of_people_are_read_in_their_order(read):
    found = read(annotations(
        {}, {"image_id": 8, "bbox": [0.5, 0, 9, 9]}, {"bbox": [5, 6, 7, 8]}, {"category_id": 2},
        {"iscrowd": 1}, {"image_id": 9},
    ))  # fmt: skip
    assert xywh(found) == {"sub/000139": [[1, 2, 3, 4], [5, 6, 7, 8]], "b": [[0.5, 0, 9, 9]]}
    assert found.image_ids == {"sub/000139": 7, "b": 8} and found.unused == 1
    assert found.boxes["b"][0].source.endswith("boxes.json, annotations[1]")


def test_people_are_the_category_of_that_name(read):
    categories = [{"id": 1, "name": "dog"}, {"id": 3, "name": "person"}]
    found = read(annotations({}, {"category_id": 3, "bbox": [5, 5, 5, 5]}, categories=categories))
    assert xywh(found) == {"sub/000139": [[5, 5, 5, 5]]}


@pytest.mark.parametrize(
    "entry, name, image_id",
    [
        ({"image_id": 139}, "sub/000139", 139),
        ({"image_id": "sub/000139"}, "sub/000139", "sub/000139"),
        ({"image_id": "000139"}, "sub/000139", "000139"),
        ({"image_id": "b"}, "b", "b"),
        ({"file_name": "sub/000139.jpg"}, "sub/000139", None),
        ({"file_name": "/data/000139.jpg", "image_id": 5}, "sub/000139", 5),
    ],
)
def test_results_of_detectors_find_their_image(read, entry, name, image_id):
    found = read([entry | {"bbox": [1, 2, 3, 4], "score": 0.9}])
    assert xywh(found) == {name: [[1, 2, 3, 4]]} and found.image_ids == {name: image_id}


def test_boxes_that_score_less_and_other_things_are_left_out(read):
    entries = [
        {"image_id": 139, "bbox": [number, 0, 1, 1], **more}
        for number, more in enumerate(
            [{"score": 0.9}, {"score": 0.2}, {}, {"category_id": 3}, {"category_id": 1}]
        )
    ]
    assert [x for x, *_ in xywh(read(entries))["sub/000139"]] == [0, 1, 2, 4]
    assert [x for x, *_ in xywh(read(entries, least_score=0.5))["sub/000139"]] == [0, 2, 4]


@pytest.mark.parametrize(
    "content, reason",
    [
        (7, "boxes.json: must be COCO's annotations, a dict, or a list"),
        ({"images": []}, "boxes.json: annotations must be a list of dicts"),
        ({"images": [{"id": 1}], "annotations": []}, r"images\[0\]: needs an id and a file_name"),
        (annotations({}, {"image_id": 4}), r"annotations\[1\]: there is no image 4 among its"),
        (annotations({"image_id": [4]}), r"annotations\[0\]: there is no image \[4\]"),
        (annotations({"bbox": [1, 2, 3]}), r"annotations\[0\]: bbox must be four numbers"),
        (annotations({"bbox": [1, 2, float("nan"), 4]}), r"annotations\[0\]: .* four numbers"),
        (annotations({"bbox": [1, 2, 1e300, 4]}), r"annotations\[0\]: .* four numbers"),
        (annotations({"bbox": [1, 2, 3, 0]}), r"annotations\[0\]: .* a height above 0"),
        (annotations({"bbox": [1, 2, -3, 4]}), r"annotations\[0\]: .* a height above 0"),
        (annotations({"category_id": 2}), "boxes.json: it holds no boxes of people"),
        ([], "boxes.json: it holds no boxes of people"),
        (annotations({"image_id": 9}), "none of its images is among those given, such as elsewh"),
        ([{"bbox": [1, 2, 3, 4]}], "entry 0: needs a file_name or an image_id"),
        ([{"image_id": True, "bbox": [1, 2, 3, 4]}], "entry 0: needs a file_name or an image_id"),
        ([5], "entry 0: must be a dict"),
    ],
)
def test_wrong_files_are_errors_that_name_the_entry(read, content, reason):
    with pytest.raises(InputError, match=reason):
        read(content)


def test_scores_that_are_none(read):
    with pytest.raises(InputError, match="entry 0: its score is not a number"):
        read([{"image_id": 139, "bbox": [1, 2, 3, 4], "score": "high"}], least_score=0.5)


def test_names_of_several_images_are_errors(read):
    images = {"x/1": "x/1.jpg", "y/1": "y/1.jpg"}
    for entry in ({"image_id": 1}, {"file_name": "1.jpg"}):
        with pytest.raises(InputError, match="entry 0: .* may be x/1 or y/1: give the path"):
            read([entry | {"bbox": [1, 2, 3, 4]}], images)
    entry = {"file_name": "y/1.jpg", "bbox": [1, 2, 3, 4]}
    assert [*read([entry], images).boxes] == ["y/1"]


def test_boxes_are_enlarged_as_far_as_the_photograph_goes():
    assert Box(10, 20, 10.5, 20).enlarge(0.1, (100, 50)) == (18, 8, 42, 22)
    assert Box(-5, 90, 10, 20).enlarge(0.1, (100, 50)) == (88, 0, 100, 6)
    # Pixels of which it has a part are in it.
    assert Box(3.2, 1.2, 3.4, 3.5).enlarge(0, (100, 50)) == (1, 3, 5, 7)
    assert Box(49.5, 0, 1, 1).enlarge(0, (100, 50)) == (0, 49, 1, 50)
    for outside in (Box(50, 0, 9, 9), Box(-9, 0, 9, 9), Box(0, 100, 9, 9), Box(0, -9, 9, 9)):
        with pytest.raises(InputError, match="lies outside the photograph, which is 50 wide and"):
            outside.enlarge(1, (100, 50))


@pytest.mark.parametrize(
    "numbers", [(0, 0, -1, 5), (0, 0, 5, 0), (float("nan"), 0, 5, 5), (0, float("inf"), 5, 5)]
)
def test_boxes_that_cannot_be(numbers):
    with pytest.raises(InputError, match="entry 3: must have finite numbers, and width and height"):
        Box(*numbers, "entry 3")
