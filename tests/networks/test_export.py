"""Every network in every format, or the reason why not."""

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.export import checked, contents, export
from tests.networks.table import NETWORKS

FIGURE = render_figure(7).image
LOOKS = {
    contents.Network: {"mirror": True},  # the mirror image comes as a second one
    contents.ImagePair: {"scales": (1,)},
    contents.Photograph: {"scales": (1,)},
}
TOLERANCES = {
    contents.Network: 1e-4,
    contents.ImagePair: 1e-4,
    # Of the pixels: what OpenCV reduces in Predictor rounds otherwise, and near ties turn.
    contents.Photograph: 2e-3,
}


def pairs(refused):
    """The families and the formats that they fit, or do not fit."""
    return [
        pytest.param(name, to, marks=[pytest.mark.slow] * (to in line.slow_exports))
        for name, line in NETWORKS.items()
        for to in checked.TARGETS
        if (to in line.refused) == refused
    ]


@pytest.mark.parametrize("name, to", pairs(refused=False))
def test_every_format_gives_what_keras_gives(networks, tmp_path, name, to):
    network, kind = networks[name], checked.TARGETS[to]
    content = network.content(kind.content, **LOOKS[kind.content])
    path = tmp_path / f"a{kind.suffixes[0]}"
    kind.write(content, path)
    run = kind.read(path)
    differences = content.compare(run, FIGURE, TOLERANCES[kind.content])
    assert differences and all(0 <= d.found <= d.allowed for d in differences)
    if kind.content is contents.Network:
        check_maps(network, run)


def check_maps(network, run):
    """An image and its mirror image, at once, give maps of the size that the card has it."""
    image = network.read(network.line.input_hw)
    maps = run(image=np.concatenate([image, image[:, :, ::-1]]))
    if network.family.finds_people:
        assert maps.keys() == network.model.output.keys()
        return
    joints = network.family.joints
    assert maps.keys() == {"parsing"} | ({"pose"} if joints else set())
    map_hw = tuple(network.line.map_side(side) for side in image.shape[1:3])
    assert maps["parsing"].shape == (2, *map_hw, len(network.family.classes.names))
    assert not joints or maps["pose"].shape == (2, *map_hw, len(joints.names))


@pytest.mark.parametrize("name, to", pairs(refused=True))
def test_formats_that_do_not_fit_say_why(networks, tmp_path, name, to):
    output = tmp_path / f"a{checked.TARGETS[to].suffixes[0]}"
    with pytest.raises(InputError, match=networks[name].line.refused[to]):
        export(networks[name].path, output, to)
    assert list(tmp_path.iterdir()) == []
