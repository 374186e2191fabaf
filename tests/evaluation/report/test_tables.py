import csv
import io

import numpy as np

from jppnet_tf.evaluation.metrics.parsing import ParsingMetric
from jppnet_tf.evaluation.metrics.pose import PoseMetric
from jppnet_tf.evaluation.metrics.scores import Scores
from jppnet_tf.evaluation.report import paper, tables
from jppnet_tf.labels import LIP
from tests.made_up_labels import JOINTS

TABLE = tables.Table(
    "name", "Title", ("", "a", "b"), (("x", 1.234, None), ("y", 10, np.nan)), "So."
)


def score_some():
    parsing, pose = ParsingMetric(), PoseMetric()
    parsing.update(np.array([[0, 1, 1, 2]]), np.array([[0, 1, 2, 2]]))
    joints = np.c_[np.arange(32.0).reshape(16, 2), np.zeros(16)]
    pose.update(joints, joints)
    return parsing.scores(), pose.scores()


def test_text_is_aligned():
    assert TABLE.text() == "Title\n      a  b\nx  1.23  -\ny    10  -\nSo."


def test_markdown():
    assert TABLE.markdown() == (
        "|  | a | b |\n| --- | ---: | ---: |\n| x | 1.23 | - |\n| y | 10 | - |\n\nSo."
    )


def test_csv_leaves_out_what_was_not_counted():
    rows = list(csv.reader(io.StringIO(TABLE.csv())))
    assert rows == [["", "a", "b"], ["x", "1.234", ""], ["y", "10", ""]]


def test_parsing_beside_the_papers_rows():
    parsing, _ = score_some()
    table = tables.parsing_table({"mine": parsing}, paper.PARSING["lip"].scores)
    assert table.header[3] == "mean IoU"
    assert table.rows[0] == (
        "mine", 75, 100 * 2.5 / 3, 200 / 3, parsing.frequency_weighted_iou,
        parsing.legacy_mean_iou,
    )  # fmt: skip
    assert table.rows[-1] == ("paper: JPPNet", 86.39, 62.32, 51.37, None, None)
    assert table.header[5] == "legacy mean IoU" and table.notes == tables.LEGACY
    assert tables.parsing_table({"mine": parsing}, notes="More.").notes.endswith("only. More.")


def test_classes_beside_the_papers():
    parsing, _ = score_some()
    table = tables.class_table({"mine": parsing}, LIP.names, paper.PARSING["lip"].iou)
    assert table.rows[0] == ("background", 100, 100, 86.26)
    assert table.rows[1] == ("hat", 50, 50, 63.55)
    assert len(table.rows) == 20


def test_pose_in_the_papers_order_of_columns():
    _, pose = score_some()
    table = tables.pose_table({"mine": pose}, paper.LIP_POSE)
    assert table.header[1:] == (
        "Head", "Sho", "Elb", "Wri", "Hip", "Knee", "Ank", "U.Body", "Total",
    )  # fmt: skip
    assert table.rows[0] == ("mine", *[100] * 9)
    assert table.rows[-1] == ("paper: JPPNet", 93.2, 89.3, 84.6, 82.2, 69.9, 78.0, 77.3, None, 82.5)


def test_joints_that_never_count_say_so():
    _, pose = score_some()
    rows = {row[0]: row for row in tables.joint_table(pose).rows}
    assert rows["pelvis"][3] == rows["spine"][3] == "not in the total"
    assert rows["left ankle"] == ("left ankle", 100, 1, "")


def test_kinds_that_there_are_beside_the_papers():
    scores = Scores(*score_some())
    by_kind = {"occlusion": (3, scores), "head_missing": (0, scores), "small": (2, scores)}
    table = tables.kind_table(by_kind, paper.LIP_SIZES)
    assert [row[:2] for row in table.rows] == [("occlusion", 3), ("small", 2)]
    assert table.header[-3:] == (
        "paper: images", "paper: SS-JPPNet mean IoU", "paper: JPPNet mean IoU",
    )  # fmt: skip
    assert table.rows[0][-3:] == (4277, None, None)
    assert table.rows[1][-3:] == (None, 33.48, 44.56)
    assert "not the official split" in table.notes and "head missing" not in table.notes
    assert len(tables.kind_table(by_kind).header) == 6


def test_ablations():
    table = tables.ablation_table({"mine": Scores(*score_some())})
    assert table.rows[0] == ("mine", 75, 100 * 2.5 / 3, 200 / 3, 100)
    assert table.rows[-1] == ("paper: Joint + MSC + S2", 86.42, 61.12, 50.64, 82.7)


def test_the_papers_own_figures_agree_with_each_other():
    iou = paper.PARSING["lip"].iou["JPPNet"]
    assert round(np.mean(list(iou.values())), 2) == paper.PARSING["lip"].scores["JPPNet"][2]
    shared = np.mean([iou[name] for name in LIP.names if name not in
                      ("glove", "coat", "socks", "jumpsuits")])  # fmt: skip
    assert abs(shared - paper.PARSING["lip_as_atr"].scores["JPPNet"][2]) < 0.1
    parts = paper.PARSING["pascal_person_part"]
    assert round(np.mean(list(next(iter(parts.iou.values())).values())), 2) == 59.36


def test_other_joints_are_called_by_their_names():
    pose = PoseMetric(joints=JOINTS)
    points = np.arange(34.0).reshape(17, 2)
    pose.update(points, points)
    rows = tables.joint_table(pose.scores(), JOINTS).rows
    assert tuple(row[0] for row in rows) == JOINTS.names
    assert rows[0] == ("tail tip", 100, 1, "not in the total")
