"""Many tagged PDFs as one, a part in memory at a time: for the process that makes PDFs.

A library that holds the whole document needs a gigabyte for a thousand pages, nearly all of it for the tags.
Here each part is opened, copied object by object into the file that grows, and closed.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pikepdf

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
A_STREAM = 200  # objects that are compressed together

FREE = 65535  # the entry of an object that is not there


class _File:
    """A PDF that grows: objects by number, small ones compressed together."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.hash = hashlib.sha256()
        self.place = 0
        self.entries = array("Q", [FREE])  # of the table of objects, by number; object 0 is free
        self.images: dict[bytes, int] = {}  # what is in a picture -> its number
        self._write(HEADER)
        self._batch: list[tuple[int, bytes]] = []

    def reserve(self) -> int:
        self.entries.append(FREE)
        return len(self.entries) - 1

    def _write(self, data: bytes) -> None:
        self.out.write(data)
        self.hash.update(data)
        self.place += len(data)

    def put(self, number: int, text: bytes) -> None:
        """An object without a stream."""
        self._batch.append((number, text))
        if len(self._batch) >= A_STREAM:
            self._flush()

    def put_stream(self, number: int, words: bytes, data: bytes) -> None:
        """``words``: the entries of its dictionary but the length."""
        self.entries[number] = _entry(1, self.place, 0)
        self._write(b"%d 0 obj\n<<%s/Length %d>>\nstream\n" % (number, words, len(data)))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")

    def _flush(self) -> None:
        if not self._batch:
            return
        container = self.reserve()
        places, body = [], b""
        for index, (number, text) in enumerate(self._batch):
            self.entries[number] = _entry(2, container, index)
            places.append(b"%d %d" % (number, len(body)))
            body += text + b"\n"
        head = b" ".join(places) + b"\n"
        words = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(self._batch), len(head))
        self._batch.clear()
        self.put_stream(container, words, zlib.compress(head + body))

    def finish(self, root: int, *, info: int) -> None:
        self._flush()
        table, start = self.reserve(), self.place
        self.entries[table] = _entry(1, start, 0)
        rows = zlib.compressobj()
        packed = [rows.compress(_row(entry)) for entry in self.entries]
        name = self.hash.hexdigest()[:32].encode()
        words = b"/Type/XRef/W[1 6 2]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]/Filter/FlateDecode" % (
            *(len(self.entries), root, info),
            *(name, name),
        )
        self.put_stream(table, words, b"".join(packed) + rows.flush())
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)


def _entry(kind: int, where: int, index: int) -> int:
    """Kind (2 bits), where (46 bits) and index (16 bits) as one number: millions of them are at hand."""
    return kind << 62 | where << 16 | index


def _row(entry: int) -> bytes:
    where, index = entry >> 16 & (1 << 46) - 1, entry & 0xFFFF
    return bytes([entry >> 62]) + where.to_bytes(6, "big") + index.to_bytes(2, "big")


