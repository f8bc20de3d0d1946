"""Passages with their matching words marked, taken over from analysed texts to those stored.

PostgreSQL marks words in a text as it was analysed: signs are others there, letters are in normal
form, tags and entities are gone, and a run of characters of a script without spaces comes in
overlapping pairs. The words come in the same order all the same, so they are found again by it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from pgrecall._values.marked import CLOSE, OPEN, Piece, Snippet

_READ = 130_000  # characters, as full text search reads
_FAR = 200  # letters that may stand between two words: of a tag and its attributes
_STARTS = 50  # places where a passage may begin that are tried
_AROUND = 120  # characters on either side of a word that is shown for itself
_WORDLESS = re.compile(r"(?:<[^<>]*>|[\W_])*")
_ASKED = re.compile(r"[^\W_]+")
_TOKEN = re.compile(rf"{OPEN}|{CLOSE}|(?:[^\W_]|[^\x00-\x7F\w])+|\^", re.DOTALL)
# what joins the parts of a word
_JOINT = re.compile(r"[-./\\@:'&+#_<>~^\u00AD\u2010-\u2015\u2018\u2019\u200B-\u200F\u2060]*\Z")
# letters that a text is read without: what stretches Arabic words, and apostrophes
_VOICED = "\uff9e\uff9f"  # marks of half-width kana
_SILENT = "\u0640\u02bb\u02bc"
_TIMES = re.compile(r"(?<=[0-9])x")
_RENAMED = (("plusplus", ""), ("sharp", ""), ("dotnet", "net"))


class _Word(NamedTuple):
    letters: str
    marked: bool


class _Skeleton(NamedTuple):
    """The letters and digits of a text, and where each is in it."""

    letters: str
    places: list[int]


def restored(text: str, passage: str | None, question: str) -> Snippet | None:
    """Take the marks of a passage over to the text that it was analysed from.

    Args:
        text: The text as it is stored.
        passage: The passage, or None where none was asked for.
        question: What was asked. Words of it are looked for where the passage has no mark: a part
            of a word, or a compound that is asked for as one word, matches without one.
    """
    if passage is None:
        return None
    skeleton = _skeleton(text[:_READ])
    if OPEN not in passage:
        spans = _asked(text, skeleton, question)
        if spans:
            return _shown(text, spans)
    words = _words(passage)
    found = _found(skeleton.letters, words)
    if not found:
        return Snippet.of([Piece(text[: len(passage)], is_marked=False)])
    first, last = found[0][0], found[-1][1]
    begin, end = skeleton.places[first], skeleton.places[last - 1] + 1
    # signs and tags at the ends of a text that is shown whole belong to it
    if begin < _FAR and _WORDLESS.fullmatch(text[:begin]):
        begin = 0
    if len(text) - end < _FAR and _WORDLESS.fullmatch(text[end:]):
        end = len(text)
    spans = [
        (skeleton.places[left], skeleton.places[right - 1] + 1)
        for (left, right), word in zip(found, words, strict=True)
        if word.marked and right > left
    ]
    return _marked(text, spans, begin, _with_marks(text, end))


def _marked(text: str, spans: list[tuple[int, int]], begin: int, end: int) -> Snippet:
    made: list[Piece] = []
    done = begin
    for left, right in _joined(text, [(left, _with_marks(text, right)) for left, right in spans]):
        made += [Piece(text[done:left], is_marked=False), Piece(text[left:right], is_marked=True)]
        done = right
    return Snippet.of([*made, Piece(text[done:end], is_marked=False)])


def _with_marks(text: str, end: int) -> int:
    """Give where a word ends with what stands above, below or behind its last letter."""
    while end < len(text) and (unicodedata.category(text[end])[0] == "M" or text[end] in _VOICED):
        end += 1
    return end


def _shown(text: str, spans: list[tuple[int, int]]) -> Snippet:
    """Show what is around the first of some words."""
    left, right = spans[0]
    begin, end = max(0, left - _AROUND), min(len(text), right + _AROUND)
    while 0 < begin < left and not text[begin - 1].isspace():
        begin += 1
    while right < end < len(text) and not text[end].isspace():
        end -= 1
    return _marked(text, [span for span in spans if span[1] <= end], begin, end)


def _asked(text: str, skeleton: _Skeleton, question: str) -> list[tuple[int, int]]:
    """Find the words of a question where a word, or a part of one, begins and ends."""
    chunks = question.split()
    words = {_letters(one) for one in [*chunks, *_ASKED.findall(question)]} - {""}
    found: list[tuple[int, int]] = []
    for word in words:
        at = skeleton.letters.find(word)
        while at >= 0:
            left, right = skeleton.places[at], skeleton.places[at + len(word) - 1] + 1
            if _ends(text, left) and _ends(text, right):
                found.append((left, right))
            at = skeleton.letters.find(word, at + 1)
    return sorted(found)


def _ends(text: str, place: int) -> bool:
    """Tell whether a word, or a part of one, ends before a place."""
    before, after, later = (
        text[one : one + 1] if one >= 0 else "" for one in (place - 1, place, place + 1)
    )
    if not (before.isalnum() and after.isalnum()):
        return True
    is_camel = after.isupper() and (before.islower() or later.islower())
    return is_camel or before.isdigit() != after.isdigit() or not (before + after).isascii()


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Let the parts of one word, and overlapping ones, be marked as one."""
    made: list[tuple[int, int]] = []
    for left, right in spans:
        if made and (left <= made[-1][1] or _JOINT.match(text[made[-1][1] : left])):
            made[-1] = (made[-1][0], max(right, made[-1][1]))
        else:
            made.append((left, right))
    return made


