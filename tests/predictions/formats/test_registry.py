import dataclasses

import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.labels import LIP
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.prediction import Prediction

NAMES = [
    "lip", "cpvton", "cpvton+", "vitonhd", "openpose18", "openpose25", "mpi15", "coco", "hf",
]  # fmt: skip


def test_formats_are_named_with_commas_or_one_by_one():
    assert sorted(formats.FORMATS) == sorted(NAMES)
    chosen = formats.choose_formats(["lip,cpvton+", "hf", " lip "])
    assert [each.name for each in chosen] == ["lip", "cpvton+", "hf"]


@pytest.mark.parametrize("words, told", [
    (["lip,cpvtn"], "no format cpvtn; there are lip, cpvton"),
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
    formats.check_network(formats.choose_formats(["lip", "hf"]), LIP, False)


def test_what_reads_lips_ids_is_refused_of_other_classes():
    others = dataclasses.replace(LIP, names=LIP.names[::-1])
    chosen = formats.choose_formats(NAMES)
    with pytest.raises(InputError, match=r"the format cpvton, cpvton\+, vitonhd is for the ids of"):
        formats.check_network(chosen, others, True)
    formats.check_network(formats.choose_formats(["lip", "hf", "coco"]), others, True)


def test_what_knows_one_person_is_refused_with_boxes():
    with pytest.raises(InputError, match=r"the format cpvton, cpvton\+, vitonhd knows one person"):
        formats.check_people(formats.choose_formats(NAMES))
    formats.check_people(formats.choose_formats(["lip", "hf", "coco", "openpose25"]))


@pytest.mark.parametrize("name", NAMES)
def test_paths_are_those_of_the_files(name, prediction, make_photo):
    chosen = formats.FORMATS[name]
    files = chosen.files("sub/a", make_photo(40, 30), prediction, None)
    classes = ["background", "jumpsuits", "right-shoe"]
    assert tuple(files) == tuple(chosen.paths("sub/a", classes, True))
    assert set(files) <= set(chosen.all_paths("sub/a")) <= formats.all_paths("sub/a")
    assert all(path.split("/")[0] in chosen.folders for path in files)


@pytest.mark.parametrize("name", ["lip", "hf"])
def test_files_without_pose(name, prediction, make_photo):
    parsing_only = Prediction(prediction.parsing, class_scores=prediction.class_scores)
    files = formats.FORMATS[name].files("a", make_photo(40, 30), parsing_only, None)
    classes = ["background", "jumpsuits", "right-shoe"]
    assert tuple(files) == tuple(formats.FORMATS[name].paths("a", classes, False))


def test_no_two_formats_share_a_folder():
    assert len(formats.FOLDERS) == len(set(formats.FOLDERS)) == len(NAMES) + 2
    assert np.unique([path.split("/")[0] for path in formats.all_paths("a")]).size == 10