class _Copier:
    """Copies what is reachable in one part. ``changed``: entries of objects that are written differently."""

    def __init__(self, file: _File, changed: Mapping[tuple[int, int], Mapping[str, bytes]]) -> None:
        self._file = file
        self._changed = changed
        self._numbers: dict[tuple[int, int], int] = {}
        self._todo: list[tuple[int, Any]] = []

    def reference(self, thing: Any) -> bytes:
        """The reference to an indirect object, which is copied sooner or later."""
        key = thing.objgen
        number = self._numbers.get(key)
        if number is None and isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image":
            number = self._numbers[key] = self._image(thing)
        if number is None:
            number = self._numbers[key] = self._file.reserve()
            self._todo.append((number, thing))
        return b"%d 0 R" % number

    def _image(self, thing: pikepdf.Stream) -> int:
        """A picture that an earlier part has, too, is not written again: a logo is in a dozen agendas."""
        words, data = self._entries(thing, leave=("/Length",)), thing.read_raw_bytes()
        digest = hashlib.sha256(words + b"\0" + data).digest()
        number = self._file.images.get(digest)
        if number is None:
            number = self._file.images[digest] = self._file.reserve()
            self._file.put_stream(number, words, data)
        return number

    def run(self) -> None:
        while self._todo:
            number, thing = self._todo.pop()
            if isinstance(thing, pikepdf.Stream):
                words = self._entries(thing, leave=("/Length",))
                self._file.put_stream(number, words, thing.read_raw_bytes())
            else:
                self._file.put(number, self.text(thing, inside=True))

    def text(self, thing: Any, *, inside: bool = False) -> bytes:
        """``inside``: the object itself, where otherwise its reference would do."""
        if thing is None or isinstance(thing, bool | int | Decimal | float):
            return _scalar(thing)
        if not inside and thing.is_indirect:
            return self.reference(thing)
        if isinstance(thing, pikepdf.Array):
            return b"[" + b" ".join(self.text(each) for each in thing) + b"]"
        if isinstance(thing, pikepdf.Dictionary):
            return b"<<" + self._entries(thing) + b">>"
        return bytes(thing.unparse())

    def _entries(self, thing: Any, *, leave: Sequence[str] = ()) -> bytes:
        changed = self._changed.get(thing.objgen, {}) if thing.is_indirect else {}
        return b"".join(
            _name(key) + b" " + (changed[key] if key in changed else self.text(value))
            for key, value in thing.items()
            if key not in leave
        )


def _scalar(thing: bool | float | Decimal | None) -> bytes:
    if thing is None:
        return b"null"
    if isinstance(thing, bool):
        return b"true" if thing else b"false"
    return format(thing, "d" if isinstance(thing, int) else "f").encode()


def _name(key: str) -> bytes:
    return bytes(pikepdf.Name(key).unparse())


class _Whole:
    """What the parts have in common: pages, tags, bookmarks."""

    def __init__(self, out: BinaryIO) -> None:
        self.file = _File(out)
        self.catalogue, self.pages, self.tags = (self.file.reserve() for _ in range(3))
        self.kids: list[bytes] = []
        self.elements: list[bytes] = []
        self.parents: list[bytes] = []  # of the marks of each page: one a number
        self.marks: list[tuple[str, int, list[tuple[str, int]]]] = []  # title, page, those below it

    def add(self, part: Path, *, prefix: str, mark: str | None) -> None:
        with pikepdf.open(part) as source:
            start, key = len(self.kids), len(self.parents)
            tree = source.Root.StructTreeRoot
            tops = _own_names(tree, prefix=prefix)
            changed: dict[tuple[int, int], dict[str, bytes]] = {
                top.objgen: {"/P": b"%d 0 R" % self.tags} for top in tops
            }
            pages = [page.obj for page in source.pages]
            for page in pages:
                changed[page.objgen] = {"/Parent": b"%d 0 R" % self.pages}
                if "/StructParents" in page:
                    changed[page.objgen]["/StructParents"] = b"%d" % (int(page.StructParents) + key)
            copier = _Copier(self.file, changed)
            self.kids += [copier.reference(page) for page in pages]
            self.elements += [copier.reference(top) for top in tops]
            self.parents += [copier.text(value) for value in _parents(tree)]
            copier.run()
            if mark is not None:
                self.marks.append((mark, start, []))

    def group(self, groups: Sequence[tuple[str, int]]) -> None:
        """Puts the bookmarks below those of ``groups``: (title, how many are below it), in their order."""
        grouped, at = [], 0
        for title, count in groups:
            below = [(each, page) for each, page, _none in self.marks[at : at + count]]
            grouped.append((title, below[0][1], below))
            at += count
        self.marks = grouped

    def finish(self, *, title: str, language: str) -> None:
        file = self.file
        numbers = b" ".join(b"%d %s" % (key, value) for key, value in enumerate(self.parents))
        file.put(self.pages, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(self.kids), b" ".join(self.kids)))
        file.put(
            self.tags,
            b"<</Type/StructTreeRoot/K[%s]/ParentTree<</Nums[%s]>>/ParentTreeNextKey %d>>"
            % (b" ".join(self.elements), numbers, len(self.parents)),
        )
        metadata = file.reserve()
        file.put_stream(metadata, b"/Type/Metadata/Subtype/XML", _metadata(title))
        words = (
            *(b"/Type/Catalog/Pages %d 0 R" % self.pages, b"/StructTreeRoot %d 0 R" % self.tags),
            *(b"/MarkInfo<</Marked true>>", b"/Lang ", bytes(pikepdf.String(language).unparse())),
            *(b"/ViewerPreferences<</DisplayDocTitle true>>", b"/Metadata %d 0 R" % metadata),
            *((b"/Outlines %d 0 R" % self._bookmarks(),) if self.marks else ()),
        )
        file.put(self.catalogue, b"<<" + b"".join(words) + b">>")
        info = file.reserve()
        file.put(info, b"<</Title %s>>" % bytes(pikepdf.String(title).unparse()))
        file.finish(self.catalogue, info=info)

    def _bookmarks(self) -> int:
        root = self.file.reserve()
        first, last = self._level(root, self.marks)
        self.file.put(
            root,
            b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (first, last, len(self.marks)),
        )
        return root

    def _level(self, above: int, marks: Sequence[tuple[str, int, list[tuple[str, int]]]]) -> tuple[int, int]:
        """Writes siblings; the numbers of the first and the last."""
        numbers = [self.file.reserve() for _mark in marks]
        for index, (number, (title, page, below)) in enumerate(zip(numbers, marks, strict=True)):
            words = [
                b"/Title %s/Parent %d 0 R" % (bytes(pikepdf.String(title).unparse()), above),
                b"/Dest[%s /Fit]" % self.kids[page],
            ]
            if index:
                words.append(b"/Prev %d 0 R" % numbers[index - 1])
            if index + 1 < len(numbers):
                words.append(b"/Next %d 0 R" % numbers[index + 1])
            if below:
                first, last = self._level(number, [(name, where, []) for name, where in below])
                words.append(b"/First %d 0 R/Last %d 0 R/Count -%d" % (first, last, len(below)))
            self.file.put(number, b"<<" + b"".join(words) + b">>")
        return numbers[0], numbers[-1]


