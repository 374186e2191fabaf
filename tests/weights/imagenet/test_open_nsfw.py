"""Features of networks of open_nsfw's form must come out of our trunk."""

import sys
import zipfile

import numpy as np
import onnx
import pytest

from jppnet_tf import InputError, JPPNet
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import imagenet, store
from jppnet_tf.weights.imagenet import open_nsfw
from tests.weights.imagenet.onnx_files import make_model, write_model
from tests.weights.imagenet.open_nsfw_features import build_trunk, compare_features

OURS = {"width": 1 / 16, "units": (1, 2, 1, 1), "stem": 6, "refinements": 0}


def save(tmp_path, model):
    onnx.save(model, tmp_path / "x.onnx")
    return tmp_path / "x.onnx"


def test_features_of_the_last_stage(tmp_path):
    path = write_model(tmp_path / "x.onnx")
    trunk = build_trunk(OURS["width"], OURS["units"], OURS["stem"])
    assert len(imagenet.load_trunk(trunk, path)) == len(trunk.weights)
    image = np.random.default_rng(1).uniform(-120, 130, (1, 96, 64, 3)).astype(np.float32)
    theirs, ours = compare_features(trunk, path.read_bytes(), image, "features")
    assert theirs.shape == (1, 3, 2, 128) and theirs.std() > 0.3
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)  # float32; 3e-6 seen


def test_a_network_to_train_starts_from_it(tmp_path):
    network = JPPNet(**OURS)
    fresh = load_initial_weights(network, write_model(tmp_path / "x.onnx"))
    heads = {name for name in store.model_variables(network) if name.startswith("fc")}
    assert set(fresh) == heads


def test_a_wheel_gives_what_the_file_in_it_does(tmp_path):
    path = write_model(tmp_path / "x.onnx")
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.write(path, "package/open-nsfw.onnx")
        wheel.writestr("package/__init__.py", "raise SystemExit")
    from_file, from_wheel = (
        open_nsfw.open_file(tmp_path / f"x.{kind}") for kind in ("onnx", "whl")
    )
    assert from_file.shapes == from_wheel.shapes
    for name in from_file.shapes:
        np.testing.assert_array_equal(from_file.read(name), from_wheel.read(name))
    assert from_file.skipped == ("fc_nsfw/MatMul",)


def test_a_folded_norm_is_neutral_but_for_the_bias(tmp_path):
    archive = open_nsfw.open_file(write_model(tmp_path / "x.onnx"))
    beta, variance = (archive.read(f"bn2a_branch2b/{name}") for name in ("beta", "moving_variance"))
    assert beta.std() > 0.01
    np.testing.assert_allclose(variance + 1e-3, 1, rtol=1e-6)
    assert (archive.read("bn2a_branch2b/gamma") == 1).all()
    assert (archive.read("bn2a_branch2b/moving_mean") == 0).all()


@pytest.mark.parametrize(
    "change, ours",
    [
        ({"width": 1 / 8}, "width=0.125, units=1,2,1,1, stem=6"),
        ({"units": (1, 1, 1, 1)}, "width=0.0625, units=1,1,1,1, stem=6"),
        ({"stem": None}, "width=0.0625, units=1,2,1,1, stem=4"),
    ],
)
def test_a_trunk_of_another_shape_is_refused_whole(tmp_path, change, ours):
    network = JPPNet(**OURS | change)
    before = network.get_weights()
    path = write_model(tmp_path / "x.onnx")
    with pytest.raises(InputError) as caught:
        imagenet.load_trunk(network, path)
    assert f"a trunk of width=0.0625, units=1,2,1,1, stem=6, but the model's is of {ours}" in str(
        caught.value
    )
    for array, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_another_network_is_named_by_its_convolutions(tmp_path):
    model = make_model()
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    conv.output[0] = "mobilenet/conv_9:0"
    with pytest.raises(InputError, match="not open_nsfw: .*mobilenet/conv_9:0"):
        open_nsfw.open_file(save(tmp_path, model))


def test_a_network_without_convolutions(tmp_path):
    model = make_model()
    del model.graph.node[:]
    with pytest.raises(InputError, match="not open_nsfw: .* it has none"):
        open_nsfw.open_file(save(tmp_path, model))


def test_a_convolution_too_few_is_listed(tmp_path):
    model = make_model()
    nodes = [n for n in model.graph.node if "stage1_block1_branch2b" not in n.output[0]]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    path = save(tmp_path, model)
    with pytest.raises(InputError, match="missing: res3b1_branch2b/kernel"):
        imagenet.load_trunk(JPPNet(**OURS), path)


def test_numbers_that_are_not_finite(tmp_path):
    model = make_model()
    model.graph.initializer[0].raw_data = np.full((6, 3, 7, 7), np.nan, np.float32).tobytes()
    with pytest.raises(InputError, match="not finite.*conv1/kernel"):
        open_nsfw.open_file(save(tmp_path, model))


@pytest.mark.parametrize("name", ["x.onnx", "x.whl"])
@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"PK\3\4 no zip"])
def test_damaged_files(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        open_nsfw.open_file(tmp_path / name)


def test_a_wheel_without_such_a_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr("package/__init__.py", "")
    with pytest.raises(InputError, match="x.whl: holds 0 .onnx files, not one"):
        open_nsfw.open_file(tmp_path / "x.whl")


def test_without_the_package_onnx(tmp_path, monkeypatch):
    path = write_model(tmp_path / "x.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match=r"pip install 'jppnet-tf\[onnx\]'"):
        open_nsfw.open_file(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no.onnx: no such file"):
        open_nsfw.open_file(tmp_path / "no.onnx")
