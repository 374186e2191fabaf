"""The structure-sensitive error of label maps, against the one of the loss."""

import numpy as np
import pytest

from jppnet_tf.evaluation.metrics import structure
from jppnet_tf.evaluation.metrics.structure import StructureMetric
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.losses import structure_error as error_of_batch
from tests.made_up_labels import CLASSES


def make_maps(seed, size_hw=(41, 37)):
    """A label map of blocks, and a prediction whose blocks lie elsewhere."""
    random = np.random.default_rng(seed)
    maps = np.zeros((2, *size_hw), np.uint8)
    for ids in range(1, 20):
        for values in maps:
            y, x = (random.integers(0, side - 4) for side in size_hw)
            values[y : y + 4, x : x + 3] = ids if random.random() < 0.8 else 0
    maps[0, :3] = 255
    return maps


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_error_of_the_loss(seed):
    label, parsing = make_maps(seed)
    expected = error_of_batch(label[None].astype(np.int32), parsing[None].astype(np.int32))
    assert structure.structure_error(label, parsing) == pytest.approx(float(expected[0]), rel=1e-5)
    assert float(expected[0]) > 0.5


def test_one_displaced_and_one_missing_joint():
    label, parsing = np.zeros((2, 41, 41), np.uint8)
    label[5:7, 10:13] = parsing[5:7, 13:16] = 13
    label[10, 30] = 14
    # About 0.4 (1 - exp(-9 / 4)) + 0.2; this is what the original computed.
    assert structure.structure_error(label, parsing) == pytest.approx(0.5579645, abs=1e-7)
    assert structure.structure_error(label, label) == 0


def test_the_metric_is_the_mean_at_every_eighth_pixel():
    metric, other = StructureMetric(), StructureMetric()
    assert np.isnan(metric.mean)
    errors = []
    for seed in range(4):
        label, parsing = make_maps(seed, (100, 91))
        (metric if seed % 2 else other).update(label, parsing)
        errors.append(structure.structure_error(label[::8, ::8], parsing[::8, ::8]))
    metric.merge(other)
    assert metric.mean == pytest.approx(np.mean(errors)) and metric.images == 4


def test_other_classes_are_refused():
    with pytest.raises(InputError, match="error is defined for LIP's 20 classes only, not .* 7"):
        StructureMetric(CLASSES)
