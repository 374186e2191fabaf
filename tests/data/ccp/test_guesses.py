import cv2
import numpy as np
import pytest
import scipy.io

from jppnet_tf.data.ccp.guesses import possible_classes
from jppnet_tf.data.ccp.writing import import_ccp
from jppnet_tf.data.lip import read_split
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP
from jppnet_tf.system.errors import InputError
from tests.data.ccp.made_up import SIZE_HW, TAGS, write_clone


@pytest.fixture
def clone(tmp_path):
    """A clone, and what a network made of its one photograph that trains pose only."""
    write_clone(tmp_path / "clone")
    ids = np.zeros(SIZE_HW, np.uint8)
    ids[20:40], ids[60:90], ids[100:110], ids[110:120] = 13, 5, 6, 18
    (tmp_path / "results" / "parsing").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "results" / "parsing" / "ccp_0011.png"), ids)
    return tmp_path / "clone", tmp_path / "results", ids


def run(clone, guesses, output):
    return import_ccp(clone, clone / "landmarks.npz", output, guesses=guesses)


def names_of(ids):
    return {LIP.names[i] for i in ids}


def test_tags_tell_which_classes_can_be_there():
    assert names_of(possible_classes(["null"])) == {"background"}
    assert names_of(possible_classes(["skin"])) == {
        "background", "face", "left-arm", "right-arm", "left-leg", "right-leg",
    }  # fmt: skip
    assert names_of(possible_classes(["boots", "suit", "scarf", "belt", "bag"])) == {
        "background", "left-shoe", "right-shoe", "coat", "pants", "scarf",
    }  # fmt: skip


def test_a_guess_is_kept_as_far_as_tags_allow(clone, tmp_path):
    folder, results, ids = clone
    run(folder, results, tmp_path / "out")
    records = {r.name: r for r in read_split(tmp_path / "out", "train").records}
    wanted = np.where(ids == 6, 255, ids)  # nobody wears a dress there
    np.testing.assert_array_equal(read_ids(records["ccp_0011"].label), wanted)
    assert 5 in read_ids(records["ccp_0001"].label)  # the labelled one is as ever


@pytest.mark.parametrize("fault", ["missing", "size", "unlisted", "strange"])
def test_guesses_that_do_not_fit_are_named(fault, clone, tmp_path):
    folder, results, ids = clone
    label, listed = (
        results / "parsing" / "ccp_0011.png",
        folder / "annotations/image-level/0011.mat",
    )
    if fault == "missing":
        label.unlink()
    elif fault == "size":
        cv2.imwrite(str(label), ids[1:])
    elif fault == "unlisted":
        listed.unlink()
    else:
        scipy.io.savemat(listed, {"tags": np.array([[len(TAGS)]], np.uint8)})
    where = "0011.mat" if fault == "strange" else "0011.jpg" if fault == "unlisted" else "0011.png"
    with pytest.raises(InputError, match=where):
        run(folder, results, tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("*.csv"))
