"""What the scorer owes to every sample: the key scores 1, distractors score 0."""

from collections.abc import Iterator

from mifg_pipeline.items import OPTION_LETTERS, Sample


def expected_scores(sample: Sample) -> Iterator[tuple[str, float]]:
    """Texts with the score that each must get as the answer.

    Of a choice the letter and the text of every option; of an open answer the value as words, with its unit where it
    has one, and its aliases.
    """
    if sample.options is not None:
        for letter, option in zip(OPTION_LETTERS, sample.options, strict=False):
            score = float(letter == sample.answer.value)
            yield letter, score
            yield option, score
        return
    yield sample.answer_text(), 1.0
    if sample.answer.unit:
        yield f"{sample.answer_text()} {sample.answer.unit}", 1.0
    for alias in sample.answer.aliases:
        yield alias, 1.0
