"""tools/convert_ckpt.py as its user runs it, mostly in this process."""

import contextlib
import resource

import pytest

from jppnet_tf.weights import store
from tests.programs import ROOT, start_program


def test_converting_a_released_folder_and_back(run_tool, small_checkpoint, small_arrays, tmp_path):
    output = tmp_path / "small weights.safetensors"
    status, text, errors = start_program(
        "convert_ckpt.py", "--checkpoint", small_checkpoint, "--output", output
    )
    assert (status, errors) == (0, "")
    assert f"{len(small_arrays)} variables" in text
    assert store.checksum(small_arrays) in text
    status, text, errors = run_tool(
        "convert_ckpt.py", "--checkpoint", output, "--to", "tf1", "--output", tmp_path / "back"
    )
    assert status == 0, errors
    assert store.checksum(small_arrays) in text
    assert (tmp_path / "back/checkpoint").exists()
    again = ("--checkpoint", output, "--to", "tf1", "--output", tmp_path / "back")
    status, _, errors = run_tool("convert_ckpt.py", *again)
    assert (status, errors.count("\n")) == (2, 1) and "--overwrite" in errors
    assert run_tool("convert_ckpt.py", *again, "--overwrite")[0] == 0


def test_bad_input_is_one_line_and_status_2(run_tool, small_checkpoint, tmp_path):
    output = tmp_path / "out.safetensors"
    (small_checkpoint / "model.ckpt-205632.data-00000-of-00001").unlink()
    status, text, errors = run_tool(
        "convert_ckpt.py", "--checkpoint", small_checkpoint, "--output", output
    )
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("error: ") and "half a checkpoint" in errors
    assert not output.exists()


def test_weights_that_ship_have_names(run_tool, tmp_path):
    output = tmp_path / "copy.safetensors"
    words = ("convert_ckpt.py", "--output", output, "--half", "--checkpoint")
    status, text, errors = run_tool(*words, "figures_lip_net", cwd=tmp_path)
    assert (status, errors) == (0, "")
    shipped = store.open_safetensors(ROOT / "checkpoints/figures_lip_net.safetensors")
    assert f"checksum {shipped.metadata['checksum']}\n" in text
    assert store.open_safetensors(output).metadata["source"] == "figures_lip_net.safetensors"
    status, text, errors = run_tool(*words, "figures_lipnet", "--overwrite", cwd=tmp_path)
    assert (status, text) == (2, "")
    assert errors == (
        "error: figures_lipnet: no such file or folder, and no weights of that name ship; "
        "the names are photos, photos_lip_net, figures, figures_lip_net\n"
    )


@contextlib.contextmanager
def files_limited_to(size):
    """Has this process fail to write files beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("to", ["safetensors", "tf1"])
def test_a_full_disk_leaves_nothing(run_tool, small_checkpoint, small_file, tmp_path, to):
    folder = tmp_path / "small disk"
    folder.mkdir()
    source = small_checkpoint if to == "safetensors" else small_file
    words = ("--checkpoint", source, "--to", to, "--output", folder / "out.safetensors")
    with files_limited_to(100_000):
        status, _, errors = run_tool("convert_ckpt.py", *words)
    assert status == 2, errors
    assert "cannot be written" in errors and "Traceback" not in errors
    assert list(folder.iterdir()) == []


def test_a_caffemodel_is_converted_or_refused(run_tool, small_caffemodel, tmp_path):
    output = tmp_path / "ss_jppnet.safetensors"
    arguments = ("--checkpoint", small_caffemodel, "--output", output)
    status, text, errors = run_tool("convert_ckpt.py", *arguments, "--model", "jppnet")
    assert (status, errors.count("\n")) == (2, 1) and "weights of SSJPPNet, not of JPP" in errors
    status, text, errors = run_tool("convert_ckpt.py", *arguments, "--model", "ss_jppnet")
    assert status == 0, errors
    assert "SSJPPNet(classes=20, widths=[2, 3, 4, 5, 6])" in text and "skipped  64" in text
    whole = small_caffemodel.read_bytes()
    small_caffemodel.write_bytes(whole[: len(whole) // 2])
    status, text, errors = run_tool("convert_ckpt.py", *arguments, "--overwrite")
    assert (status, text) == (2, "") and "bytes are missing" in errors
    assert store.open_safetensors(output).metadata["model"] == "SSJPPNet"  # still the good one
