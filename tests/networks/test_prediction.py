"""Predictor treats all networks alike that label one person's parts, whoever computes them."""

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.inference.backends import BACKENDS
from tests.conftest import draw_photo
from tests.networks.table import NETWORKS, PARTS

PHOTO = draw_photo(70, 50)
"""Smaller than the input of some lines, and larger than that of others."""


@pytest.fixture(params=PARTS)
def network(request, networks):
    return networks[request.param]


def has_pose(network):
    return network.family.joints is not None


def test_predictions_have_the_cards_vocabulary_and_the_images_size(network):
    predictor = network.predictor()
    assert predictor.precision == "float32"
    prediction = predictor(PHOTO)
    assert (prediction.parsing.dtype, prediction.parsing.shape) == (np.uint8, (70, 50))
    assert len(np.unique(prediction.parsing)) > 2
    assert prediction.classes == network.family.classes
    assert (predictor.has_pose, predictor.joints) == (has_pose(network), network.family.joints)
    if has_pose(network):
        assert (prediction.keypoints.dtype, prediction.keypoints.shape) == (np.float32, (16, 3))
        assert prediction.joints == network.family.joints
    else:
        assert prediction.keypoints is None
    for value in (prediction.logits, prediction.heatmaps, prediction.class_scores):
        assert value is None


@pytest.mark.parametrize("size_hw", [(70, 50), (30, 200)])
def test_a_mirrored_image_gives_the_mirrored_prediction(network, size_hw):
    predictor, photo = network.mirroring, draw_photo(*size_hw)
    straight = predictor(photo, return_maps="image")
    turned = predictor(np.ascontiguousarray(photo[:, ::-1]), return_maps="image")
    back = turned.logits[:, ::-1][..., list(network.family.classes.mirror)]
    # OpenCV rounds a mirrored image otherwise by a grey level here and there as it reduces it.
    assert np.abs(back - straight.logits).max() < 0.01 * np.ptp(straight.logits)
    labels = np.array(network.family.classes.mirror)[turned.parsing[:, ::-1]]
    assert np.mean(labels == straight.parsing) > 0.99
    assert len(np.unique(straight.parsing)) > 1
    if has_pose(network):
        partners = list(network.family.joints.mirror)
        tolerance = 1e-4 * np.abs(straight.heatmaps).max()  # float32 rounding
        back = turned.heatmaps[:, ::-1][..., partners]
        np.testing.assert_allclose(back, straight.heatmaps, atol=tolerance)
        # The same height; of a top that is several pixels wide, the first one is taken.
        xs, ys = turned.keypoints[partners, :2].astype(int).T
        heights = straight.heatmaps[ys, size_hw[1] - 1 - xs, np.arange(len(partners))]
        np.testing.assert_allclose(heights, straight.keypoints[:, 2], atol=tolerance)


def test_maps_are_returned_as_large_as_asked_for(network):
    predictor = network.predictor()
    whole, cells = (predictor(PHOTO, return_maps=kind) for kind in ("image", "stride"))
    assert whole.logits.shape == (70, 50, 20)
    assert max(cells.logits.shape[:2]) < 50 and cells.logits.shape[2] == 20
    chosen = np.take_along_axis(whole.logits, whole.parsing[..., None].astype(int), axis=-1)[..., 0]
    # What is chosen is the largest, up to float32 rounding.
    np.testing.assert_allclose(chosen, whole.logits.max(-1), atol=1e-5 * np.ptp(whole.logits))
    if has_pose(network):
        assert whole.heatmaps.shape == (70, 50, 16)
        assert cells.heatmaps.shape == (*cells.logits.shape[:2], 16)
        np.testing.assert_array_equal(whole.keypoints[:, 2], whole.heatmaps.max((0, 1)))
    else:
        assert whole.heatmaps is cells.heatmaps is None


def test_class_scores_are_mean_probabilities(network):
    prediction = network.predictor(class_scores=True)(PHOTO, return_maps="image")
    powers = np.exp(prediction.logits - prediction.logits.max(-1, keepdims=True))
    probabilities = powers / powers.sum(-1, keepdims=True)
    found = np.unique(prediction.parsing)
    segments = prediction.to_hf()
    assert [segment["label"] for segment in segments] == [
        network.family.classes.names[index] for index in found
    ]
    for index, segment in zip(found, segments, strict=True):
        expected = probabilities[prediction.parsing == index][:, index].mean()
        assert segment["score"] == pytest.approx(expected, abs=2e-5)
    assert np.isnan(prediction.class_scores).sum() == 20 - len(found)


