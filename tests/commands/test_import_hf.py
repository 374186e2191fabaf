"""What `jppnet import-hf` says: of what it guesses, and of wrong flags and files."""

import pytest

from jppnet_tf.data.lip import read_split
from tests.data.hf.made_up import make_row, write_dataset, write_parquet


@pytest.fixture
def dataset(tmp_path):
    write_dataset(tmp_path / "people")
    return tmp_path / "people"


def test_a_data_set_is_imported_and_told(run_tool, dataset, tmp_path):
    flags = ("--dataset", dataset, "--output", tmp_path / "out", "--val_share", 0.3)
    status, text, errors = run_tool("import_hf.py", *flags)
    assert status == 0, errors
    train, val = (len(read_split(tmp_path / "out", split).records) for split in ("train", "val"))
    assert text == (
        "images: column image, masks: column mask; guessed, --image and --mask decide\n"
        "classes: 18, atr, written in LIP's ids\n"
        "terms: cc-by-4.0\n"
        f"{train} images to train, {val} to validate in {tmp_path / 'out'}, without joints; its "
        "README.md tells the rest\n"
    )
    assert "20/20" in errors  # tqdm
    notes = (tmp_path / "out/README.md").read_text()
    assert f"- From: `{dataset}`, split `train`.\n- Terms (its licence): cc-by-4.0.\n" in notes
    status, text, errors = run_tool("import_hf.py", *flags)
    assert (status, text, errors.count("\n")) == (2, "", 1) and "--overwrite" in errors
    status, _, errors = run_tool("import_hf.py", *flags, "--overwrite")
    assert status == 0, errors


def test_columns_that_are_given_are_not_guessed(run_tool, tmp_path):
    rows = [make_row(number) for number in range(20)]
    rows = [{"mask": row["image"], "parts": row["mask"], "extra": b"x"} for row in rows]
    path = write_parquet(tmp_path / "train.parquet", rows)
    flags = ("--dataset", path, "--output", tmp_path / "out", "--val_share", 0.3)
    flags += ("--image", "mask", "--mask", "parts", "--classes", "lip")
    status, text, errors = run_tool("import_hf.py", *flags)
    assert status == 0, errors
    assert text.startswith(
        "images: column mask, masks: column parts (others with images: extra)\n"
        "classes: 20, lip\n"
        "terms: unknown: no card (README.md) came with the data set\n"
    )


@pytest.mark.parametrize(
    "flags, message",
    [
        (("--val_share", "0"), "--val_share 0: must be above 0 and below 1"),
        (("--val_share", "1"), "--val_share 1: must be above 0 and below 1"),
        (("--split", "test"), "no file of split test among 2: data/train-00000-of-00002.parquet"),
        (("--mask", "label"), "column label (--mask) is not there; columns that do: image, mask"),
        (("--classes", "lip"), "names other classes than --classes lip has"),
        (("--dataset", "some/body"), "hf download some/body --repo-type dataset --local-dir body"),
    ],
)
def test_wrong_flags_are_one_line(run_tool, dataset, tmp_path, flags, message):
    status, text, errors = run_tool(
        "import_hf.py", "--dataset", dataset, "--output", tmp_path / "out", *flags
    )
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert message in errors and not (tmp_path / "out").exists()
