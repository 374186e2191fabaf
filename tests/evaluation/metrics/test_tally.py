import numpy as np

from jppnet_tf.evaluation.metrics.datasets import ATR_CLASSES, LIP_CLASSES, ParsingDataset
from jppnet_tf.evaluation.metrics.structure import structure_error
from jppnet_tf.evaluation.metrics.tally import THRESHOLDS, JudgedImage, Tally
from tests.made_up_labels import CLASSES, JOINTS, LIP_PLACES


def make_image(seed, error=0.0):
    """Keyword arguments of `update`: every pixel right, all joints off by `error` head sizes."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 20, (20 + 150 * (seed % 3), 160), np.uint8)
    joints = np.c_[random.uniform(20, 99, (16, 2)), random.integers(0, 2, 16)]
    head = np.linalg.norm(joints[8, :2] - joints[9, :2])
    keypoints = joints[:, :2] + [error * head, 0]
    return {"name": str(seed), "label": label, "parsing": label.copy(), "joints": joints,
            "keypoints": keypoints}  # fmt: skip


def tally_of(images, dataset=LIP_CLASSES):
    tally = Tally(dataset)
    for image in images:
        tally.update(JudgedImage(**image))
    return tally


def describe(tally):
    """All that it counted, comparable."""
    return (
        tally.parsing.confusion.tolist(),
        [metric.right.tolist() for metric in (tally.pose, *tally.curve)],
        {kind: (p.confusion.tolist(), q.right.tolist()) for kind, (p, q) in tally.kinds.items()},
        repr(tally.images),  # nan is not equal to itself
        (tally.without_label, tally.without_joints, tally.without_prediction),
    )


def test_perfect_and_all_wrong_predictions():
    perfect, wrong = make_image(1), make_image(2, error=0.6)
    wrong["parsing"] = (wrong["label"] + 1) % 20
    scores = tally_of([perfect]).scores()
    assert scores.parsing.mean_iou == 100 and scores.pose.total == 100
    scores = tally_of([wrong]).scores()
    assert scores.parsing.mean_iou == 0 and scores.pose.total == 0


def test_each_image_has_its_scores():
    first, second = make_image(1), make_image(2, error=0.6)
    second["parsing"][:, :80] = (second["label"][:, :80] + 1) % 20
    images = tally_of([first, second]).images
    assert [(image.name, image.joints, image.joints_right) for image in images] == [
        ("1", 14, 14), ("2", 14, 0),
    ]  # fmt: skip
    assert images[0].overall == 100 and images[1].pckh == 0
    assert images[1].overall_accuracy == 50
    assert images[1].overall == images[1].mean_iou / 2
    assert images[0].structure_error == 0
    assert images[1].structure_error == structure_error(
        second["label"][::8, ::8], second["parsing"][::8, ::8]
    )
    assert 0 < images[1].structure_error <= 3.6


def test_the_curve_rises_where_the_joints_are():
    tally = tally_of([make_image(1, error=0.31)])
    totals = [metric.scores().total for metric in tally.curve]
    assert totals == [100 if threshold >= 0.31 else 0 for threshold in THRESHOLDS]
    assert tally.pose.scores().total == 100  # at 0.5


def test_kinds_are_scored_apart():
    images = [make_image(seed, error=0.6 * (seed == 3)) for seed in (3, 4)]  # small, medium
    by_kind = tally_of(images).scores_by_kind()
    assert [by_kind[size][0] for size in ("small", "medium", "large")] == [1, 1, 0]
    assert by_kind["small"][1].pose.total == 0 and by_kind["medium"][1].pose.total == 100
    assert by_kind["full_body"][0] == 2 and by_kind["full_body"][1].pose.total == 50
    assert np.isnan(by_kind["large"][1].parsing.mean_iou)


def test_merging_is_counting_on():
    images = [make_image(seed, error=0.2 * seed) for seed in range(5)]
    images[3]["label"] = None
    images[4]["keypoints"] = None
    together = tally_of(images)
    apart = tally_of(images[:2])
    apart.merge(tally_of(images[2:]))
    assert describe(apart) == describe(together)
    other_order = tally_of(images[2:])
    other_order.merge(tally_of(images[:2]))
    assert describe(other_order)[:3] == describe(together)[:3]
    assert (together.without_label, together.without_joints, together.without_prediction) == (
        1, 0, 1,
    )  # fmt: skip


def test_head_sizes_that_came_with_the_joints():
    image = make_image(1, error=0.4)
    assert tally_of([image]).scores().pose.total == 100
    image["head_size"] = 1e-3
    tally = tally_of([image])
    assert tally.scores().pose.total == 0 and tally.given_head_sizes == 1
    tally.merge(tally_of([image]))
    assert tally.given_head_sizes == 2
    assert tally.images[0].kinds == ("medium",)  # its flags are not LIP's


def test_other_data_sets():
    label, parsing = np.array([[8, 1]], np.uint8), np.array([[3, 1]], np.uint8)  # belt, glove; hat
    tally = Tally(ATR_CLASSES)
    tally.update(JudgedImage("a", label, parsing))
    assert tally.scores().parsing.mean_iou == 100
    assert np.isnan(tally.images[0].pckh) and tally.images[0].overall == 100


def test_other_classes_and_joints():
    """Those of LIP's joints that come along in another order score what LIP's own do."""
    lip = make_image(1, error=0.6)
    points = np.full((17, 3), 7.0)
    points[LIP_PLACES] = lip["joints"]
    keypoints = points[:, :2] + 0.0
    keypoints[LIP_PLACES[:8]] = lip["keypoints"][:8]
    label = np.array([[0, 1], [5, 6]], np.uint8)
    tally = Tally(ParsingDataset.of(CLASSES, "birds", "Birds"), JOINTS)
    tally.update(JudgedImage("a", label, np.minimum(label, 5), points, keypoints))
    scores, (image,) = tally.scores(), tally.images
    assert scores.parsing.iou[[0, 1, 5, 6]].tolist() == [100, 100, 50, 0]
    assert (image.joints, image.joints_right) == (14, 8)  # the six of the legs are off
    assert image.kinds == ("small",)  # the factors are derived from LIP's joints
    assert scores.structure_error is None
    assert scores.pose.counts.shape == (17,)
