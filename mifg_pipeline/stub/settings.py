"""Settings of the stub server: how quick it is, how often it fails, and what it takes."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from mifg_pipeline.config import Settings


class StubSettings(Settings):
    """How the stub server behaves. Shares are of the requests; times are in seconds.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; a free one where 0.
        models: Names that it serves models under.
        api_key: Key that it asks for, None for no key.
        seed: Of everything that is decided by chance.
        latency: From the whole request to the reply.
        jitter: Most that chance adds to the latency.
        stragglers: Share of replies that take ``straggler_factor`` times as long.
        straggler_factor: See ``stragglers``.
        errors: Share of requests that fail: by status 500, 502 or 503, or by a connection that breaks off.
        throttles: Share of requests that are answered by status 429.
        retry_after: Seconds that a 429 asks to wait; without the header where None.
        limit: Most requests in flight; further ones are answered by status 429.
        malformed: Share of the replies that do not fit the schema.
        truncated: Share of the replies that break off, as if at ``max_tokens``.
        refusals: Share of the replies that refuse.
        text_only: Whether images are not understood.
        max_image_bytes: Largest image, encoded.
        context: Most tokens of prompt and reply together.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    models: tuple[str, ...] = Field(default=("stub",), min_length=1)
    api_key: str | None = None
    seed: int = 0
    latency: float = Field(default=0.0, ge=0)
    jitter: float = Field(default=0.0, ge=0)
    stragglers: float = Field(default=0.0, ge=0, le=1)
    straggler_factor: float = Field(default=30.0, ge=1)
    errors: float = Field(default=0.0, ge=0, le=1)
    throttles: float = Field(default=0.0, ge=0, le=1)
    retry_after: float | None = Field(default=None, ge=0)
    limit: int | None = Field(default=None, gt=0)
    malformed: float = Field(default=0.0, ge=0, le=1)
    truncated: float = Field(default=0.0, ge=0, le=1)
    refusals: float = Field(default=0.0, ge=0, le=1)
    text_only: bool = False
    max_image_bytes: int | None = Field(default=None, gt=0)
    context: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        if self.errors + self.throttles > 1:
            raise ValueError("errors and throttles are more than all requests")
        if self.malformed + self.truncated + self.refusals > 1:
            raise ValueError("malformed, truncated and refusals are more than all replies")
        return self
