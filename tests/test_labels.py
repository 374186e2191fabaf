import pytest

from jppnet_tf.labels import ATR, LIP, LIP_JOINTS, PASCAL_PERSON_PART


def test_mirroring_swaps_the_published_pairs():
    assert LIP.mirror == (*range(14), 15, 14, 17, 16, 19, 18)
    assert LIP_JOINTS.mirror == (5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10)


@pytest.mark.parametrize("labels", [LIP, ATR, LIP_JOINTS])
def test_mirroring_twice_changes_nothing(labels):
    assert [labels.mirror[i] for i in labels.mirror] == list(range(len(labels.names)))


def test_every_class_has_a_colour_of_its_own():
    assert len(LIP.names) == len(set(LIP.names)) == len(set(LIP.palette)) == 20
    assert LIP.palette[LIP.names.index("face")] == (0, 0, 255)


def test_the_skeleton_is_a_tree_over_all_joints():
    reached = {LIP_JOINTS.names.index("head")}
    for parent, child in LIP_JOINTS.limb_indices:
        assert parent in reached and child not in reached
        reached.add(child)
    assert len(reached) == len(LIP_JOINTS.names) == 16


def test_data_sets_have_a_colour_for_each_class():
    for classes, count in ((ATR, 18), (PASCAL_PERSON_PART, 7)):
        assert len(classes.names) == len(set(classes.palette)) == count
    # PASCAL VOC's own list begins so.
    assert PASCAL_PERSON_PART.palette[:4] == ((0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0))
    assert ATR.palette[16] == (0, 64, 0)
    left, right = (ATR.names.index(f"{side}-shoe") for side in ("left", "right"))
    assert ATR.mirror[left] == right and ATR.mirror[0] == 0
