"""The models that ship: each scores as its file of expected scores says."""

import json

import numpy as np
import pytest
from matplotlib import cbook

from jppnet_tf import LIP, LIP_JOINTS, Predictor
from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.evaluation import scoring
from jppnet_tf.evaluation.report.folder import describe
from jppnet_tf.weights import presets
from tests.programs import ROOT

EXPECTED = {
    name: json.loads((ROOT / f"checkpoints/{name}/expected.json").read_text())
    for name in presets.SHIPPED
}
KINDS = {"mean_iou": "parsing", "total": "pckh"}
LIMITS = {"photos": 40_000_000}
"""Bytes of a file; 16 MiB of the others."""


@pytest.fixture(scope="module", params=list(EXPECTED))
def model(request):
    """What a model should score, and the model."""
    # One look, for speed; the scores in README.md are those of as many as the original took.
    weights = ROOT / f"checkpoints/{request.param}.safetensors"
    return EXPECTED[request.param], Predictor(weights, scales=(1,), mirror=False)


def test_scores_are_those_expected(model, tmp_path):
    expected, predictor = model
    write_figures(tmp_path, "val", expected["figures"], expected["seed"])
    entries = scoring.record_entries(read_split(tmp_path, "val").records)
    scores = describe(scoring.tally_weights(predictor, entries).scores(), LIP.names)
    for name in KINDS.keys() & expected.keys():
        assert scores[KINDS[name]][name] == pytest.approx(expected[name], abs=expected["tolerance"])


def test_a_photograph_holds_what_is_expected(model):
    expected, predictor = model
    if "photograph" not in expected:
        pytest.skip("the model knows no photographs")
    # Of Grace Hopper, by the United States Navy; in the public domain.
    prediction = predictor(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    shares = 100 * np.bincount(prediction.parsing.ravel(), minlength=20) / prediction.parsing.size
    for name, share in expected["photograph"]["shares"].items():
        # Processors round differently: pixels between two classes change sides.
        assert shares[LIP.names.index(name)] == pytest.approx(share, abs=0.2)
    for name, xy in expected["photograph"]["joints"].items():
        found = prediction.keypoints[LIP_JOINTS.names.index(name), :2]
        # Likewise, from one cell of the heatmap to the next.
        np.testing.assert_allclose(found, xy, atol=13)


@pytest.mark.parametrize("name", presets.SHIPPED)
def test_the_files_fit_where_they_lie(name):
    size = (ROOT / f"checkpoints/{name}.safetensors").stat().st_size
    assert size <= LIMITS.get(name, 16 << 20)


def test_what_the_work_of_others_asks_for_lies_beside():
    notice = (ROOT / "checkpoints/NOTICE").read_text()
    for words in ("Copyright 2016, Yahoo Inc.", "Apache License 2.0", "clothing-co-parsing"):
        assert words in notice
