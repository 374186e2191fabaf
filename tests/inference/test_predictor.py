import os
import subprocess
import sys
import tracemalloc

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from jppnet_tf import InputError, JPPNet, Predictor, save_weights
from jppnet_tf.labels import COCO_JOINTS, LIP, LIP_JOINTS, Classes
from jppnet_tf.models.maps.colours import preprocess
from jppnet_tf.models.maps.resizing import resize_bilinear, resize_nearest
from jppnet_tf.system.processes import Workers
from jppnet_tf.training.optimizers import KERAS_2
from tests.networks.table import TINY
from tests.programs import ROOT

INPUT_HW = (64, 64)
SCALES = (1, 0.75, 1.25)


@pytest.fixture(scope="module")
def predictor(small_model):
    return Predictor(small_model, input_hw=INPUT_HW)


@pytest.fixture(scope="module")
def predictors(small_model, predictor):
    """The predictor, and one that does not look at the mirror image."""
    return {True: predictor, False: Predictor(small_model, mirror=False, input_hw=INPUT_HW)}


def predict_slowly(model, rgb, scales=SCALES, mirror=True):
    """The released evaluation, step by step as it was written; maps at the image's size."""
    size = rgb.shape[:2]
    image = preprocess(rgb)[None]
    batch = tf.concat([image, image[:, :, ::-1]], 0) if mirror else image
    parsing, pose = [], []
    for scale in scales:
        outputs = model(resize_bilinear(batch, [int(side * scale) for side in INPUT_HW]))
        stages = [resize_bilinear(outputs[f"parsing_{k}"], size) for k in (1, 2, 3)]
        parsing.append(np.mean(stages, axis=0))
        pose.append(np.asarray(resize_nearest(outputs["pose_3"], size)))
    fused = []
    for maps, partners in ((parsing, LIP.mirror), (pose, LIP_JOINTS.mirror)):
        mean = np.mean(maps, axis=0)
        if mirror:
            mean[0] = (mean[0] + mean[1][:, ::-1][..., list(partners)]) / 2
        fused.append(mean[0])
    return fused


@pytest.mark.parametrize("size", [(40, 30), (64, 64), (97, 131)])
@pytest.mark.parametrize("mirror", [True, False])
def test_predictions_follow_the_released_protocol(
    small_model, predictors, make_photo, size, mirror
):
    rgb, predictor = make_photo(*size), predictors[mirror]
    logits, heatmaps = predict_slowly(small_model, rgb, mirror=mirror)
    prediction = predictor(rgb, return_maps="image")
    scale = np.abs(logits).max()
    np.testing.assert_allclose(prediction.logits, logits, atol=1e-5 * scale)  # float32 rounding
    np.testing.assert_allclose(prediction.heatmaps, heatmaps, atol=1e-5 * np.abs(heatmaps).max())
    assert np.mean(prediction.parsing == logits.argmax(-1)) > 0.999  # ties up to rounding
    assert len(np.unique(prediction.parsing)) > 2
    row, column = np.divmod(prediction.heatmaps.reshape(-1, 16).argmax(0), size[1])
    np.testing.assert_array_equal(prediction.keypoints[:, :2], np.stack([column, row], 1))
    np.testing.assert_array_equal(prediction.keypoints[:, 2], prediction.heatmaps.max((0, 1)))


def test_input_size_is_the_one_that_the_weights_state(small_model, tmp_path, make_photo):
    save_weights(small_model, tmp_path / "a.safetensors", (48, 40))
    loaded = Predictor(tmp_path / "a.safetensors", (1,))
    assert loaded.input_hw == (48, 40)
    expected = Predictor(small_model, (1,), input_hw=(48, 40))(make_photo(40, 40))
    np.testing.assert_array_equal(loaded(make_photo(40, 40)).parsing, expected.parsing)
    assert Predictor(tmp_path / "a.safetensors", input_hw=(64, 32)).input_hw == (64, 32)
    assert Predictor(small_model).input_hw == (384, 384)


