"""Which requests the stub server takes: by key, model, images and length."""

from mifg_pipeline.stub.chat import BadRequest, ParsedChat, SentImage
from mifg_pipeline.stub.completion import prompt_tokens
from mifg_pipeline.stub.settings import StubSettings


class Admission:
    """Takes or refuses requests.

    Args:
        settings: The bounds.
    """

    def __init__(self, settings: StubSettings) -> None:
        self._settings = settings
        self._sizes: dict[str, tuple[int, int]] = {}

    def check_key(self, authorization: str | None) -> None:
        """Refuses whoever has not the right key.

        Raises:
            BadRequest: With status 401.
        """
        key = self._settings.api_key
        if key is not None and authorization != f"Bearer {key}":
            raise BadRequest("Incorrect API key provided.", status=401, code="invalid_api_key")

    def prompt_tokens(self, chat: ParsedChat) -> int:
        """Tokens of the prompt of a request that is taken.

        Raises:
            BadRequest: If the model is unknown, an image is none or too large, or all of it is too long.
        """
        if chat.model not in self._settings.models:
            raise BadRequest(f"The model `{chat.model}` does not exist.", status=404, code="model_not_found")
        if chat.images:
            self._check_images(chat.images)
        tokens = prompt_tokens(chat, map(self._size, chat.images))
        self._check_length(tokens, chat.max_tokens or 1)
        return tokens

    def _check_images(self, images: tuple[SentImage, ...]) -> None:
        if self._settings.text_only:
            raise BadRequest("Invalid content type. image_url is only supported by certain models.", param="messages")
        largest = self._settings.max_image_bytes
        if largest is not None and any(len(image.data) > largest for image in images):
            raise BadRequest(f"Image is larger than {largest} bytes.", code="image_file_too_large", param="messages")

    def _check_length(self, prompt: int, completion: int) -> None:
        context = self._settings.context
        if context is not None and prompt + completion > context:
            raise BadRequest(
                f"This model's maximum context length is {context} tokens. However, you requested "
                f"{prompt + completion} tokens ({prompt} in the messages, {completion} in the completion). Please "
                "reduce the length of the messages or completion.",
                code="context_length_exceeded",
                param="messages",
            )

    def _size(self, image: SentImage) -> tuple[int, int]:
        """Width and height; probes send the same images many times, and each is decoded once.

        Raises:
            BadRequest: If it is no image.
        """
        size = self._sizes.get(image.digest)
        if size is None:
            size = self._sizes[image.digest] = image.size
        return size
