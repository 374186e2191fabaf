import collections
import contextlib
import errno
import fcntl
import json
import subprocess
import sys

import pytest

from jppnet_tf import InputError
from jppnet_tf.runs import records, sharing
from jppnet_tf.runs.sharing import FOLDER, SharedWork
from tests.conftest import ROOT

BEGIN = """
import sys
from jppnet_tf.runs.sharing import SharedWork
shared = SharedWork(sys.argv[1])
with shared.locked():
    shared.join(["lip"], {})
    shared.begin()
"""


@pytest.fixture
def begin_process(tmp_path):
    """Function that runs a program in a process at work in the folder; gives it when it is ready.

    The program has `shared`; whatever is still at work in the end is killed.
    """
    with contextlib.ExitStack() as stack:

        def begin(program):
            process = subprocess.Popen(
                [sys.executable, "-c", f"{BEGIN}{program}", tmp_path],
                cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout.readline() == "ready\n"
            return process

        yield begin


def begin(folder, formats=("lip",), images=None):
    shared = SharedWork(folder)
    with shared.locked():
        theirs = shared.join(list(formats), images or {})
        shared.begin()
    return shared, theirs


def end(shared):
    with shared.locked():
        return shared.end()


def read_names(folder):
    lines = (folder / "predictions.jsonl").read_text().splitlines()
    return [json.loads(line)["name"] for line in lines]


def test_processes_at_once_claim_each_image_once(tmp_path, begin_process):
    program = """
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    if shared.claim(str(number)):
        shared.add(['{"name": "%d"}' % number])
with shared.locked():
    print(shared.end())
"""
    processes = [begin_process(program) for _ in range(3)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = sorted(process.communicate()[0] for process in processes)
    assert collections.Counter(read_names(tmp_path)) == {str(number): 1 for number in range(300)}
    assert ends == ["False\n", "False\n", "True\n"]  # the last one to end knows that it was
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.jsonl"]


def test_what_a_killed_process_had_begun_is_taken_over_and_what_it_finished_is_kept(
    tmp_path, begin_process
):
    process = begin_process("""
shared.claim("finished")
shared.add(['{"name": "finished"}'])
shared.claim("begun")
print("ready", flush=True)
sys.stdin.read()
""")
    ours, _ = begin(tmp_path)
    assert [ours.claim(name) for name in ("finished", "begun", "new", "new")] == [
        False, False, True, False,
    ]  # fmt: skip
    ours.add(['{"name": "new"}'])
    process.kill()
    process.wait()
    assert [ours.claim(name) for name in ("finished", "begun", "begun")] == [False, True, False]
    ours.add(['{"name": "begun"}'])
    assert ours.names_of_others() == {"finished"}
    assert end(ours)
    assert sorted(read_names(tmp_path)) == ["begun", "finished", "new"]


def test_the_next_run_reads_what_killed_ones_left(tmp_path, begin_process):
    for name in "ab":
        process = begin_process(f"""
shared.claim("{name}")
shared.add(['{{"name": "{name}"}}'])
shared._part.write('{{"name": "cut')
shared._part.flush()
with open(shared._folder / "claims", "a") as file:
    file.write('["cut')
print("ready", flush=True)
sys.stdin.read()
""")
        process.kill()
        process.wait()
    shared, theirs = begin(tmp_path)
    assert not theirs and read_names(tmp_path) == ["a", "b"]
    assert shared.claim("b") and end(shared)  # whoever begins alone may do what it likes again
    assert read_names(tmp_path) == ["a", "b"]


def test_a_claim_that_was_cut_off_harms_no_other(tmp_path):
    first, _ = begin(tmp_path)
    second, _ = begin(tmp_path)
    assert first.claim("a")
    with open(tmp_path / ".jppnet_tf/claims", "a") as file:
        file.write('["b", "somebo')
    assert second.claim("b") and not second.claim("a")
    assert not first.claim("b") and first.claim("c") and not second.claim("c")


def test_the_last_one_makes_the_parts_one_file(tmp_path):
    (tmp_path / "predictions.jsonl").write_text('{"name": "a", "width": 1}\n{"name": "b"}\n')
    first, _ = begin(tmp_path)
    second, _ = begin(tmp_path)
    second.add(['{"name": "c"}'])
    first.add(['{"name": "a", "width": 2}'])
    assert not end(first) and second.is_shared() is False
    third, _ = begin(tmp_path)
    assert not end(second) and end(third)
    lines = (tmp_path / "predictions.jsonl").read_text().splitlines()
    kept, *added = map(json.loads, lines)
    assert kept == {"name": "b"}  # the last line of a name counts, and stays where it is
    # Parts follow each other by the random names of their processes.
    assert sorted(added, key=lambda record: record["name"]) == [
        {"name": "a", "width": 2}, {"name": "c"},
    ]  # fmt: skip
    assert not (tmp_path / FOLDER).exists()


def test_others_must_do_the_same_work(tmp_path):
    begin_first = begin(tmp_path, images={"a": "/x/a.jpg"})
    with pytest.raises(InputError, match="at work here writes --format lip: take the same"):
        begin(tmp_path, formats=("coco", "lip"))
    for images in ({"a": "/y/a.jpg"}, {"a.jpg": "/x/a.jpg"}):
        with pytest.raises(InputError, match="would mix up /./a.jpg: wait for it to end"):
            begin(tmp_path, images=images)
    _, theirs = begin(tmp_path, images={"a": "/x/a.jpg", "b": "/x/b.jpg"})
    assert theirs == {"a"}
    assert begin(tmp_path)[1] == {"a", "b"}
    assert begin_first[0].is_shared()


def test_videos_that_lack_lines_are_not_finished(tmp_path):
    frames = [json.dumps({"name": "v", "frame": 5 * n}) for n in range(2)]
    frames.append(json.dumps({"name": "v", "frame": 10, "frames": 3}))
    text = "\n".join([*frames, json.dumps({"name": "a"})])
    (tmp_path / "predictions.jsonl").write_text(text)
    assert [record["name"] for record in SharedWork(tmp_path).records()] == [*"vvva"]
    (tmp_path / "predictions.jsonl").write_text(text.replace(frames[1] + "\n", ""))
    assert [record["name"] for record in SharedWork(tmp_path).records()] == ["a"]


def test_disks_without_locks_take_one_process_and_say_so(tmp_path, monkeypatch, capsys):
    def refuse(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    shared, _ = begin(tmp_path)
    assert shared.claim("a") and not shared.claim("a")
    shared.add(['{"name": "a"}'])
    assert end(shared) and read_names(tmp_path) == ["a"]
    said = capsys.readouterr().err
    assert said.count("WARNING") == 1 and f"{tmp_path}: this disk has no file locks" in said


def test_files_of_others_in_the_hidden_folder_stay(tmp_path):
    (tmp_path / FOLDER).mkdir()
    for name in ("mine.jsonl", "1-2.jsonl", "notes", "lock.txt"):
        (tmp_path / FOLDER / name).write_text("mine")
    shared, _ = begin(tmp_path)
    shared.add(['{"name": "a"}'])
    assert end(shared) and read_names(tmp_path) == ["a"]
    left = {path.name: path.read_text() for path in (tmp_path / FOLDER).iterdir()}
    assert left == dict.fromkeys(("mine.jsonl", "1-2.jsonl", "notes", "lock.txt"), "mine")


def test_a_hidden_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / FOLDER).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link; remove it, or choose another --output"):
        SharedWork(tmp_path)


def test_records_that_a_living_process_adds_meanwhile_are_not_mixed_up(tmp_path):
    first, _ = begin(tmp_path)
    second, _ = begin(tmp_path)
    first.add(['{"name": "a"}'])
    second.add(['{"name": "b"}'])
    with first.locked():
        extents = first.extents()
        counting = records.index(extents).counting(but={"b"})
        first.add(['{"name": "c"}'])  # after it was looked at
        first._write_records(extents, counting)
    assert read_names(tmp_path) == ["a"]


def test_locking_survives_that_the_last_one_tidies_up(tmp_path, monkeypatch):
    """A lock on a file that was removed meanwhile is none."""
    shared, _ = begin(tmp_path)
    take_lock, calls = sharing._take_lock, []

    def tidy_up_first(file, how):
        if not calls:
            calls.append(1)
            monkeypatch.setattr(sharing, "_take_lock", take_lock)
            end(shared)
        return take_lock(file, how)

    monkeypatch.setattr(sharing, "_take_lock", tidy_up_first)
    other = SharedWork(tmp_path)
    with other.locked():
        assert (tmp_path / FOLDER / "lock").exists()
        assert SharedWork(tmp_path).is_shared() is False
    assert not (tmp_path / FOLDER).exists()


def test_who_begins_again_knows_nothing_of_before(tmp_path):
    shared, _ = begin(tmp_path)
    assert shared.claim("a") and end(shared)
    with shared.locked():
        shared.join(["lip"], {})
        shared.begin()
    assert shared.claim("a") and end(shared)
