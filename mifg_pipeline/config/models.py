"""Settings of models: what decides their replies, how to reach them, and what they may cost."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from mifg_pipeline.config.base import Settings

OPENAI_KEY = "OPENAI_API_KEY"

Coordinates = Literal["pixels", "thousandths"]

SERVE = "serve"
"""The ``base_url`` of models that the run serves itself, see ``ServeSettings``."""


class ServerSettings(Settings):
    """Where a model is reached and how hard; nothing here changes what it replies.

    Attributes:
        base_url: Of the OpenAI-compatible API, such as ``http://localhost:8000/v1``; OpenAI's own where None; ``serve``
            for a server that the run starts and stops itself.
        api_key_env: Environment variable that holds the key; keys are never settings. Where None, OpenAI gets that of
            ``OPENAI_API_KEY`` and other servers get none.
        concurrency: Most requests in flight; the throttle stays below it while the server asks for less.
        requests_per_minute: Limit of the account, where it has one.
        tokens_per_minute: Limit of the account, where it has one.
        timeout: Seconds that one request may take.
        patience: Seconds for which a request is tried again while the server fails or refuses for being busy.
    """

    base_url: str | None = None
    api_key_env: str | None = None
    concurrency: int = Field(default=64, gt=0)
    requests_per_minute: int | None = Field(default=None, gt=0)
    tokens_per_minute: int | None = Field(default=None, gt=0)
    timeout: float = Field(default=120.0, gt=0)
    patience: float = Field(default=600.0, gt=0)

    @property
    def key_variable(self) -> str | None:
        """Environment variable whose key is sent, None where none is: a key reaches no server that it is not for."""
        return self.api_key_env or (OPENAI_KEY if self.base_url is None else None)


class ModelSettings(Settings):
    """A vision-language model behind the OpenAI protocol.

    Attributes:
        model: Name that the server knows it by.
        server: How to reach it.
        max_tokens: Most tokens of one reply.
        temperature: Of creative calls and of repeated attempts; the calls that shall be exact use 0.
        structured_output: ``json_schema`` where the server holds replies to a schema; ``prompt`` where it cannot, so
            that the schema is in the prompt and replies are validated here.
        coordinates: How the model speaks of places in an image: ``pixels`` of the image as it was sent, or
            ``thousandths`` of its width and height.
        image_pixels: Most pixels of one image as sent; larger ones are scaled down.
        extra_body: Further fields of each request, such as ``{"chat_template_kwargs": {"enable_thinking": false}}``.
    """

    model: str = Field(min_length=1)
    server: ServerSettings = ServerSettings()
    max_tokens: int = Field(default=1024, gt=0)
    temperature: float = Field(default=0.7, ge=0, le=2)
    structured_output: Literal["json_schema", "prompt"] = "json_schema"
    coordinates: Coordinates = "pixels"
    image_pixels: int = Field(default=1_003_520, gt=0)
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)


class BudgetSettings(Settings):
    """What a run may spend on model calls, those of earlier starts included.

    Attributes:
        calls: Most calls that reach a server.
        money: Most money, in the currency of the price list.
        prices: Path of a price list (YAML: model name to ``input`` and ``output`` price, per million tokens); the
            shipped one where None.
    """

    calls: int | None = Field(default=None, gt=0)
    money: float | None = Field(default=None, gt=0)
    prices: str | None = None


class ServeSettings(Settings):
    """The vLLM server that a run starts for its models with ``base_url: serve``; it decides no reply.

    Attributes:
        model: Folder or hub name of the model to load (``--serve``); no server is started where None.
        python: Interpreter that has vLLM, maybe of another environment; that of mifg where None.
        arguments: Further arguments of ``vllm serve``, such as ``[--max-model-len, 16384]``.
        start_timeout: Seconds within which the server has to be ready; loading a large model takes minutes.
    """

    model: str | None = Field(default=None, min_length=1)
    python: str | None = Field(default=None, min_length=1)
    arguments: tuple[Annotated[str, Field(coerce_numbers_to_str=True)], ...] = ()
    start_timeout: float = Field(default=1800.0, gt=0)
