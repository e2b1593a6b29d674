"""A ZIP file gives its members within limits, whatever it says of itself."""

import zipfile
from pathlib import Path

import pytest

from metier.errors import Rejected
from scheduler.reading.archives import Bounds, opened


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_member_is_found_in_whatever_folder_and_case(tmp_path: Path) -> None:
    path = packed(tmp_path / "export.zip", {"Basic/Positions.csv": b"Title\n", "Profile.csv": b"x"})
    with opened(path) as archive:
        assert archive.find("positions.CSV") == "Basic/Positions.csv"
        assert archive.find("Jobs.csv") is None
        assert archive.read("Basic/Positions.csv") == b"Title\n"


def test_a_bomb_is_refused_before_it_is_in_memory(tmp_path: Path) -> None:
    path = packed(tmp_path / "bomb.zip", {"Positions.csv": b"0" * 5_000_000})
    with opened(path, Bounds(member=100_000)) as archive, pytest.raises(Rejected, match="unpacks to more than"):
        archive.read("Positions.csv")


def test_many_members_together_are_bounded_too(tmp_path: Path) -> None:
    path = packed(tmp_path / "many.zip", {"a": b"0" * 900, "b": b"0" * 900})
    with opened(path, Bounds(whole=1000)) as archive:
        archive.read("a")
        with pytest.raises(Rejected, match="unpacks to more than"):
            archive.read("b")


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "many.zip", {str(number): b"" for number in range(20)})
    with pytest.raises(Rejected, match="more than 10 files"), opened(path, Bounds(members=10)):
        pass


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"no zip at all"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(Rejected, match="no readable ZIP file"), opened(path):
        pass


def test_a_damaged_or_locked_member_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {"a": b"hello hello hello"})
    whole = bytearray(path.read_bytes())
    whole[35] ^= 0xFF
    path.write_bytes(whole)
    with opened(path) as archive, pytest.raises(Rejected, match="damaged"):
        archive.read("a")
    whole[35] ^= 0xFF
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + place] |= 1
    path.write_bytes(whole)
    with opened(path) as archive, pytest.raises(Rejected, match="password"):
        archive.read("a")
