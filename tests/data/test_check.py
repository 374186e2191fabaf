import dataclasses
import re

import numpy as np
import pytest
from PIL import Image

from jppnet_tf.data.check import check_records
from jppnet_tf.data.lip import Record
from tests.made_up_labels import CLASSES, JOINTS


@pytest.fixture
def record(tmp_path):
    Image.fromarray(np.zeros((40, 30, 3), np.uint8)).save(tmp_path / "a.jpg")
    label = np.full((40, 30), 255, np.uint8)
    label[:20] = 19
    Image.fromarray(label).save(tmp_path / "a.png")
    joints = np.full((16, 3), np.nan, np.float32)
    joints[3] = -5, 41, 0  # a little outside
    return Record(
        "a", tmp_path / "a.jpg", tmp_path / "a.png", joints=joints, source="x.csv, line 7"
    )


def test_a_good_sample_has_nothing_wrong(record):
    assert check_records([record]) == {}


def save(array, path):
    Image.fromarray(array).save(path)
    return path


def save_as(path, kind="JPEG", mode="RGB", turned=1):
    exif = Image.Exif()
    exif[0x0112] = turned
    Image.fromarray(np.zeros((40, 30, 3), np.uint8)).convert(mode).save(path, kind, exif=exif)
    return path


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda r, d: {"image": d / "none.jpg"}, "none.jpg: no such file"),
        (lambda r, d: {"label": d / "none.png"}, "none.png: no such file"),
        (lambda r, d: {"image": save_as(d / "b.jpg", "WEBP")}, "b.jpg: is WEBP: convert it to"),
        (lambda r, d: {"image": save_as(d / "b.jpg", turned=3)}, "b.jpg: is turned by its EXIF"),
        (lambda r, d: {"image": save_as(d / "b.png", "PNG", "RGBA")}, "b.png: has transparency"),
        (
            lambda r, d: {"label": save(np.full((40, 30), 21, np.uint8), d / "b.png")},
            "b.png: holds class 21; classes are 0 to 19, and 255 to ignore",
        ),
        (
            lambda r, d: {"label": save(np.zeros((30, 40), np.uint8), d / "b.png")},
            "b.png: is 40 x 30, but .*a.jpg is 30 x 40",
        ),
        (
            lambda r, d: {"reversed_label": save(np.zeros((40, 30, 3), np.uint8), d / "b.png")},
            "b.png: must be 8-bit grey, is of Pillow's mode RGB",
        ),
        (
            lambda r, d: {"joints": np.full((16, 3), np.nan, np.float32)},
            "x.csv, line 7: no joint at all",
        ),
        (
            lambda r, d: {"joints": np.full((16, 3), 500, np.float32)},
            r"x.csv, line 7: right ankle at \(500, 500\) is far outside a.jpg, which is 30 x 40",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(record, tmp_path, change, reason):
    bad = dataclasses.replace(record, name="bad", **change(record, tmp_path))
    (found,) = check_records([record, bad]).items()
    assert found[0] == "bad"
    assert re.search(reason, found[1])


def test_truncated_images_and_missing_heatmaps(record, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    Image.fromarray(noise).save(record.image)
    record.image.write_bytes(record.image.read_bytes()[:-40])
    assert "a.jpg: damaged" in check_records([record])["a"]
    good = dataclasses.replace(record, image=tmp_path / "b.jpg", heatmap=tmp_path / "h")
    Image.fromarray(np.zeros((40, 30, 3), np.uint8)).save(tmp_path / "b.jpg")
    assert check_records([good]) == {}
    assert "h_0.png: no such file" in check_records([good], heatmap_files=True)["a"]


def test_other_classes_and_joints(record, tmp_path):
    label, points = np.full((40, 30), 6, np.uint8), np.zeros((17, 3), np.float32)
    bird = dataclasses.replace(record, label=save(label, tmp_path / "b.png"), joints=points)
    assert check_records([bird], classes=CLASSES, joints=JOINTS) == {}
    bird.joints[0] = 500
    assert "tail tip at (500, 500)" in check_records([bird], classes=CLASSES, joints=JOINTS)["a"]
    bird = dataclasses.replace(bird, label=save(label + 1, tmp_path / "b.png"))
    found = check_records([bird], classes=CLASSES, joints=JOINTS)
    assert "b.png: holds class 7; classes are 0 to 6, and 255 to ignore" in found["a"]
    for joint in range(16):
        save(label, tmp_path / f"h_{joint}.png")
    bird = dataclasses.replace(bird, label=None, heatmap=tmp_path / "h")
    found = check_records([bird], heatmap_files=True, classes=CLASSES, joints=JOINTS)
    assert "h_16.png: no such file" in found["a"]
