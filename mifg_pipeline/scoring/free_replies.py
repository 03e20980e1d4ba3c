"""Reads what a reply without answer tags decides for: a guess that whoever reports it must name as one."""

import re
from collections.abc import Callable, Iterable, Sequence

from mifg_pipeline.items import OPTION_LETTERS, AnswerKind
from mifg_pipeline.scoring.choices import read_choice
from mifg_pipeline.scoring.extraction import extract_answer, without_thoughts
from mifg_pipeline.scoring.normalization import fold

_LONGEST = 20_000
"""Characters of the end of a reply that are read; what decides stands late."""

_ROOM = 200
"""Characters around an option in a text that is nothing but that option."""

# Every repetition is bounded: what a reply repeats without end must not cost more than its length.
_GAP = r"\s{0,3}"
_MARKS = r"[*_]{0,4}"
_OPENING = r"[\s*_`\"'$(\[{]{0,8}(?:\\text\s?\{\s?)?[(\[]?"
_CLOSING = r"(?![^\W_]|['’]\w|-\w)[)\]}*_`\"$]{0,8}"
# "B or C" decides for neither.
_ALONE = r"(?!\s{0,3}(?:or|and|/|&|,)\s{0,3}(?:option\s)?[*(\[]{0,3}[A-Ja-j](?:[)\]*.\s,]|$))"
_VERB = r"(?:is|are|(?:w|sh)ould\sbe|must\sbe|(?:seems|appears|has)\sto\sbe)"
_ADVERB = r"(?:\s(?:clearly|therefore|most\slikely|likely|probably|actually|definitely|then))?"
_NOUN = r"(?:\s?(?:option|choice|letter))?"
_DECLARED = re.compile(
    rf"(?i:\banswers?(?:\s(?:here|to\s\w{{1,30}}(?:\s\w{{1,30}}){{0,3}}))?(?:\s{_VERB})?{_ADVERB}{_NOUN}"
    rf"{_GAP}{_MARKS}{_GAP}[:：=-]?{_NOUN}(?:\s?i\sthink\sit\sis)?"
    rf"|\b(?:options?|choices?|solution){_GAP}(?:{_VERB}{_ADVERB}{_NOUN}{_GAP}{_MARKS}{_GAP}:?|{_MARKS}{_GAP}[:：])"
    rf"|\b(?:i(?:'d|\swould|\swill)?\s(?:choose|pick|select|go\swith|say)|leaving|it\s(?:is|must\sbe)){_NOUN}"
    rf"|答案(?:是|为|：|:)|选择?|antwort\s?:)"
    rf"(?P<opening>{_OPENING})(?P<letter>[A-Za-z]){_CLOSING}{_ALONE}"
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{\s*(?:\\text\s*\{\s*)?\(?(?P<letter>[A-Za-z])(?=\s*[):.}\-])")
_LABEL = re.compile(
    rf"\s*[*_`]*(?:(?:option|choice)\s+)?(?:[(\[](?P<round>[A-Za-z])[)\]]|(?P<bare>[A-Z])[).:])(?=\W|$){_ALONE}", re.I
)
_MARKED = re.compile(r"[(\[](?P<round>[A-J])[)\]]|\*\*\(?(?P<bold>[A-J])[).:]?\*\*|[\"“](?P<quoted>[A-J])[\"”]")
_ENDING = re.compile(r"\b(?:is|be|to|as)\s(?P<letter>[A-J])[.!]?$")
_DENIED = re.compile(r"(?i:\b(?:not|isn't|isn’t|rules?\s+out|never|incorrect|wrong)\s*$)")
_NEGATED = re.compile(
    r"(?i)^\W*(?:is|are|was|would be)\s+(?:not|wrong|incorrect|a\s+(?:common\s+)?distractor)|^\W*isn['’]t"
)
# Tags, and what a decoder leaves in that does not skip special tokens.
_NO_WORD = re.compile(r"</?(?:s|answer)>|<\|[\w-]{1,30}\|>|<(?:bos|eos|pad|end_of_turn)>", re.IGNORECASE | re.ASCII)
_SPACES = re.compile(r"[^\S\n]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CLAUSE = re.compile(r"[,.;:!?(](?=\s|$)|\s(?=while\b|whereas\b|but\b|\()")
_CONCLUSION = re.compile(
    r"\W*(?:so|therefore|thus|hence|overall|in conclusion|to conclude|consequently)\b", re.IGNORECASE
)
_DENIAL = re.compile(r" (?:not|cannot|isn't|can't|neither|unsure|unable) ")
_WORD = re.compile(r"-?\d+(?:[.,]\d+)*|[\w']+")
# After a small letter that is an article or a pronoun.
_WORD_FOLLOWS = re.compile(r"\s+\w")
# After an A or I that is a word: "The answer is a dog" in capitals, "I don't know".
_GOES_ON = re.compile(r"\s(?!(?:is|because|since|as)\b)[a-z]")
_YES_NO = re.compile(r"[\W_]{0,8}(?P<word>yes|no|true|false)\b(?![-'’]\w|\s(?:and|or)\s(?:yes|no))", re.IGNORECASE)
_DECLARED_TRUTH = re.compile(
    rf"(?i)\banswer(?:\sis)?{_GAP}{_MARKS}[:：]?[\s*_\"'(]{{0,8}}(?P<word>yes|no|true|false)\b"
)


def find_choice(reply: str, options: Sequence[str]) -> str | None:
    """The letter of the option that a reply without answer tags decides for; None where it decides for none.

    In this order: the whole reply as an answer; the last boxed letter; the last declaration ("the answer is B",
    "I choose B"); the last line as an answer; a label at the beginning ("D) Both …"); the one letter that is marked
    anywhere, in brackets, quotes or bold; the letter at the very end ("… is A."); the one option whose text occurs in
    the conclusion, the first clause, the first sentence, the last one, or anywhere.

    Args:
        reply: Text of any length; of a very long one the end is read.
        options: Their texts, in the order of the letters.
    """
    text = _plain(reply)
    letters = OPTION_LETTERS[: len(options)]
    lines = text.splitlines() or [""]
    readings: tuple[Callable[[], str | None], ...] = (
        lambda: _whole(text, options),
        lambda: _last(_BOXED.finditer(text), letters),
        lambda: _declared(text, letters),
        lambda: _whole(lines[-1], options) or _label(lines[-1], letters),
        lambda: _label(lines[0], letters),
        lambda: _only({_letter(mark) for mark in _MARKED.finditer(text)} & set(letters)),
        lambda: _last(_ENDING.finditer(text), letters),
        lambda: _named_in_parts(text, options),
    )
    return next((letter for reading in readings if (letter := reading()) is not None), None)


def find_truth(reply: str) -> str | None:
    """The yes, no, true or false that a reply without answer tags says: its first word, else the last declaration."""
    text = _plain(reply)
    first = _YES_NO.match(text)
    if first is not None:
        return first["word"].lower()
    declared = list(_DECLARED_TRUTH.finditer(text))
    return declared[-1]["word"].lower() if declared else None


def find_answer(reply: str, kind: AnswerKind, options: Sequence[str] | None) -> str | None:
    """What a reply without answer tags says, in the form in which it stands between the tags.

    Args:
        reply: Text of any length.
        kind: Of the key.
        options: Of a question of kind ``choice``, else None.
    """
    if options is not None:
        return find_choice(reply, options)
    if kind == "boolean":
        return find_truth(reply)
    return extract_answer(reply, lenient=True)


def _plain(reply: str) -> str:
    return _SPACES.sub(" ", _NO_WORD.sub(" ", without_thoughts(reply)[-_LONGEST:])).strip()


def _whole(text: str, options: Sequence[str]) -> str | None:
    """The option that the whole text is; one much longer than any option is none, unread."""
    return read_choice(options, text) if len(text) <= max(map(len, options)) + _ROOM else None


def _letter(match: re.Match[str]) -> str:
    return next(value for value in match.groupdict().values() if value is not None).upper()


def _last(matches: Iterable[re.Match[str]], letters: str) -> str | None:
    found = [match["letter"].upper() for match in matches]
    valid = [letter for letter in found if letter in letters]
    return valid[-1] if valid else None


def _declared(text: str, letters: str) -> str | None:
    """The letter of the last declaration that is not taken back in the same breath."""
    chosen = None
    for match in _DECLARED.finditer(text):
        letter = match["letter"]
        after = text[match.end() : match.end() + 40]
        goes_on = (letter.islower() and _WORD_FOLLOWS.match(after)) or (letter in "AI" and _GOES_ON.match(after))
        if (goes_on and not match["opening"].strip()) or _NEGATED.match(after):
            continue
        if letter.upper() in letters and not _DENIED.search(text[max(0, match.start() - 20) : match.start()]):
            chosen = letter.upper()
    return chosen


def _label(line: str, letters: str) -> str | None:
    match = _LABEL.match(line)
    if match is None or _letter(match) not in letters or _NEGATED.match(line[match.end() :]):
        return None
    return _letter(match)


def _only(letters: set[str]) -> str | None:
    return letters.pop() if len(letters) == 1 else None


def _named_in_parts(text: str, options: Sequence[str]) -> str | None:
    sentences = _SENTENCE.split(text)
    conclusions = [sentence for sentence in sentences[1:] if _CONCLUSION.match(sentence)]
    parts = (*conclusions[-1:], _CLAUSE.split(text)[0], sentences[0], sentences[-1], text)
    return next((letter for part in parts if (letter := _named_option(part, options)) is not None), None)


def _named_option(text: str, options: Sequence[str]) -> str | None:
    """The one option whose text stands in the text in whole words; none where the text denies something."""
    said = f" {_words(text)} "
    named = {
        letter
        for letter, option in zip(OPTION_LETTERS, options, strict=False)
        if f" {_words(option).removeprefix('the ')} " in said
    }
    return None if _DENIAL.search(said) else _only(named)


def _words(text: str) -> str:
    """Words and numbers alone; articles stay, for the A of "Point A" is none."""
    return " ".join(_WORD.findall(fold(text)))
