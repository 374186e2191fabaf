"""Scenes of several people, as the users of both programs draw them."""

import json

import pytest

from tests.data.ccp.made_up import write_clone


@pytest.fixture
def clone(tmp_path):
    landmarks = write_clone(tmp_path / "clone")
    return ["--source", tmp_path / "clone", "--landmarks", landmarks]


def read_list(folder, split):
    return json.loads((folder / f"annotations/person_keypoints_{split}.json").read_text())


def test_people_of_photographs_before_other_backgrounds(run_tool, tmp_path, clone):
    output = tmp_path / "scenes"
    flags = [*clone, "--output", output, "--size", 96, "--people", 2, 3]
    for split, count in (("train", 4), ("val", 6)):
        more = ("--split", split, "--count", count, "--seed", 1)
        status, text, errors = run_tool("paste_people.py", *flags[:-3], *more, *flags[-3:])
        assert status == 0, errors
        assert text == f"{count} scenes in {output}, split {split}, seed 1\n"
        content = read_list(output, split)
        assert len(content["images"]) == len(list((output / split).iterdir())) == count
        single = [each["image_id"] for each in content["annotations"] if not each["iscrowd"]]
        assert len(single) > count / 2 and max(map(single.count, single)) <= 3
    status, text, errors = run_tool("paste_people.py", *clone, "--output", output, *more)
    assert (status, text, errors.count("\n")) == (2, "", 1) and "--overwrite" in errors


def test_rendered_people(run_tool, tmp_path):
    flags = ("--output", tmp_path, "--count", 5, "--seed", 1, "--size", 96)
    status, text, errors = run_tool("make_figures.py", *flags, "--people", 1, 4)
    assert status == 0, errors
    assert text == f"5 scenes in {tmp_path}, split val, seed 1\n"
    assert len(read_list(tmp_path, "val")["images"]) == 5
    assert not (tmp_path / "TrainVal_images").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        (("--people", "1"), "two numbers, 1 5 say, not 1"),
        (("--people", "5", "1"), "from 1 to 20, the least first, not 5 1"),
        (("--people", "0", "1"), "from 1 to 20"),
        (("--people", "1", "2", "3"), "two numbers"),
        (("--people", "one", "2"), "two numbers"),
        (("3",), "unexpected argument '3'"),
    ],
)
def test_numbers_of_people_that_make_no_sense(run_tool, tmp_path, words, message):
    flags = ("--output", tmp_path / "out", "--count", 1, "--seed", 1)
    status, text, errors = run_tool("make_figures.py", *flags, *words)
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert message in errors and not (tmp_path / "out").exists()


def test_photographs_that_are_not_there(run_tool, tmp_path, clone):
    flags = ("--output", tmp_path / "out", "--count", 1, "--seed", 1)
    for wrong, message in (
        (["--source", tmp_path / "none", *clone[2:]], "no such folder"),
        ([*clone[:2], "--landmarks", tmp_path / "none.npz"], "no such file"),
    ):
        status, text, errors = run_tool("paste_people.py", *wrong, *flags)
        assert (status, text, errors.count("\n")) == (2, "", 1)
        assert message in errors and not (tmp_path / "out").exists()
