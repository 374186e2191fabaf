import numpy as np
import pytest

from jppnet_tf.labels import LIP
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction

FILES = {
    "cpvton": ["image/sub/a.jpg", "image-parse/sub/a.png", "pose/sub/a_keypoints.json"],
    "cpvton+": [
        "image/sub/a.jpg", "image-parse-new/sub/a.png", "image-mask/sub/a.png",
        "pose/sub/a_keypoints.json",
    ],
    "acgpn": ["test_img/sub/a.jpg", "test_label/sub/a.png", "test_pose/sub/a_keypoints.json"],
    "vitonhd": [
        "image/sub/a.jpg", "image-parse/sub/a.png", "openpose-json/sub/a_keypoints.json",
        "openpose-img/sub/a_rendered.png",
    ],
    "hrviton": [
        "image/sub/a.jpg", "image-parse-v3/sub/a.png", "image-parse-agnostic-v3.2/sub/a.png",
        "openpose_json/sub/a_keypoints.json", "openpose_img/sub/a_rendered.png",
        "agnostic-v3.2/sub/a.jpg", "agnostic-mask/sub/a_mask.png",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_names_are_those_that_loaders_open(name, prediction, write):
    files = write(name, prediction)
    assert [*files] == [f"{name}/{path}" for path in FILES[name]]
    size = (768, 1024) if name in ("vitonhd", "hrviton") else (192, 256)
    assert {each.size for path, each in files.items() if not path.endswith(".json")} == {size}


@pytest.mark.parametrize("name, folder", [
    ("cpvton", "image-parse"), ("cpvton+", "image-parse-new"),
])  # fmt: skip
def test_cpvton(name, folder, prediction, write):
    files = write(name, prediction)
    parse, pose = files[f"{name}/{folder}/sub/a.png"], files[f"{name}/pose/sub/a_keypoints.json"]
    assert (parse.format, parse.mode, parse.size) == ("PNG", "L", (192, 256))
    # CP-VTON+ converts what it opens to grey, and must still see ids.
    ids = np.array(parse.convert("L"))
    np.testing.assert_array_equal(ids, prediction.on_canvas((256, 192)).parsing)
    assert set(np.unique(ids)) == {0, 10, 19}
    assert pose["version"] == 1.0
    (person,) = pose["people"]
    assert {key for key, value in person.items() if value == []} == {
        "face_keypoints", "hand_left_keypoints", "hand_right_keypoints"
    }  # fmt: skip
    found = np.reshape(person["pose_keypoints"], (-1, 3))
    assert found.shape == (18, 3)
    np.testing.assert_allclose(found[2], [12 * 6.4 + 2.7, 24 * 6.4 + 2.7, 0.8125], atol=0.006)
    assert not found[[0, 14, 15, 16, 17]].any()


def test_vitonhd(prediction, write):
    _, parse, pose, picture = write("vitonhd", prediction).values()
    assert (parse.mode, parse.size) == ("P", (768, 1024))
    ids = np.array(parse)
    placed = prediction.on_canvas((1024, 768)).parsing
    np.testing.assert_array_equal(ids, np.where(placed == 10, 6, placed))  # jumpsuits are dresses
    # HR-VITON looks at the colours too.
    np.testing.assert_array_equal(parse.convert("RGB"), np.array(LIP.palette)[ids])
    found = np.reshape(pose["people"][0]["pose_keypoints_2d"], (25, 3))
    expected = prediction.on_canvas((1024, 768)).to_openpose(25)
    np.testing.assert_allclose(found, expected, atol=0.006)
    assert (picture.mode, picture.size) == ("RGB", (768, 1024))
    shown = np.array(picture)
    assert not shown[0, 0].any() and 0.005 < shown.any(axis=2).mean() < 0.2
    x, y = np.rint(expected[7, :2]).astype(int)  # left wrist: green, at 0.6
    np.testing.assert_allclose(shown[y, x] / shown[y, x].max(), [0, 1, 0], atol=0.4)


def test_joints_outside_the_image_are_not_on_the_canvas_either(write):
    """A wide image leaves room above and below, where a joint outside it would lie."""
    keypoints = np.full((16, 3), 0.9, np.float32)
    keypoints[:, :2] = [[10 + 5 * i, 20 + i] for i in range(16)]
    keypoints[10, 1] = 60  # the right wrist, below an image 50 high
    wide = Prediction(np.full((50, 100), 5, np.uint8), people=People.of_one(keypoints))
    for name, key, wrist in (
        ("cpvton", "pose_keypoints", 4), ("hrviton", "pose_keypoints_2d", 4)
    ):  # fmt: skip
        files = write(name, wide)
        (pose,) = (value for path, value in files.items() if path.endswith(".json"))
        found = np.reshape(pose["people"][0][key], (-1, 3))
        assert not found[wrist].any() and found[wrist - 1].all()
    assert not wide.on_canvas((256, 192)).to_openpose(18)[4].any()
    assert wide.on_canvas((256, 192)).to_openpose(18)[3].all()


def test_a_skeleton_without_joints_is_black(write):
    empty = Prediction(np.full((40, 30), 5, np.uint8), People.of_one(np.zeros((16, 3), np.float32)))
    files = write("vitonhd", empty)
    assert not np.array(files["vitonhd/openpose-img/sub/a_rendered.png"]).any()


def test_missing_joints_stay_missing_on_the_canvas(prediction, write):
    found = write("cpvton", prediction, least_score=0.8)["cpvton/pose/sub/a_keypoints.json"]
    found = np.reshape(found["people"][0]["pose_keypoints"], (18, 3))
    assert np.flatnonzero(found.any(axis=1)).tolist() == [1, 2, 5, 6, 7]