def test_a_stage_looks_at_what_came_up_to_it(small_model, make_photo):
    rgb = make_photo(40, 30)
    shown = [
        Predictor(small_model, (1,), False, INPUT_HW, stage)(rgb, return_maps="stride")
        for stage in (1, 3, None)
    ]
    outputs = small_model(resize_bilinear(preprocess(rgb)[None], INPUT_HW))
    np.testing.assert_allclose(shown[0].logits, outputs["parsing_1"][0], atol=1e-4)
    np.testing.assert_allclose(shown[0].heatmaps, outputs["pose_1"][0], atol=1e-4)
    np.testing.assert_array_equal(shown[1].logits, shown[2].logits)
    for stage in (0, 4):
        with pytest.raises(InputError, match=f"stage {stage} is not there: the network has 3"):
            Predictor(small_model, input_hw=INPUT_HW, stage=stage)


def test_a_network_that_parses_only_gives_no_keypoints(make_photo):
    model = JPPNet(**TINY | {"joints": 0})
    predictor = Predictor(model, input_hw=INPUT_HW)
    prediction = predictor(make_photo(50, 20), return_maps="stride")
    assert prediction.parsing.shape == (50, 20) and prediction.logits.shape == (8, 8, 20)
    assert not predictor.has_pose and prediction.keypoints is prediction.heatmaps is None


def test_ss_jppnet_is_padded_and_looked_at_once(networks, make_photo):
    predictor = Predictor(networks["ss_jppnet"].model)
    assert (predictor.input_hw, predictor.scales, predictor.mirror) == ((640, 640), (1,), False)
    prediction = predictor(make_photo(90, 50), return_maps="stride")
    assert prediction.parsing.shape == (90, 50) and prediction.keypoints is None
    assert prediction.logits.shape == (12, 7, 20)


@pytest.fixture(scope="module")
def lip_net(networks):
    return networks["lip_net"].model


@pytest.mark.parametrize("size_hw, input_hw", [((90, 50), (64, 64)), ((41, 30), (50, 37))])
def test_lip_net_is_stretched_and_looked_at_once(lip_net, make_photo, size_hw, input_hw):
    """Sizes of the input that are no multiples of 16 are as good as others."""
    predictor = Predictor(lip_net, input_hw=input_hw)
    photo = make_photo(*size_hw)
    prediction = predictor(photo, return_maps="image")
    image = resize_bilinear(photo[None] / np.float32(255), input_hw)
    logits = resize_bilinear(lip_net(image)["parsing"], size_hw)[0]
    np.testing.assert_allclose(prediction.logits, logits, atol=1e-4)
    assert np.mean(prediction.parsing == np.argmax(logits, axis=-1)) > 0.999
    assert prediction.keypoints is None and not predictor.has_pose
    at_stride = predictor(photo, return_maps="stride").logits
    assert at_stride.shape == (*(-(-side // 4) for side in input_hw), 20)


def test_lip_nets_own_look_and_others(lip_net, make_photo):
    predictor = Predictor(lip_net)
    assert (predictor.input_hw, predictor.scales, predictor.mirror) == ((512, 512), (1,), False)
    more = Predictor(lip_net, (1, 0.75), True, (64, 64))
    assert (more.scales, more.mirror) == ((1, 0.75), True)
    photo = make_photo(70, 40)
    averaged = more(photo, return_maps="image").logits
    views = [photo, np.ascontiguousarray(photo[:, ::-1])]
    singles = [
        prediction.logits
        for scale in (1, 0.75)
        for prediction in Predictor(lip_net, (scale,), False, (64, 64))(views, return_maps="image")
    ]
    turned = [logits[:, ::-1][..., list(LIP.mirror)] for logits in singles[1::2]]
    expected = (sum(singles[::2]) + sum(turned)) / 4
    np.testing.assert_allclose(averaged, expected, atol=1e-4)


def test_paths_arrays_and_lists_agree(predictor, make_photo, tmp_path):
    photos = [make_photo(30 + i, 20, seed=i) for i in range(4)]
    for i, photo in enumerate(photos):
        Image.fromarray(photo).save(tmp_path / f"{i}.png")
    one_by_one = [predictor(photo) for photo in photos]
    together = predictor([tmp_path / "0.png", str(tmp_path / "1.png"), *photos[2:]])
    for single, listed in zip(one_by_one, together, strict=True):
        np.testing.assert_array_equal(single.parsing, listed.parsing)
        np.testing.assert_array_equal(single.keypoints, listed.keypoints)


def test_fewer_refinements_predict_too(make_photo):
    prediction = Predictor(JPPNet(**TINY), (1,), input_hw=INPUT_HW)(make_photo(9, 9))
    assert prediction.parsing.shape == (9, 9)


def test_a_single_pixel_is_an_image(predictor):
    assert predictor(np.zeros((1, 1, 3), np.uint8)).parsing.shape == (1, 1)


def test_a_generator_is_predicted_image_by_image(predictor, make_photo):
    asked = []

    def photos():
        for number in range(9):
            asked.append(number)
            yield make_photo(20 + number, 20)

    found = predictor(photos())
    assert asked == []
    assert next(found).parsing.shape == (20, 20) and len(asked) < 6
    assert [prediction.parsing.shape for prediction in found] == [(n, 20) for n in range(21, 29)]


@pytest.mark.parametrize("image", [None, 5, {"a.jpg"}, np.zeros((5, 5, 3), np.float32)])
def test_what_is_not_an_image(predictor, image):
    with pytest.raises(InputError, match="an image must be a path, bytes, "):
        predictor(image)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"weights": None}, "weights must be a path, a name or a Keras model, not NoneType"),
        ({"weights": 5}, "weights must be a path, a name or a Keras model, not int"),
        ({"input_hw": 192}, r"input_hw must be \(height, width\), two whole numbers, not 192"),
        ({"input_hw": (192,)}, "input_hw must be"),
        ({"input_hw": (192, 0)}, "input_hw must be"),
        ({"input_hw": (192.5, 8)}, "input_hw must be"),
        ({"input_hw": "ab"}, "input_hw must be"),
    ],
)
def test_arguments_that_cannot_be(small_model, settings, message):
    with pytest.raises(InputError, match=message):
        Predictor(**{"weights": small_model} | settings)


