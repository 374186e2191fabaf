"""PoseNet and BodyPix from TensorFlow.js, against the graph itself as TensorFlow computes it."""

import json

import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError, Predictor
from jppnet_tf.models.maps.colours import POSENET_MEAN_RGB, center_rgb
from jppnet_tf.models.maps.people.refining import refine_long, refine_mid
from jppnet_tf.models.personlab import HEADS as HEADS_OF_OURS
from jppnet_tf.models.personlab import PersonLab
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import loading, posenet, store, tfjs
from tests.programs import call_program
from tests.weights.graph_models import HEADS, POSENET, UNITS, WIDTH, GraphWriter

FORWARD, BACKWARD = (name for name in HEADS if "displacement" in name)
CONFIG = {"keypoints": 17, "width": 1 / WIDTH, "trunk": "resnet_v1_slim", "units": list(UNITS)}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """BodyPix with its batch normalization kept: the writer, and the file."""
    writer = GraphWriter("kept", HEADS)
    return writer, writer.write(tmp_path_factory.mktemp("bodypix"))


@pytest.fixture
def photo(make_photo):
    return make_photo(65, 49)


def in_our_order(offsets):
    """x and y of each field in turn, of all y before all x."""
    y, x = np.split(np.asarray(offsets), 2, axis=-1)
    return np.stack([x, y], axis=-1).reshape(offsets.shape)


def expect(found):
    """What PersonLab is to say, of the graph's outputs."""
    short = tf.constant(in_our_order(found["float_short_offsets"]))
    mid = np.concatenate([in_our_order(found[name]) for name in (FORWARD, BACKWARD)], axis=-1)
    maps = {"heatmaps": found["float_heatmaps"], "short": short}
    maps["mid"] = refine_mid(tf.constant(mid), short, 16)
    if "float_segments" in found:
        long = tf.constant(in_our_order(found["float_long_offsets"]))
        maps |= {"segmentation": found["float_segments"], "long": refine_long(long, short, 16)}
    return maps


@pytest.mark.parametrize("outputs", [list(HEADS), POSENET], ids=["bodypix", "posenet"])
@pytest.mark.parametrize("norm", ["kept", "folded", "primitive", "fused"])
def test_the_network_says_what_the_graph_says(outputs, norm, tmp_path, photo):
    writer = GraphWriter("folded" if norm == "fused" else norm, outputs)
    path = writer.write(tmp_path, fused=norm == "fused")
    archive = loading.open_weights(path)
    family, config = loading.identify(archive)
    has_masks = "float_segments" in outputs
    assert config == CONFIG | ({} if has_masks else {"masks": False})
    assert len(archive.skipped) == has_masks  # the heatmaps of parts
    model = PersonLab(stride=16, **config)
    store.assign(model, archive)
    image = photo.astype(np.float32)[None] - np.float32(POSENET_MEAN_RGB)
    expected = expect(writer.run(image, outputs))
    found = model(center_rgb(photo)[None])
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        size = np.abs(np.asarray(values)).max()
        # Sums in float32, in another order.
        np.testing.assert_allclose(found[name], values, rtol=0, atol=2e-5 * size, err_msg=name)


def test_a_finer_stride_says_the_same_at_the_same_pixels(written, make_photo):
    image = center_rgb(make_photo(65, 49))[None]
    maps = {}
    for stride in (8, 16):
        model = PersonLab(stride=stride, **CONFIG)
        loading.load_weights(model, written[1])
        maps[stride] = model(image)
    for name in ("heatmaps", "short", "segmentation"):  # what is not refined
        fine, coarse = (np.asarray(maps[stride][name]) for stride in (8, 16))
        size = np.abs(coarse).max()
        np.testing.assert_allclose(fine[:, ::2, ::2], coarse, rtol=0, atol=2e-5 * size)


@pytest.mark.parametrize("quantized, off", [("float16", 1e-3), ("uint16", 1e-4), ("uint8", 2e-2)])
def test_quantized_values_are_read(written, tmp_path, quantized, off):
    exact = tfjs.read_graph(written[1]).values
    found = tfjs.read_graph(written[0].write(tmp_path, quantized=quantized)).values
    assert found.keys() == exact.keys()
    for name, values in exact.items():
        assert found[name].dtype == (np.float32 if values.dtype == np.float32 else values.dtype)
        room = max(np.ptp(values), np.abs(values).max())
        np.testing.assert_allclose(found[name], values, rtol=0, atol=off * room, err_msg=name)
    changed = [n for n, v in exact.items() if v.size > 9 and not np.array_equal(v, found[n])]
    assert len(changed) > 20


def test_convert_writes_weights_that_predict(run_tool, written, tmp_path, photo):
    output = tmp_path / "bodypix.safetensors"
    words = ("--checkpoint", written[1].parent, "--output", output)
    status, text, errors = run_tool("convert_ckpt.py", *words)
    assert status == 0, errors
    assert "PersonLab(keypoints=17, width=0.0625, trunk=resnet_v1_slim" in text
    options = {"input_hw": (65, 49), "least_person": 0.0}
    direct, converted = (Predictor(path, **options) for path in (written[1], output))
    maps = [p(photo, return_maps="stride").heatmaps for p in (direct, converted)]
    np.testing.assert_array_equal(*maps)
    assert maps[0].shape == (9, 7, 17) and np.ptp(maps[0]) > 0.1


