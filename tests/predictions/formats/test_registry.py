import dataclasses
import io
import os
import re
import types

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from jppnet_tf import InputError
from jppnet_tf.labels import LIP
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.formats import tryon
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.runs.names import result_names

NAMES = [
    "lip", "palette", "cpvton", "cpvton+", "acgpn", "vitonhd", "hrviton", "openpose18",
    "openpose25", "mpi15", "controlnet", "coco", "hf", "cihp", "mhp",
]  # fmt: skip
ONE_PERSON = ["cpvton", "cpvton+", "acgpn", "vitonhd", "hrviton"]


def test_formats_are_named_with_commas_or_one_by_one():
    assert sorted(formats.FORMATS) == sorted([*NAMES, "person"])
    chosen = formats.choose_formats(["lip,cpvton+", "hf", " lip "])
    assert [each.name for each in chosen] == ["lip", "cpvton+", "hf"]


@pytest.mark.parametrize("words, told", [
    (["lip,cpvtn"], "no format cpvtn; there are lip, palette, cpvton"),
    ([""], "no format is named; there are lip"),
])  # fmt: skip
def test_words_that_are_no_format(words, told):
    with pytest.raises(InputError, match=told):
        formats.choose_formats(words)


def test_what_needs_pose_is_refused_of_networks_without():
    chosen = formats.choose_formats(NAMES)
    formats.check_network(chosen, LIP, True)
    message = "no pose for the format cpvton, .*, coco: the network parses only"
    with pytest.raises(InputError, match=message):
        formats.check_network(chosen, LIP, False)
    formats.check_network(formats.choose_formats(["lip", "palette", "hf"]), LIP, False)


def test_what_is_for_people_and_what_is_for_one_of_them():
    (people,) = formats.choose_formats(["person"])
    with pytest.raises(InputError, match="the format person is for several people: pass --people"):
        formats.check_network([people], LIP, True)
    formats.check_network([people, *formats.choose_formats(["lip,coco"])], LIP, True, True)
    with pytest.raises(InputError, match="the format acgpn knows one person"):
        formats.check_network([people, *formats.choose_formats(["acgpn"])], LIP, True, True)


def test_what_reads_lips_ids_is_refused_of_other_classes():
    others = dataclasses.replace(LIP, names=LIP.names[::-1])
    chosen = formats.choose_formats(NAMES)
    names = ", ".join(ONE_PERSON)
    with pytest.raises(InputError, match=rf"the format {re.escape(names)} is for the ids of"):
        formats.check_network(chosen, others, True)
    formats.check_network(formats.choose_formats(["lip", "hf", "coco"]), others, True)


def test_what_knows_one_person_is_refused_with_boxes():
    names = ", ".join(ONE_PERSON)
    with pytest.raises(InputError, match=rf"the format {re.escape(names)} knows one person"):
        formats.check_people(formats.choose_formats(NAMES))
    several = [name for name in NAMES if name not in ONE_PERSON]
    formats.check_people(formats.choose_formats(several))


@pytest.mark.parametrize("name", ONE_PERSON)
@pytest.mark.parametrize("count", [0, 2])
def test_what_knows_one_person_refuses_other_numbers(name, count, prediction, make_photo):
    keypoints = np.repeat(prediction.keypoints[None], count, axis=0)
    others = dataclasses.replace(prediction, people=People(keypoints=keypoints))
    with pytest.raises(InputError, match=f"there are {count} people in the image"):
        formats.FORMATS[name].files("a", make_photo(40, 30), others, None)


