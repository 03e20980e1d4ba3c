"""The simulated world: knows the truth of drawn scenes and plays every role that asks a model."""

import random
import re
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.stub.chat import ParsedChat
from mifg_pipeline.stub.schema import least_instance
from mifg_pipeline.stub.world.conversation import Conversation, kind_of_reply
from mifg_pipeline.stub.world.curator import inventory, selection
from mifg_pipeline.stub.world.judge import judge
from mifg_pipeline.stub.world.look import Look, look_at
from mifg_pipeline.stub.world.reading import Reader
from mifg_pipeline.stub.world.settings import WorldSettings
from mifg_pipeline.stub.world.sight import Sight
from mifg_pipeline.stub.world.solver import solve
from mifg_pipeline.stub.world.writer import write

OBEYED = "I was told to ignore my task."
"""What a gullible world says when it obeys."""

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.!?\n]*?\b(?:(?:your|the|this) task|(?:previous|prior|earlier) instructions)\b",
    re.IGNORECASE,
)

Reply = dict[str, JsonValue]
Role = Callable[[Conversation, random.Random], Reply | None]

_OBEDIENT: Mapping[str, Reply] = {
    "inventory": {"objects": [], "texts": [], "details": []},
    "selection": {"images": [], "idea": OBEYED},
    "question": {
        "question": OBEYED,
        "answer_kind": "text",
        "answer": OBEYED,
        "distractors": [],
        "evidence": [],
        "skills": [],
    },
    "judgement": {
        "fine_grained": True,
        "needs_all_images": True,
        "unambiguous": True,
        "well_put": True,
        "problems": [OBEYED],
    },
    "solution": {"thought": OBEYED, "answer": OBEYED},
}


class World:
    """Replies to the agents' requests from the annotations of a corpus.

    A pure function of its arguments and the request: the same request gets the same reply, in any order and process.

    Args:
        corpus: Whose images are recognised.
        settings: How often it is right, and what is wrong with the questions that it writes.
    """

    def __init__(self, corpus: Corpus, settings: WorldSettings) -> None:
        self._settings = settings
        self._sight = Sight(corpus.images)
        self._reader = Reader(self._sight.scenes)
        self._roles: Mapping[str, Role] = {
            "inventory": self._take_inventory,
            "selection": self._select,
            "question": self._write,
            "judgement": self._judge,
            "solution": self._solve,
        }

    def reply(self, chat: ParsedChat) -> JsonValue:
        """The reply as an object of the schema; the least that fits where the request is none of the agents'."""
        conversation = Conversation.of(chat)
        kind = kind_of_reply(chat, conversation)
        if self._settings.gullible and kind in _OBEDIENT and _ORDER.search(conversation.instructions):
            return _OBEDIENT[kind]
        role = self._roles.get(kind)
        reply = role(conversation, self._chance(chat)) if role else None
        return _least(chat) if reply is None else reply

    def _take_inventory(self, conversation: Conversation, _rng: random.Random) -> Reply:
        return inventory(self._look(conversation))

    def _select(self, conversation: Conversation, rng: random.Random) -> Reply:
        candidates = conversation.data.get("candidates")
        return selection(candidates if isinstance(candidates, list) else [], self._settings.defects.duplicate, rng)

    def _write(self, conversation: Conversation, rng: random.Random) -> Reply:
        previous = conversation.data.get("previous")
        question = previous.get("question") if isinstance(previous, dict) else None
        look, settings = self._look(conversation), self._settings
        return write(look, settings.defects, question if isinstance(question, str) else None, settings.seed, rng)

    def _judge(self, conversation: Conversation, rng: random.Random) -> Reply | None:
        posed = conversation.posed
        if posed is None:
            return None
        understood = self._reader.read(posed.question)
        return judge(posed, understood, self._look(conversation), self._settings.accuracy.judge, rng)

    def _solve(self, conversation: Conversation, rng: random.Random) -> Reply | None:
        posed = conversation.posed
        if posed is None:
            return None
        understood = self._reader.read(posed.question)
        thought, answer = solve(posed, understood, self._look(conversation), self._settings.accuracy, rng)
        return {"thought": thought, "answer": answer}

    def _look(self, conversation: Conversation) -> Look:
        return look_at(conversation, self._sight, self._settings.low_below)

    def _chance(self, chat: ParsedChat) -> random.Random:
        return random.Random(f"{self._settings.seed} {chat.digest.hex()}")


def _least(chat: ParsedChat) -> JsonValue:
    return "I do not know what to reply to this." if chat.schema is None else least_instance(chat.schema)