@pytest.mark.parametrize("scales", [(), (0,), (1, -1), (9,), (float("nan"),), 1, "1,x"])
def test_scales_out_of_range(small_model, scales):
    with pytest.raises(InputError, match="scales"):
        Predictor(small_model, scales)


def test_sizes_are_cut_off_as_the_original_cut_them(small_model, make_photo):
    predictor = Predictor(small_model, (0.7,), input_hw=(64, 64))
    assert predictor.prepare(make_photo(9, 9))[0].shape == (2, 44, 44, 3)  # 44.8
    with pytest.raises(InputError, match="leaves nothing to see"):
        Predictor(small_model, (0.01,), input_hw=(64, 64))


def test_gpus_compute_in_float32(small_model):
    tf.config.experimental.enable_tensor_float_32_execution(True)
    Predictor(small_model)
    assert not tf.config.experimental.tensor_float_32_execution_enabled()


def test_models_that_do_not_fit(small_model, predictor, make_photo):
    with pytest.raises(InputError, match="takes 64 x 64 only, the scales need 48 x 48"):
        Predictor(JPPNet(**TINY, input_shape=(64, 64, 3)), input_hw=INPUT_HW)
    with pytest.raises(
        InputError, match="the model has 7 classes, and 20 are known: pass classes="
    ):
        Predictor(JPPNet(**TINY, classes=7))
    with pytest.raises(InputError, match="the model has 3 joints, and 16 are known: pass joints="):
        Predictor(JPPNet(**TINY, joints=3))
    foreign = keras.Model(small_model.input, small_model.output, name="unet")
    with pytest.raises(
        InputError, match="'unet', and is not one .*JPPNet, SSJPPNet, LIPNet, PersonLab call"
    ):
        Predictor(foreign)
    with pytest.raises(InputError, match="return_maps"):
        predictor(make_photo(9, 9), return_maps="logits")


