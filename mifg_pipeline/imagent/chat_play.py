"""Plays episodes with a model behind a chat server, which gives texts and no tokens."""

from mifg_pipeline.config import Coordinates, EpisodeSettings
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.episode import Episode, Look, Observation, TurnBudget
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.trajectory import ShownView, Trajectory
from mifg_pipeline.images.frame import Frame
from mifg_pipeline.models.chat import ChatModel, ChatRequest, ImagePart, Message, RequestRefused, TextPart
from mifg_pipeline.models.rendering import sent_size

DEFAULT_COORDINATES: Coordinates = "thousandths"
"""How models of unknown family are asked to speak of places: servers may resize images once more."""


async def play_chat(
    model: ChatModel,
    name: str,
    question: Question,
    settings: EpisodeSettings,
    temperature: float,
    sample: int = 0,
) -> Trajectory:
    """Plays one episode.

    Tokens are counted as the server counts them, so that the first prompt is sent whatever its length.

    Args:
        model: Which plays.
        name: That its server knows it by.
        question: Whose images are files.
        settings: Tools and limits.
        temperature: Of sampling.
        sample: Index among the episodes of the question; also the seed that is sent.

    Raises:
        MifgError: If an image cannot be used, the question has more images than an episode may, or no request will
            succeed until something is mended.
    """
    images = [_SentImage(image, settings) for image in question.images]
    coordinates = settings.coordinates or DEFAULT_COORDINATES
    episode = Episode(question, [image.frame(coordinates) for image in images], settings, coordinates)
    system, prompt = episode.prompt()
    messages = [Message("system", (TextPart(system),)), _message(prompt, images)]
    views = _views(prompt, images)
    budget = TurnBudget.of(settings, 0)
    while True:
        request = ChatRequest(
            name, tuple(messages), "imagent", temperature=temperature, max_tokens=budget.tokens, sample=sample
        )
        try:
            reply = await model.complete(request)
        except RequestRefused as refusal:
            return episode.trajectory(sample, EndReason.INFRA_ERROR, views, failure=str(refusal))
        if reply.finish_reason == "length":
            episode.cut(reply.text)
            return episode.trajectory(sample, budget.end, views)
        text = reply.text or reply.refusal or ""
        outcome = episode.take(text)
        if isinstance(outcome, EndReason):
            return episode.trajectory(sample, outcome, views)
        budget = TurnBudget.of(settings, reply.prompt_tokens + reply.completion_tokens)
        if budget.tokens < 1:
            return episode.trajectory(sample, EndReason.OVER_LENGTH, views)
        observation = ("<tool_response>\n", *outcome, "\n</tool_response>")
        messages += [Message("assistant", (TextPart(text),)), _message(observation, images)]
        views += _views(outcome, images)


class _SentImage:
    """A question image on its way to the server."""

    def __init__(self, image: QuestionImage, settings: EpisodeSettings) -> None:
        if image.path is None:
            raise ValueError(f"the image {image.sha256} is no file")
        self._path = image.path
        self._sha256 = image.sha256
        self._settings = settings
        self._width, self._height = image.size()
        if self._width * self._height <= settings.max_pixels:
            image.pixels()  # which raises if it is damaged: it may be sent as it is; larger ones are decoded on the way

    def frame(self, coordinates: Coordinates) -> Frame:
        """How the model speaks of places in it."""
        if coordinates == "thousandths":
            return Frame.in_thousandths(self._width, self._height)
        view = self.view(Look(0))
        return Frame(self._width, self._height, view.width, view.height)

    def part(self, look: Look) -> ImagePart:
        """What is sent."""
        least, most = self._bounds(look)
        return ImagePart(self._sha256, self._path, look.box, max_pixels=most, min_pixels=least)

    def view(self, look: Look) -> ShownView:
        """What the server gets to see."""
        x0, y0, x1, y1 = look.box or (0, 0, self._width, self._height)
        least, most = self._bounds(look)
        width, height = sent_size(x1 - x0, y1 - y0, most, least)
        return ShownView(sha256=self._sha256, box=look.box, height=height, width=width)

    def _bounds(self, look: Look) -> tuple[int, int]:
        if look.box is None:
            return self._settings.min_pixels, self._settings.max_pixels
        return self._settings.crop_min_pixels, self._settings.crop_max_pixels


def _message(parts: Observation, images: list[_SentImage]) -> Message:
    """The parts as one message, texts beside each other as one text: what joins them is not left to the client."""
    sent: list[TextPart | ImagePart] = []
    for part in parts:
        last = sent[-1] if sent else None
        if isinstance(part, Look):
            sent.append(images[part.image].part(part))
        elif isinstance(last, TextPart):
            sent[-1] = TextPart(last.text + part)
        else:
            sent.append(TextPart(part))
    return Message("user", tuple(sent))


def _views(parts: Observation, images: list[_SentImage]) -> list[ShownView]:
    return [images[part.image].view(part) for part in parts if isinstance(part, Look)]
