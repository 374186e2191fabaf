import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.data.crops import CropReading
from jppnet_tf.data.graph_files import load_png
from jppnet_tf.data.lip import Record
from jppnet_tf.data.pipeline import build_dataset, stream_indices
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.labels import LIP
from jppnet_tf.models.maps.colours import scale_rgb
from jppnet_tf.models.maps.heatmaps import encode_joints
from jppnet_tf.models.maps.resizing import resize_bilinear
from tests.made_up_labels import CLASSES, JOINTS
from tests.plain_samples import read_plain

SMALL = SquareReading(size=32)


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Five samples that their first pixel's class tells apart."""
    folder = tmp_path_factory.mktemp("lip")
    random = np.random.default_rng(0)
    made = []
    for number in range(5):
        photo = random.integers(0, 256, (40, 30, 3), np.uint8)
        label = np.full((40, 30), number, np.uint8)
        label[20:, :10] = 14  # left arm
        joints = random.uniform(3, 28, (16, 3)).astype(np.float32)
        maps = np.asarray(encode_joints(joints[:, :2], (40, 30)))
        Image.fromarray(photo).save(folder / f"{number}.jpg", quality=95)
        Image.fromarray(label).save(folder / f"{number}.png")
        mirrored = np.array([*LIP.mirror], np.uint8)[label[:, ::-1]]
        Image.fromarray(mirrored).save(folder / f"{number}_rev.png")
        for joint in range(16):
            Image.fromarray(maps[..., joint]).save(folder / f"{number}_{joint}.png")
        made.append(
            Record(
                name=str(number),
                image=folder / f"{number}.jpg",
                label=folder / f"{number}.png",
                reversed_label=folder / f"{number}_rev.png",
                heatmap=folder / str(number),
                joints=joints,
            )
        )
    return made


def take(count, *arguments, **options):
    dataset = build_dataset(*arguments, **options)
    return [
        {key: np.asarray(value) for key, value in batch.items()}
        for batch in itertools.islice(dataset, count)
    ]


def numbers_of(batches):
    return [int(label[0, 0]) for batch in batches for label in batch["label"]]


def same(one, other):
    return all(np.array_equal(a[key], b[key]) for a, b in zip(one, other, strict=True) for key in a)


def test_shapes_and_types(records):
    (batch,) = take(1, records, SMALL, 2)
    found = {key: (value.dtype, value.shape) for key, value in batch.items()}
    assert found == {
        "image": (np.float32, (2, 32, 32, 3)),
        "label": (np.int32, (2, 32, 32)),
        "heatmap": (np.float32, (2, 4, 4, 16)),
        "has_joints": (np.float32, (2,)),
    }


def test_without_pose_there_are_no_heatmaps_and_images_are_what_the_network_reads(records):
    reading = SquareReading(
        size=32, scales=(1.0, 1.0), mirror=False, has_pose=False, normalize=scale_rgb
    )
    (batch,) = take(1, [records[1]], reading, 1)
    assert set(batch) == {"image", "label"}
    rgb = tf.io.decode_jpeg(records[1].image.read_bytes())
    expected = resize_bilinear(rgb[None], (32, 32)) / 255
    np.testing.assert_allclose(batch["image"], expected, atol=1e-6)
    assert set(np.unique(batch["label"])) == {1, 14}  # nothing is padding: the size stays


def test_each_epoch_shuffles_the_whole_set_anew(records):
    order = numbers_of(take(40, records, SMALL, 1, seed=1))
    epochs = [tuple(order[start : start + 5]) for start in range(0, 40, 5)]
    assert all(sorted(epoch) == [0, 1, 2, 3, 4] for epoch in epochs)
    assert len(set(epochs)) > 4


def test_batches_run_on_from_epoch_to_epoch(records):
    batches = take(5, records, SMALL, 2, seed=1)
    assert [len(batch["image"]) for batch in batches] == [2] * 5
    order = numbers_of(batches)  # five records: the third batch belongs to two epochs
    assert sorted(order[:5]) == sorted(order[5:]) == [0, 1, 2, 3, 4]


def test_one_seed_gives_one_stream_that_can_be_entered_anywhere(records):
    whole = take(6, records, SMALL, 2, seed=5)
    assert same(whole, take(6, records, SMALL, 2, seed=5))
    assert same(whole[4:], take(2, records, SMALL, 2, seed=5, start=8))
    assert not same(whole, take(6, records, SMALL, 2, seed=6))


def test_the_records_at_places_of_the_stream_can_be_told(records):
    order = numbers_of(take(20, records, SMALL, 1, seed=3))
    assert stream_indices(5, 3, range(7, 20)) == order[7:]


def test_views_differ_from_epoch_to_epoch(records):
    batches = take(40, records, SMALL, 1, seed=1)
    first = [batch["image"] for batch in batches if numbers_of([batch]) == [0]]
    assert len(first) == 8
    assert len({image.tobytes() for image in first}) == 8


