"""Crops, against OpenCV's resizes and the same steps one after the other."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError
from jppnet_tf.data.crops import CropReading, mirror_sample, resize_sample
from jppnet_tf.data.lip import Record
from jppnet_tf.data.pipeline import build_dataset
from jppnet_tf.labels import LIP
from jppnet_tf.models.maps.colours import SS_MEAN_BGR, preprocess
from tests.made_up_labels import CLASSES
from tests.plain_samples import read_plain

READING = CropReading(size=33)


@pytest.fixture(scope="module")
def sample():
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (71, 50, 3), np.uint8)
    return image, random.choice([*range(20), 255], (71, 50)).astype(np.uint8)


@pytest.fixture(scope="module")
def records(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lip")
    made = []
    for number, height in enumerate((20, 50, 71)):
        paths = folder / f"{number}.jpg", folder / f"{number}.png"
        for path, values in zip(paths, sample, strict=True):
            cv2.imwrite(str(path), values[:height])
        made.append(Record(str(number), *paths))
    return made


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.0, 1.2, 1.4])
@pytest.mark.parametrize("rows", [70, 71, 35])
def test_sizes_and_pixels_are_opencvs(sample, factor, rows):
    image, label = (values[:rows] for values in sample)
    resized = resize_sample(image, label, tf.constant(factor, tf.float64))
    size_wh = (int(50 * factor), int(rows * factor))
    expected = cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(resized[0], expected)
    expected = cv2.resize(label, size_wh, interpolation=cv2.INTER_NEAREST)
    np.testing.assert_array_equal(resized[1], expected)


def read_all(records, reading, count=200):
    dataset = build_dataset(records, reading, batch=1, seed=3).unbatch().take(count)
    return [{key: value.numpy() for key, value in sample.items()} for sample in dataset]


def test_each_crop_is_a_part_of_its_image_at_one_of_the_scales(records):
    """Looks for each crop in all that there is to cut from."""
    found = set()
    for sample in read_all(records[2:], READING, count=60):
        found.add(find_crop(sample, records[2]))
    assert None not in found
    assert {factor for factor, *_ in found} == set(READING.factors)
    assert {mirrored for *_, mirrored in found} == {False, True}
    large = [(top, left) for factor, top, left, _ in found if factor == 1.4]
    assert max(top for top, _ in large) > 30 and max(left for _, left in large) > 20
    assert min(top for top, _ in large) < 30 and min(left for _, left in large) < 20


def find_crop(sample, record):
    """Where a sample was cut out: (factor, top, left, mirrored), or None."""
    image = tf.io.decode_jpeg(tf.io.read_file(str(record.image))).numpy()
    label = cv2.imread(str(record.label), cv2.IMREAD_UNCHANGED)
    size = len(sample["label"])
    for factor in READING.factors:
        size_wh = (int(label.shape[1] * factor), int(label.shape[0] * factor))
        whole = cv2.resize(label, size_wh, interpolation=cv2.INTER_NEAREST)
        below, right = (max(size - side, 0) for side in whole.shape)
        whole = np.pad(whole, ((0, below), (0, right)), constant_values=255)
        picture = cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR)
        picture = np.pad(preprocess(picture, SS_MEAN_BGR), ((0, below), (0, right), (0, 0)))
        for mirrored in (False, True):
            wanted = {key: tf.constant(values) for key, values in sample.items()}
            wanted = mirror_sample(wanted) if mirrored else wanted
            for top, left in np.ndindex(*(side - size + 1 for side in whole.shape)):
                cut = np.s_[top : top + size, left : left + size]
                if np.array_equal(wanted["label"], whole[cut]):
                    np.testing.assert_allclose(wanted["image"], picture[cut], atol=1e-4)
                    return factor, top, left, mirrored
    return None


def test_mirrored_samples_exchange_left_and_right():
    label = np.array([[14, 16, 5], [19, 255, 0]], np.int32)
    image = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    mirrored = mirror_sample({"image": image, "label": label})
    np.testing.assert_array_equal(mirrored["label"], [[5, 17, 15], [0, 255, 18]])
    np.testing.assert_array_equal(mirrored["image"], image[:, ::-1])
    assert LIP.names[14] == "left-arm"


def test_small_images_are_padded_below_and_to_the_right(records):
    sample = read_all(records[:1], CropReading(size=97, mirror=False, factors=(1.0,)), count=1)[0]
    assert (sample["label"][20:] == 255).all() and (sample["label"][:, 50:] == 255).all()
    assert not sample["image"][20:].any() and not sample["image"][:, 50:].any()
    assert sample["image"][:20, :50].any(axis=-1).all()


def test_every_place_of_a_crop_is_taken(records, sample):
    # 50 x 50 pixels for crops of 48: three places down, three to the right.
    label = sample[1][:50]
    places = {
        label[top : top + 48, left : left + 48].astype(np.int32).tobytes(): (top, left)
        for top in range(3)
        for left in range(3)
    }
    reading = CropReading(size=48, mirror=False, factors=(1.0,))
    found = {places[crop["label"].tobytes()] for crop in read_all(records[1:2], reading, count=90)}
    assert found == set(places.values())


def test_the_same_seed_gives_the_same_crops(records):
    first, second = (read_all(records, READING, count=9) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a["image"], b["image"])
    assert len({sample["image"].tobytes() for sample in first}) > 5


def test_validation_looks_at_the_upper_left_corner_without_chance(records):
    samples = read_plain(records, READING)
    label = cv2.imread(str(records[2].label), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(samples[2]["label"], label[:33, :33])


def test_records_without_label_are_refused(records):
    with pytest.raises(InputError, match="1 records have no label"):
        build_dataset([Record("bare", records[0].image)], READING, 1)


def test_other_classes_are_mirrored_their_own_way(records, tmp_path):
    label = np.array([[1, 2, 3], [5, 255, 0]], np.int32)
    image = np.zeros((2, 3, 3), np.float32)
    mirrored = mirror_sample({"image": image, "label": label}, CLASSES)
    np.testing.assert_array_equal(mirrored["label"], [[3, 1, 2], [0, 255, 6]])
    cv2.imwrite(str(tmp_path / "wing.png"), np.full((71, 50), 1, np.uint8))
    record = Record("wing", records[2].image, tmp_path / "wing.png")
    samples = read_all([record], CropReading(size=17, classes=CLASSES), count=20)
    assert {int(i) for sample in samples for i in np.unique(sample["label"])} == {1, 2}
