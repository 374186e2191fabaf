import json

import numpy as np
import pytest
import scipy.io

from jppnet_tf.data.mpii import read_mpii
from jppnet_tf.system.errors import InputError

POINTS = np.arange(32.0).reshape(16, 2)


def make_rect(points=POINTS, box=(10, 20, 40, 60)):
    """One annorect of the .mat file, as nested dicts that scipy writes as structs."""
    rect = dict(zip(("x1", "y1", "x2", "y2"), map(float, box), strict=True))
    point = [{"id": i, "x": x, "y": y, "is_visible": 1} for i, (x, y) in enumerate(points)]
    return rect | {"annopoints": {"point": point}}


@pytest.fixture
def write_mat(tmp_path):
    def write(*images):
        """`images`: (name, is train, singles, rects)."""
        path = tmp_path / "mpii.mat"
        release = {
            "annolist": [
                {"image": {"name": name}, "annorect": rects} for name, _, _, rects in images
            ],
            "img_train": [float(train) for _, train, _, _ in images],
            "single_person": np.array([None] * len(images), object),
        }
        for place, (_, _, singles, _) in enumerate(images):
            release["single_person"][place] = np.array(singles, float)
        scipy.io.savemat(path, {"RELEASE": release}, oned_as="column")
        return path

    return write


def test_mat_gives_the_single_persons_of_the_training_set(write_mat):
    path = write_mat(
        ("a.jpg", 1, [1], [make_rect()]),
        ("test.jpg", 0, [1], [make_rect()]),
        ("two.jpg", 1, [1, 3], [make_rect(), make_rect(POINTS + 5), make_rect(POINTS + 100)]),
        ("crowd.jpg", 1, [], [make_rect(), make_rect()]),
    )
    people = read_mpii(path)
    assert list(people) == ["a", "two_1", "two_2"]
    np.testing.assert_array_equal(people["a"].joints[:, :2], POINTS)
    np.testing.assert_array_equal(people["two_2"].joints[:, :2], POINTS + 100)
    assert people["a"].head_size == pytest.approx(0.6 * 50)
    assert people["two_1"].source == f"{path}, image 3"


def test_mat_leaves_joints_and_people_out_that_it_does_not_have(write_mat):
    empty = np.zeros((0, 0))  # what a struct array has where a field was not set
    without_head = make_rect() | dict.fromkeys(("x1", "y1", "x2", "y2"), empty)
    without_joints = make_rect() | {"annopoints": empty}
    people = read_mpii(
        write_mat(
            ("a.jpg", 1, [1], [make_rect(POINTS[:3])]),
            ("b.jpg", 1, [1], [without_head]),
            ("c.jpg", 1, [1], [without_joints]),
        )
    )
    assert list(people) == ["a"]
    assert np.isnan(people["a"].joints[3:, :2]).all()
    assert not np.isnan(people["a"].joints[:3]).any()


@pytest.mark.parametrize("single", [0, 3])
def test_a_person_who_is_not_there(write_mat, single):
    path = write_mat(("a.jpg", 1, [], [make_rect()]), ("b.jpg", 1, [single], [make_rect()] * 2))
    with pytest.raises(InputError, match=f"image 2: .*person {single} of 2"):
        read_mpii(path)


def test_a_joint_that_is_none(write_mat):
    rect = make_rect()
    rect["annopoints"]["point"][3]["id"] = 16
    with pytest.raises(InputError, match="image 1: .*joint 16"):
        read_mpii(write_mat(("a.jpg", 1, [1], [rect])))


def test_two_people_of_one_name(tmp_path):
    entry = {"joints": POINTS.tolist(), "head_box": [0, 0, 3, 4]}
    entries = [entry | {"image": name} for name in ("a.jpg", "a.jpg", "a_1.jpg")]
    (tmp_path / "a.json").write_text(json.dumps(entries))
    with pytest.raises(InputError, match="entry 2: two people would be called a_1"):
        read_mpii(tmp_path / "a.json")


def test_json(tmp_path):
    entry = {"image": "x/a.jpg", "joints": POINTS.tolist(), "head_box": [0, 0, 3, 4],
             "joints_vis": [0] + [1] * 15}  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps([entry]))
    person = read_mpii(tmp_path / "a.json")["a"]
    assert np.isnan(person.joints[0, :2]).all() and person.head_size == 3
    np.testing.assert_array_equal(person.joints[1:, :2], POINTS[1:])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"head_box": None}, "entry 0: needs image, joints .* and head_box"),
        ({"joints": [[1, 2]]}, "entry 0: needs"),
        ({"head_box": [1, 2]}, "entry 0: needs"),
        ({"head_box": [0, 0, None, 4]}, "entry 0: needs"),
    ],
)
def test_json_without_what_is_needed(tmp_path, change, message):
    entry = {"image": "a.jpg", "joints": POINTS.tolist(), "head_box": [0, 0, 3, 4]} | change
    (tmp_path / "a.json").write_text(json.dumps([entry]))
    with pytest.raises(InputError, match=message):
        read_mpii(tmp_path / "a.json")


@pytest.mark.parametrize(
    "name, content",
    [("a.json", "{"), ("a.json", "[]"), ("a.mat", "x" * 200), ("a.mat", "x" * 50), ("a.mat", "")],
)
def test_files_that_are_something_else(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        read_mpii(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_mpii(tmp_path / f"missing_{name}")