def test_workers_share_the_stream(records):
    whole = take(10, records, SMALL, 1, seed=2)
    parts = [take(5, records, SMALL, 1, seed=2, workers=2, worker=worker) for worker in (0, 1)]
    assert same(whole[0::2], parts[0]) and same(whole[1::2], parts[1])


def test_files_of_the_original_give_the_same_samples(records):
    plain = take(10, records, SMALL, 1)
    files = take(10, records, SquareReading(size=32, reversed_labels=True, heatmap_files=True), 1)
    assert same(plain, files)
    assert any((batch["label"] == 15).any() for batch in plain)  # some are mirrored
    assert any((batch["label"] == 14).any() for batch in plain)


def test_without_chance_each_sample_is_read_as_it_is(records):
    samples = read_plain(records, SMALL)
    assert len(samples) == len(records)
    assert not any((sample["label"] == 255).any() for sample in samples)


def test_samples_without_joints_have_empty_heatmaps_and_say_so(records):
    (batch,) = take(1, [dataclasses.replace(records[0], joints=None)], SMALL, 1)
    assert not batch["heatmap"].any() and (batch["label"] >= 14).any()
    assert batch["has_joints"] == [0]
    (batch,) = take(1, records[:1], SMALL, 1)
    assert batch["has_joints"] == [1]


def test_records_that_lack_what_is_asked_for(records):
    bare = dataclasses.replace(records[1], label=None, heatmap=None, reversed_label=None)
    with pytest.raises(InputError, match="1 records have no label, the first of them 1"):
        build_dataset([records[0], bare], CropReading(16), 1)
    bare = dataclasses.replace(records[1], heatmap=None)
    with pytest.raises(InputError, match="1 records have no heatmap"):
        build_dataset([bare], SquareReading(heatmap_files=True), 1)


def test_a_record_without_label_is_unknown_everywhere(records):
    bare = dataclasses.replace(records[1], label=None)
    reading = SquareReading(size=32, mirror=False)
    first, second = take(2, [bare], reading, 1), take(2, [records[1]], reading, 1)
    for unknown, known in zip(first, second, strict=True):
        assert (unknown["label"] == 255).all() and not (known["label"] == 255).all()
        np.testing.assert_array_equal(unknown["image"], known["image"])
        np.testing.assert_array_equal(unknown["heatmap"], known["heatmap"])


def test_sizes_that_differ_stop_the_pipeline_with_the_names(records, tmp_path):
    Image.fromarray(np.zeros((40, 31), np.uint8)).save(tmp_path / "wide.png")
    bad = dataclasses.replace(records[0], label=tmp_path / "wide.png")
    with pytest.raises(tf.errors.InvalidArgumentError, match="wide.png"):
        take(1, [bad], SMALL, 1)


def test_other_classes_and_joints_are_mirrored_their_own_way(records, tmp_path):
    """A left wing that fills the left half is the right wing in the right half of a mirror."""
    label = np.zeros((40, 30), np.uint8)
    label[:, :15] = CLASSES.names.index("left wing")
    Image.fromarray(label).save(tmp_path / "a.png")
    points = np.full((17, 3), np.nan, np.float32)
    points[JOINTS.names.index("left ankle")] = 5, 20, 0
    record = dataclasses.replace(records[0], label=tmp_path / "a.png", joints=points)
    reading = SquareReading(size=32, scales=(1.0, 1.0), classes=CLASSES, joints=JOINTS)
    found = set()
    for batch in take(20, [record], reading, 1):
        maps, ids = batch["heatmap"][0], batch["label"][0]
        assert maps.shape == (4, 4, 17)
        (joint,) = np.flatnonzero(maps.any(axis=(0, 1)))
        side = "left" if ids[0, 0] else "right"
        assert set(np.unique(ids)) == {0, CLASSES.names.index(f"{side} wing")}
        found.add((side, JOINTS.names[joint]))
    assert found == {("left", "left ankle"), ("right", "right ankle")}


@pytest.mark.parametrize("mode", ["P", "I;16", "RGB"])
def test_labels_that_are_not_grey_stop_the_reader_and_are_named(tmp_path, mode):
    ids = np.arange(20, dtype=np.uint8)[None].repeat(3, 0)
    image = Image.fromarray(ids.astype(np.uint16)) if mode == "I;16" else Image.fromarray(ids)
    if mode == "P":
        image.putpalette([255, 0, 0] * 20)
    (image.convert("RGB") if mode == "RGB" else image).save(tmp_path / "a.png")
    for read in (load_png, tf.function(load_png)):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="(?s)not an 8-bit grey PNG.*a.png"
        ):
            read(tf.constant(str(tmp_path / "a.png")))
    Image.fromarray(ids).save(tmp_path / "b.png")
    np.testing.assert_array_equal(load_png(tf.constant(str(tmp_path / "b.png"))), ids)