def test_other_classes_and_joints_come_with_the_prediction(make_photo):
    classes = Classes(tuple("abcdefg"), (("b", "c"),), ((0, 0, 0),) * 7)
    model = JPPNet(**TINY, classes=7, joints=17)
    predictor = Predictor(model, input_hw=INPUT_HW, classes=classes, joints=COCO_JOINTS)
    prediction = predictor(make_photo(30, 20))
    assert (prediction.classes, prediction.joints) == (classes, COCO_JOINTS)
    assert prediction.parsing.max() < 7 and prediction.people.keypoints.shape == (1, 17, 3)
    # COCO's order is theirs already.
    np.testing.assert_array_equal(prediction.to_coco(-1), prediction.keypoints)
    assert prediction.to_openpose(25, -1)[0].any()  # the nose, which LIP lacks


def test_weights_that_overflow_are_reported(make_photo):
    model = JPPNet(**TINY)
    kernel, bias = model.get_layer("fc1_human_c0").get_weights()
    model.get_layer("fc1_human_c0").set_weights([kernel, bias + np.float32(np.inf)])
    with pytest.raises(InputError, match="not finite"):
        Predictor(model, (1,), input_hw=INPUT_HW)(make_photo(9, 9))


def test_workers_stay_a_little_ahead_and_keep_the_order():
    asked = []

    def items():
        for number in range(20):
            asked.append(number)
            yield number

    with Workers(2) as workers:
        for expected, job in enumerate(workers.map_ahead(lambda x: x * x, items(), ahead=2)):
            assert job.result() == expected**2
            assert len(asked) == min(expected + 3, 20)


def test_a_large_photograph_is_fused_in_little_memory(predictor):
    random = np.random.default_rng(0)
    maps = {
        name: [random.standard_normal((2, s, s, c)).astype(np.float32) for s in (48, 36, 60)]
        for name, c in (("parsing", 20), ("pose", 16))
    }
    size = (3000, 2000)  # one map of 20 channels would be 480 MB
    tracemalloc.start()
    prediction = predictor.decode(maps, size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert prediction.parsing.shape == size
    assert peak < 100e6


def test_precision_is_the_models_and_leaves_no_policy_behind(small_file, small_model, processor):
    processor("avx512_bf16")
    predictor = Predictor(small_file, precision="bfloat16")
    assert predictor.precision == "bfloat16" == Predictor(predictor.model).precision
    assert Predictor(small_model).precision == "float32"
    assert keras.layers.Dense(1).compute_dtype == "float32"
    assert {array.dtype for array in predictor.model.get_weights()} == {np.dtype("float32")}


@pytest.mark.parametrize("precision, message", [("half", "one of float32"), ("float16", "GPU")])
def test_precisions_that_there_are_not(small_file, processor, precision, message):
    processor("avx512_bf16")
    with pytest.raises(InputError, match=message):
        Predictor(small_file, precision=precision)


def test_cpus_take_one_image_at_a_time(small_model, monkeypatch):
    monkeypatch.setattr("jppnet_tf.inference.predictor.has_gpu", lambda: False)
    assert Predictor(small_model, input_hw=INPUT_HW).batch == 1
    monkeypatch.setattr("jppnet_tf.inference.predictor.has_gpu", lambda: True)
    assert Predictor(small_model, input_hw=INPUT_HW).batch == 8
    assert Predictor(small_model, input_hw=INPUT_HW, batch=3).batch == 3
    with pytest.raises(InputError, match="batch starts at 1, not 0"):
        Predictor(small_model, input_hw=INPUT_HW, batch=0)


def test_python_hears_nothing_of_tensorflow(small_file):
    """Three predictors, each compiled for two sizes: more than TensorFlow is silent at."""
    program = (
        "import numpy, sys, jppnet_tf\n"
        "for number in range(3):\n"
        f"    predictor = jppnet_tf.Predictor({str(small_file)!r}, (1, 0.5), False, (32, 32))\n"
        "    print(predictor(numpy.zeros((20, 30, 3), numpy.uint8)).parsing.shape)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.stdout == "(20, 30)\n" * 3, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if "absl::InitializeLog" not in line]
    assert not [line for line in lines if "retracing" in line]
    # Newer versions print what they think of the processor before they look at any setting.
    assert lines == [] or not KERAS_2