def join(
    parts: Sequence[Path],
    target: Path,
    *,
    title: str,
    language: str,
    marks: Sequence[str],
    groups: Sequence[tuple[str, int]] = (),
) -> None:
    """One tagged PDF of many: the pages, the tags, and a bookmark at the start of each part.

    ``groups``: bookmarks above those, (title, how many parts). Parts are best small: each is in memory as a
    whole while it is copied. Same parts, same bytes.
    """
    with target.open("wb") as out:
        whole = _Whole(out)
        for index, part in enumerate(parts):
            mark = marks[index] if index < len(marks) else None
            whole.add(part, prefix=f"{index}.", mark=mark)
        if groups:
            whole.group(groups)
        whole.finish(title=title, language=language)


def _parents(tree: Any) -> list[Any]:
    """The values of a part's parent tree by their keys, None where there is none."""
    pairs = list(tree.ParentTree.Nums)
    values = dict(zip((int(key) for key in pairs[::2]), pairs[1::2], strict=True))
    return [values.get(key) for key in range(max(values, default=-1) + 1)]


def _own_names(tree: Any, *, prefix: str) -> list[Any]:
    """The part's top elements; ids of cells, and the headers that name them, made the part's own."""
    todo = list(tree.K)
    tops = list(todo)
    while todo:
        element = todo.pop()
        if not isinstance(element, pikepdf.Dictionary) or "/S" not in element:
            continue
        if "/ID" in element:
            element.ID = pikepdf.String(prefix + str(element.ID))
        attributes = element.get("/A")
        if isinstance(attributes, pikepdf.Dictionary) and "/Headers" in attributes:
            attributes.Headers = pikepdf.Array(
                [pikepdf.String(prefix + str(name)) for name in attributes.Headers]
            )
        children = element.get("/K")
        if isinstance(children, pikepdf.Array):
            todo += list(children)
        elif isinstance(children, pikepdf.Dictionary):
            todo.append(children)
    return tops


def _metadata(title: str) -> bytes:
    with pikepdf.new() as empty:
        with empty.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = title
            metadata["pdfuaid:part"] = "1"
        return bytes(empty.Root.Metadata.read_bytes())
