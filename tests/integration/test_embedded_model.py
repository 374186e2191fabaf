"""The small model that ships: it scores as its file of expected scores says."""

import json

import pytest

from jppnet_tf import LIP, Predictor, evaluation
from jppnet_tf.data.figures import write_figures
from jppnet_tf.data.lip import read_split
from jppnet_tf.report.folder import describe
from tests.conftest import ROOT

EXPECTED = json.loads((ROOT / "checkpoints/figures/expected.json").read_text())


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    write_figures(folder, "val", EXPECTED["figures"], EXPECTED["seed"])
    # One look, for speed; the scores in README.md are those of six.
    predictor = Predictor(ROOT / "checkpoints/figures.safetensors", scales=(1,), mirror=False)
    entries = evaluation.record_entries(read_split(folder, "val").records)
    return describe(evaluation.tally_weights(predictor, entries).scores(), LIP.names)


@pytest.mark.parametrize("kind, score", [("parsing", "mean_iou"), ("pckh", "total")])
def test_scores_are_those_expected(scores, kind, score):
    assert scores[kind][score] == pytest.approx(EXPECTED[score], abs=EXPECTED["tolerance"])


def test_the_file_fits_where_it_lies():
    assert (ROOT / "checkpoints/figures.safetensors").stat().st_size <= 16 << 20
