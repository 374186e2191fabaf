import csv

import numpy as np
import pytest
from PIL import Image

from jppnet_tf.data.check import check_records
from jppnet_tf.data.figures import dataset
from jppnet_tf.data.lip import read_split
from jppnet_tf.labels import LIP, LIP_JOINTS
from jppnet_tf.system.errors import InputError

CLASS = {name: id_ for id_, name in enumerate(LIP.names)}
JOINT = {name: joint for joint, name in enumerate(LIP_JOINTS.names)}


@pytest.fixture(scope="module")
def many():
    return [dataset.render_figure((11, index), 128) for index in range(300)]


def labels_around(figure, joint, reach=2):
    """The set of class ids within `reach` pixels of a joint."""
    x, y = figure.joints[joint, :2].round().astype(int)
    area = figure.label[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    return set(area.ravel())


def test_a_seed_gives_the_same_bytes_and_another_seed_does_not():
    first, again = (dataset.render_figure((3, 4), 128) for _ in range(2))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.label, again.label)
    np.testing.assert_array_equal(first.joints, again.joints)
    other = dataset.render_figure((3, 5), 128)
    assert other.image.shape != first.image.shape or (other.image != first.image).mean() > 0.5


def test_a_figure_is_the_same_at_every_size():
    small, large = (dataset.render_figure(8, size) for size in (128, 384))
    assert max(small.image.shape) == 128 and max(large.image.shape) == 384
    np.testing.assert_allclose(small.joints[:, :2] * 3, large.joints[:, :2], atol=0.01)
    enlarged = small.label.repeat(3, axis=0).repeat(3, axis=1)
    height, width = (min(a, b) for a, b in zip(enlarged.shape, large.label.shape, strict=True))
    agreement = enlarged[:height, :width] == large.label[:height, :width]
    assert agreement.mean() > 0.93  # borders differ


def test_types_and_ranges(many):
    for figure in many:
        height, width = figure.label.shape
        assert figure.image.shape == (height, width, 3) and max(height, width) == 128
        assert figure.image.dtype == figure.label.dtype == np.uint8
        assert figure.joints.dtype == np.float32 and figure.joints.shape == (16, 3)
        assert figure.label.max() < len(LIP.names)
        assert 40 <= figure.quality <= 95
        there = figure.joints[~np.isnan(figure.joints).any(axis=1)]
        assert np.isnan(figure.joints).sum() == 3 * (16 - len(there))
        assert len(there) and (there[:, :2] >= 0).all()
        assert (there[:, 0] <= width - 1).all() and (there[:, 1] <= height - 1).all()
        assert set(there[:, 2]) <= {0, 1}


def test_every_class_is_frequent_and_large_enough_to_learn(many):
    counts = np.array([np.bincount(figure.label.ravel(), minlength=20) for figure in many])
    visible = (counts > 0.0005 * counts.sum(axis=1, keepdims=True)).mean(axis=0)
    assert visible.min() >= 0.1, dict(zip(LIP.names, visible, strict=True))
    share = counts[:, 1:].sum() / counts.sum()
    assert 0.25 < share < 0.6


def test_joints_are_visible_occluded_and_missing(many):
    joints = np.concatenate([figure.joints for figure in many])
    assert 0.04 < np.isnan(joints[:, 0]).mean() < 0.25
    assert 0.04 < (joints[:, 2] == 1).mean() < 0.25
    for joint in range(16):
        flags = np.array([figure.joints[joint, 2] for figure in many])
        assert (flags == 1).any() and (flags == 0).mean() > 0.4


@pytest.mark.parametrize("side", ["left", "right"])
def test_visible_joints_lie_on_labels_that_fit(many, side):
    cover = {"upper-clothes", "coat", "dress", "jumpsuits"}
    fitting = {
        "wrist": {f"{side}-arm", "glove"} | cover,
        "elbow": {f"{side}-arm", "glove"} | cover,
        "knee": {f"{side}-leg", f"{side}-shoe", "socks", "pants", "skirt"} | cover,
        "ankle": {f"{side}-leg", f"{side}-shoe", "socks", "pants", "skirt"} | cover,
    }
    for name, names in fitting.items():
        joint, allowed = JOINT[f"{side} {name}"], {CLASS[name] for name in names}
        seen = [figure for figure in many if figure.joints[joint, 2] == 0]
        fits = [bool(labels_around(figure, joint, 1) & allowed) for figure in seen]
        assert len(seen) > 100 and np.mean(fits) > 0.97, name


