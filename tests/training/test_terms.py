"""The terms of SS-JPPNet and LIP-Net, and structure-sensitive training of all networks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import JPPNet, LIPNet, SSJPPNet
from jppnet_tf.models.layers import RestorableDropout
from jppnet_tf.models.maps.resizing import interp, resize_bilinear
from jppnet_tf.training.losses import border_loss, cross_entropy, dice_loss, structure_error
from jppnet_tf.training.methods import original_terms
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.optimizers import Momentum
from jppnet_tf.training.terms import EnlargedTerms, MergedTerms, StageTerms
from jppnet_tf.weights import store

SIZE = 64
JPPNET = {"width": 1 / 16, "units": (1, 1, 1, 1), "refinements": 1}
THIN = {"widths": (8, 8, 8, 8, 8)}
LIP_NET = {"width": 1 / 8, "input_shape": (None, None, 3)}


def make_batch(count=2, size=SIZE):
    random = np.random.default_rng(0)
    label = np.zeros((count, size, size), np.int32)
    for number in range(count):
        for ids in range(1, 20):
            y, x = random.integers(0, SIZE - 16, 2)
            label[number, y : y + 16, x : x + 16] = ids
    label[:, :3] = 255
    return {
        "image": random.normal(0, 50, (count, size, size, 3)).astype(np.float32),
        "label": label,
        "heatmap": random.random((count, SIZE // 8, SIZE // 8, 16), np.float32),
        "has_joints": np.ones(count, np.float32),
    }


def build_networks():
    keras.utils.set_random_seed(0)
    return {
        "jppnet": JPPNet(**JPPNET), "ss_jppnet": SSJPPNet(**THIN), "lip_net": LIPNet(**LIP_NET)
    }  # fmt: skip


@pytest.fixture(scope="module")
def networks():
    return build_networks()


def terms_of(name, structure):
    if name == "jppnet":
        return StageTerms((1, 0.5), structure=structure)
    if name == "lip_net":
        return EnlargedTerms(("border", "dice"), structure)
    return MergedTerms(structure)


def test_each_scale_is_compared_with_the_pixels_on_its_cells(networks):
    network, batch = networks["ss_jppnet"], make_batch(size=65)
    maps, label = network(batch["image"]), batch["label"]
    terms = MergedTerms().compute(network, batch)
    expected = {
        "parsing": cross_entropy(label[:, ::8, ::8], maps["parsing"]),
        "parsing_scale_1": cross_entropy(label[:, ::8, ::8], maps["parsing_scale_1"]),
        "parsing_scale_075": cross_entropy(
            label[:, ::8, ::8], interp(maps["parsing_scale_075"], 3, 4)
        ),
        "parsing_scale_05": cross_entropy(label[:, ::16, ::16], maps["parsing_scale_05"]),
        "structure": structure_error(label[:, ::8, ::8], np.argmax(maps["parsing"], -1)),
    }
    assert set(terms) == set(expected) == set(MergedTerms().weights(network))
    for name, values in expected.items():
        np.testing.assert_allclose(terms[name], values, rtol=1e-6)


def test_cells_beyond_an_even_size_count_nowhere(networks):
    network, batch = networks["ss_jppnet"], make_batch()
    maps = network(batch["image"])
    assert maps["parsing"].shape[1:3] == (9, 9) and maps["parsing_scale_05"].shape[1:3] == (5, 5)
    terms = MergedTerms().compute(network, batch)
    for name, stride in (("parsing", 8), ("parsing_scale_05", 16)):
        label = batch["label"][:, ::stride, ::stride]
        expected = cross_entropy(label, maps[name][:, :-1, :-1])
        np.testing.assert_allclose(terms[name], expected, rtol=1e-6)


@pytest.mark.parametrize("size", [SIZE, 50])
def test_lip_net_is_judged_at_the_size_of_the_label(networks, size):
    network, batch = networks["lip_net"], make_batch(size=size)
    logits, label = network(batch["image"])["parsing"], batch["label"]
    names = ("border", "dice", "cross_entropy")
    terms = EnlargedTerms(names, "released").compute(network, batch)
    expected = {
        f"parsing_{name}": loss(label, logits)
        for name, loss in zip(names, (border_loss, dice_loss, cross_entropy), strict=True)
    }
    expected["structure"] = structure_error(label[:, ::8, ::8], np.argmax(logits, -1)[:, ::8, ::8])
    assert set(terms) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(terms[name], values, rtol=1e-5)


def test_each_network_is_trained_for_its_originals_terms(networks):
    kinds = {"jppnet": StageTerms(), "ss_jppnet": MergedTerms(), "lip_net": EnlargedTerms()}
    assert {name: original_terms(network) for name, network in networks.items()} == kinds
    assert kinds["lip_net"].weights(networks["lip_net"]) == {"parsing_border": 1.0}


@pytest.mark.parametrize("name", ["jppnet", "ss_jppnet", "lip_net"])
def test_paper_multiplies_parsing_by_each_images_error(networks, name):
    network, batch = networks[name], make_batch()
    plain, paper = (
        terms_of(name, structure).compute(network, batch) for structure in ("released", "paper")
    )
    error = plain["structure"]
    assert float(tf.reduce_min(error)) > 0.1 and error[0] != error[1]
    for term, values in plain.items():
        factor = error if term.startswith("parsing") else 1
        np.testing.assert_allclose(paper[term], factor * values, rtol=1e-6)


def test_the_error_of_jppnet_is_that_of_its_last_fused_map(networks):
    network, batch = networks["jppnet"], make_batch()
    terms = StageTerms((1, 0.5), structure="paper")
    logits = terms.look(network, batch["image"])["parsing_2"][0]
    expected = structure_error(batch["label"][:, ::8, ::8], np.argmax(logits, axis=-1))
    np.testing.assert_allclose(terms.compute(network, batch)["structure"], expected)


@pytest.mark.parametrize("name", ["jppnet", "ss_jppnet", "lip_net"])
def test_the_error_scales_gradients_and_has_none(networks, name):
    """One image: the gradients of its logits are those of plain training times its error.

    Those of weights are sums over all cells, in which float32 loses what is to be compared.
    """
    batch, found = make_batch(1), []
    for structure in ("released", "paper"):
        maps = []

        def watched(image, training=None, maps=maps):
            maps.append(networks[name](image, training=training))
            return maps[-1]

        with tf.GradientTape() as tape:
            values = terms_of(name, structure).compute(watched, batch)
            loss = sum(v for term, v in values.items() if term.startswith("parsing"))
        gradients = tf.nest.flatten(tape.gradient(loss, maps))
        # Maps of pose have none.
        found.append(np.concatenate([np.ravel(g) for g in gradients if g is not None]))
    plain, paper = found
    error = float(values["structure"][0])
    assert np.abs(plain).max() > 1e-5 and error > 0.1
    np.testing.assert_allclose(paper, error * plain, rtol=1e-6, atol=1e-6 * np.abs(plain).max())


@pytest.mark.parametrize("name", ["jppnet", "ss_jppnet", "lip_net"])
def test_the_error_is_watched_and_no_part_of_the_loss(networks, name):
    model = TrainingModel(networks[name], terms_of(name, "paper"))
    model.compile(Momentum(1e-4))
    logs = model.test_on_batch(make_batch(), return_dict=True)
    loss, error = logs.pop("loss"), logs.pop("structure")
    assert error > 0.1 and loss == pytest.approx(sum(logs.values()), rel=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy, bfloat16_convolutions):
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_global_policy(policy)
    try:
        network = SSJPPNet(**THIN)
        model = TrainingModel(network, MergedTerms("paper"))
        model.compile(Momentum(1e-5))
        logs = model.train_on_batch(make_batch(), return_dict=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert np.isfinite(list(logs.values())).all() and logs["structure"] > 0.1
    assert {array.dtype for array in store.model_arrays(network).values()} == {np.dtype("float32")}


def test_two_iterations_give_the_mean_of_their_gradients(networks, monkeypatch):
    def keep_all(self, inputs, training=None):
        return inputs

    monkeypatch.setattr(RestorableDropout, "call", keep_all)
    network, batch = SSJPPNet(**THIN), make_batch()
    network.set_weights(networks["ss_jppnet"].get_weights())
    model = TrainingModel(network, MergedTerms("paper"), accumulate=2)
    model.compile(Momentum(1e-4))
    singles = [
        model.compute_gradients({key: values[i : i + 1] for key, values in batch.items()})[1]
        for i in (0, 1)
    ]
    _, both = model._accumulate_gradients({k: tf.constant(v) for k, v in batch.items()})
    for gradient, first, second in zip(both, *singles, strict=True):
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(gradient, (first + second) / 2, atol=1e-5 * scale)


def test_dice_is_added_to_each_cross_entropy(networks):
    network, batch = networks["jppnet"], make_batch()
    batch["label"][1] = 255  # an image whose labels are not known
    plain = StageTerms((1,), enlarge=2).compute(network, batch)
    both = StageTerms((1,), enlarge=2, dice_weight=0.5).compute(network, batch)
    logits = resize_bilinear(network(batch["image"])["parsing_2"], (16, 16))
    dice = dice_loss(batch["label"][:, ::4, ::4], logits).numpy()
    added = (both["parsing_2_x1"] - plain["parsing_2_x1"]).numpy()
    assert added[0] == pytest.approx(0.5 * dice[0], rel=1e-4) and added[1] == 0
    np.testing.assert_array_equal(both["pose_2_x1"], plain["pose_2_x1"])
