"""tools/import_ccp.py as its user runs it."""

from importlib.util import find_spec

import pytest

from jppnet_tf.data.lip import read_split
from tests.data.ccp.made_up import write_clone


def test_a_clone_becomes_a_data_set(run_tool, tmp_path):
    landmarks = write_clone(tmp_path / "clone")
    flags = ("--source", tmp_path / "clone", "--landmarks", landmarks, "--output", tmp_path / "out")
    flags += ("--portraits", tmp_path / "portraits")
    status, text, errors = run_tool("import_ccp.py", *flags)
    assert status == 0, errors
    assert text == (
        f"3 photographs to train (1 of them pose only), 1 to validate in {tmp_path / 'out'}; "
        "2 left for a last test, 0 without a person\n"
        f"2 half-length and head crops of them in {tmp_path / 'portraits'}\n"
    )
    assert "4/4" in errors  # tqdm
    assert len(read_split(tmp_path / "out", "train").records) == 3
    status, text, errors = run_tool("import_ccp.py", *flags)
    assert (status, text) == (2, "") and "--overwrite" in errors and "Traceback" not in errors


def test_a_folder_that_is_not_a_clone(run_tool, tmp_path):
    landmarks = write_clone(tmp_path / "clone")
    flags = ("--source", tmp_path, "--landmarks", landmarks, "--output", tmp_path / "out")
    status, text, errors = run_tool("import_ccp.py", *flags)
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert "photos: no such folder" in errors and not (tmp_path / "out").exists()


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="mediapipe is installed")
def test_without_landmarks_and_mediapipe(run_tool, tmp_path):
    write_clone(tmp_path / "clone")
    flags = ("--source", tmp_path / "clone", "--output", tmp_path / "out")
    status, text, errors = run_tool("import_ccp.py", *flags)
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert "jppnet-tf[landmarks]" in errors and not (tmp_path / "out").exists()
