"""An image token stands once in a request, and once per visual token in what the model reads."""

from collections.abc import Iterator, Sequence


def expand_image_tokens(token_ids: Sequence[int], image_token_id: int, counts: Sequence[int]) -> Iterator[int]:
    """Yields the ids with the n-th image token repeated ``counts[n]`` times.

    Raises:
        ValueError: There are more or fewer image tokens than counts.
    """
    images = sum(token == image_token_id for token in token_ids)
    if images != len(counts):
        raise ValueError(f"{images} image tokens stand for {len(counts)} views")
    remaining = iter(counts)
    for token in token_ids:
        if token == image_token_id:
            yield from (token for _ in range(next(remaining)))
        else:
            yield token
