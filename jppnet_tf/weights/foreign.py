"""Files that people take for weights, told apart by their first bytes."""

import os
import pathlib
import re
import zipfile

_COPY = re.compile(r" ?\(\d+\)(?=\.|$)")
"""What a browser puts into the name of a file that it has downloaded before."""
_TAR = slice(257, 262)  # where tar archives say what they are

_SENTENCES = (
    (rb"\x80[\x02-\x05]", "is a Python pickle, as PyTorch's old weights are; {ours}"),
    (rb"\x89HDF\r\n", "is an HDF5 file, as keras.applications' weights are: no whole network, but "
        "jppnet train --initial_weights takes it"),
    (rb"\s*<(!doctype|html|\?xml)", "is a web page, as saved where a download asks for a click; "
        "open its address in a browser, and save the file itself"),
    (rb"version https://git-lfs", "is Git's note of a large file, not the file; run git lfs pull"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "is an archive; unpack it, and pass what it holds"),
    (rb".{4}TFL3", "is a TFLite model, which cannot be made weights again; {ours}"),
)  # fmt: skip
_OURS = (
    "pass a TF1 checkpoint, a .caffemodel, a safetensors file of this package, or the name of "
    "weights that ship"
)


def find_similar(path: pathlib.Path) -> pathlib.Path:
    """What is meant by a path: itself, or the one beside it that differs by case or " (1)" only."""
    if path.exists() or not path.parent.is_dir():
        return path
    wanted = _plain(path.name)
    found = [p for p in path.parent.iterdir() if _plain(p.name) == wanted]
    return found[0] if len(found) == 1 else path


def _plain(name):
    return _COPY.sub("", name).lower()


def describe_foreign(path: str | os.PathLike) -> str | None:
    """What a file is that is no safetensors file, and what to do; None of any that may be one."""
    with open(path, "rb") as file:
        start = file.read(512)
    if not start:
        return "is empty; copy or download it again"
    if start.startswith(b"PK\x03\x04"):
        return _describe_zip(path)
    if start[_TAR] == b"ustar":
        return "is an archive; unpack it, and pass what it holds"
    for pattern, sentence in _SENTENCES:
        if re.match(pattern, start, re.IGNORECASE | re.DOTALL):
            return sentence.format(ours=_OURS)
    return None


def _describe_zip(path):
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "is a damaged zip archive; download it again"
    if any(name.endswith("data.pkl") for name in names):
        return f"holds PyTorch's weights; {_OURS}"
    if "model.weights.h5" in names:
        return f"is a whole model of Keras's; keras.models.load_model reads it; here, {_OURS}"
    return "is a zip archive; unpack it, and pass what it holds"
