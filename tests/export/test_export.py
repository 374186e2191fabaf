"""Exports compute what Keras does, whoever runs them; and what does not is not written."""

import dataclasses
import subprocess
import sys

import cv2
import numpy as np
import onnx
import pytest
import tensorflow as tf
from PIL import Image

from jppnet_tf import InputError, JPPNet, Predictor, save_weights
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.export import Difference, checked, export, writers
from jppnet_tf.export.contents import Photograph
from jppnet_tf.export.photograph import decode_bytes
from jppnet_tf.models import jppnet
from jppnet_tf.weights import store
from tests.networks.table import TINY
from tests.parity.stand_in import stand_in_arrays

OUTPUTS = {
    "saved_model": "folder",
    "onnx": "a.onnx",
    "tflite": "a.tflite",
    "openvino": "a.xml",
    "frozen_graph": "a.pb",
}
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """JPPNet's, made for a small input."""
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    config = {"classes": 20, "joints": 16, "refinements": 1, "width": 1 / 16, "units": (1, 1, 1, 1)}
    arrays = stand_in_arrays(jppnet.variable_shapes(**config))
    store.write_safetensors(path, arrays, "JPPNet", config, input_hw="[64, 48]")
    return path


@pytest.fixture(scope="module")
def saved_model(weights, tmp_path_factory):
    """A SavedModel that looks once at one scale; do not change it."""
    folder = tmp_path_factory.mktemp("exports") / "folder"
    export(weights, folder, "saved_model", scales=(1,))
    return folder


@pytest.fixture
def export_network(tmp_path):
    """Function that exports in a format."""

    def run(weights, to, **options):
        return export(weights, tmp_path / OUTPUTS[to], to, **options)

    return run


def test_what_was_done_is_told(export_network, networks, tmp_path):
    done = export_network(networks["ss_jppnet"].path, "tflite", input_hw=(64, 96))
    assert [difference.name for difference in done.differences] == ["parsing"]
    assert all(0 <= d.found <= d.allowed < 1 for d in done.differences)
    assert (done.input_hw, done.scales, done.mirror) == ((64, 96), (1.0,), False)
    assert sorted(tmp_path.iterdir()) == sorted(done.files)  # and nothing else
    assert done.size == sum(file.stat().st_size for file in done.files)


def test_a_network_that_parses_only(export_network, tmp_path):
    model = JPPNet(**TINY | {"joints": 0})
    save_weights(model, tmp_path / "phase.safetensors", (48, 48))
    done = export_network(tmp_path / "phase.safetensors", "tflite", input_hw=(40, 64))
    assert [difference.name for difference in done.differences] == ["parsing"]
    assert done.input_hw == (40, 64)
    run = Photograph(model, (1,), False, (40, 64)).functions()["rgb"]
    assert set(run(tf.zeros((30, 20, 3), tf.uint8))) == {"parsing"}


@slow
def test_opencv_computes_what_is_in_onnx_files_right(export_network, weights, tmp_path):
    export_network(weights, "onnx")
    graph = onnx.load(tmp_path / "a.onnx").graph
    # The kinds that every OpenCV from 4.10 to 5.0 was seen to compute right.
    assert {node.op_type for node in graph.node} <= {*"Conv Relu Add Concat MaxPool Mul".split()}
    assert [value.name for value in graph.input] == ["image"]
    assert [value.name for value in graph.output] == ["parsing", "pose"]
    net = cv2.dnn.readNetFromONNX(str(tmp_path / "a.onnx"))
    image = np.random.default_rng(0).normal(0, 60, (1, 64, 48, 3)).astype(np.float32)
    net.setInput(image.transpose(0, 3, 1, 2))
    parsing = net.forward("parsing").transpose(0, 2, 3, 1)
    expected = writers.read_onnx(tmp_path / "a.onnx")(image=image)["parsing"]
    np.testing.assert_allclose(parsing, expected, atol=1e-4 * np.abs(expected).max())


