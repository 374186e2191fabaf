import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.data.lip import Record, read_split
from jppnet_tf.data.lip_files import writing_split
from jppnet_tf.data.pipeline import build_dataset
from jppnet_tf.data.scenes.reading import SceneReading, draw_heatmaps
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.labels import IGNORE, LIP, LIP_JOINTS
from jppnet_tf.models.maps.colours import MEAN_BGR

ALL_ON = SceneReading(
    48, scales=(0.8, 1.2), zoom=4, rotation=30, aspect=1.4, light=0.7, soften=0.2, paste=0.5
)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Three figures; the last has no label."""
    import cv2

    folder = tmp_path_factory.mktemp("set")
    with writing_split(folder, "train") as writer:
        for number in range(3):
            figure = render_figure((0, number), 96)
            jpeg = cv2.imencode(".jpg", figure.image[..., ::-1])[1].tobytes()
            label = figure.label if number < 2 else None
            writer.add(f"f{number}", jpeg, label, figure.joints)
    return read_split(folder, "train").records


def rows(reading, records):
    columns = reading.columns(records)
    return [{key: column[i] for key, column in columns.items()} for i in range(len(records))]


def test_a_sample_is_the_same_eagerly_and_in_a_graph(records):
    row, other = rows(ALL_ON, records)[:2]
    for number in range(4):
        seed = tf.constant([1, number], tf.int64)
        eager = ALL_ON.read(row, seed, other)
        graph = tf.function(ALL_ON.read)(row, seed, other)
        assert {key: (value.shape, value.dtype) for key, value in eager.items()} == {
            "image": ((48, 48, 3), tf.float32), "label": ((48, 48), tf.int32),
            "heatmap": ((6, 6, 16), tf.float32), "has_joints": ((), tf.float32),
        }  # fmt: skip
        for key, value in eager.items():
            np.testing.assert_array_equal(value, graph[key], err_msg=key)


def test_without_chance_a_sample_is_the_photograph(records):
    square, scene = SquareReading(48, augmented=False), SceneReading(48, zoom=4, light=1)
    for row, other in zip(rows(square, records[:2]), rows(scene, records[:2]), strict=True):
        expected, actual = square.read(row), scene.read(other)
        # OpenCV decodes and interpolates a little differently.
        assert np.abs(expected["image"] - actual["image"]).mean() < 3
        same = expected["label"].numpy() == actual["label"].numpy()
        assert same.mean() > 0.93  # borders: the nearest pixel here, the one above and left there


def test_another_seed_is_another_view(records):
    row, other = rows(ALL_ON, records)[:2]
    views = [ALL_ON.read(row, [0, number], other)["image"].numpy() for number in range(3)]
    assert all(np.abs(views[0] - view).mean() > 5 for view in views[1:])
    again = ALL_ON.read(row, [0, 0], other)["image"].numpy()
    np.testing.assert_array_equal(views[0], again)


def test_a_mirrored_sample_changes_left_and_right(records):
    reading = SceneReading(48, scales=(1, 1), light=1e-6)
    row = rows(reading, records)[0]
    samples = [reading.read(row, [0, number]) for number in range(12)]
    plain = reading.read(row)
    partners = np.array([*LIP.mirror])
    mirrored = 0
    for sample in samples:
        label = sample["label"].numpy()
        if (label == plain["label"].numpy()).all():
            continue
        mirrored += 1
        turned = partners[plain["label"].numpy()[:, ::-1]]
        person = (turned > 0) & (label > 0)
        assert (label == turned)[person].mean() > 0.8 and (label == turned).mean() > 0.9
        # Joints by name: the left wrist of the mirror image is what the right wrist was.
        left, right = (LIP_JOINTS.names.index(f"{side} wrist") for side in ("left", "right"))
        one, two = sample["heatmap"].numpy()[..., left], plain["heatmap"].numpy()[..., right]
        if two.max() > 0.5:
            x, y = (np.unravel_index(m.argmax(), m.shape)[1] for m in (one, two))
            assert abs((5 - x) - y) <= 1
    assert 2 <= mirrored <= 10


def test_records_without_label_or_joints(records):
    bare = dataclasses.replace(records[0], joints=None)
    assert rows(ALL_ON, [bare])[0]["has_joints"] == 0
    assert ALL_ON.companions(records).tolist() == [0, 1]
    for number in range(6):
        sample = ALL_ON.read(rows(ALL_ON, records)[2], [2, number], rows(ALL_ON, records)[0])
        assert (sample["label"].numpy() == IGNORE).all() and sample["has_joints"] == 1
        sample = ALL_ON.read(rows(ALL_ON, [bare])[0], [2, number])
        assert (sample["heatmap"].numpy() == 0).all()
        assert (sample["label"].numpy() != IGNORE).any()


def test_pasting_fills_what_lies_outside(records):
    """Small before another photograph, nothing is unknown but another person."""
    reading = SceneReading(48, scales=(0.6, 0.6), rotation=20, paste=1)
    row, other = rows(reading, records)[:2]
    plain = dataclasses.replace(reading, paste=0)
    pasted, bordered = (
        np.mean([(r.read(row, [3, n], other)["label"].numpy() == IGNORE).mean() for n in range(8)])
        for r in (reading, plain)
    )
    assert pasted < 0.2 < 0.5 < bordered


def test_the_stream_follows_from_its_seed(records):
    def take(seed, start=0):
        return next(iter(build_dataset(records, ALL_ON, 4, seed, start)))["image"].numpy()

    first = take(1)
    np.testing.assert_array_equal(take(1), first)
    assert np.abs(take(2) - first).mean() > 5
    np.testing.assert_array_equal(take(1, start=2)[:2], first[2:])


def test_heatmaps_are_gaussians_at_the_cells_first_pixels():
    joints = np.full((16, 2), np.nan, np.float32)
    joints[2] = 16, 24
    joints[3] = 20, 24
    maps = draw_heatmaps(joints, 48, 8, 8.0)
    assert maps.shape == (6, 6, 16) and (maps[..., [0, 1, 4]] == 0).all()
    assert maps[3, 2, 2] == 1 and maps[3, 3, 2] == pytest.approx(np.exp(-0.5))
    assert maps[3, 2, 3] == maps[3, 3, 3] == pytest.approx(np.exp(-0.125))


def test_a_missing_file_is_named(records, tmp_path):
    bad = Record("x", tmp_path / "gone.jpg")
    with pytest.raises(Exception, match="gone.jpg"):
        ALL_ON.read(rows(ALL_ON, [bad])[0], [0, 0])


def test_images_are_bgr_minus_the_mean(records):
    import cv2

    row = rows(ALL_ON, records)[0]
    image = SceneReading(48).read(row)["image"].numpy()
    bgr = cv2.imread(str(records[0].image)).mean(axis=(0, 1))
    np.testing.assert_allclose(image.mean(axis=(0, 1)) + MEAN_BGR, bgr, atol=4)
