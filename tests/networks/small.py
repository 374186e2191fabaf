"""The small networks of the table, built."""

import functools
import pathlib

import keras
import numpy as np

from jppnet_tf.inference.predictor import Predictor
from jppnet_tf.labels import IGNORE
from jppnet_tf.models.families import FAMILIES, Family
from jppnet_tf.training.methods import choose_method
from jppnet_tf.training.settings import Settings
from jppnet_tf.weights import loading, store
from tests.conftest import draw_photo
from tests.networks.table import NETWORKS, Line
from tests.parity.stand_in import stand_in_arrays


class SmallNetwork:
    """The small network of a line, with weights that tell every variable from all others.

    What takes long is made when it is asked for first, and kept: do not change it.

    Args:
        family: its card.
        line: its line.
        folder: where its files lie.
    """

    def __init__(self, family: Family, line: Line, folder: pathlib.Path):
        self.family, self.line, self.folder = family, line, folder
        self.arrays = stand_in_arrays(family.variable_shapes(**line.config), line.gain)

    @functools.cached_property
    def path(self) -> pathlib.Path:
        """Its safetensors file, which does not state a size of the input."""
        path = self.folder / f"{self.family.name}.safetensors"
        store.write_safetensors(path, self.arrays, self.family.builder, self.line.config)
        return path

    @functools.cached_property
    def model(self) -> keras.Model:
        """It itself, for images of any size."""
        return loading.load_model(self.path)

    @functools.cached_property
    def short(self) -> keras.Model:
        """The same, computing in bfloat16."""
        return loading.load_model(self.path, "bfloat16")

    @functools.cache  # noqa: B019  lives as long as the session anyway
    def predictor(self, precision: str = "float32", **options) -> Predictor:
        """Predicts with it at the size of its line, from one look unless told otherwise."""
        model = self.short if precision == "bfloat16" else self.model
        look = {"input_hw": self.line.input_hw, "scales": (1,), "mirror": False}
        return Predictor(model, **look | options)

    @property
    def mirroring(self) -> Predictor:
        """Predicts with it from two scales and the mirror image."""
        return self.predictor(scales=(1, 0.75), mirror=True)

    @functools.cache  # noqa: B019
    def content(self, kind: type, **look):
        """What an export of one of the classes of `export.contents` computes of it."""
        settings = {"scales": None, "mirror": None, "input_hw": self.line.input_hw}
        return kind(self.model, **settings | look)

    def read(self, size_hw: tuple[int, int], count: int = 1) -> np.ndarray:
        """Smooth random images as it reads them: float32 [count, h, w, 3]."""
        framing = self.family.build_framing(size_hw)
        images = [draw_photo(*size_hw, seed) for seed in range(count)]
        return np.concatenate([framing.frame(rgb, (1,), False)[0] for rgb in images])

    def method(self, **settings):
        """How it is trained, with all that is small."""
        size = {"size": self.line.train_size}
        return choose_method(
            Settings(model=self.family.name, **size | self.line.settings | settings)
        )

    def batch(self, count: int = 2) -> dict[str, np.ndarray]:
        """A batch to train on, with random labels and joints."""
        random, size = np.random.default_rng(0), self.line.train_size
        if self.family.finds_people:
            return self._batch_of_people(random, size, count)
        label = random.integers(0, 20, (count, size, size), np.int32)
        label[:, :2] = IGNORE
        batch = {"image": self.read((size, size), count), "label": label}
        if self.family.joints is not None:
            shape = (count, size // 8, size // 8, len(self.family.joints.names))
            batch["heatmap"] = random.random(shape, np.float32)
            batch["has_joints"] = np.ones(count, np.float32)
        return batch

    def _batch_of_people(self, random, size, count):
        cells = self.line.map_side(size)
        keypoints = random.uniform(0, size, (count, 3, len(self.family.joints.names), 3))
        masks = random.random((count, 3, cells, cells)) < 0.3
        return {
            "image": self.read((size, size), count),
            "keypoints": keypoints.astype(np.float32),
            "masks": masks,
            "crowd": random.random((count, cells, cells)) < 0.1,
        }


class SmallNetworks(dict):
    """The small networks by family, each made when it is asked for first."""

    def __init__(self, folder: pathlib.Path):
        super().__init__()
        self._folder = folder

    def __missing__(self, name: str) -> SmallNetwork:
        self[name] = SmallNetwork(FAMILIES[name], NETWORKS[name], self._folder)
        return self[name]
