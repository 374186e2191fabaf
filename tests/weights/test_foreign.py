"""Files that are taken for weights, and names that are nearly right."""

import io
import pickle
import tarfile
import zipfile

import pytest

from jppnet_tf import InputError
from jppnet_tf.weights import loading


def make_zip(name):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"x")
    return content.getvalue()


def make_tar():
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.ckpt.index"))
    return content.getvalue()


# By name, because the names of tests must be the same in every process.
FOREIGN = {
    "pytorch": (make_zip("archive/data.pkl"), "holds PyTorch's weights; pass a TF1 checkpoint"),
    "keras": (make_zip("model.weights.h5"), "a whole model of Keras's"),
    "zip": (make_zip("JPPNet-s2/checkpoint"), "is a zip archive; unpack it"),
    "cut zip": (make_zip("a")[:30], "is a damaged zip archive"),
    "pickle": (pickle.dumps({"a": 1}), "is a Python pickle"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file.* --initial_weights takes it"),
    "drive's page": (b"<!DOCTYPE html><html>Google Drive", "is a web page"),
    "page": (b"\n<HTML>", "is a web page"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    "gzip": (b"\x1f\x8b\x08" + bytes(99), "is an archive; unpack it"),
    "tar": (make_tar(), "is an archive; unpack it"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(99), "is a TFLite model"),
    "empty": (b"", "is empty"),
    "text": (b"anything else", "damaged, or no safetensors file"),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("name", ["weights.safetensors", "model.pth"])
def test_each_kind_gets_its_own_sentence(tmp_path, name, kind):
    content, message = FOREIGN[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: .*{message}") as error:
        loading.open_weights(tmp_path / name)
    assert len(str(error.value)) < 500


@pytest.fixture
def checkpoint(small_checkpoint, tmp_path):
    """A TF1 checkpoint within a folder of the same name, as archives unpack."""
    folder = tmp_path / "here" / "JPPNet-s2" / "JPPNet-s2"
    folder.mkdir(parents=True)
    for file in small_checkpoint.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder.parent / "__MACOSX").mkdir()
    return folder


@pytest.mark.parametrize(
    "place", ["JPPNet-s2", "JPPNet-s2/JPPNet-s2", "JPPNet-s2/JPPNet-s2/checkpoint", "jppnet-S2"]
)
def test_a_checkpoint_is_found_where_archives_leave_it(checkpoint, tmp_path, place):
    found = loading.open_weights(tmp_path / "here" / place)
    assert found.shapes == loading.open_weights(checkpoint).shapes


def test_a_second_download_is_found_if_it_is_the_only_one(small_file, tmp_path):
    (tmp_path / "a (1).safetensors").write_bytes(small_file.read_bytes())
    assert loading.open_weights(tmp_path / "a.safetensors").path.name == "a (1).safetensors"
    (tmp_path / "a (2).safetensors").write_bytes(small_file.read_bytes())
    with pytest.raises(InputError, match="a.safetensors: no such file"):
        loading.open_weights(tmp_path / "a.safetensors")
