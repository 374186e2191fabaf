"""A prediction, and what readers of its files see."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from jppnet_tf.predictions.formats import FORMATS
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


@pytest.fixture
def prediction():
    """40 high, 30 wide, as CP-VTON's canvas is; joint i lies at (i, 2 i), scores (i + 1) / 16."""
    parsing = np.zeros((40, 30), np.uint8)
    parsing[10:20, :15] = 10
    parsing[39, 29] = 19
    keypoints = np.array([[i, 2 * i, (i + 1) / 16] for i in range(16)], np.float32)
    scores = np.full(20, np.nan, np.float32)
    scores[[0, 10, 19]] = 0.9, 0.5, 0.25
    return Prediction(parsing, People.of_one(keypoints), class_scores=scores)


@pytest.fixture
def write(make_photo):
    """Function that gives the files of a format: JSON as values, PNGs as Pillow's images."""

    def read(path, content):
        return json.loads(content) if path.endswith(".json") else Image.open(io.BytesIO(content))

    def files(name, prediction, least_score=None, result="sub/a"):
        photo = make_photo(*prediction.parsing.shape)
        found = FORMATS[name].files(result, photo, prediction, least_score)
        return {path: read(path, content) for path, content in found.items()}

    return files
