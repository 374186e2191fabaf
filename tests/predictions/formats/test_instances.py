"""What the benchmarks of several people read."""

import io

import numpy as np
import pytest
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.labels import ATR, CIHP, LIP
from jppnet_tf.predictions.formats import FORMATS, check_network, choose_formats
from jppnet_tf.predictions.formats.instances import mhp_results
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction


def decode(content):
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def couple():
    """Two people, ids 7 and 3, of hair and jumpsuits each."""
    parsing = np.zeros((4, 6), np.uint8)
    parsing[0], parsing[1:3] = 2, 10
    owners = np.zeros((4, 6), np.uint8)
    owners[:3, :3], owners[:3, 3:] = 7, 3
    people = People(ids=[7, 3], scores=[0.9, 0.5], boxes=np.ones((2, 4)))
    confidence = np.full((4, 6), 0.5, np.float32)
    return Prediction(parsing, people, confidence=confidence, person_map=owners)


def test_cihps_files(couple, make_photo):
    files = FORMATS["cihp"].files("a/b", make_photo(4, 6), couple)
    assert [*files] == [
        "cihp/global_parsing/a/b.png", "cihp/instance_parsing/a/b.png",
        "cihp/instance_parsing/a/b.txt", "cihp/global_tag/a/b.png", "cihp/global_tag/a/b.txt",
    ]  # fmt: skip
    classes, parts, lines, people, scores = files.values()
    # CIHP has no jumpsuits: they become dresses.
    assert decode(classes)[:, 0].tolist() == [2, 6, 6, 0]
    assert decode(people)[0].tolist() == [1, 1, 1, 2, 2, 2]
    assert scores == b"0.900000\n0.500000\n"
    found, listed = decode(parts), [line.split() for line in lines.decode().splitlines()]
    for column, score in ((0, 0.45), (4, 0.25)):
        assert listed[found[0, column] - 1] == ["2", f"{score:.6f}"]
        assert listed[found[1, column] - 1] == ["6", f"{score:.6f}"]
    assert found.max() == len(listed) == 4 and not found[3].any()


def test_a_network_of_cihp_keeps_its_ids(couple, make_photo):
    native = Prediction(couple.parsing, couple.people, CIHP, person_map=couple.person_map)
    files = FORMATS["cihp"].files("a", make_photo(4, 6), native)
    assert decode(files["cihp/global_parsing/a.png"])[1, 0] == 10
    with pytest.raises(InputError, match="the format cihp is for LIP's classes or CIHP's"):
        check_network(choose_formats(["cihp"]), ATR, True)
    check_network(choose_formats(["cihp,mhp"]), LIP, False)


def test_parts_are_never_wrapped(make_photo):
    """300 people of one part each: those with the lowest scores go; so many people are refused."""
    count = 150
    parsing = np.tile(np.array([[2, 5]], np.uint8), (count, 1))
    owners = np.repeat(np.arange(1, count + 1, dtype=np.uint8)[:, None], 2, axis=1)
    people = People(scores=np.linspace(1, 0.1, count))
    prediction = Prediction(parsing, people, CIHP, person_map=owners)
    files = FORMATS["cihp"].files("a", make_photo(count, 2), prediction)
    found = decode(files["cihp/instance_parsing/a.png"])
    assert found.max() == 255 == files["cihp/instance_parsing/a.txt"].count(b"\n")
    assert found[:127].all() and not found[128:].any()
    many = Prediction(
        np.ones((1, 300), np.uint8), People(scores=np.ones(300)), CIHP,
        person_map=np.arange(1, 301, dtype=np.uint16)[None],
    )  # fmt: skip
    for name in ("cihp", "mhp"):
        with pytest.raises(InputError, match="a: 300 people: an 8-bit image tells 255 apart"):
            FORMATS[name].files("a", make_photo(1, 300), many)


def test_mhps_files(couple, make_photo):
    files = FORMATS["mhp"].files("a", make_photo(4, 6), couple)
    assert [*files] == ["mhp/global_seg/a.png", "mhp/global_tag/a.png"]
    assert decode(files["mhp/global_seg/a.png"])[1, 0] == 10
    assert decode(files["mhp/global_tag/a.png"])[0].tolist() == [1, 1, 1, 2, 2, 2]
    records = [
        {"name": "b", "people": [{"score": 0.9}, {"score": 0.25}]}, {"name": "a", "people": []},
        {"name": "c"}, {"name": "v", "frame": 3},
    ]  # fmt: skip
    content = mhp_results(iter(records))["mhp/results.txt"].decode()
    assert content == "a\nb 1 0.900000 2 0.250000\nc 1 1.000000\n"
