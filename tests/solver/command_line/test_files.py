"""Files are written whole or not at all, and what can't be read or written is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.command_line.files import FileProblem, check_writable, read, write


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    write(str(tmp_path / "a.json"), b"one")
    write(str(tmp_path / "a.json"), b"two")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.json", b"two")]


def test_a_file_keeps_its_permissions_when_it_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    target.write_bytes(b"one")
    target.chmod(0o640)

    write(str(target), b"two")

    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"one")
    (tmp_path / "link.json").symlink_to("real.json")

    write(str(tmp_path / "link.json"), b"two")

    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"two"


def test_a_failure_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "inside").mkdir(parents=True)

    with pytest.raises(FileProblem, match="folder: is a directory"):
        write(str(target), b"two")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_reading_ends_at_the_limit_even_of_what_never_ends() -> None:
    with pytest.raises(FileProblem, match="/dev/zero: larger than 1 MB"):
        read("/dev/zero", max_bytes=1024 * 1024)


def test_a_place_that_can_be_written_leaves_no_trace_of_the_question(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "new.json"))
    check_writable("-")
    check_writable("/dev/null")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match=r"x/new\.json: no such file or directory"):
        check_writable(str(tmp_path / "x" / "new.json"))
