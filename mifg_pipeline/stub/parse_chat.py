"""Reads the body of a chat completion request, and refuses what OpenAI's servers would refuse."""

import re
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainSerializer, PlainValidator, ValidationError

from mifg_pipeline.stub.chat import BadRequest, ChatMessage, ParsedChat, Part, SentImage
from mifg_pipeline.stub.schema import check_strict

_SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class _TextPart(BaseModel):
    type: Literal["text"]
    text: str

    def part(self) -> Part:
        return self.text


def _sent_image(value: object) -> SentImage:
    if not isinstance(value, str):
        raise ValueError("Input should be a valid string")
    return SentImage(value)


class _ImageUrl(BaseModel):
    url: Annotated[SentImage, PlainValidator(_sent_image), PlainSerializer(lambda image: image.digest)]


class _ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: _ImageUrl

    def part(self) -> Part:
        return self.image_url.url


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Annotated[_TextPart | _ImagePart, Field(discriminator="type")]] | None = None

    def message(self) -> ChatMessage:
        if isinstance(self.content, str):
            return ChatMessage(self.role, (self.content,))
        return ChatMessage(self.role, tuple(part.part() for part in self.content or ()))


class _Schema(BaseModel):
    name: str
    schema_: dict[str, JsonValue] = Field(alias="schema")
    strict: bool | None = None


class _ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Schema | None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[_Message] = Field(min_length=1)
    response_format: _ResponseFormat | None = None
    seed: int | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, gt=0)
    max_completion_tokens: int | None = Field(default=None, gt=0)
    n: Literal[1, None] = None
    stream: Literal[False, None] = None


def parse_chat(content: bytes) -> ParsedChat:
    """The request in a JSON body. Images are not looked at.

    Raises:
        BadRequest: If a field is missing or of the wrong kind, or asks for what this server does not do.
    """
    try:
        body = _Body.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRequest(f"Invalid request: {where}: {first['msg']}.", param=where or None) from error
    schema = body.response_format.json_schema if body.response_format else None
    if schema:
        _check_schema(schema)
    elif body.response_format and body.response_format.type == "json_schema":
        raise BadRequest("Missing required parameter: 'response_format.json_schema'.", param="response_format")
    return ParsedChat(
        model=body.model,
        messages=tuple(message.message() for message in body.messages),
        schema_name=schema.name if schema else None,
        schema=schema.schema_ if schema else None,
        seed=body.seed or 0,
        temperature=1.0 if body.temperature is None else body.temperature,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        digest=sha256(body.model_dump_json(by_alias=True).encode()).digest()[:16],
    )


def _check_schema(schema: _Schema) -> None:
    if not _SCHEMA_NAME.fullmatch(schema.name):
        raise BadRequest("The schema's name does not match ^[a-zA-Z0-9_-]+$.", param="response_format")
    problem = check_strict(schema.schema_) if schema.strict else None
    if problem:
        raise BadRequest(
            f"Invalid schema for response_format '{schema.name}': {problem}",
            code="invalid_json_schema",
            param="response_format",
        )
