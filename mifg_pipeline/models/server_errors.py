"""What a server's error answer means: try again, give this request up, or stop the run and say what to mend.

Servers differ in status codes for the same fault (a model without eyes is a 400, 404 or 500), so what they say counts
before the status. The texts are those of OpenAI, vLLM, llama.cpp, Ollama, LM Studio, OpenRouter and Mistral.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ChatRequest, ImagePart, RequestRefused, ServerBusy
from mifg_pipeline.models.error_answer import ErrorAnswer


class Fault(Enum):
    """What is wrong."""

    KEY = auto()
    CREDIT = auto()
    PLACE = auto()
    BLIND = auto()
    FEW_IMAGES = auto()
    SCHEMA = auto()
    PARAMETER = auto()
    BUSY = auto()
    REQUEST = auto()


@dataclass(frozen=True)
class Server:
    """A server as its users know it.

    Attributes:
        url: Base URL.
        key_variable: Environment variable that holds the key, None where none is sent.
    """

    url: str
    key_variable: str | None


_OVERFLOW = re.compile(
    r"context[ _](length|size|window|limit)|maximum (model|context|input|sequence) length|max_model_len"
    r"|longer than the maximum|too many (input )?tokens|prompt (is )?too long|exceeds? .{0,40}context",
    re.IGNORECASE,
)
_BLIND = re.compile(
    r"image_url is only supported by certain models|image input is not (supported|enabled)|(not|n't) support image"
    r"|support image input|does not support (vision|multimodal)|not a (multimodal|vision) model|mmproj"
    r"|unknown variant `image_url`|at most 0 image|missing data required for image input|not compiled for multimodal"
    r"|content must be a string",
    re.IGNORECASE,
)
_FEW_IMAGES = re.compile(r"at most 1 image", re.IGNORECASE)
_SCHEMA = re.compile(r"response_format|json_schema|structured output|guided|grammar", re.IGNORECASE)
_PARAMETER = re.compile(r"extra inputs are not permitted|unrecognized request argument|unsupported parameter", re.I)
_MODEL = re.compile(
    r"model\b.{0,200}\b(does not exist|not found|not a valid model)|not a valid model id", re.IGNORECASE
)
_KEY = re.compile(r"api.?key.{0,40}(invalid|not valid|incorrect|missing)|(invalid|incorrect|missing) api.?key", re.I)
_MODERATED = re.compile(r"flagged|moderation|content (policy|management)", re.IGNORECASE)


def fault_of(answer: ErrorAnswer, request: ChatRequest) -> Fault:
    """What the answer to a request means."""
    status, reason, codes = answer.status, answer.reason, answer.codes
    if status == 401 or (status == 403 and not _MODERATED.search(reason)) or (status == 400 and _KEY.search(reason)):
        return Fault.KEY
    if status == 402 or "insufficient_quota" in codes:
        return Fault.CREDIT
    if status in (408, 409, 429) or (status > 501 and status != 505):
        return Fault.BUSY
    if "context_length_exceeded" in codes or _OVERFLOW.search(reason):
        return Fault.REQUEST
    if (fault := _image_fault(reason)) and _has_images(request):
        return fault
    if codes & {"unsupported_parameter", "unsupported_value", "unknown_parameter"} or _PARAMETER.search(reason):
        return Fault.SCHEMA if answer.parameter.startswith("response_format") else Fault.PARAMETER
    if request.schema is not None and _SCHEMA.search(reason):
        return Fault.SCHEMA
    if status in (404, 405) or "model_not_found" in codes or (status == 400 and _MODEL.search(reason)):
        return Fault.PLACE
    return Fault.BUSY if status == 500 else Fault.REQUEST


def _image_fault(reason: str) -> Fault | None:
    if _BLIND.search(reason):
        return Fault.BLIND
    return Fault.FEW_IMAGES if _FEW_IMAGES.search(reason) else None


def _has_images(request: ChatRequest) -> bool:
    return any(isinstance(part, ImagePart) for message in request.messages for part in message.parts)


def exception_for(answer: ErrorAnswer, request: ChatRequest, server: Server) -> Exception:
    """The exception that an error answer calls for; ``unknown_place`` knows more where the fault is ``PLACE``."""
    reason = answer.reason
    match fault_of(answer, request):
        case Fault.REQUEST:
            return RequestRefused(reason)
        case Fault.BUSY:
            said = f"{server.url} answered {answer.status}: {reason}"
            return ServerBusy(said, retry_after=answer.retry_after, is_throttling=answer.status == 429)
        case Fault.KEY:
            return rejected_key(answer, server)
        case Fault.CREDIT:
            return MifgError(
                f"The account at {server.url} has no credit left: {reason}.",
                "Add credit, then run the same command again: it resumes.",
            )
        case Fault.BLIND:
            return MifgError(
                f"{request.model} at {server.url} takes no images: {reason}.",
                "Name a vision-language model (for llama.cpp, start the server with --mmproj), or give this model no "
                "role that sees images.",
            )
        case Fault.FEW_IMAGES:
            return MifgError(
                f"{server.url} takes one image a request: {reason}.",
                """Start vLLM with --limit-mm-per-prompt '{"image": 16}', or name a model that takes several images.""",
            )
        case Fault.SCHEMA:
            return MifgError(
                f"{request.model} at {server.url} does not hold replies to a schema: {reason}.",
                "Set structured_output: prompt for this model.",
            )
        case Fault.PARAMETER:
            return MifgError(
                f"{request.model} at {server.url} does not take a parameter: {reason}.",
                f"Leave it out with extra_body: {{{answer.parameter or 'NAME'}: null}} for this model.",
            )
        case Fault.PLACE:
            return unknown_place(answer, request.model, server, listed=None)


def rejected_key(answer: ErrorAnswer, server: Server) -> MifgError:
    """The error where a server wants a key, or another one."""
    if server.key_variable is None:
        return MifgError(
            f"{server.url} wants a key: {answer.reason}.",
            "Put it into an environment variable and name that with server.api_key_env.",
        )
    return MifgError(
        f"{server.url} does not accept the key: {answer.reason}.",
        f"Put a valid key into the environment variable {server.key_variable}, or name another variable with "
        "server.api_key_env.",
    )


def unknown_place(answer: ErrorAnswer, model: str, server: Server, listed: tuple[str, ...] | None) -> MifgError:
    """The error where a server knows no such model, or where nobody speaks the protocol.

    Args:
        answer: What the server said.
        model: The model that was asked for.
        server: The server.
        listed: The models that it lists, None where it lists none.
    """
    if listed is None or model in listed:
        return MifgError(
            f"{server.url} has no chat completions for {model!r}: {answer.reason}.",
            "Correct the model's server.base_url (it usually ends in /v1), or its model.",
        )
    shown = ", ".join(listed[:20]) + (f" and {len(listed) - 20} more" if len(listed) > 20 else "")
    return MifgError(
        f"{server.url} serves no model {model!r}.", f"Name one that it serves: {shown or 'it lists none'}."
    )