def test_joints_lie_between_the_cells_if_asked_for(network):
    if not has_pose(network):
        with pytest.raises(InputError, match="no pose for subpixel: the network parses only"):
            network.predictor(subpixel=True)
        return
    plain = network.predictor()(PHOTO)
    refined = network.predictor(subpixel=True)(PHOTO)
    np.testing.assert_array_equal(plain.parsing, refined.parsing)
    assert (plain.keypoints[:, :2] % 1 == 0).all()
    assert (refined.keypoints[:, :2] % 1 != 0).any() and refined.keypoints.dtype == np.float32
    assert (refined.keypoints[:, :2] >= 0).all() and (refined.keypoints[:, :2] < (50, 70)).all()


def test_images_that_go_through_the_network_together_give_the_same(network, monkeypatch):
    photos = [draw_photo(40 + 9 * number, 50, number) for number in range(3)]
    together, calls, compute = network.mirroring, [], network.mirroring._network
    monkeypatch.setattr(together, "_network", lambda x: calls.append(len(x)) or compute(x))
    with monkeypatch.context() as patch:
        patch.setattr(together, "batch", 2)
        found = together(photos, return_maps="stride")
    assert calls == [4, 4, 2, 2]  # an image and its mirror image each, at two scales
    assert together.batch == 1
    for one, photo in zip(found, photos, strict=True):
        expected = together(photo, return_maps="stride")
        # Sums in another order.
        tolerance = 1e-5 * np.abs(expected.logits).max()
        np.testing.assert_allclose(one.logits, expected.logits, atol=tolerance)
        if has_pose(network):
            np.testing.assert_allclose(one.heatmaps, expected.heatmaps, atol=1e-5)
        assert one.parsing.shape == photo.shape[:2]


def test_a_model_in_bfloat16_predicts_nearly_the_same(network, unmasked_onednn):
    predictor = network.predictor("bfloat16")
    assert predictor.precision == "bfloat16"
    found = predictor(PHOTO, return_maps="stride")
    check_nearly_the_same(found, network.predictor()(PHOTO, return_maps="stride"))


def check_nearly_the_same(found, expected):
    for name in ("logits", "heatmaps"):
        wanted, got = getattr(expected, name), getattr(found, name)
        assert (got is None) == (wanted is None)
        if wanted is not None:
            # Eight bits of mantissa, and what they add up to over the layers.
            assert np.abs(got - wanted).max() < 0.1 * np.abs(wanted).max()
            assert got.dtype == np.float32


OTHERS = pytest.mark.parametrize(
    "name, backend",
    [
        pytest.param(name, backend, marks=[pytest.mark.slow] * (backend in line.slow_backends))
        for name, line in NETWORKS.items()
        if name in PARTS
        for backend in BACKENDS
        if backend != "tensorflow"
    ],
)


@OTHERS
def test_every_backend_gives_what_tensorflow_gives(networks, name, backend):
    network = networks[name]
    pytest.importorskip(backend)
    photos = [PHOTO, draw_photo(120, 90, seed=1)]
    expected = network.mirroring(photos, return_maps="stride")
    other = network.predictor(scales=(1, 0.75), mirror=True, backend=backend)
    found = other(photos, return_maps="stride")
    for ours, theirs in zip(found, expected, strict=True):
        # Float32 sums in another order, over a hundred layers.
        tolerance = 1e-4 * np.abs(theirs.logits).max()
        np.testing.assert_allclose(ours.logits, theirs.logits, atol=tolerance)
        assert np.mean(ours.parsing == theirs.parsing) > 0.99
        if has_pose(network):
            np.testing.assert_allclose(ours.heatmaps, theirs.heatmaps, atol=1e-4)
            np.testing.assert_array_equal(ours.keypoints[:, :2], theirs.keypoints[:, :2])
        else:
            assert ours.keypoints is None


@OTHERS
def test_every_backend_computes_in_bfloat16_where_there_is_any(networks, name, backend, processor):
    network = networks[name]
    pytest.importorskip(backend)
    processor("avx512_bf16")
    short = Predictor(
        network.model, (1,), False, network.line.input_hw, backend=backend, precision="bfloat16"
    )
    assert short.precision == "bfloat16"
    exact = network.predictor()(PHOTO, return_maps="stride")
    check_nearly_the_same(short(PHOTO, return_maps="stride"), exact)


@pytest.mark.parametrize("backend", BACKENDS)
def test_bfloat16_is_refused_on_processors_without(network, backend, processor):
    pytest.importorskip(backend)
    processor("avx2")
    with pytest.raises(InputError, match="this processor does not compute in it"):
        Predictor(network.path, precision="bfloat16", backend=backend)