def _letters(text: str) -> str:
    """Give the letters and digits alone, without what stands above or below them."""
    if text.isascii():
        return "".join(filter(str.isalnum, text)).lower()
    text = unicodedata.normalize("NFKD", text).lower().replace("\u03c2", "\u03c3")
    kept = [one for one in text if one.isalnum() and one not in _SILENT]
    return "".join(str(unicodedata.decimal(one, one)) for one in kept)


def _skeleton(text: str) -> _Skeleton:
    if text.isascii():
        places = [place for place, character in enumerate(text) if character.isalnum()]
        return _Skeleton(_letters(text), places)
    letters, places = [], []
    for place, character in enumerate(text):
        for letter in _letters(character):
            letters.append(letter)
            places.append(place)
    return _Skeleton("".join(letters), places)


def _words(passage: str) -> list[_Word]:
    """Read the words of a passage; what overlaps of two characters is read once."""
    tokens: list[tuple[str, bool]] = []
    marked = False
    for found in _TOKEN.finditer(passage):
        if found[0] in (OPEN, CLOSE):
            marked = found[0] == OPEN
        else:
            tokens.append((found[0], marked))
    words: list[_Word] = []
    carried = False
    for place, (token, is_marked) in enumerate(tokens):
        if token == "^":  # noqa: S105  # a sign
            continue
        joint, follower = ([one for one, _ in tokens[place + 1 : place + 3]] + ["", ""])[:2]
        following = follower if joint == "^" else ""
        characters = [one for one in token if one.isalnum()]
        overlaps = len(characters) == 2 and following[:1] == characters[1]  # noqa: PLR2004  # pairs
        shown = characters[0] if overlaps else token
        words.append(_Word(_letters(shown), is_marked or carried))
        carried = is_marked and overlaps
    return [word for word in words if word.letters]


def _found(letters: str, words: list[_Word]) -> list[tuple[int, int]]:
    """Give where each word begins and ends; one that is not found, twice where it would be."""
    whole = "".join(word.letters for word in words)
    start = letters.find(whole)
    if start >= 0:
        made = []
        for word in words:
            made.append((start, start + len(word.letters)))
            start = made[-1][1]
        return made
    anchors = [one for word in words for one in _spelt(word.letters) if one in letters]
    best: list[tuple[int, int]] = []
    at = -1
    for _ in range(_STARTS if anchors else 0):
        at = letters.find(anchors[0], at + 1)
        if at < 0:
            break
        tried = _followed(letters, words, at)
        if not best or _gap(tried) < _gap(best):
            best = tried
    return best


def _followed(letters: str, words: list[_Word], at: int) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for word in words:
        for looked_for in _spelt(word.letters):
            start = letters.find(looked_for, at, at + len(looked_for) + _FAR)
            if start >= 0:
                at = start + len(looked_for)
                break
        else:
            start = at
        made.append((start, at))
    return made


def _spelt(word: str) -> list[str]:
    """Give how a word may stand in the text: C++ is Cplusplus in the passage, 2 by 4 2x4."""
    spelt = [word, *(word.replace(*renamed) for renamed in _RENAMED if renamed[0] in word)]
    if _TIMES.search(word):
        spelt.append(_TIMES.sub("", word))
    return spelt


def _gap(found: list[tuple[int, int]]) -> int:
    missed = sum(_FAR for left, right in found if left == right)
    return found[-1][1] - found[0][0] + missed
