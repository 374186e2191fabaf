import numpy as np
import pytest
import scipy.io

from jppnet_tf import InputError
from jppnet_tf.data import mat_files
from jppnet_tf.data.mat_files import read_mat


@pytest.fixture(params=[True, False], ids=["compressed", "plain"])
def path(request, tmp_path):
    """A file of two variables."""
    cells = np.array([["null", "accessories"]], object)
    contents = {"label_list": cells, "number": np.arange(2000.0)}
    scipy.io.savemat(tmp_path / "a.mat", contents, do_compression=request.param)
    return tmp_path / "a.mat"


def test_variables_are_read_and_options_passed_on(path):
    found = read_mat(path, squeeze_me=True)
    assert found["label_list"].tolist() == ["null", "accessories"]
    np.testing.assert_array_equal(found["number"], np.arange(2000))
    assert read_mat(path)["number"].shape == (1, 2000)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_file_that_ends_too_early(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"a.mat: damaged, or not a .mat file: \S"):
        read_mat(path)


def test_what_ends_scipy_ends_another_process(path, monkeypatch):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(mat_files, "_TRIAL", kill)
    scipy.io.savemat(path, {"a": 1}, do_compression=False)
    with pytest.raises(InputError, match="a.mat: damaged, or not a .mat file: it cannot be read"):
        read_mat(path)
    scipy.io.savemat(path, {"a": 1}, do_compression=True)  # needs no other
    assert read_mat(path)["a"] == 1


def test_a_flipped_bit_in_what_is_compressed_is_noticed_before_scipy_reads(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "a.mat", {"a": np.arange(999.0)}, do_compression=True)
    content = bytearray((tmp_path / "a.mat").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "a.mat").write_bytes(content)
    monkeypatch.setattr(scipy.io, "loadmat", None)
    with pytest.raises(InputError, match="a.mat: damaged.*decompressing"):
        read_mat(tmp_path / "a.mat")


@pytest.mark.parametrize("version, reason", [("4", "of version 0"), ("5", "")])
def test_other_versions(tmp_path, version, reason):
    scipy.io.savemat(tmp_path / "a.mat", {"a": np.arange(3.0)}, format=version)
    if not reason:
        assert read_mat(tmp_path / "a.mat")["a"].tolist() == [[0, 1, 2]]
        return
    with pytest.raises(InputError, match=reason):
        read_mat(tmp_path / "a.mat")


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no.mat: no such file"):
        read_mat(tmp_path / "no.mat")
