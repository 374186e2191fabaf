import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.models.maps.resizing import resize_bilinear
from jppnet_tf.training.losses import parsing_loss, pose_loss
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.optimizers import Momentum
from jppnet_tf.training.terms import StageTerms
from tests.networks.table import TINY

FULL = TINY | {"refinements": 2}
SCALES = (1, 0.75, 0.5)


def make_batch(count=2, size=48, seed=0):
    random = np.random.default_rng(seed)
    return {
        "image": random.normal(0, 50, (count, size, size, 3)).astype(np.float32),
        "label": random.integers(0, 20, (count, size, size), np.int32),
        "heatmap": random.random((count, size // 8, size // 8, 16), np.float32),
        "has_joints": np.ones(count, np.float32),
    }


def build(config=TINY, scales=(1, 0.5), rate=1e-3, accumulate=1, run_eagerly=False, **options):
    keras.utils.set_random_seed(0)
    model = TrainingModel(JPPNet(**config), StageTerms(scales, **options), accumulate)
    # A graph takes longer to make than a few steps to compute.
    model.compile(Momentum(rate), run_eagerly=run_eagerly)
    return model


def weights_of(model):
    return np.concatenate([np.ravel(array) for array in model.network.get_weights()])


def test_there_are_24_terms_and_their_sum():
    model = build(FULL, SCALES, run_eagerly=True)
    logs = model.test_on_batch(make_batch(), return_dict=True)
    loss = logs.pop("loss")
    assert set(logs) == {
        f"{output}_{where}"
        for output in (f"{task}_{stage}" for task in ("parsing", "pose") for stage in (1, 2, 3))
        for where in ("fused", "x1", "x0.75", "x0.5")
    }
    assert loss == pytest.approx(sum(logs.values()), rel=1e-6)


def test_logits_can_be_enlarged_before_they_are_compared():
    batch = make_batch()
    plain, fine = (build(scales=(1,), enlarge=factor) for factor in (1, 4))
    fine.network.set_weights(plain.network.get_weights())
    terms = fine.compute_terms(batch)
    logits = fine.network(batch["image"])["parsing_1"]
    height, width = (4 * side for side in logits.shape[1:3])
    expected = parsing_loss(batch["label"], resize_bilinear(logits, (height, width)))
    np.testing.assert_allclose(terms["parsing_1_x1"], expected, rtol=1e-5)
    coarse = plain.compute_terms(batch)
    assert np.abs(coarse["parsing_1_x1"] - expected).max() > 1e-3
    np.testing.assert_allclose(terms["pose_1_x1"], coarse["pose_1_x1"], rtol=1e-5)


def test_pose_can_weigh_less():
    models = [build(scales=(1,), pose_weight=weight) for weight in (1, 0.1)]
    gradients = []
    for model in models:
        _, values = model.compute_gradients(make_batch())
        gradients.append(dict(zip(map(id, model.trainable_variables), values, strict=True)))
    # Heads of their own: each moves by the terms of its task alone.
    for layer, factor in (("fc1_pose__pose_conv8", 0.1), ("fc1_human_c0", 1)):
        whole, less = (
            found[id(model.network.get_layer(layer).bias)]
            for model, found in zip(models, gradients, strict=True)
        )
        np.testing.assert_allclose(less, factor * whole, rtol=1e-4, atol=1e-6)
        assert np.abs(whole).max() > 1e-3
    logs = models[1].test_on_batch(make_batch(), return_dict=True)
    assert logs["loss"] == pytest.approx(logs["parsing_1_x1"] + 0.1 * logs["pose_1_x1"], rel=1e-5)


def test_terms_are_those_of_each_scale_and_of_the_fused_maps():
    model, batch = build(FULL, SCALES), make_batch(1)
    maps = [
        model.network(tf.raw_ops.ResizeBilinear(images=batch["image"], size=[side, side]))
        for side in (48, 36, 24)
    ]
    terms = model.compute_terms(batch)
    for where, values in zip(("x1", "x0.75", "x0.5"), maps, strict=True):
        expected = pose_loss(batch["heatmap"], values["pose_2"])
        np.testing.assert_allclose(terms[f"pose_2_{where}"], expected, rtol=1e-5)
    resized = [tf.raw_ops.ResizeBilinear(images=m["parsing_3"], size=[6, 6]) for m in maps]
    fused = parsing_loss(batch["label"], tf.add_n(resized) / 3)
    np.testing.assert_allclose(terms["parsing_3_fused"], fused, rtol=1e-5)
    resized = [tf.raw_ops.ResizeNearestNeighbor(images=m["pose_1"], size=[6, 6]) for m in maps]
    fused = pose_loss(batch["heatmap"], tf.add_n(resized) / 3)
    np.testing.assert_allclose(terms["pose_1_fused"], fused, rtol=1e-5)


def test_one_scale_has_no_fused_terms():
    model = build(scales=(1,))
    assert sorted(model.terms.weights(model.network)) == [
        f"{task}_1_x1" for task in ("parsing", "pose")
    ]


def test_samples_without_joints_train_parsing_only():
    model, batch = build(), make_batch()
    batch["has_joints"][1] = 0
    terms = model.compute_terms(batch)
    assert all(terms[name][1] == 0 for name in terms if name.startswith("pose"))
    assert all(terms[name][0] > 0 for name in terms)
    assert all(terms[name][1] > 0 for name in terms if name.startswith("parsing"))


@pytest.mark.parametrize("parts", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_accumulating_changes_nothing_but_memory(parts):
    batch = make_batch(4)
    whole, cut = build(run_eagerly=True), build(accumulate=parts)
    before = weights_of(whole)
    for _ in range(2):
        whole_logs = whole.train_on_batch(batch, return_dict=True)
        cut_logs = cut.train_on_batch(batch, return_dict=True)
    # Float32 sums in another order.
    assert cut_logs == pytest.approx(whole_logs, rel=1e-5)
    np.testing.assert_allclose(weights_of(cut), weights_of(whole), atol=1e-6)
    assert np.abs(weights_of(whole) - before).max() > 1e-4


@pytest.mark.parametrize("key, run_eagerly", [("image", False), ("heatmap", True)])
def test_a_batch_that_is_not_finite_changes_nothing_and_stops(key, run_eagerly):
    model, batch = build(run_eagerly=run_eagerly), make_batch()
    before = weights_of(model)
    batch[key][0, 0, 0, 0] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        model.train_on_batch(batch)
    np.testing.assert_array_equal(weights_of(model), before)
    assert int(model.optimizer.iterations) == 0


def test_evaluate_gives_the_terms_and_leaves_the_weights():
    model, batch = build(), make_batch()
    before = weights_of(model)
    dataset = tf.data.Dataset.from_tensors(batch)
    evaluated = model.evaluate(dataset, return_dict=True, verbose=0)
    trained = {name: values[0] for name, values in model.fit(dataset, verbose=0).history.items()}
    assert evaluated == pytest.approx(trained, rel=1e-5)
    assert np.any(weights_of(model) != before)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_with_float32_weights(policy, unmasked_onednn):
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = build(rate=1e-4)
        first = model.train_on_batch(make_batch(), return_dict=True)
        for _ in range(5):
            last = model.train_on_batch(make_batch(), return_dict=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    precise = build(run_eagerly=True).train_on_batch(make_batch(), return_dict=True)
    assert first["loss"] == pytest.approx(precise["loss"], rel=0.01)
    assert last["loss"] < first["loss"]
    assert {array.dtype for array in model.network.get_weights()} == {np.dtype("float32")}


def test_statistics_are_learnt_only_if_asked_for():
    for update in (False, True):
        model = TrainingModel(JPPNet(**TINY, update_statistics=update), StageTerms((1,)))
        model.compile(Momentum(1e-3), run_eagerly=True)
        layer = model.network.get_layer("bn_conv1")
        before = np.array(layer.moving_variance)
        model.train_on_batch(make_batch())
        assert np.any(np.array(layer.moving_variance) != before) == update


def test_parsing_alone():
    model = TrainingModel(JPPNet(**TINY | {"joints": 0, "refinements": 0}), StageTerms(SCALES))
    model.compile(Momentum(1e-3), run_eagerly=True)
    logs = model.train_on_batch(make_batch(), return_dict=True)
    assert sorted(logs) == ["loss"] + [
        f"parsing_1_{where}" for where in ("fused", "x0.5", "x0.75", "x1")
    ]
