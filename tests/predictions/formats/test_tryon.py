import numpy as np
import pytest

from jppnet_tf.labels import LIP


@pytest.mark.parametrize("name, folder", [
    ("cpvton", "image-parse"), ("cpvton+", "image-parse-new"),
])  # fmt: skip
def test_cpvton(name, folder, prediction, write):
    files = write(name, prediction)
    assert [*files] == [f"{name}/{folder}/sub/a.png", f"{name}/pose/sub/a_keypoints.json"]
    parse, pose = files.values()
    assert (parse.format, parse.mode, parse.size) == ("PNG", "L", (192, 256))
    # CP-VTON+ converts what it opens to grey, and must still see ids.
    ids = np.array(parse.convert("L"))
    np.testing.assert_array_equal(ids, prediction.on_canvas((256, 192)).parsing)
    assert set(np.unique(ids)) == {0, 10, 19}
    found = np.reshape(pose["people"][0]["pose_keypoints"], (-1, 3))
    assert found.shape == (18, 3)
    np.testing.assert_allclose(found[2], [12 * 6.4 + 2.7, 24 * 6.4 + 2.7, 0.8125], atol=0.006)
    assert not found[[0, 14, 15, 16, 17]].any()


def test_vitonhd(prediction, write):
    files = write("vitonhd", prediction)
    assert [*files] == [
        "vitonhd/image-parse-v3/sub/a.png", "vitonhd/openpose_json/sub/a_keypoints.json",
        "vitonhd/openpose_img/sub/a_rendered.png",
    ]  # fmt: skip
    parse, pose, picture = files.values()
    assert (parse.mode, parse.size) == ("P", (768, 1024))
    ids = np.array(parse)
    np.testing.assert_array_equal(ids, prediction.on_canvas((1024, 768)).parsing)
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


def test_missing_joints_stay_missing_on_the_canvas(prediction, write):
    found = write("cpvton", prediction, least_score=0.8)["cpvton/pose/sub/a_keypoints.json"]
    found = np.reshape(found["people"][0]["pose_keypoints"], (18, 3))
    assert np.flatnonzero(found.any(axis=1)).tolist() == [1, 2, 5, 6, 7]
