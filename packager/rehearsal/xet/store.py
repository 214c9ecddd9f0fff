"""Keep the xorbs and recipes of all repositories of a Hub. Nothing enters unproven.

ROOT/xet/store             the name of this store: clients remember by it what they have sent
ROOT/xet/xorbs/AB/HASH     the packed chunks of a xorb; HASH.index says where each is
ROOT/xet/files/AB/HASH     the recipe of a file
ROOT/xet/chunks/AB/HASH    the xorb that holds this chunk, then those that came with it

A xorb is there when its packed chunks are, since its index is placed before them. What is under `chunks` is a
hint: losing it costs a client a few bytes sent twice. Memory does not grow with files; a xorb is never held
whole.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packager.rehearsal.disk import place_file, write_file
from packager.rehearsal.refusal import bad_request
from packager.rehearsal.xet.chunks import Chunk, read_chunks, scan_xorb
from packager.rehearsal.xet.hashes import (
    from_text,
    hash_file,
    hash_range,
    hash_xorb,
    is_deduplicated,
    to_text,
)
from packager.rehearsal.xet.shards import ClaimedFile, Term, read_files, write_shard

_ENTRY = struct.Struct("<32sII")
"""A chunk in the index that is kept beside a xorb, so that it need not be unpacked to be known."""
_MOST_SIBLINGS = 256
_MOST_INDEXES = 64
"""How many indexes of xorbs are kept in memory; one has at most 330 kB."""
_WEEK = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a file is put together."""

    digest: str
    """What Xet calls the file."""
    sha256: str
    size: int
    terms: tuple[Term, ...]


