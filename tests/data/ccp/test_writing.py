import hashlib

import numpy as np
import pytest

from jppnet_tf.data.ccp.portraits import write_portraits
from jppnet_tf.data.ccp.writing import import_ccp
from jppnet_tf.data.check import check_records
from jppnet_tf.data.lip import read_split
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP_JOINTS
from jppnet_tf.system.errors import InputError
from tests.data.ccp.made_up import make_landmarks, write_clone


@pytest.fixture
def clone(tmp_path):
    write_clone(tmp_path / "clone")
    return tmp_path / "clone"


def run(clone, output, **options):
    return import_ccp(clone, clone / "landmarks.npz", output, **options)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_splits_follow_from_the_ids(clone, tmp_path):
    seen = []
    plan = run(clone, tmp_path / "out", on_photograph=lambda *counts: seen.append(counts))
    train, val = (read_split(tmp_path / "out", split) for split in ("train", "val"))
    assert [r.name for r in train.records] == ["ccp_0001", "ccp_0002", "ccp_0011"]
    assert [r.name for r in val.records] == ["ccp_0003"]
    assert [r.label is None for r in train.records] == [False, False, True]
    assert (plan.held_out, plan.without_joints) == (2, 0)  # 0007 and 0013
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_written_is_lips(clone, tmp_path):
    run(clone, tmp_path / "out")
    records = read_split(tmp_path / "out", "train").records
    assert check_records(records) == {}
    assert records[0].image.read_bytes() == (clone / "photos" / "0001.jpg").read_bytes()
    assert {5, 9, 13, 14, 15, 16, 17, 18, 19, 255} <= set(np.unique(read_ids(records[0].label)))
    np.testing.assert_allclose(records[0].joints[15, :2], make_landmarks()[15, :2], atol=0.01)
    notice = (tmp_path / "out" / "NOTICE").read_text()
    assert "Apache License 2.0" in notice and "clothing-co-parsing" in notice


def test_the_same_again_is_the_same(clone, tmp_path):
    run(clone, tmp_path / "first")
    run(clone, tmp_path / "second")
    assert files(tmp_path / "first") == files(tmp_path / "second")


def test_an_unlabelled_photograph_without_a_person_is_left_out(clone, tmp_path):
    with np.load(clone / "landmarks.npz") as arrays:
        values = arrays["landmarks"].copy()
        values[[0, 4]] = np.nan  # 0001, which has a label, and 0011
        np.savez(clone / "landmarks.npz", name=arrays["name"], landmarks=values)
    plan = run(clone, tmp_path / "out")
    records = read_split(tmp_path / "out", "train").records
    assert [(r.name, r.joints is None) for r in records] == [
        ("ccp_0001", True),
        ("ccp_0002", False),
    ]
    assert plan.without_joints == 1


def test_landmarks_of_somebody_beside_the_labelled_are_not_taken(clone, tmp_path):
    with np.load(clone / "landmarks.npz") as arrays:
        values = arrays["landmarks"].copy()
        values[0, :, 0] += 55  # of 0001
        np.savez(clone / "landmarks.npz", name=arrays["name"], landmarks=values)
    run(clone, tmp_path / "out")
    first, second, _ = read_split(tmp_path / "out", "train").records
    assert first.joints is None and second.joints is not None
    assert not {13, 14, 15, 16, 17} & set(np.unique(read_ids(first.label)))  # all skin is unknown


def test_a_data_set_that_is_there_is_kept_unless_told(clone, tmp_path):
    run(clone, tmp_path / "out")
    with pytest.raises(InputError, match="exists already; pass --overwrite"):
        run(clone, tmp_path / "out")
    before = files(tmp_path / "out")
    (clone / "annotations" / "pixel-level" / "0003.mat").write_bytes(b"x")
    with pytest.raises(InputError, match="0003.mat"):
        run(clone, tmp_path / "out", overwrite=True)
    assert files(tmp_path / "out") == before
    assert not list((tmp_path / "out").glob(".*"))


def test_a_split_without_photographs_is_an_error(tmp_path):
    write_clone(tmp_path / "clone", labelled=("0001",), others=())
    with pytest.raises(InputError, match="no photograph for the val split"):
        run(tmp_path / "clone", tmp_path / "out")


def test_portraits_are_cut_from_the_photographs_to_validate(clone, tmp_path):
    run(clone, tmp_path / "out")
    assert write_portraits(tmp_path / "out", tmp_path / "portraits") == 2
    half, head = read_split(tmp_path / "portraits", "val").records
    assert (half.name, head.name) == ("ccp_0003_half", "ccp_0003_head")
    assert check_records([half, head]) == {}
    whole = read_split(tmp_path / "out", "val").records[0]
    for crop, lowest in ((half, "pelvis"), (head, "neck")):
        label, (height, width) = read_ids(crop.label), read_ids(crop.label).shape
        moved = whole.joints[9, :2] - crop.joints[9, :2]  # where the crop's corner is
        left, top = np.rint(moved).astype(int)
        np.testing.assert_allclose(moved, (left, top), atol=0.02)  # the CSV has two decimals
        np.testing.assert_array_equal(
            label, read_ids(whole.label)[top : top + height, left : left + width]
        )
        there = ~np.isnan(crop.joints[:, 0])
        assert there[LIP_JOINTS.names.index(lowest)] and not there[0]
        np.testing.assert_allclose(
            crop.joints[there, :2], whole.joints[there, :2] - (left, top), atol=0.02
        )
    assert read_ids(head.label).shape[0] < read_ids(half.label).shape[0]
