"""Scores of several people against those that public evaluators gave on the same files."""

import json
import zipfile

import numpy as np
import pytest

from jppnet_tf.data.cihp import read_cihp
from jppnet_tf.data.mhp import read_mhp
from jppnet_tf.evaluation.instance_files import PredictedFolder
from jppnet_tf.evaluation.instances import match_files
from jppnet_tf.evaluation.metrics.instance_scores import score_matches
from jppnet_tf.labels import CIHP, MHP
from tests.programs import call_program

TOLERANCE = 1e-9
"""The recorded numbers are rounded to ten digits."""
CASES = (
    "perfect", "errors", "edge_duplicates", "edge_half", "edge_ties", "edge_absent_class",
    "edge_covered_line", "edge_empty",
)  # fmt: skip


@pytest.fixture(scope="module")
def cases(recorded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("instance")
    with zipfile.ZipFile(recorded / "instance.zip") as archive:
        archive.extractall(folder)
    return folder


def score(folder, **options):
    """The scores of a case, and what the evaluators gave."""
    split, predicted = read_cihp(folder, "val"), PredictedFolder.find(folder / "pred")
    matches = match_files(split, predicted, len(CIHP.names), processes=1, **options)
    expected = json.loads((folder / "expected.json").read_text())
    return score_matches(matches, len(CIHP.names)), expected


def close(found, expected):
    np.testing.assert_allclose(found, np.array(expected, float), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_people_and_outlines(cases, case):
    found, expected = score(cases / case)
    close(found.mean_iou, expected["semantic"]["mean_IoU"])
    close(found.ap_p, expected["AP_p"]["AP_p_by_threshold"])
    close(found.pcp, expected["AP_p"]["PCP_by_threshold"])
    close(found.ap_h.mean(), expected["AP_h"]["mean_50_95"])


@pytest.mark.parametrize("case", sorted({*CASES} - {"edge_covered_line"}))
def test_parts(cases, case):
    found, expected = score(cases / case)
    close(found.ap_r_by_threshold, expected["AP_r"]["mean_by_threshold_nanmean"])
    names = CIHP.names[1:]
    for name, values in expected["AP_r"]["per_class"].items():
        close(found.ap_r[:, names.index(name)], values)
    others = [names.index(name) for name in names if name not in expected["AP_r"]["per_class"]]
    assert len(others) and not found.ap_r[:, others].any()


def test_a_line_without_pixels_does_not_count(cases):
    found, _ = score(cases / "edge_covered_line")
    close(found.ap_r_by_threshold, np.full(9, 1 / 19))
    assert found.empty_parts == 1


def test_a_missing_file_counts_as_nothing_found_unless_told_otherwise(cases):
    found, expected = score(cases / "edge_missing_file")
    empty, _ = score(cases / "edge_empty")
    close(found.ap_p, expected["AP_p"]["AP_p_by_threshold"])
    close(found.ap_r, empty.ap_r)
    assert found.mean_iou == empty.mean_iou
    # The evaluators of AP^r go over the predictions, so that what is missing is not looked at.
    left_out, _ = score(cases / "edge_missing_file", allow_missing=True)
    close(left_out.ap_r_by_threshold, expected["AP_r"]["mean_by_threshold_nanmean"])
    close(left_out.mean_iou, expected["semantic"]["mean_IoU"])


def test_mhps_layout(cases):
    folder = cases / "errors_mhp_layout"
    split, predicted = read_mhp(folder, "val"), PredictedFolder.find(folder / "submission")
    matches = match_files(split, predicted, len(MHP.names), processes=1)
    found = score_matches(matches, len(MHP.names))
    expected = json.loads((cases / "errors/expected.json").read_text())
    close(found.ap_p, expected["AP_p"]["AP_p_by_threshold"])
    close(found.pcp, expected["AP_p"]["PCP_by_threshold"])


def test_the_program_gives_the_same_in_percent(cases, tmp_path):
    folder, output = cases / "errors", tmp_path / "scores"
    flags = "--dataset=cihp", f"--data={folder}", f"--predictions={folder / 'pred'}"
    assert call_program("evaluate.py", *flags, f"--output={output}") == 0
    scores = json.loads((output / "scores.json").read_text())
    expected = json.loads((folder / "expected.json").read_text())
    found = scores["instances"]
    assert found["thresholds"] == expected["AP_r"]["thresholds"]
    by_threshold = np.array(expected["AP_r"]["mean_by_threshold_nanmean"])
    np.testing.assert_allclose(found["ap_r"], 100 * by_threshold, atol=1e-7)
    np.testing.assert_allclose(found["ap_p_vol"], 100 * expected["AP_p"]["AP_p_vol"], atol=1e-7)
    np.testing.assert_allclose(found["pcp_50"], 100 * expected["AP_p"]["PCP_50"], atol=1e-7)
    np.testing.assert_allclose(found["ap_h"], 100 * expected["AP_h"]["mean_50_95"], atol=1e-7)
