"""The wheel and the source distribution: built, installed elsewhere, and used there."""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import cv2
import numpy as np
import pytest

import jppnet_tf
from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.weights import presets
from tests.programs import ROOT

pytestmark = pytest.mark.slow

SOURCES = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "CHANGELOG.md", "LICENSE")
FOLDERS = ("jppnet_tf", "checkpoints", "tools", "docs")


def run_python(*words, cwd, path=None):
    """Runs Python without network access to packages; its stdout."""
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    environment |= {} if path is None else {"PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what distributions are built from: building leaves files behind."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    # What users put there does not ship.
    (folder / "checkpoints/mine.safetensors").write_bytes(b"mine")
    return folder


@pytest.fixture(scope="module")
def wheel(sources):
    run_python(
        "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "dist", ".", cwd=sources
    )
    (file,) = (sources / "dist").glob("*.whl")
    return file


def find_shipped():
    """Names of the files that every distribution holds, as a wheel calls them."""
    recipes = (ROOT / "jppnet_tf/training/recipes").glob("*.py")
    return {
        "jppnet_tf/py.typed",
        "jppnet_tf/__main__.py",
        "jppnet_tf/checkpoints/README.md",
        "jppnet_tf/checkpoints/NOTICE",
        *(f"jppnet_tf/checkpoints/{name}.safetensors" for name in presets.SHIPPED),
        *(f"jppnet_tf/training/recipes/{file.name}" for file in recipes),
    }


def test_the_wheel_holds_weights_recipes_types_and_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        notes = email.message_from_bytes(archive.read(metadata))
    assert find_shipped() <= names and len(find_shipped()) > 10
    assert any(name.endswith("LICENSE") for name in names)
    assert not [name for name in names if "mine" in name or name.startswith(("tests", "tools"))]
    assert notes["Version"] == jppnet_tf.__version__
    assert "MIT" in (notes["License"] or notes["License-Expression"])
    description = notes.get_payload()
    assert "](https://" in description
    # Others lead nowhere from a package index.
    assert not re.findall(r"\]\((?!https?:|#)[^)]*\)", description)


def test_the_source_distribution_holds_them_too(sources):
    run_python("setup.py", "-q", "sdist", "-d", "dist", cwd=sources)
    (file,) = (sources / "dist").glob("*.tar.gz")
    with tarfile.open(file) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {name.replace("jppnet_tf/checkpoints/", "checkpoints/") for name in find_shipped()}
    wanted |= {"MANIFEST.in", "LICENSE", "CHANGELOG.md", "tools/infer.py", "docs/export.md"}
    assert wanted <= names
    assert "checkpoints/mine.safetensors" not in names


def test_it_predicts_where_it_is_installed(wheel, tmp_path):
    home, work = tmp_path / "installed", tmp_path / "work"
    work.mkdir()
    run_python(
        "-m", "pip", "install", "-q", "--no-deps", "--target", home, wheel, cwd=tmp_path
    )  # fmt: skip
    where = "import jppnet_tf.weights.presets as p; print(p.__file__, p.locate('figures'))"
    module, weights = run_python("-c", where, cwd=work, path=home).split()
    assert module.startswith(str(home)) and weights.startswith(str(home))
    version = run_python(home / "bin/jppnet", "--version", cwd=work, path=home)
    assert version == f"jppnet_tf {jppnet_tf.__version__}\n"
    flags = ("--recipe", "figures_lip_net", "--data=x", "--output=x", "--show_settings")
    shown = run_python("-m", "jppnet_tf", "train", *flags, cwd=work, path=home)
    assert json.loads(shown)["model"] == "lip_net"

    rgb = render_figure((4, 0)).image
    cv2.imwrite(str(work / "a.png"), rgb[..., ::-1])
    words = ("infer", "--weights", "figures", "--fast", "--output", "out", "a.png")
    text = run_python("-m", "jppnet_tf", *words, cwd=work, path=home)
    assert text.partition("; results")[0] == "1 predicted, 0 finished before, 0 failed"
    expected = Predictor("figures", scales=(1,), mirror=False)(rgb)
    ids = cv2.imread(str(work / "out/parsing/a.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(ids, expected.parsing)
    assert len(np.unique(ids)) > 5  # a person, not noise or nothing
    points = [int(word) for word in (work / "out/pose/a.txt").read_text().split()]
    np.testing.assert_array_equal(np.reshape(points, (16, 2)), expected.keypoints[:, :2])
    record = json.loads((work / "out/predictions.jsonl").read_text())
    assert (record["name"], record["height"], record["width"]) == ("a", *rgb.shape[:2])
    settings = json.loads((work / "out/settings.json").read_text())
    assert settings["weights"] == "figures.safetensors"