def test_label_maps_in_other_ids(prediction, make_photo):
    chosen = formats.choose_formats(["lip,palette,hf,cpvton,coco"], classes="acgpn")
    photo = make_photo(40, 30)
    files = {each.name: each.files("a", photo, prediction, None) for each in chosen}
    ids = np.where(prediction.parsing == 10, 4, np.where(prediction.parsing == 19, 6, 0))
    for name, path in (("lip", "parsing/a.png"), ("palette", "palette/a.png")):
        np.testing.assert_array_equal(Image.open(io.BytesIO(files[name][path])), ids)
    assert [*files["hf"]] == [
        "hf/a/background.png", "hf/a/upper-clothes.png", "hf/a/right-shoe.png", "hf/a.json"
    ]  # fmt: skip
    cpvton = Image.open(io.BytesIO(files["cpvton"]["cpvton/image-parse/a.png"]))
    assert set(np.unique(cpvton)) == {0, 10, 19}  # its readers know LIP's ids
    found = ["background", "jumpsuits", "right-shoe"]  # as a record has them
    for each in chosen:
        assert tuple(each.paths("a", found, True)) == tuple(files[each.name])
    formats.check_network(chosen, LIP, True)
    others = dataclasses.replace(LIP, names=LIP.names[::-1])
    with pytest.raises(InputError, match="the format lip, palette, hf, cpvton is for the ids of"):
        formats.check_network(chosen, others, True)


@pytest.mark.parametrize("words, classes, told", [
    (["coco,cpvton"], "acgpn", "the classes acgpn are for lip, palette, hf; .* of coco, cpvton"),
    (["lip"], "vitn", "no classes vitn; there are acgpn, viton, hrviton, cihp"),
])  # fmt: skip
def test_classes_that_change_nothing_are_refused(words, classes, told):
    with pytest.raises(InputError, match=told):
        formats.choose_formats(words, classes)


@pytest.mark.parametrize("name", NAMES)
def test_paths_are_those_of_the_files(name, prediction, make_photo):
    chosen = formats.FORMATS[name]
    files = chosen.files("sub/a", make_photo(40, 30), prediction, None)
    classes = ["background", "jumpsuits", "right-shoe"]
    assert tuple(files) == tuple(chosen.paths("sub/a", classes, True))
    assert set(files) <= set(chosen.all_paths("sub/a")) <= formats.all_paths("sub/a")
    assert all(path.split("/")[0] in chosen.folders for path in files)


@pytest.mark.parametrize("name", ["lip", "palette", "hf"])
def test_files_without_pose(name, prediction, make_photo):
    parsing_only = Prediction(prediction.parsing, class_scores=prediction.class_scores)
    files = formats.FORMATS[name].files("a", make_photo(40, 30), parsing_only, None)
    classes = ["background", "jumpsuits", "right-shoe"]
    assert tuple(files) == tuple(formats.FORMATS[name].paths("a", classes, False))


def test_no_two_formats_share_a_folder():
    assert len(formats.FOLDERS) == len(set(formats.FOLDERS)) == len(NAMES) + 3
    assert np.unique([path.split("/")[0] for path in formats.all_paths("a")]).size == len(NAMES) + 2


@pytest.fixture
def small_canvas(monkeypatch):
    """Try-on formats without their large pictures: only names matter."""
    rgb, points = np.zeros((8, 6, 3), np.uint8), np.zeros((25, 3), np.float32)
    ids = rgb[..., 0]
    placed = types.SimpleNamespace(
        rgb=rgb, parsing=ids, points=points, trusted_points=points, covered=(rgb, ids > 0)
    )
    monkeypatch.setattr(tryon, "_Placed", lambda *_: placed)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(names=st.lists(st.text("._/{}a-\\\n %", min_size=1, max_size=12), min_size=1, max_size=3))
@example(names=["...jpg"])
@example(names=[".jpg"])
@example(names=["{}.jpg", "{0.__class__}.jpg"])
@example(names=["../../../etc/passwd"])
def test_no_file_leaves_its_formats_folder(small_canvas, names, prediction, make_photo):
    files = [os.path.normpath(f"/photos/x{name}/{name}") for name in names]
    photo = make_photo(40, 30)
    people = prediction.people.replace(masks=np.ones((1, 40, 30), bool))
    prediction = dataclasses.replace(prediction, people=people)
    for name in result_names(files, "/photos"):
        for each in formats.FORMATS.values():
            written = [*each.files(name, photo, prediction, None)]
            assert written or each.summary
            for path in written:
                assert os.path.normpath(path) == path
                assert path.split("/")[0] in each.folders and "/" in path
                assert name in path
