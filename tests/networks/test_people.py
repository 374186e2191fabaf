"""Predictor with networks that find people, whoever computes them.

Random weights find nobody: what people become of maps is tested with perfect ones.
"""

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.inference.backends import BACKENDS
from jppnet_tf.labels import COCO_JOINTS, PERSON
from tests.conftest import draw_photo
from tests.networks.table import NETWORKS, PARTS

PEOPLE = tuple(name for name in NETWORKS if name not in PARTS)
PHOTO = draw_photo(70, 50)
OTHERS = [
    pytest.param(name, backend, marks=[pytest.mark.slow] * (backend in line.slow_backends))
    for name, line in NETWORKS.items()
    if name in PEOPLE
    for backend in BACKENDS
    if backend != "tensorflow"
]


@pytest.fixture(params=PEOPLE)
def network(request, networks):
    return networks[request.param]


def test_predictions_have_the_vocabulary_of_people_and_the_images_size(network):
    predictor = network.predictor()
    prediction = predictor(PHOTO)
    assert (prediction.classes, prediction.joints) == (PERSON, COCO_JOINTS)
    assert (predictor.has_pose, predictor.classes, predictor.joints) == (True, PERSON, COCO_JOINTS)
    assert (prediction.parsing.dtype, prediction.parsing.shape) == (np.uint8, (70, 50))
    people = prediction.people
    assert len(people) == 0 and prediction.keypoints is None
    assert (people.keypoints.dtype, people.keypoints.shape) == (np.float32, (0, 17, 3))
    assert (people.masks.dtype, people.masks.shape) == (np.bool_, (0, 70, 50))
    assert (people.boxes.shape, people.scores.shape) == ((0, 4), (0,))


def test_heatmaps_are_returned_as_large_as_asked_for(network):
    predictor = network.predictor()
    whole, cells = (predictor(PHOTO, return_maps=kind) for kind in ("image", "stride"))
    assert whole.logits is cells.logits is None
    assert whole.heatmaps.shape == (70, 50, 17)
    assert cells.heatmaps.shape == (9, 7, 17)
    for maps in (whole.heatmaps, cells.heatmaps):
        assert 0 <= maps.min() < maps.max() <= 1
    assert predictor(PHOTO).heatmaps is None


def test_a_mirrored_image_gives_the_mirrored_heatmaps(network):
    predictor = network.predictor(mirror=True)
    photo = draw_photo(65, 49)
    straight = predictor(photo, return_maps="image").heatmaps
    turned = predictor(np.ascontiguousarray(photo[:, ::-1]), return_maps="image").heatmaps
    back = turned[:, ::-1][..., list(COCO_JOINTS.mirror)]
    np.testing.assert_allclose(back, straight, atol=1e-4)


def test_images_of_other_sizes_go_through_together(network, monkeypatch):
    photos = [draw_photo(60, 50), draw_photo(20, 65), draw_photo(60, 50, seed=2)]
    together = network.predictor(batch=3, input_hw=(161, 161))
    calls, compute = [], together._network
    monkeypatch.setattr(together, "_network", lambda x: calls.append(x.shape) or compute(x))
    found = together(photos, return_maps="stride")
    assert calls == [(2, 161, 161, 3), (1, 65, 161, 3)]
    for one, photo in zip(found, photos, strict=True):
        expected = together(photo, return_maps="stride")
        np.testing.assert_allclose(one.heatmaps, expected.heatmaps, atol=1e-5)


def test_class_scores_are_mean_probabilities(network):
    prediction = network.predictor(class_scores=True)(PHOTO)
    assert prediction.class_scores.shape == (2,)
    assert 0 < prediction.class_scores[0] < 1 and np.isnan(prediction.class_scores[1])
    assert [segment["label"] for segment in prediction.to_hf()] == ["background"]


def test_settings_of_other_networks_are_refused(network, networks):
    for setting in ({"stage": 1}, {"subpixel": True}, {"classes": PERSON}, {"joints": COCO_JOINTS}):
        with pytest.raises(InputError, match=next(iter(setting))):
            network.predictor(**setting)
    with pytest.raises(InputError, match="least_person is a score from 0 to 1, not 2"):
        network.predictor(least_person=2)
    with pytest.raises(InputError, match="least_person is for networks that find people"):
        networks["jppnet"].predictor(least_person=0.5)


def test_a_model_of_one_size_is_refused(network):
    fixed = network.family.build(**network.line.config, input_shape=(65, 49, 3))
    with pytest.raises(InputError, match="takes one size only"):
        Predictor(fixed, input_hw=(65, 49))


@pytest.mark.parametrize("name, backend", OTHERS)
def test_every_backend_gives_what_tensorflow_gives(networks, name, backend):
    network = networks[name]
    pytest.importorskip(backend)
    options = {"scales": (1, 0.75), "mirror": True}
    expected = network.predictor(**options)(PHOTO, return_maps="stride")
    found = network.predictor(**options, backend=backend)(PHOTO, return_maps="stride")
    np.testing.assert_allclose(found.heatmaps, expected.heatmaps, atol=1e-4)
