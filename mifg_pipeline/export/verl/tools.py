"""IMAgent's two tools as a tool class of verl: what a call shows is decided by the same code as in our own episodes."""

import json
from typing import Any

from PIL import Image
from verl.tools.base_tool import BaseTool
from verl.tools.schemas import OpenAIFunctionToolSchema, ToolResponse

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.imagent.episode import Episode, Look
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.views import crop_view, first_view
from mifg_pipeline.images.frame import Frame


class LookingTool(BaseTool):  # type: ignore[misc]  # verl has no types
    """Shows an image of the question again, or an enlarged part of it, cut out of the original.

    Args:
        config: With ``token_side``: pixels of a side of a visual token of the model.
        tool_schema: Which of the tools it is.
    """

    def __init__(self, config: dict[str, Any], tool_schema: OpenAIFunctionToolSchema) -> None:
        super().__init__(config, tool_schema)
        self._token_side = int(config["token_side"])
        self._settings = EpisodeSettings()

    async def execute(
        self, instance_id: str, parameters: dict[str, Any], **kwargs: Any
    ) -> tuple[ToolResponse, float, dict[str, Any]]:
        """Carries out a call.

        Args:
            instance_id: Not used: the tool keeps nothing between calls.
            parameters: Arguments of the call, as the model wrote them.
            kwargs: With ``agent_data``, of whose messages the first ones hold the question's image files.

        Returns:
            The text and the image that the model is shown, or a text that says what is wrong with the call; no reward
            of its own; no metrics.
        """
        images = question_images(kwargs["agent_data"].messages)
        question = Question(key=instance_id, images=images, text="")
        sizes = [image.pixels().shape[:2] for image in images]
        frames = [Frame.in_thousandths(width, height) for height, width in sizes]
        call = json.dumps({"name": self.name, "arguments": parameters})
        told = Episode(question, frames, self._settings, "thousandths").take(f"<tool_call>{call}</tool_call>")
        text = "".join(part for part in told if isinstance(part, str)).strip()
        shown = [self._show(images[part.image], part) for part in told if isinstance(part, Look)]
        return ToolResponse(text=text, **({"image": shown} if shown else {})), 0.0, {}

    def _show(self, image: QuestionImage, look: Look) -> Image.Image:
        if look.box is None:
            view = first_view(image.sha256, image.pixels(), self._settings, self._token_side)
        else:
            view = crop_view(image.sha256, image.pixels(), look.box, self._settings, self._token_side)
        return Image.fromarray(view.pixels)


def question_images(messages: list[dict[str, Any]]) -> tuple[QuestionImage, ...]:
    """The images of a question, from the files that verl's dataset hands on in the messages of the prompt.

    Images that tools showed before are no files, and so are not among them.
    """
    return tuple(
        QuestionImage.of_bytes(part["bytes"])
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image" and "bytes" in part
    )
