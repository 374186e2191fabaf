"""PersonLab's trunk, targets, refinement and decoding against recorded numbers."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.maps.colours import center_rgb
from jppnet_tf.models.maps.people import decoding, grid, grouping, losses, refining, targets, votes
from jppnet_tf.models.personlab import HEADS, PersonLab, variable_shapes
from jppnet_tf.training.optimizers import KERAS_2
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet.resnet_v2 import slim_name
from tests.parity.stand_in import stand_in


@pytest.fixture(scope="module")
def folder(recorded):
    return recorded / "personlab"


def make_arrays(shapes):
    """The weights behind the recorded numbers."""
    arrays = {}
    for name, shape in shapes.items():
        arrays[name] = stand_in(slim_name(name, 101), shape)
        if name.endswith("conv3/kernel"):  # sums would grow from unit to unit
            arrays[name] *= np.float32(0.25)
    return arrays


def test_variables_are_slims(folder):
    original = json.loads((folder / "variables.json").read_text())
    ours = {slim_name(name, 101): list(shape) for name, shape in variable_shapes().items()}
    heads = {name.rpartition("/")[0] for name, _ in original["heads"]}
    assert heads == set(HEADS.values())
    assert ours == dict([*original["resnet_v2_101"], *original["heads"]])


@pytest.mark.parametrize(
    "depth, variables, numbers", [(50, 270, 23_564_800), (101, 542, 42_626_560),
                                  (152, 814, 58_331_648)],
)  # fmt: skip
def test_the_trunk_has_as_many_numbers_as_slims(depth, variables, numbers):
    shapes = variable_shapes(depth=depth)
    heads = {
        name: shapes.pop(name) for name in list(shapes) if name.split("/")[0] in HEADS.values()
    }
    assert len(shapes) == variables
    assert sum(np.prod(shape, dtype=int) for shape in shapes.values()) == numbers
    assert sum(np.prod(shape, dtype=int) for shape in heads.values()) == 307_350


@pytest.mark.slow
@pytest.mark.parametrize("stride", [8, 16] if KERAS_2 else [8])  # to predict and to train at
def test_every_recorded_endpoint_agrees(folder, stride):
    recorded = dict(np.load(folder / "network.npz"))
    steps = json.loads((folder / "network.json").read_text())
    model = PersonLab(stride=stride)
    store.assign(model, store.Archive.of("stand-in weights", make_arrays(variable_shapes())))
    names = [key.split("/")[1] for key in recorded if key.startswith(f"s{stride}/")]
    layers = {name: _layer_of(name) for name in names}
    taps = {name: model.get_layer(layer).output for name, layer in layers.items()}
    found = keras.Model(model.input, taps)(center_rgb(recorded["image"])[None])
    for name in names:
        actual = np.asarray(found[name])[0]
        if f"s{stride}/{name}" in steps:
            step, channels = steps[f"s{stride}/{name}"]
            actual = actual[::step, ::step, ::channels]
        expected = recorded[f"s{stride}/{name}"]
        print(f"{name:26} differs by at most {np.abs(actual - expected).max():.1e}")
        # Float32 sums in another order: values are near 1.
        np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-5, err_msg=name)


def _layer_of(name):
    """The layer of ours that gives what the original calls so."""
    name = name.removeprefix("direct_")
    ends = {"block1": "block1__unit_3", "block2": "block2__unit_4", "block4": "block4__unit_3"}
    if name.endswith("conv2"):
        return f"{name}__relu"
    return {**ends, "postnorm": "postnorm_relu"}.get(name, name)


def unpack(masks, width):
    return np.unpackbits(masks, axis=-1)[..., :width].astype(bool)


@pytest.fixture(scope="module")
def people(folder):
    """Three people who overlap, a small one and a crowd."""
    arrays = dict(np.load(folder / "targets.npz"))
    arrays["masks"] = unpack(arrays["masks"], 161)
    arrays["crowd"] = unpack(arrays["crowd"], 161)
    return arrays


NAMES = {
    "heatmaps": "heatmap", "short": "short", "mid": "mid", "long": "long", "segmentation": "seg",
    "heatmaps_weight": "w_heatmap", "short_weight": "w_short", "mid_weight": "w_mid",
    "long_weight": "w_long", "segmentation_weight": "w_seg",
}  # fmt: skip
"""Ours of targets, and the recorded ones."""


def encode(people, stride):
    masks, crowd = people["masks"][:, ::stride, ::stride], people["crowd"][::stride, ::stride]
    return targets.encode_people(people["keypoints"], masks, crowd, people["image_hw"], stride)


def test_targets_at_the_networks_cells_are_equal(people):
    for ours, theirs in NAMES.items():
        found = np.asarray(getattr(encode(people, 8), ours))
        np.testing.assert_array_equal(found, people[f"s8_{theirs}"], err_msg=ours)


def test_targets_at_every_pixel_are_equal(people, folder):
    found, notes = encode(people, 1), json.loads((folder / "targets.json").read_text())
    for ours, theirs in NAMES.items():
        sums = np.asarray(getattr(found, ours), np.float64).sum(axis=(0, 1))
        np.testing.assert_array_equal(sums, notes["stride1"][theirs]["sum"], err_msg=ours)
    for name in ("short", "mid", "long"):
        row = np.asarray(getattr(found, name))[80]
        np.testing.assert_array_equal(row, people[f"s1_row80_{name}"], err_msg=name)


@pytest.mark.parametrize("stride", [8, 1])
def test_losses_agree(people, folder, stride):
    notes = json.loads((folder / "targets.json").read_text())
    target = targets.Targets(*(values[None] for values in encode(people, stride)))
    seeds = {"heatmaps": 11, "segmentation": 12, "short": 13, "mid": 14, "long": 15}
    maps = {}
    for name, seed in seeds.items():
        shape = getattr(target, name).shape[1:]
        values = np.random.RandomState(seed + 10 * (stride == 1)).standard_normal(shape)
        factor = 20 if name in ("short", "mid", "long") else 1
        maps[name] = tf.constant(factor * values[None], tf.float32)
    found = {name: float(loss[0]) for name, loss in losses.compute_losses(maps, target).items()}
    expected = notes[f"losses_s{stride}"]
    for name, loss in found.items():
        theirs = {"heatmaps": "heatmap", "segmentation": "seg"}.get(name, name)
        assert loss == pytest.approx(expected[theirs], rel=1e-6)
    weighted = sum(losses.WEIGHTS[name] * loss for name, loss in found.items())
    assert weighted == pytest.approx(expected["total_weighted"], rel=1e-6)
    nobody = targets.encode_people(
        np.zeros((0, 17, 3)), np.zeros((0, 21, 21), bool), np.zeros((21, 21), bool), [161, 161], 8
    )
    if stride == 8:
        nobody = targets.Targets(*(values[None] for values in nobody))
        for name, loss in losses.compute_losses(maps, nobody).items():
            theirs = {"heatmaps": "heatmap", "segmentation": "seg"}.get(name, name)
            wanted = notes["losses_s8_empty_image"][theirs]
            assert float(loss[0]) == pytest.approx(wanted, rel=1e-6)


def test_an_image_of_nobody():
    nobody = targets.encode_people(
        np.zeros((0, 17, 3)), np.zeros((0, 6, 6), bool), np.zeros((6, 6), bool), [41, 41], 8
    )
    assert all(not np.any(np.asarray(nobody[i])) for i in range(5))
    assert np.all(nobody.heatmaps_weight == 1) and np.all(nobody.segmentation_weight == 1)
    assert not any(np.any(w) for w in (nobody.short_weight, nobody.mid_weight, nobody.long_weight))


@pytest.fixture(scope="module")
def offsets(folder):
    return dict(np.load(folder / "refinement.npz"))


def test_refined_offsets_agree(offsets):
    short, mid, long = (tf.constant(offsets[name][None]) for name in ("short", "mid", "long"))
    # Offsets of up to 200 pixels, in float32, at fields that differ by 80 between two cells.
    for refined, name in (
        (refining.refine_mid(mid, short, 8), "mid_refined"),
        (refining.refine_long(long, short, 8), "long_refined"),
    ):
        np.testing.assert_allclose(refined[0], offsets[name], rtol=0, atol=1e-4)


def test_refined_offsets_agree_in_numpy(offsets):
    mid, long = refining.refine_fields(offsets["short"], offsets["mid"], offsets["long"], 8)
    np.testing.assert_allclose(mid, offsets["mid_refined"], rtol=0, atol=2e-5)  # kept in float32
    np.testing.assert_allclose(long, offsets["long_refined"], rtol=0, atol=2e-5)
    assert refining.refine_fields(offsets["short"], offsets["mid"], None, 8)[1] is None


@pytest.mark.parametrize("kind", ["mid", "long"])
def test_gradients_flow_through_fields_and_places(offsets, kind):
    field, short = (tf.constant(offsets[f"g_{n}"][None], tf.float32) for n in ("mid", "short"))
    with tf.GradientTape() as tape:
        tape.watch([field, short])
        # The recorded ones are of one field alone, whose guide is the short one's.
        fields, guides = field[..., None, :], short[..., None, :]
        if kind == "long":
            fields = refining._refine(fields, fields, [0], 8)
        refined = refining._refine(fields, guides, [0], 8)[..., 0, :]
        value = tf.reduce_sum(refined * tf.constant(offsets["g_out"], tf.float32))
    by_field, by_short = tape.gradient(value, [field, short])
    names = {"mid": ("g_dmid", "g_dshort"), "long": ("g_long_dlong", "g_long_dshort")}[kind]
    assert float(value) == pytest.approx(float(offsets[f"g_value_{kind}"]), abs=1e-4)
    np.testing.assert_allclose(by_field[0], offsets[names[0]], rtol=0, atol=1e-4)
    np.testing.assert_allclose(by_short[0], offsets[names[1]], rtol=0, atol=1e-4)


@pytest.fixture(scope="module")
def units(folder):
    return dict(np.load(folder / "units.npz"))


def test_votes_agree(units):
    for joint in range(2):
        found = votes.vote(
            units["hough_p"][..., joint],
            units["hough_short"][..., 2 * joint : 2 * joint + 2].astype(float),
        )
        np.testing.assert_allclose(found, units["hough"][..., joint], rtol=0, atol=1e-9)


def test_enlarged_maps_agree(units):
    found = grid.enlarge(units["up_in"], units["up_out"].shape[:2], 8)
    np.testing.assert_allclose(found, units["up_out"], rtol=0, atol=1e-9)
    places = grid.pixel_places(units["up_out"].shape[:2])
    sampled = grid.sample(units["up_in"], places, 8)
    np.testing.assert_allclose(sampled, units["up_out"], rtol=0, atol=1e-9)


def test_seeds_agree(units):
    maps = np.zeros((17, 9, 9))
    maps[3], maps[5] = np.moveaxis(units["seeds_map_k3_k5"], -1, 0)
    np.testing.assert_array_equal(votes.find_seeds(maps), units["seeds"])


def test_expected_similarities_agree(units):
    seeds = int(units["eoks_seed_hough"]), int(units["eoks_seed_p"])
    hough = np.random.RandomState(seeds[0]).uniform(0, 0.2, (121, 131, 17))
    hough[hough < 0.19] = 0
    heatmaps = np.random.RandomState(seeds[1]).uniform(0, 1, (121, 131, 17))
    keypoints = units["eoks_keypoints"]
    found = np.stack(
        [grid.sample(heatmaps[..., k : k + 1], keypoints[:, k], 1)[:, 0] for k in range(17)], 1
    )
    scales = grouping.measure_people(keypoints)
    scores = grouping.score_joints(keypoints, found, scales, np.moveaxis(hough, -1, 0))
    np.testing.assert_allclose(found, units["eoks_p"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scales, units["eoks_scale"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores, units["eoks_scores"], rtol=0, atol=1e-9)


def test_ranks_agree(units):
    order, scores = grouping.rank_people(units["nms_keypoints"], units["nms_keypoint_scores"])
    np.testing.assert_array_equal(order, units["nms_final_order"])
    np.testing.assert_allclose(scores, units["nms_scores"][order], rtol=0, atol=1e-9)


def test_people_decoded_from_maps_agree(folder):
    recorded = dict(np.load(folder / "decode241.npz"))
    short, mid, long = (recorded[f"{name}_q16"] / 16 for name in ("short", "mid", "long"))
    mid, long = refining.refine_fields(short, mid, long, 8)
    heatmaps, segmentation = recorded["heatmap_u8"] / 255, recorded["seg_u8"][..., 0] / 255
    maps = decoding.Maps(heatmaps, short, mid, long, segmentation, 8)
    found = decoding.decode_people(maps, least_score=0)
    seeds = votes.find_seeds(np.stack([decoding._vote(maps, joint, 0) for joint in range(17)]))
    np.testing.assert_allclose(seeds, recorded["seeds"], rtol=0, atol=1e-6)
    # Recorded in the order in which they were found.
    order = [_find_row(recorded["seed_of_person"], seeds[number]) for number in found.seeds]
    assert sorted(order) == list(range(5))
    for ours, theirs in {
        "keypoints": "keypoints", "probabilities": "keypoint_p", "joint_scores": "keypoint_scores",
        "scores": "scores", "scales": "scale",
    }.items():  # fmt: skip
        expected = recorded[theirs][order]
        np.testing.assert_allclose(getattr(found, ours), expected, rtol=0, atol=1e-6, err_msg=ours)
    masks = unpack(recorded["masks"], 241)[order]
    # Pixels at the very limit, of 6275 to 8947.
    assert (found.masks != masks).sum(axis=(1, 2)).max() <= 10
    by_votes = decoding.decode_people(maps, 0, score_by_votes=True)
    order = [_find_row(recorded["seed_of_person"], seeds[number]) for number in by_votes.seeds]
    expected = recorded["keypoint_hough"][order]
    np.testing.assert_allclose(by_votes.joint_scores, expected, rtol=0, atol=1e-6)
    sure = decoding.decode_people(maps)
    assert len(sure) == 4 and (sure.scores >= 0.05).all()  # somebody found twice is left out


def _find_row(rows, wanted):
    return int(np.argmin(np.abs(rows - wanted).max(axis=1)))


def test_a_network_without_masks_gives_joints_alone(folder):
    recorded = dict(np.load(folder / "decode241.npz"))
    short, mid = (recorded[f"{name}_q16"] / 16 for name in ("short", "mid"))
    mid, long = refining.refine_fields(short, mid, None, 8)
    maps = decoding.Maps(recorded["heatmap_u8"] / 255, short, mid, long, None, 8)
    found = decoding.decode_people(maps)
    assert len(found) == 4 and found.is_person is None and found.distances is None


def test_maps_of_nobody():
    shape = (6, 6)
    maps = decoding.Maps(
        np.zeros((*shape, 17)), np.zeros((*shape, 34)), np.zeros((*shape, 64)),
        np.zeros((*shape, 34)), np.zeros(shape), 8,
    )  # fmt: skip
    found = decoding.decode_people(maps)
    assert len(found) == 0 and found.keypoints.shape == (0, 17, 2)
    assert found.masks.shape == (0, 41, 41)
