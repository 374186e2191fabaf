import cv2
import numpy as np
import pytest

from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.data.lip import Record
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.samples import find_samples, repeat_records
from jppnet_tf.training.settings import Settings


@pytest.fixture
def figures(tmp_path):
    """Four figures to train on, three to validate on."""
    write_figures(tmp_path, "train", count=4, seed=1, size=64, processes=1)
    write_figures(tmp_path, "val", count=3, seed=2, size=64, processes=1)
    return tmp_path


def files(folder, name):
    return sorted(next(folder.rglob(name)).iterdir())


def test_all_samples_of_both_splits(figures):
    samples = find_samples(figures, Settings())
    assert (len(samples.train), len(samples.validation)) == (4, 3)
    assert samples.skipped == {}
    assert samples.notes[0].startswith("train: 4 images, 0 without label, 0 without joints")


def test_a_part_of_the_validation_set(figures):
    assert len(find_samples(figures, Settings(validation_images=2)).validation) == 2


def test_images_without_label_or_joints_are_counted(figures):
    files(figures, "train_segmentations")[1].unlink()
    table = next(figures.rglob("lip_train_set.csv"))
    table.write_text("".join(table.read_text().splitlines(keepends=True)[1:]))
    samples = find_samples(figures, Settings())
    assert len(samples.train) == 3 and samples.train[0].joints is None
    text = "\n".join(samples.notes)
    assert "4 images, 1 without label, 1 without joints" in text
    assert "train: 1 images without label are left out" in text


def test_images_without_label_train_pose_if_told(figures):
    files(figures, "train_segmentations")[1].unlink()
    files(figures, "train_segmentations")[1].unlink()
    table = next(figures.rglob("lip_train_set.csv"))
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[2:]))  # the second has neither, the first only a label
    samples = find_samples(figures, Settings(pose_only=True))
    known = [(r.label is not None, r.joints is not None) for r in samples.train]
    assert known == [(True, False), (False, True), (True, True)]
    assert samples.notes[1] == (
        "train: 1 images without label train pose only, 1 images without joints train parsing "
        "only, 1 images without label and joints are left out"
    )


def test_validation_needs_labels_always(figures):
    files(figures, "val_segmentations")[0].unlink()
    samples = find_samples(figures, Settings(pose_only=True))
    assert len(samples.validation) == 2
    assert "val: 1 images without label are left out" in samples.notes


def write_labels(folder, *class_lists):
    """Records whose label maps hold these classes; None for one without."""
    for number, classes in enumerate(class_lists):
        path = folder / f"{number}.png"
        if classes is not None:
            cv2.imwrite(str(path), np.array([classes, classes], np.uint8))
        yield Record(str(number), folder / "x.jpg", None if classes is None else path)


def test_labelled_images_come_more_often(tmp_path):
    records = list(write_labels(tmp_path, [0, 1], None, [2, 3]))
    repeated = repeat_records(records, repeat=3, balance=0)
    assert [r.name for r in repeated] == ["0"] * 3 + ["1"] + ["2"] * 3
    assert repeat_records(records, 1, 0) == tuple(records)


def test_rare_classes_come_more_often_by_the_root(tmp_path):
    common, rare = [0, 5], [0, 11]
    records = list(write_labels(tmp_path, *[common] * 15, rare, None))
    repeated = repeat_records(records, repeat=1, balance=0.25)
    # A sixteenth have the rare class: 0.25 is four times as much.
    assert [sum(r.name == name for r in repeated) for name in ("0", "15", "16")] == [1, 2, 1]
    assert len(repeat_records(records, 2, 0.25)) == 2 * 15 + 4 + 1


def test_repeats_are_told(figures):
    samples = find_samples(figures, Settings(repeat=2))
    assert len(samples.train) == 8
    assert samples.notes[-1] == "train: 4 images come 8 times in an epoch"


def test_bad_samples_are_refused_or_skipped(figures):
    image = files(figures, "val_images")[2]
    image.write_bytes(image.read_bytes()[:200])
    with pytest.raises(InputError, match=rf"(?s)1 bad samples in the val set.*{image.name}"):
        find_samples(figures, Settings())
    samples = find_samples(figures, Settings(), skip_bad_samples=True)
    assert len(samples.validation) == 2 and list(samples.skipped) == [image.stem]
    assert "val: 1 bad samples skipped; skipped.txt lists them" in samples.notes


def test_nothing_left_is_an_error(figures):
    for image in files(figures, "val_images"):
        image.write_bytes(b"")
    with pytest.raises(InputError, match="no val sample is left"):
        find_samples(figures, Settings(), skip_bad_samples=True)