def run_elsewhere(folder, picture, results):
    """Predicts by a SavedModel in a process that knows nothing of this package."""
    program = (
        "import sys, numpy as np, tensorflow as tf\n"
        "run = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "found = run(image=tf.constant(open(sys.argv[2], 'rb').read()))\n"
        "np.savez(sys.argv[3], **{name: x.numpy() for name, x in found.items()})\n"
        "assert 'jppnet_tf' not in sys.modules\n"
    )
    command = [sys.executable, "-c", program, folder, picture, results]
    done = subprocess.run(list(map(str, command)), cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.load(results)


@slow
def test_a_saved_model_predicts_as_predictor_without_this_package(saved_model, weights, tmp_path):
    figure = tmp_path / "figure.jpg"
    Image.fromarray(render_figure(3, 131).image).save(figure, quality=90)
    found = run_elsewhere(saved_model, figure, tmp_path / "found.npz")
    expected = Predictor(weights, scales=(1,))(figure)
    assert found["parsing"].dtype == np.uint8 and len(np.unique(expected.parsing)) > 2
    np.testing.assert_array_equal(found["parsing"], expected.parsing)
    np.testing.assert_array_equal(found["keypoints"][:, :2], expected.keypoints[:, :2])
    np.testing.assert_allclose(found["keypoints"], expected.keypoints, rtol=1e-5)


@pytest.mark.parametrize(
    "name, scales, mirror, size, allowed",
    [
        pytest.param("jppnet", (1, 0.5), None, (7, 200), 0, marks=slow),
        ("lip_net", None, None, (97, 33), 1e-3),  # enlarged in two steps, not in one
        ("ss_jppnet", None, None, (50, 70), 0),  # smaller than its input
        # Resized by OpenCV in Predictor: grey levels round otherwise, and near ties turn.
        ("ss_jppnet", None, True, (203, 131), 2e-3),
        pytest.param("ss_jppnet", (1, 1.25), None, (50, 70), 3e-2, marks=slow),
    ],
)
def test_photographs_are_looked_at_in_every_way_that_predictor_does(
    networks, make_photo, name, scales, mirror, size, allowed
):
    network = networks[name]
    content = Photograph(network.model, scales, mirror, network.line.input_hw)
    rgb = make_photo(*size)
    found = {name: x.numpy() for name, x in content.functions()["rgb"](rgb).items()}
    expected = content.predictor(rgb)
    assert len(np.unique(expected.parsing)) > 1
    assert np.mean(found["parsing"] != expected.parsing) <= allowed
    if expected.keypoints is not None:
        np.testing.assert_array_equal(found["keypoints"][:, :2], expected.keypoints[:, :2])


def test_pngs_are_decoded_as_predictor_decodes_them(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    for mode in ("RGBA", "RGB", "LA", "L", "P"):
        image = Image.fromarray(values).convert(mode)
        image.save(tmp_path / "a.png")
        found = decode_bytes(tf.constant((tmp_path / "a.png").read_bytes()))
        np.testing.assert_array_equal(found, checked.read_image(tmp_path / "a.png"), mode)


def test_a_frozen_graph_is_what_opencvs_sample_expects(export_network, weights, tmp_path):
    done = export_network(weights, "frozen_graph")
    assert [difference.name for difference in done.differences] == ["Mean_3"]
    assert (done.scales, done.mirror) == ((1.0, 0.75, 1.25), True)
    definition = tf.compat.v1.GraphDef.FromString((tmp_path / "a.pb").read_bytes())
    by_name = {node.name: node for node in definition.node}
    assert by_name["input"].op == "Placeholder" and definition.node[-1].name == "Mean_3"
    kinds = {node.op for node in definition.node}
    assert not kinds & {"ReadVariableOp", "VarHandleOp", "PartitionedCall", "NoOp"}
    assert len(definition.library.function) == 0
    # OpenCV wants constants themselves where it expects weights, not what makes them.
    varying = {node.name for node in definition.node if node.op != "Const"}
    assert all(
        node.op == "Placeholder" or varying & {name.split(":")[0] for name in node.input}
        for node in definition.node
        if node.name in varying
    )
    assert done.size < 1.3 * weights.stat().st_size  # the weights once, not once for each scale


@slow
@pytest.mark.skipif(int(cv2.__version__[0]) > 4, reason="OpenCV 5.0 cannot read such graphs")
def test_opencv_4_computes_frozen_graphs_right(export_network, weights, tmp_path):
    export_network(weights, "frozen_graph")
    pair = np.random.default_rng(0).normal(0, 60, (2, 50, 70, 3)).astype(np.float32)
    np.save(tmp_path / "pair.npy", pair.transpose(0, 3, 1, 2))
    program = (  # in a process of its own: other versions crashed on other graphs
        "import sys, cv2, numpy as np\n"
        "net = cv2.dnn.readNetFromTensorflow(sys.argv[1])\n"
        "net.setInput(np.load(sys.argv[2]))\n"
        "np.save(sys.argv[2], net.forward())\n"
    )
    command = [sys.executable, "-c", program, tmp_path / "a.pb", tmp_path / "pair.npy"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = writers.read_frozen_graph(tmp_path / "a.pb")(input=pair)["Mean_3"]
    found = np.load(tmp_path / "pair.npy").transpose(0, 2, 3, 1)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_what_does_not_fit_a_format_is_refused(weights, tmp_path):
    for options, message in (
        ({"to": "onnx", "output": "a.pb"}, "onnx is a .onnx file"),
        ({"to": "tflite", "output": "a"}, "tflite is a .tflite file"),
        ({"to": "saved_model", "output": "a.onnx"}, "saved_model is a folder"),
        ({"to": "caffe", "output": "a"}, "there are saved_model, onnx"),
        ({"to": "tflite", "output": "a.tflite", "scales": (1, 2)}, "has no scales"),
        ({"to": "tflite", "output": "a.tflite", "input_hw": (64, 1.5)}, "height,width"),
        ({"to": "frozen_graph", "output": "a.pb", "mirror": False}, "always takes"),
    ):
        output = tmp_path / options.pop("output")
        with pytest.raises(InputError, match=message):
            export(weights, output, **options)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_replaced_unasked_nor_foreign_folders_ever(export_network, weights, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="--overwrite"):
        export_network(weights, "saved_model")
    with pytest.raises(InputError, match="does not hold a SavedModel"):
        export_network(weights, "saved_model", overwrite=True)
    assert (tmp_path / "folder/thesis.txt").read_text() == "years of work"


@slow
def test_a_saved_model_is_replaced_if_asked(export_network, weights, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/saved_model.pb").write_text("an older one")
    export_network(weights, "saved_model", overwrite=True, scales=(1,), mirror=False)
    assert (tmp_path / "folder/variables").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("to", ["frozen_graph", pytest.param("saved_model", marks=slow)])
def test_a_wrong_conversion_is_caught_and_leaves_nothing(
    export_network, weights, tmp_path, monkeypatch, to
):
    kind = checked.TARGETS[to]

    def spoil(function):
        def run(image):
            results = function.python_function(image)
            return results | {name: x + tf.cast(1, x.dtype) for name, x in results.items()}

        return tf.function(run, function.input_signature, autograph=False)

    class Spoiled(kind.content):
        def functions(self):
            return {name: spoil(function) for name, function in super().functions().items()}

    monkeypatch.setitem(checked.TARGETS, to, dataclasses.replace(kind, content=Spoiled))
    with pytest.raises(InputError, match="does not compute what Keras does: "):
        export_network(weights, to, scales=(1,))
    assert list(tmp_path.iterdir()) == []


def test_joints_may_lie_where_keras_finds_them_as_high_only(weights, make_photo):
    content = Photograph(weights, (1,), False, None)
    rgb = make_photo(60, 40)
    expected = content.predictor(rgb)

    def compare(keypoints):
        results = {"parsing": expected.parsing, "keypoints": keypoints}
        return content.compare(lambda **_: results, rgb, tolerance=1e-4)

    assert all(difference.found == 0 for difference in compare(expected.keypoints))
    for part, columns, values in (
        ("joints", [0, 1], (expected.keypoints[3, :2] + 20) % 40),
        ("joints", [1], 60),  # below the last row
        ("joints", [0], np.nan),
        ("scores", [2], np.nan),
    ):
        wrong = expected.keypoints.copy()
        wrong[3, columns] = values
        bad = [d.name for d in compare(wrong) if not d.is_allowed]
        assert bad == [f"{part} of bytes", f"{part} of rgb"]


def test_a_missing_package_says_what_to_install(weights, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match=r"needs the package openvino.*pip install 'jppnet-tf\[op"):
        export(weights, tmp_path / "a.xml", "openvino")
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_are_none_are_never_equal():
    assert not Difference("parsing", float("nan"), 1.0).is_allowed
