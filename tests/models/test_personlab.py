import keras
import numpy as np
import pytest

from jppnet_tf.models.maps.colours import center_rgb, preprocess
from jppnet_tf.models.maps.people.refining import refine_long, refine_mid
from jppnet_tf.models.personlab import (
    AUXILIARY,
    HEADS,
    PersonLab,
    check_config,
    config_of,
    round_up,
    variable_shapes,
    with_auxiliary,
)
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import store

SMALL = {"width": 1 / 16, "units": (1, 1, 2, 1)}
CHANNELS = {"heatmaps": 17, "short": 34, "mid": 64, "long": 34, "segmentation": 1}
TRUNKS = ["resnet_v2", "resnet_v1", "resnet_v1_slim"]


@pytest.mark.parametrize(
    "trunk, stride",
    [("resnet_v1", 8), *((t, s) for t in ("resnet_v2", "resnet_v1_slim") for s in (8, 16, 32))],
)
@pytest.mark.parametrize("size_hw", [(65, 33), (97, 129)])
def test_the_first_and_the_last_pixel_bear_a_cell_each(trunk, stride, size_hw, make_photo):
    model = PersonLab(stride=stride, trunk=trunk, **SMALL)
    maps = model(center_rgb(make_photo(*size_hw))[None])
    cells = tuple((side - 1) // stride + 1 for side in size_hw)
    assert {name: tuple(x.shape[1:]) for name, x in maps.items()} == {
        name: (*cells, channels) for name, channels in CHANNELS.items()
    }


@pytest.mark.parametrize("trunk", TRUNKS)
def test_variables_are_those_listed_and_tell_the_settings(trunk):
    settings = {"trunk": trunk, "stem": 10, **SMALL}
    found = {n: tuple(v.shape) for n, v in store.model_variables(PersonLab(**settings)).items()}
    assert found == variable_shapes(**settings)
    assert config_of(found) == check_config(**settings)
    assert variable_shapes(**config_of(found)) == found


def test_a_network_without_masks_lacks_two_outputs(make_photo):
    model = PersonLab(masks=False, **SMALL)
    assert model.output.keys() == {"heatmaps", "short", "mid"}
    found = {n: tuple(v.shape) for n, v in store.model_variables(model).items()}
    assert found == variable_shapes(masks=False, **SMALL)
    assert config_of(found) == check_config(masks=False, **SMALL)
    assert "masks" not in check_config(**SMALL)
    assert with_auxiliary(model).output.keys() - model.output.keys() == {
        AUXILIARY + name for name in model.output
    }


def test_posenets_trunk_reads_its_colours(make_photo):
    model = PersonLab(trunk="resnet_v1_slim", **SMALL)
    photo = make_photo(33, 41)[None]
    seen = keras.Model(model.input, model.get_layer("posenet_colours").output)(center_rgb(photo))
    expected = photo - np.array([123.15, 115.9, 103.06])
    np.testing.assert_allclose(seen, expected, atol=1e-4)  # through -1..1, in float32


def test_strides_change_no_variable():
    assert len({str(variable_shapes(stride=stride, **SMALL)) for stride in (8, 16, 32)}) == 1


def test_the_other_trunk_reads_jppnets_colours(make_photo):
    model = PersonLab(trunk="resnet_v1", **SMALL)
    photo = make_photo(33, 41)[None]
    seen = keras.Model(model.input, model.get_layer("caffe_colours").output)(center_rgb(photo))
    np.testing.assert_allclose(seen, preprocess(photo), atol=1e-4)  # through -1..1, in float32


def test_offsets_are_refined_in_the_network(make_photo):
    model = PersonLab(stride=16, **SMALL)
    taps = ("short_offsets", "mid_offsets", "long_offsets")
    image = center_rgb(make_photo(97, 65))[None]
    short, mid, long = keras.Model(model.input, [model.get_layer(n).output for n in taps])(image)
    maps = model(image)
    for name, raw, refine in (("mid", mid, refine_mid), ("long", long, refine_long)):
        np.testing.assert_allclose(maps[name], refine(raw, short, 16), atol=1e-5)
        assert np.abs(np.asarray(maps[name]) - np.asarray(raw)).max() > 1e-3


@pytest.mark.parametrize(
    "trunk, units, layer",
    [
        ("resnet_v1", 23, "res4b12_relu"),  # the thirteenth, as the public port has it
        ("resnet_v1", 1, "res4a_relu"),
        ("resnet_v1_slim", 6, "block3__unit_3__relu"),
        ("resnet_v2", 23, "block3__unit_14__preact_relu"),
        ("resnet_v2", 6, "block3__unit_4__preact_relu"),
        ("resnet_v2", 1, "block4__unit_1__preact_relu"),
    ],
)
def test_auxiliary_heads_read_the_middle_of_the_trunk(trunk, units, layer, make_photo):
    keras.utils.set_random_seed(0)
    network = PersonLab(trunk=trunk, width=1 / 16, units=(1, 1, units, 1))
    model = with_auxiliary(network)
    image = center_rgb(make_photo(33, 41))[None]
    heads = [f"{AUXILIARY}{head}" for head in HEADS.values()]
    reads = [model.get_layer(head).input for head in heads]
    found = keras.Model(model.input, [network.get_layer(layer).output, *reads])(image)
    for read in found[1:]:
        np.testing.assert_array_equal(read, found[0])
    assert found[0].shape == (1, 5, 6, 64) and np.ptp(np.asarray(found[0])) > 0


def test_auxiliary_outputs_come_beside_the_networks_own(make_photo):
    network = PersonLab(stride=16, **SMALL)
    before = store.model_arrays(network)
    model = with_auxiliary(network)
    image = center_rgb(make_photo(97, 65))[None]
    maps = model(image)
    for name, expected in network(image).items():
        np.testing.assert_array_equal(maps.pop(name), expected)
    assert {name: x.shape[-1] for name, x in maps.items()} == {
        AUXILIARY + name: channels for name, channels in CHANNELS.items()
    }
    taps = [model.get_layer(f"{AUXILIARY}{HEADS[n]}").output for n in ("short", "mid", "long")]
    short, mid, long = keras.Model(model.input, taps)(image)
    for name, raw, refine in (("mid", mid, refine_mid), ("long", long, refine_long)):
        np.testing.assert_allclose(maps[AUXILIARY + name], refine(raw, short, 16), atol=1e-5)
    after = store.model_arrays(network)
    assert after.keys() == before.keys() == variable_shapes(**SMALL).keys()
    added = store.model_arrays(model).keys() - before.keys()
    assert added == {f"{AUXILIARY}{h}/{v}" for h in HEADS.values() for v in ("kernel", "bias")}


def test_auxiliary_heads_need_the_stride_of_the_middle():
    with pytest.raises(InputError, match="auxiliary heads need a stride of 8 or 16, not 32"):
        with_auxiliary(PersonLab(stride=32, **SMALL))


@pytest.mark.parametrize("trunk", TRUNKS)
def test_a_whole_model_comes_back(trunk, tmp_path, make_photo):
    model = PersonLab(trunk=trunk, **SMALL)
    model.save(tmp_path / "a.keras")
    image = center_rgb(make_photo(33, 41))[None]
    found = keras.models.load_model(tmp_path / "a.keras")(image)
    for name, expected in model(image).items():
        np.testing.assert_allclose(found[name], expected, atol=1e-5)


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"depth": 34}, "depth is one of 50, 101, 152, not 34"),
        ({"keypoints": 16}, "keypoints are COCO's 17, not 16"),
        ({"stride": 4}, "stride must be 8 or 16 or 32 with resnet_v2, not 4"),
        ({"stride": 16, "trunk": "resnet_v1"}, "stride must be 8 with resnet_v1, not 16"),
        ({"trunk": "vgg"}, "trunk is one of resnet_v2, resnet_v1, resnet_v1_slim, not 'vgg'"),
        ({"width": 0.3}, "width must be a multiple"),
        ({"units": (1, 2)}, "units must be four counts"),
        ({"stem": 0}, "stem must be a whole number"),
        ({"input_shape": (64, 65, 3)}, "a side of 64 pixels .* 57 or 65"),
    ],
)
def test_settings_out_of_range_are_named(settings, reason):
    with pytest.raises(InputError, match=reason):
        PersonLab(**SMALL | settings)


def test_sides_are_rounded_up_to_cells():
    assert [round_up(side) for side in (1, 2, 9, 10, 800)] == [1, 9, 9, 17, 801]
    assert round_up(800, 16) == 801 and round_up(802, 32) == 833