class XetStore:
    """The xorbs and recipes below a folder; `incoming` must be on the same file system."""

    def __init__(self, folder: Path, incoming: Path) -> None:
        self._folder = folder
        self._incoming = incoming
        self._indexes: OrderedDict[bytes, list[Chunk]] = OrderedDict()
        folder.mkdir(exist_ok=True)
        if not (folder / "store").exists():
            self.rename()
        self.name = (folder / "store").read_text(encoding="ascii")

    def rename(self) -> None:
        """Take a new name, so that no client believes that what it once sent is still here."""
        write_file(self._folder / "store", secrets.token_hex(8).encode(), self._incoming / "store")

    # --- xorbs ---

    def keep_xorb(self, digest: bytes, received: Path) -> bool:
        """Keep a xorb if its chunks are what its hash says (else 400). Return False if it is here already."""
        with received.open("r+b") as file:
            chunks = list(scan_xorb(file))
            found = hash_xorb([(chunk.digest, chunk.length) for chunk in chunks])
            if not chunks or found != digest:
                raise bad_request(
                    f"The hash of the xorb received is {to_text(found)}, not {to_text(digest)}."
                )
            file.truncate(chunks[-1].end)
        place = self.xorb_path(digest)
        if place.exists():
            return False
        self._write(
            place.with_suffix(".index"),
            b"".join(_ENTRY.pack(each.digest, each.end, each.length) for each in chunks),
        )
        place_file(received, place)
        return True

    def xorb_path(self, digest: bytes) -> Path:
        """Return where the packed chunks of a xorb are or will be."""
        return self._path("xorbs", to_text(digest))

    def chunks_of(self, digest: bytes) -> list[Chunk]:
        """Return the chunks of a xorb; 400 if it is not here."""
        found = self._indexes.get(digest)
        if found is None:
            place = self.xorb_path(digest)
            if not place.exists():
                raise bad_request(f"The xorb {to_text(digest)} has not arrived.")
            index = place.with_suffix(".index").read_bytes()
            found = [Chunk(*entry) for entry in _ENTRY.iter_unpack(index)]
            self._indexes[digest] = found
            while len(self._indexes) > _MOST_INDEXES:
                self._indexes.popitem(last=False)
        return found

    # --- recipes ---

    def keep_shard(self, received: Path) -> list[Recipe]:
        """Keep the recipes of the files of a shard; none if a file is not what the shard says (400)."""
        with received.open("rb") as shard:
            recipes = [self._prove(claim) for claim in read_files(shard)]
        for recipe in recipes:
            terms = [[to_text(term.xorb), term.first, term.last, term.length] for term in recipe.terms]
            fields = {"sha256": recipe.sha256, "size": recipe.size, "terms": terms}
            self._write(self._path("files", recipe.digest), json.dumps(fields).encode())
        self._remember_chunks(recipes)
        return recipes

    def recipe(self, digest: str) -> Recipe | None:
        """Return the recipe of a file, or None if it is not here. `digest` must have passed `from_text`."""
        try:
            fields = json.loads(self._path("files", digest).read_bytes())
        except FileNotFoundError:
            return None
        terms = tuple(Term(from_text(xorb), *numbers) for xorb, *numbers in fields["terms"])
        return Recipe(digest, fields["sha256"], fields["size"], terms)

    def read(self, recipe: Recipe, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a file from `start` up to, but not including, `end`, chunk by chunk."""
        for term, skipped in self.cut(recipe, start, end):
            chunks = self.chunks_of(term.xorb)
            with self.xorb_path(term.xorb).open("rb") as file:
                place = skipped
                for content in read_chunks(file, chunks, term.first, term.last):
                    piece = content[max(0, start - place) : max(0, end - place)]
                    place += len(content)
                    if piece:
                        yield piece

    def cut(self, recipe: Recipe, start: int, end: int) -> Iterator[tuple[Term, int]]:
        """Yield the terms that hold the bytes from `start` to `end`, without chunks that hold none of them.

        With each comes the place in the file where it begins, in bytes.
        """
        place = 0
        for term in recipe.terms:
            if place < end and start < place + term.length:
                at = place
                kept: list[tuple[int, int, int]] = []
                for number in range(term.first, term.last):
                    length = self.chunks_of(term.xorb)[number].length
                    if at < end and start < at + length:
                        kept.append((number, at, length))
                    at += length
                size = sum(length for *_, length in kept)
                yield Term(term.xorb, kept[0][0], kept[-1][0] + 1, size), kept[0][1]
            place += term.length

    def unneeded(self, recipes: set[str]) -> Iterator[Path]:
        """Yield the files of everything that these recipes do not need."""
        xorbs: set[str] = set()
        for path in sorted(self._folder.glob("files/*/*")):
            recipe = self.recipe(path.name) if path.name in recipes else None
            if recipe is None:
                yield path
            else:
                xorbs |= {to_text(term.xorb) for term in recipe.terms}
        for path in sorted(self._folder.glob("xorbs/*/*")):
            if path.stem not in xorbs:
                yield path
        for path in sorted(self._folder.glob("chunks/*/*")):
            if path.read_text(encoding="ascii").split()[0] not in xorbs:
                yield path

    # --- deduplication ---

    def find_chunk(self, digest: str, now: float) -> bytes | None:
        """Return a shard about the xorb that holds a chunk and those that came with it; None if none does."""
        try:
            names = self._path("chunks", digest).read_text(encoding="ascii").split()
        except FileNotFoundError:
            return None
        xorbs = [from_text(name) for name in names if self._path("xorbs", name).exists()]
        if not xorbs:
            return None
        # An answer that outlives the store's name is of no use to anybody, and shorter ones cost questions.
        return write_shard(((xorb, self.chunks_of(xorb)) for xorb in xorbs), int(now), int(now) + _WEEK)

    def _remember_chunks(self, recipes: list[Recipe]) -> None:
        together = list(dict.fromkeys(term.xorb for recipe in recipes for term in recipe.terms))
        wanted: dict[bytes, bytes] = {}
        for recipe in recipes:
            for term in recipe.terms[:1]:  # the first chunk of a file is asked for, whatever its hash
                wanted[self.chunks_of(term.xorb)[term.first].digest] = term.xorb
        for xorb in together:
            wanted |= {chunk.digest: xorb for chunk in self.chunks_of(xorb) if is_deduplicated(chunk.digest)}
        for chunk, xorb in wanted.items():
            place = self._path("chunks", to_text(chunk))
            place.parent.mkdir(parents=True, exist_ok=True)
            others = [other for other in together if other != xorb][: _MOST_SIBLINGS - 1]
            beside = self._incoming / secrets.token_hex(16)  # not synced: it is a hint
            beside.write_text("\n".join(to_text(name) for name in (xorb, *others)), encoding="ascii")
            beside.replace(place)

    # --- proofs ---

    def _prove(self, claim: ClaimedFile) -> Recipe:
        name = to_text(claim.digest)
        hashes: list[tuple[bytes, int]] = []
        for number, term in enumerate(claim.terms):
            chunks = self.chunks_of(term.xorb)[term.first : term.last]
            if not 0 <= term.first < term.last <= len(self.chunks_of(term.xorb)):
                raise bad_request(f"The file {name} names chunks that the xorb {to_text(term.xorb)} has not.")
            if sum(chunk.length for chunk in chunks) != term.length:
                raise bad_request(f"A term of the file {name} does not have the length that it claims.")
            if claim.proofs and hash_range(chunk.digest for chunk in chunks) != claim.proofs[number]:
                raise bad_request(f"A term of the file {name} is not proven by the hash that goes with it.")
            hashes += [(chunk.digest, chunk.length) for chunk in chunks]
        if hash_file(hashes) != claim.digest:
            raise bad_request(f"The chunks of the file {name} make another file.")
        recipe = Recipe(name, "", sum(term.length for term in claim.terms), claim.terms)
        digest = hashlib.sha256()
        for piece in self.read(recipe, 0, recipe.size):
            digest.update(piece)
        found = digest.hexdigest()
        if claim.sha256 is not None and to_text(claim.sha256) != found:
            raise bad_request(f"The sha256 of the file {name} is {found}, not {to_text(claim.sha256)}.")
        return replace(recipe, sha256=found)

    # --- helpers ---

    def _path(self, kind: str, name: str) -> Path:
        return self._folder / kind / name[:2] / name

    def _write(self, place: Path, content: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_file(place, content, self._incoming / secrets.token_hex(16))