def test_a_network_without_masks_predicts(tmp_path, photo):
    path = GraphWriter("kept", POSENET).write(tmp_path)
    predictor = Predictor(path, input_hw=(65, 49), class_scores=True, mirror=True, scales=(1, 0.7))
    prediction = predictor(photo, return_maps="image")
    assert prediction.heatmaps.shape == (65, 49, 17) and not prediction.parsing.any()
    assert prediction.class_scores.shape == (2,) and np.isnan(prediction.class_scores).all()
    # Random weights find nobody.
    assert prediction.people.masks.shape == (0, 65, 49)


def test_training_starts_from_them(written, tmp_path):
    path = GraphWriter("kept", POSENET).write(tmp_path)
    network = PersonLab(**CONFIG)
    fresh = load_initial_weights(network, path)
    heads = (HEADS_OF_OURS["long"], HEADS_OF_OURS["segmentation"])
    assert set(fresh) == {f"{head}/{variable}" for head in heads for variable in ("kernel", "bias")}
    assert load_initial_weights(network, written[1]) == []
    held = store.model_arrays(network)
    for name, array in loading.open_weights(written[1]).read_all().items():
        np.testing.assert_array_equal(held[name], array)
    with pytest.raises(InputError, match="no PersonLab with this trunk starts from a trunk"):
        load_initial_weights(network, tmp_path / "resnet50.h5")


def change(path, folder, edit):
    """A copy of a model whose JSON was edited."""
    model = json.loads(path.read_text())
    edit(model)
    for shard in path.parent.glob("*.bin"):
        (folder / shard.name).write_bytes(shard.read_bytes())
    (folder / "model.json").write_text(json.dumps(model))
    return folder / "model.json"


def find(model, name):
    return next(node for node in model["modelTopology"]["node"] if node["name"] == name)


UNIT = "resnet_v1_50/block2/unit_1/bottleneck_v1"


def drop_convolution(model):
    model["modelTopology"]["node"].remove(find(model, f"{UNIT}/conv2/Conv2D"))


def change_rectifier(model):
    find(model, f"{UNIT}/conv1/Relu").update(op="Elu")


@pytest.mark.parametrize(
    "edit, reason",
    [
        (lambda m: m.pop("weightsManifest"), "damaged, or no graph model of TensorFlow.js"),
        (lambda m: m.update(modelTopology={"model_config": {}}), "no graph model of TensorFlow.js"),
        (lambda m: find(m, "sub_2").update(name="MobilenetV1/x"), "has a MobileNet"),
        (lambda m: find(m, "float_heatmaps").update(name="heatmap"), "no nodes float_heatmaps"),
        (lambda m: find(m, "float_heatmaps").update(op="Sigmoid"), r"float_heatmaps \(Sigmoid\)"),
        (lambda m: find(m, "float_heatmaps").update(input=["float_heatmaps"]), "float_heatmaps"),
        (change_rectifier, r"conv1/Relu \(Elu\) cannot be understood"),
        (drop_convolution, "missing: block2__unit_1__conv2/kernel"),
        (lambda m: m["weightsManifest"][0]["paths"].append("x.bin"), "without its shards x.bin"),
        (lambda m: m["weightsManifest"][0]["paths"].append("../x"), "is in another folder"),
        (lambda m: m["weightsManifest"][0]["paths"].pop(), "its shards are too short"),
        (lambda m: m["weightsManifest"][0]["weights"].pop(), "its shards are too long"),
        (lambda m: m["weightsManifest"][0]["weights"][0].update(dtype="string"), "holds string"),
    ],
)  # fmt: skip
def test_other_graphs_are_refused_by_what_is_wrong(written, tmp_path, edit, reason):
    path = change(written[1], tmp_path, edit)
    with pytest.raises(InputError, match=reason):
        loading.identify(posenet.open_graph_model(path))


def test_a_graph_that_changes_the_image_is_refused(tmp_path):
    writer = GraphWriter("kept", POSENET, before=lambda image: tf.subtract(image, 3.0, "shift"))
    with pytest.raises(InputError, match=r"its node shift \(Sub\) cannot be understood"):
        posenet.open_graph_model(writer.write(tmp_path))


def test_a_folder_of_several_models_wants_one_named(tmp_path):
    for stride in (16, 32):
        (tmp_path / f"model-stride{stride}.json").write_text("{}")
    with pytest.raises(InputError, match="name one of model-stride16.json, model-stride32.json"):
        loading.open_weights(tmp_path)
    (tmp_path / "model-stride32.json").unlink()
    with pytest.raises(InputError, match="model-stride16.json: damaged"):
        loading.open_weights(tmp_path)
    assert call_program("convert_ckpt.py", "--checkpoint", tmp_path, "--output", "x.st") == 2
