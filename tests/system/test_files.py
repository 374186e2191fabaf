import os

import pytest

from jppnet_tf import InputError
from jppnet_tf.system.files import check_output, list_visible, move_in, replacing, write_bytes


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_name_that_the_disk_allows_can_be_written(tmp_path):
    path = tmp_path / ("x" * 255)
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_outputs_that_cannot_be_written_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="does not exist"):
        check_output(tmp_path / "missing/out", overwrite=False)
    with pytest.raises(InputError, match="file is not a folder"):
        check_output(tmp_path / "file/out", overwrite=False)
    with pytest.raises(InputError, match="--overwrite"):
        check_output(tmp_path / "file", overwrite=False)
    check_output(tmp_path / "file", overwrite=True)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.fixture
def outputs(tmp_path):
    """Two outputs, the second of which points to the first, and a scratch folder with new ones."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for place, content in ((tmp_path, "old"), (scratch, "new")):
        for name in ("net.bin", "net.xml"):
            (place / name).write_text(content)
    return scratch, [tmp_path / "net.bin", tmp_path / "net.xml"]


@pytest.mark.parametrize("moves", range(5))
def test_a_crash_never_leaves_what_points_beside_what_it_does_not_belong_to(
    outputs, monkeypatch, moves
):
    scratch, paths = outputs
    rename, made = os.rename, []

    def crash(source, target):
        if len(made) == moves:
            raise SystemExit  # as `kill -9`: nothing is put back
        made.append(target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", crash)
    if moves < 4:
        with pytest.raises(SystemExit):
            move_in(scratch, paths)
    else:
        move_in(scratch, paths)
    found = [path.read_text() if path.exists() else None for path in paths]
    assert found[1] is None or found[1] == found[0]
    assert (found == ["new", "new"]) == (moves == 4)


def test_what_cannot_be_moved_leaves_what_was_there(outputs, tmp_path):
    scratch, paths = outputs
    (scratch / "net.xml").unlink()
    with pytest.raises(FileNotFoundError):
        move_in(scratch, paths)
    assert [path.read_text() for path in paths] == ["old", "old"]


def test_folders_are_replaced_whole(tmp_path):
    for place, name in ((tmp_path / "net", "old"), (tmp_path / "scratch/net", "new")):
        place.mkdir(parents=True)
        (place / name).touch()
    move_in(tmp_path / "scratch", [tmp_path / "net"])
    assert [path.name for path in (tmp_path / "net").iterdir()] == ["new"]


@pytest.mark.parametrize("durable", [True, False])
def test_durable_files_and_their_folder_are_synced(tmp_path, monkeypatch, durable):
    synced, fsync = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")) or fsync(fd)
    )
    write_bytes(tmp_path / "a", b"1", durable)
    assert len(synced) == 2 * durable
    if durable:
        assert synced[0].endswith(".part") and synced[1] == str(tmp_path)


def test_what_systems_hide_in_folders_is_not_listed(tmp_path):
    for name in ("b.PNG", "a.png", "._a.png", ".hidden.png", "__MACOSX", "c.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in list_visible(tmp_path, ".png")] == ["a.png", "b.PNG"]
    assert [path.name for path in list_visible(tmp_path)] == ["a.png", "b.PNG", "c.txt"]
