import sys
import types

import numpy as np
import pytest

from jppnet_tf.data.ccp.blazepose import find_landmarks, write_landmarks
from jppnet_tf.data.ccp.clone import read_landmarks
from jppnet_tf.system.errors import InputError
from tests.data.ccp.made_up import SIZE_HW, write_clone


class StandIn:
    """Stands in for mediapipe's Pose: landmarks from the image's mean red, or nobody."""

    options = None

    def __init__(self, **options):
        StandIn.options = options

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def process(self, rgb):
        red = rgb[0, 0, 0]
        point = types.SimpleNamespace(x=0.5, y=0.25, z=-0.1, visibility=red / 255)
        nobody = red == 41
        landmarks = None if nobody else types.SimpleNamespace(landmark=[point] * 33)
        return types.SimpleNamespace(pose_landmarks=landmarks)


@pytest.fixture
def mediapipe(monkeypatch):
    names = ["mediapipe", "mediapipe.python", "mediapipe.python.solutions"]
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    module = types.ModuleType("pose")
    module.Pose = StandIn
    monkeypatch.setitem(sys.modules, "mediapipe.python.solutions.pose", module)


def test_landmarks_are_in_pixels_of_the_photograph(tmp_path, mediapipe):
    write_clone(tmp_path, labelled=("0001",), others=("0003", "0004"))
    (tmp_path / "photos" / "0003.jpg").rename(tmp_path / "photos" / "0002.jpg")
    seen = []
    found = find_landmarks(tmp_path, lambda *counts: seen.append(counts))
    height, width = SIZE_HW
    expected = (0.5 * width, 0.25 * height, -0.1 * width)
    np.testing.assert_allclose(found["0001"][:, :3], [expected] * 33, rtol=1e-6)
    assert np.isnan(found["0002"]).all() and found["0004"].shape == (33, 4)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert StandIn.options == {"static_image_mode": True, "model_complexity": 1}
    write_landmarks(tmp_path / "found.npz", found)
    again = read_landmarks(tmp_path / "found.npz")
    assert set(again) == {"0001", "0004"}
    np.testing.assert_array_equal(again["0004"], found["0004"])


def test_without_mediapipe_it_is_said_what_to_do(tmp_path, monkeypatch):
    write_clone(tmp_path, labelled=("0001",), others=())
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(InputError, match=r"pip install 'jppnet-tf\[landmarks\]'.*--landmarks"):
        find_landmarks(tmp_path)


def test_a_photograph_that_cannot_be_read(tmp_path, mediapipe):
    write_clone(tmp_path, labelled=("0001",), others=())
    (tmp_path / "photos" / "0001.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="0001.jpg: cannot be read"):
        find_landmarks(tmp_path)
    (tmp_path / "photos" / "0001.jpg").unlink()
    with pytest.raises(InputError, match="photos: no photographs"):
        find_landmarks(tmp_path)
