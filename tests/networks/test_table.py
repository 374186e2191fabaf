"""The table is complete, and its lines test what they seem to."""

from jppnet_tf.models.families import FAMILIES
from jppnet_tf.training.methods import METHODS
from tests.networks.table import NETWORKS


def test_every_card_has_a_line_and_a_way_to_be_trained():
    assert NETWORKS.keys() == FAMILIES.keys() == METHODS.keys()


def test_each_line_has_even_sizes_and_odd_ones_that_are_taken_as_they_are(network):
    sides = {side for size_hw in network.line.sizes_hw for side in size_hw}
    framing = network.family.build_framing((64, 64))
    assert {side % 2 for side in sides} == ({0, 1} if framing.sizes(1) == (64, 64) else {1})
    for size_hw in network.line.sizes_hw:
        assert network.family.build_framing(size_hw).sizes(1) == size_hw
