"""Heatmaps and samples against what the original's script and reader gave."""

import numpy as np
import pytest

from jppnet_tf.data.lip import read_split
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.models.maps.heatmaps import encode_joints
from tests.plain_samples import read_plain


@pytest.fixture(scope="module")
def records(recorded):
    return read_split(recorded, "train").records


def test_heatmaps_agree_to_the_grey_level(recorded, records):
    drawn = np.load(recorded / "heatmaps.npz")
    assert set(drawn) == {record.name for record in records}
    for record in records:
        expected = drawn[record.name]
        maps = encode_joints(record.joints[:, :2], expected.shape[:2])
        np.testing.assert_array_equal(maps, expected)


def test_plain_samples_agree(recorded, records):
    expected = np.load(recorded / "reader.npz")
    samples = read_plain(records, SquareReading())
    for key in ("image", "label", "heatmap"):
        for record, sample in zip(records, samples, strict=True):
            actual = np.asarray(sample[key])
            actual = {"image": actual[::32], "label": actual, "heatmap": actual * 255}[key]
            # Float32 resizing of values up to 151; the rest is exact.
            tolerance = {"image": 1e-4, "label": 0, "heatmap": 1e-4}[key]
            np.testing.assert_allclose(
                actual, expected[f"{record.name}/{key}"], atol=tolerance, rtol=0
            )
