"""Data sets in COCO's form: found, checked and counted."""

import json

import pytest

from jppnet_tf import InputError
from jppnet_tf.data.coco import read_coco
from jppnet_tf.data.groups.drawing import RenderedScenes
from jppnet_tf.data.groups.writing import write_groups


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    write_groups(folder, "val", 6, RenderedScenes(5, (1, 3), 96), processes=1)
    return folder


@pytest.fixture
def scenes(drawn, tmp_path):
    """A copy whose list may be changed: function that changes it and reads the split."""
    (tmp_path / "val").symlink_to(drawn / "val")
    (tmp_path / "annotations").mkdir()
    path = tmp_path / "annotations/person_keypoints_val.json"
    content = json.loads((drawn / "annotations" / path.name).read_text())

    def read(change=lambda content: None):
        change(content)
        path.write_text(json.dumps(content))
        return read_coco(tmp_path, "val")

    read.folder, read.path = tmp_path, path
    return read


def test_all_is_found_and_counted(scenes):
    split = scenes()
    people = json.loads(split.annotations.read_text())["annotations"]
    assert [*split.images] == [1, 2, 3, 4, 5, 6]
    assert all(path.is_file() for path in split.images.values())
    assert split.people + split.crowds == len(people)
    assert split.small == sum(not p["num_keypoints"] and not p["iscrowd"] for p in people)
    assert split.empty == 6 - len({p["image_id"] for p in people})
    assert split.summary().startswith(f"6 images, {split.empty} of them without people; ")


def test_cocos_own_names_with_a_year(scenes):
    scenes()
    scenes.path.rename(scenes.path.with_name("person_keypoints_val2017.json"))
    (scenes.folder / "images").mkdir()
    (scenes.folder / "val").rename(scenes.folder / "images/val2017")
    assert len(read_coco(scenes.folder, "val").images) == 6
    with pytest.raises(InputError, match="no person_keypoints_train.json, nor one with a year"):
        read_coco(scenes.folder, "train")
    scenes.path.with_name("person_keypoints_val2014.json").write_text("{}")
    with pytest.raises(InputError, match="several lists"):
        read_coco(scenes.folder, "val")


def set_first(**values):
    return lambda content: content["annotations"][0].update(values)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda c: c["images"].append(c["images"][0]), "image 1 comes twice"),
        (lambda c: c["images"].append({"id": 9}), "an image without id or file_name"),
        (lambda c: c["images"][2].update(file_name="no.jpg"), "val/no.jpg is missing"),
        (lambda c: c["images"].clear(), "no images"),
        (lambda c: c["annotations"].append(c["annotations"][0]), "annotation 1 comes twice"),
        (lambda c: c["categories"].clear(), "must be one category `person`"),
        (lambda c: c.pop("images"), "must hold lists of images, annotations, categories"),
        (lambda c: c.update(annotations=[3]), "must hold lists"),
        (set_first(image_id=77), "annotation 1: image 77 is not listed"),
        (set_first(category_id=5), "category 5 is not a person"),
        (set_first(iscrowd=2), "iscrowd must be 0 or 1"),
        (set_first(keypoints=[1, 2, 3]), "keypoints must be 51 numbers"),
        (set_first(keypoints=["a"] * 51), "keypoints must be numbers"),
        (set_first(num_keypoints=40), "num_keypoints is not the number of labelled joints"),
        (set_first(bbox=[1]), "bbox must be four numbers"),
        (set_first(segmentation=[]), "has no segmentation"),
    ],
)
def test_what_is_wrong_is_told(scenes, change, message):
    with pytest.raises(InputError, match=message) as error:
        scenes(change)
    assert "person_keypoints_val.json: " in str(error.value)


def test_many_mistakes_are_counted(scenes):
    def change(content):
        for each in content["annotations"]:
            each["iscrowd"] = 7
        content["annotations"] *= 4

    with pytest.raises(InputError, match=r"; and \d+ more$"):
        scenes(change)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\0"])
def test_what_is_no_list_at_all(scenes, text):
    scenes()
    scenes.path.write_text(text)
    with pytest.raises(InputError, match="person_keypoints_val.json"):
        read_coco(scenes.folder, "val")


def test_images_must_be_there(tmp_path, scenes):
    scenes()
    (scenes.folder / "val").unlink()
    with pytest.raises(InputError, match="val: no such folder of images"):
        read_coco(scenes.folder, "val")
