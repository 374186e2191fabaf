import pytest

from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.samples import find_samples
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
    assert "train: images without label are left out" in text


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
