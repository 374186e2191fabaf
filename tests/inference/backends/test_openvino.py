"""OpenVINO gives what TensorFlow gives, from a network that was converted once."""

import numpy as np
import pytest

from jppnet_tf import InputError, Predictor
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.weights.store import model_arrays
from tests.conftest import SMALL

openvino = pytest.importorskip("openvino")
from jppnet_tf.inference.backends import openvino as backend  # noqa: E402


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder of converted networks, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/jppnet_tf/openvino"


def count_conversions(monkeypatch):
    """A list that grows by a path with each conversion."""
    paths, convert = [], backend._convert
    monkeypatch.setattr(backend, "_convert", lambda *args: paths.append(args[-1]) or convert(*args))
    return paths


def test_jppnet_gives_the_same_in_float32(small_model):
    figures = [render_figure(seed, 120).image for seed in (3, 4)]
    settings = {"input_hw": (64, 48), "scales": (1, 1.25)}
    expected = Predictor(small_model, **settings)(figures, return_maps="stride")
    found = Predictor(small_model, backend="openvino", **settings)(figures, return_maps="stride")
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.logits, theirs.logits, atol=1e-5 * theirs.logits.max())
        np.testing.assert_allclose(ours.heatmaps, theirs.heatmaps, atol=1e-5)
        np.testing.assert_array_equal(ours.keypoints[:, :2], theirs.keypoints[:, :2])


def test_ss_jppnet_gives_the_same_at_several_scales(small_caffemodel):
    figure = render_figure(3, 100).image
    settings = {"input_hw": (96, 64), "scales": (1, 0.5), "mirror": True}
    expected = Predictor(small_caffemodel, **settings)(figure, return_maps="stride")
    found = Predictor(small_caffemodel, backend="openvino", **settings)(figure, "stride")
    largest = np.abs(expected.logits).max()
    np.testing.assert_allclose(found.logits, expected.logits, atol=1e-4 * largest)
    assert found.keypoints is None


def test_bfloat16_is_another_precision_but_nearly_the_same(small_model):
    figure = render_figure(3, 120).image
    maps = {}
    for precision in ("float32", "bfloat16"):
        try:
            predictor = Predictor(
                small_model, (1,), False, (64, 48), backend="openvino", precision=precision
            )
        except InputError as error:
            pytest.skip(str(error))
        assert predictor.precision == precision
        maps[precision] = predictor(figure, return_maps="stride").logits
    difference = np.abs(maps["bfloat16"] - maps["float32"]).max()
    assert 0 < difference < 0.05 * np.abs(maps["float32"]).max()


def test_a_network_is_converted_once_for_its_weights_and_stage(small_model, cache, monkeypatch):
    converted = count_conversions(monkeypatch)
    for _ in range(2):
        Predictor(small_model, (1,), False, (64, 48), backend="openvino")
    assert len(converted) == 1
    Predictor(small_model, (1,), False, (64, 48), stage=1, backend="openvino")
    assert len(converted) == 2 and converted[0].parent == converted[1].parent
    other = JPPNet(**SMALL)
    Predictor(other, (1,), False, (64, 48), backend="openvino")
    assert len(converted) == 3 and converted[2].parent.parent == cache
    files = sorted(path.suffix for path in cache.rglob("*") if path.is_file())
    assert files == [".bin"] * 3 + [".xml"] * 3  # nothing else is left over
    assert model_arrays(other).keys() == model_arrays(small_model).keys()


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_damaged_conversion_is_made_anew(small_model, cache, suffix):
    settings = {"scales": (1,), "mirror": False, "input_hw": (64, 48), "backend": "openvino"}
    image = np.zeros((30, 20, 3), np.uint8)
    expected = Predictor(small_model, **settings)(image, return_maps="stride").logits
    (path,) = cache.rglob(f"*{suffix}")
    path.write_bytes(path.read_bytes()[:1000])
    found = Predictor(small_model, **settings)(image, return_maps="stride").logits
    np.testing.assert_array_equal(found, expected)


def test_a_cache_that_cannot_be_written_is_an_error(small_model, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match="cannot be kept there.*XDG_CACHE_HOME"):
        Predictor(small_model, (1,), False, (64, 48), backend="openvino")
