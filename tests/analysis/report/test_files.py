"""Files that are whole or absent, and never something else than files."""

import errno
import os
from pathlib import Path

import pytest

from analysis.report.files import check_replaceable, check_writable, whole_file
from sim import InputError


def held(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def test_a_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    with whole_file(target) as temporary:
        temporary.write_text("after")
        assert target.read_text() == "before"
    assert held(tmp_path) == {"file": "after"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError(), InputError("no")])
def test_nothing_is_left_of_a_block_that_fails(error: BaseException, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("before")
    with pytest.raises(type(error)), whole_file(target) as temporary:
        temporary.write_text("half")
        raise error
    assert held(tmp_path) == {"file": "before"}


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    target = tmp_path / "file"
    refusal = pytest.raises(InputError, match=r"out = .*file' must be .*No space left")
    with refusal as caught, whole_file(target) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "\n" not in str(caught.value)
    assert held(tmp_path) == {}


def test_a_link_is_followed(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "elsewhere" / "file"
    link.symlink_to(target)
    with whole_file(link) as temporary:
        temporary.write_text("text")
    assert link.is_symlink()
    assert target.read_text() == "text"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such thing here")
def test_what_is_no_regular_file_stays_what_it_is(tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for place in (pipe, folder):
        for refuses in (check_replaceable, lambda path: whole_file(path).__enter__()):
            with pytest.raises(InputError, match=f"{place.name}' must be a regular file"):
                refuses(place)
    assert pipe.is_fifo()
    assert {each.name for each in tmp_path.iterdir()} == {"pipe", "folder"}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before")
    for place in (file, file / "folder"):
        with pytest.raises(InputError, match="place that can be written"):
            check_writable(place)
    check_writable(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()


def test_a_folder_is_not_named_like_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"new\.pdf' must be a folder"):
        check_writable(tmp_path / "new.pdf")
    assert not (tmp_path / "new.pdf").exists()
    (tmp_path / "old.pdf").mkdir()
    check_writable(tmp_path / "old.pdf")