def test_left_is_the_persons_own(many):
    """From the front the right arm is on the image's left, from behind on its right."""
    agree, from_behind = [], 0
    for figure in many:
        right, left = figure.joints[[JOINT["right shoulder"], JOINT["left shoulder"]]]
        wrists = figure.joints[[JOINT["right wrist"], JOINT["left wrist"]]]
        from_behind += bool(right[0] > left[0])
        masks = [figure.label == CLASS[f"{side}-arm"] for side in ("right", "left")]
        if np.isnan(wrists).any() or min(mask.sum() for mask in masks) < 20:
            continue
        centers = [np.argwhere(mask).mean(axis=0)[::-1] for mask in masks]
        straight = sum(np.hypot(*(c - w[:2])) for c, w in zip(centers, wrists, strict=True))
        crossed = sum(np.hypot(*(c - w[:2])) for c, w in zip(centers, wrists[::-1], strict=True))
        agree.append(straight < crossed)
    assert len(agree) > 60 and np.mean(agree) > 0.95
    assert 0.1 < from_behind / len(many) < 0.3


def test_sunglasses_are_not_seen_from_behind(many):
    def is_behind(figure):
        shoulders = figure.joints[[JOINT["right shoulder"], JOINT["left shoulder"]], 0]
        return shoulders[0] > shoulders[1] + 10

    glasses = [(figure.label == CLASS["sunglasses"]).sum() for figure in many if is_behind(figure)]
    assert len(glasses) > 20 and np.mean(np.array(glasses) > 3) < 0.1


def test_a_set_reads_back_as_lip(tmp_path):
    dataset.write_figures(tmp_path, "train", 3, seed=5, size=64, processes=1)
    dataset.write_figures(tmp_path, "val", 6, seed=6, size=64, processes=1)
    assert len(read_split(tmp_path, "train").records) == 3
    split = read_split(tmp_path, "val")
    assert split.summary() == (
        "val: 6 images, 0 without label, 0 without joints; 0 rows of joints without image"
    )
    assert check_records(split.records) == {}
    for index, record in enumerate(split.records):
        figure = dataset.render_figure((6, index), 64)
        label = Image.open(record.label)
        assert label.mode == "L" and Image.open(record.image).format == "JPEG"
        np.testing.assert_array_equal(np.asarray(label), figure.label)
        np.testing.assert_allclose(record.joints, figure.joints, atol=0.006)
        image = np.asarray(Image.open(record.image)).astype(float)
        # JPEG keeps the mean colour, and would show channels that changed places.
        np.testing.assert_allclose(image.mean((0, 1)), figure.image.mean((0, 1)), atol=4)
    with open(tmp_path / "TrainVal_pose_annotations/lip_val_set.csv", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {49}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "TrainVal_images", "TrainVal_parsing_annotations", "TrainVal_pose_annotations",
    ]  # fmt: skip


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_a_larger_set_begins_with_the_smaller_on_any_number_of_cores(tmp_path):
    dataset.write_figures(tmp_path / "small", "val", 3, seed=9, size=64, processes=1)
    dataset.write_figures(tmp_path / "large", "val", 5, seed=9, size=64, processes=2)
    small, large = contents(tmp_path / "small"), contents(tmp_path / "large")
    assert len(small) == 8 and len(large) == 12
    for name, content in small.items():
        assert large[name].startswith(content), name


def test_an_existing_split_is_kept_unless_told_otherwise(tmp_path):
    dataset.write_figures(tmp_path, "val", 2, seed=1, size=64, processes=1)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="exists already; pass --overwrite"):
        dataset.write_figures(tmp_path, "val", 1, seed=2, size=64, processes=1)
    assert contents(tmp_path) == before
    dataset.write_figures(tmp_path, "val", 1, seed=2, size=64, overwrite=True, processes=1)
    assert len(contents(tmp_path)) == 4
    assert len(read_split(tmp_path, "val").records) == 1


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_interrupted_set_leaves_nothing_of_it(tmp_path, overwrite):
    if overwrite:
        dataset.write_figures(tmp_path, "val", 2, seed=1, size=64, processes=1)
    before = contents(tmp_path)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.write_figures(
            tmp_path, "val", 5, seed=2, size=64, overwrite=overwrite, processes=1,
            on_figure=interrupt,
        )  # fmt: skip
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "change, message",
    [
        ({"split": "test"}, "split must be train or val, not 'test'"),
        ({"count": 0}, "count must be at least 1, not 0"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
        ({"size": 31}, "size must be at least 32, not 31"),
    ],
)
def test_bad_arguments(tmp_path, change, message):
    arguments = {"split": "val", "count": 1, "seed": 0, "size": 64} | change
    with pytest.raises(InputError, match=message):
        dataset.write_figures(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()
