"""The small models that ship: each scores as its file of expected scores says."""

import json

import pytest

from jppnet_tf import LIP, Predictor
from jppnet_tf.data.figures.dataset import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.evaluation import scoring
from jppnet_tf.evaluation.report.folder import describe
from tests.programs import ROOT

EXPECTED = {
    name: json.loads((ROOT / f"checkpoints/{name}/expected.json").read_text())
    for name in ("figures", "figures_lip_net")
}
KINDS = {"mean_iou": "parsing", "total": "pckh"}


@pytest.fixture(scope="module", params=list(EXPECTED))
def model(request, tmp_path_factory):
    """What a model should score, and what it does."""
    expected = EXPECTED[request.param]
    folder = tmp_path_factory.mktemp("figures")
    write_figures(folder, "val", expected["figures"], expected["seed"])
    # One look, for speed; the scores in README.md are those of as many as the original took.
    weights = ROOT / f"checkpoints/{request.param}.safetensors"
    predictor = Predictor(weights, scales=(1,), mirror=False)
    entries = scoring.record_entries(read_split(folder, "val").records)
    return expected, describe(scoring.tally_weights(predictor, entries).scores(), LIP.names)


def test_scores_are_those_expected(model):
    expected, scores = model
    for name in KINDS.keys() & expected.keys():
        assert scores[KINDS[name]][name] == pytest.approx(expected[name], abs=expected["tolerance"])


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_files_fit_where_they_lie(name):
    assert (ROOT / f"checkpoints/{name}.safetensors").stat().st_size <= 16 << 20
