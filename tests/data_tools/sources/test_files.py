"""Folders and archives: what is found, what is skipped and why, and what is refused."""

import bz2
import gzip
import io
import random
import stat
import zipfile
from pathlib import Path

import pytest

from data_tools.sources import files as module
from data_tools.sources.files import inputs
from frontdesk.errors import UserError


@pytest.fixture
def find(write):
    """What `inputs` finds: each source's path and text, and what was skipped."""

    def run(*paths):
        with inputs() as opened:
            found = [(source.path, "\n".join(source.lines())) for source in opened.find(paths, "data.chats")]
            assert all(source.count("\n") == 0 for source, _ in found)
            folder = opened.scratch
        assert not folder.exists()
        return found, opened.skipped

    return run


def archive(members, **more):
    """A zip's bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **more) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


def put(name, content):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return name


def test_a_folder_stands_for_its_files_in_order_and_each_once(find, write, tmp_path):
    for name in ("chats/b.txt", "chats/a.txt", "chats/c/a.txt", "chats/.hidden", "chats/.git/x", "chats/__MACOSX/a.txt", "chats/._a.txt"):
        write(name, name)

    found, skipped = find("chats", "chats/a.txt", str(tmp_path / "chats/b.txt"), "chats/../chats/a.txt")
    assert found == [(name, name) for name in ("chats/a.txt", "chats/b.txt", "chats/c/a.txt")]
    assert skipped == []


def test_missing_file_and_empty_folder_name_the_key(find, write, tmp_path):
    write("hidden/.x", "x")
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=r"^faq\.csv: no such file or folder; expected a source named in 'data\.chats'; fix the path"):
        find("faq.csv")
    for name in ("empty", "hidden"):
        with pytest.raises(UserError, match=rf"^{name}: found an empty folder; .*'data\.chats'"):
            find(name)


def test_a_zip_stands_for_its_files_in_order(find):
    members = {"b.txt": "two", "a/1.txt": "one", "a/": "", ".hidden": "x", "__MACOSX/._b.txt": "x", "a/.DS_Store": "x", "빈.txt": ""}
    found, skipped = find(put("x.zip", archive(members)))

    assert found == [("x.zip/a/1.txt", "one"), ("x.zip/b.txt", "two"), ("x.zip/빈.txt", "")]
    assert skipped == []


@pytest.mark.parametrize(("name", "inside"), [("day.txt.gz", "day.txt"), ("day.bin", "text")])
def test_a_gzip_stands_for_its_file(find, name, inside):
    found, _ = find(put(name, gzip.compress("안녕하세요".encode("cp949"))))

    assert found == [(f"{name}/{inside}", "안녕하세요")]


def test_archives_inside_archives_are_opened_to_a_depth(find):
    content = b"hello"
    for depth in range(1, 6):
        content = archive({f"{depth}.zip" if depth > 1 else "a.txt": content})
        found, skipped = find(put("x.zip", archive({"in.zip": content, "b.txt": b"two"})))
        assert found[0] == ("x.zip/b.txt", "two")
        assert [text for _, text in found[1:]] == (["hello"] if depth <= 2 else [])
        assert [reason.split(";")[0] for _, reason in skipped] == (["found archives inside archives, 4 deep"] if depth > 2 else [])


def test_a_compressed_file_inside_a_zip(find):
    found, _ = find(put("x.zip", archive({"day.txt.gz": gzip.compress(b"hi")})))

    assert found == [("x.zip/day.txt.gz/day.txt", "hi")]


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "a\\..\\..\\evil.txt", "\\evil.txt"])
def test_a_name_that_leads_out_is_not_read(find, name, tmp_path):
    Path("in").mkdir()
    found, skipped = find(put("in/x.zip", archive({"good.txt": "good", name: "evil"})))

    assert found == [("in/x.zip/good.txt", "good")]
    assert [path for path, _ in skipped] == ["in/x.zip"]
    assert "leads out of the archive" in skipped[0][1]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["x.zip"]


def test_names_of_windows(find):
    made = bytearray(archive({"folder\\aaaa.txt": "hi"}))
    found, _ = find(put("x.zip", bytes(made.replace(b"aaaa", "대화".encode("cp949")))))

    assert found == [("x.zip/folder/대화.txt", "hi")]


def encrypted(content):
    """A zip whose members are marked as encrypted."""
    made = bytearray(content)
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + flag] |= 1
    return bytes(made)


def test_an_encrypted_member_is_skipped_and_told(find):
    found, skipped = find(put("x.zip", encrypted(archive({"a.txt": "secret", "b.txt": "open"}))))

    assert found == [("x.zip/b.txt", "open")]
    assert skipped == [("x.zip/a.txt", "found an encrypted file; expected one without a password; unpack it yourself")]


def test_what_is_no_text_is_skipped_unless_it_was_named(find):
    noise = random.Random(1).randbytes(3000)
    put("chats/a.txt", b"hi")
    put("chats/photo.jpg", noise)
    put("chats/x.zip", archive({"b.txt": "two", "photo.jpg": noise}))

    found, skipped = find("chats")
    assert found == [("chats/a.txt", "hi"), ("chats/x.zip/b.txt", "two")]
    assert [path for path, _ in skipped] == ["chats/photo.jpg", "chats/x.zip/photo.jpg"]
    assert all(reason.startswith("found bytes that are no text; expected ") for _, reason in skipped)
    with pytest.raises(UserError, match=r"^chats/photo\.jpg: found bytes that are no text"):
        find("chats/photo.jpg")


def broken(name):
    whole = archive({"a.txt": "a" * 50 + "b" * 50, "b.txt": "two"}) if name == "zip" else gzip.compress(b"hello " * 1000)
    return whole[: len(whole) * 2 // 3]


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_a_damaged_archive_is_the_users_mistake_if_named_and_skipped_if_not(find, kind):
    put(f"chats/x.{kind}", broken(kind))
    put("chats/y.txt", b"hi")

    with pytest.raises(
        UserError, match=rf"^chats/x\.{kind}: found a damaged archive \(.+\); expected a whole one; copy or export it anew$"
    ):
        find(f"chats/x.{kind}")
    found, skipped = find("chats")
    assert found == [("chats/y.txt", "hi")]
    assert [path for path, _ in skipped] == [f"chats/x.{kind}"]


def test_a_gzip_with_a_wrong_checksum_is_damaged(find):
    made = bytearray(gzip.compress(b"hello"))
    made[-6] ^= 255

    with pytest.raises(UserError, match="damaged archive"):
        find(put("x.gz", bytes(made)))


def test_one_damaged_member_leaves_the_others(find):
    made = bytearray(archive({"a.txt": "hello there", "b.txt": "two"}, compresslevel=0))
    made[made.index(b"hello")] ^= 1
    found, skipped = find(put("x.zip", bytes(made)))

    assert found == [("x.zip/b.txt", "two")]
    assert [(path, "damaged archive" in reason) for path, reason in skipped] == [("x.zip/a.txt", True)]


def test_a_member_that_is_packed_in_an_unknown_way_leaves_the_others(find):
    made = bytearray(archive({"a.txt": "hello", "b.txt": "two"}))
    made[made.index(b"PK\x01\x02") + 10] = made[made.index(b"PK\x03\x04") + 8] = 9  # the packing of large files by Windows
    found, skipped = find(put("x.zip", bytes(made)))

    assert found == [("x.zip/b.txt", "two")]
    assert [path for path, _ in skipped] == ["x.zip/a.txt"]


def test_other_packings_of_a_zip_are_read(find):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number, method in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
            made.writestr(f"{number}.txt", "hello", method)
    put("x.zip", out.getvalue())

    assert [text for _, text in find("x.zip")[0]] == ["hello"] * 3


def test_any_damage_to_a_zip_ends_in_a_line_or_is_skipped(find):
    whole = archive({"a.txt": "hello " * 20, "b/c.txt": bz2.compress(b"x")})
    rng = random.Random(5)
    for _ in range(150):
        made = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            made[rng.randrange(4, len(made))] = rng.randrange(256)
        try:
            found, skipped = find(put("x.zip", bytes(made)))
        except UserError as error:
            assert str(error).startswith("x.zip: ")
        else:
            assert len(found) + len(skipped) >= 1


def test_an_archive_without_files_is_refused(find):
    with pytest.raises(UserError, match=r"^x\.zip: found an empty archive"):
        find(put("x.zip", archive({})))


@pytest.fixture
def little_room(monkeypatch):
    monkeypatch.setattr(module, "FREE", 1 << 20)
    monkeypatch.setattr(module, "RATIO", 20)


@pytest.mark.parametrize("kind", ["zip", "gz"])
def test_an_archive_that_unpacks_to_far_too_much_is_refused_at_once(find, little_room, kind):
    zeros = bytes(30 << 20)
    put(f"x.{kind}", archive({"a.txt": zeros}) if kind == "zip" else gzip.compress(zeros))
    with pytest.raises(UserError, match=rf"^x\.{kind}: found an archive of \d+ bytes that unpacks to more than \d+ MB; expected .*; if it"):
        find(f"x.{kind}")


def test_nothing_of_a_zip_that_says_it_is_too_large_is_written(little_room, write):
    put("x.zip", archive({"a.txt": "hi", "b.txt": bytes(30 << 20)}))
    with inputs() as opened:
        with pytest.raises(UserError, match="unpacks to more than"):
            next(opened.find(["x.zip"], "data.chats"))
        assert list(opened.scratch.iterdir()) == []


def test_many_small_bombs_inside_one_archive_share_its_room(find, little_room, monkeypatch):
    written = []
    unpack = module.Inputs._unpack
    monkeypatch.setattr(module.Inputs, "_unpack", lambda self, *rest: written.append(unpack(self, *rest)) or written[-1])
    put("x.zip", archive({f"{number:02}.zip": archive({"a.txt": b"hello " * 150_000}) for number in range(20)}))
    with inputs() as opened:
        found = list(opened.find(["x.zip"], "data.chats"))
        on_disk = sum(path.stat().st_size for path in written if path.exists())

    assert len(found) == 1
    assert len(opened.skipped) == 19
    assert on_disk < 3 << 20


def test_chats_that_pack_well_are_let_through(find):
    line = "2026-03-02 10:00, Ann: is it two days to Busan?\n"
    assert len(find(put("x.zip", archive({"a.txt": line * 100_000})))[0]) == 1


def test_too_many_members_are_refused(find, monkeypatch):
    monkeypatch.setattr(module, "MEMBERS", 3)
    with pytest.raises(UserError, match=r"^x\.zip: found 4 files in the archive; expected at most 3"):
        find(put("x.zip", archive({f"{number}.txt": "x" for number in range(4)})))


@pytest.mark.parametrize(("part", "kind"), [("xl/workbook.xml", "xlsx"), ("word/document.xml", "docx")])
def test_office_documents_are_not_unpacked(find, part, kind):
    document = archive({part: "x", "other.xml": "y"})
    put("docs/x.zip", archive({"faq.bin": document}))
    put("docs/y.bin", document)
    with inputs() as opened:
        found = [(source.path, source.encoding, source.file.read_bytes()) for source in opened.find(["docs"], "data.faq")]

    assert found == [("docs/x.zip/faq.bin", kind, document), ("docs/y.bin", kind, document)]


def test_the_temporary_folder_goes_when_something_fails(write):
    put("x.zip", archive({"a.txt": "x"}))
    with pytest.raises(RuntimeError, match="stop"), inputs() as opened:
        next(opened.find(["x.zip"], "data.chats"))
        assert list(opened.scratch.iterdir())
        assert stat.S_IMODE(opened.scratch.stat().st_mode) == 0o700
        raise RuntimeError("stop")
    assert not opened.scratch.exists()


def test_no_room_to_unpack_says_so(find, monkeypatch):
    def full(self, *rest):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.Inputs, "_unpack", full)
    with pytest.raises(UserError, match=r"^x\.gz: found no room to unpack it in .*TMPDIR"):
        find(put("x.gz", gzip.compress(b"hi")))
