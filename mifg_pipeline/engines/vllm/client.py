"""Samples with vLLM in a process of its own, and keeps that process running."""

import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from torch import Tensor

from mifg_pipeline.config import VllmSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.vllm.arguments import sampler_options
from mifg_pipeline.engines.vllm.child import Child, check_interpreter
from mifg_pipeline.engines.vllm.connecting import Address, parse_address, shared_key
from mifg_pipeline.engines.vllm.link import EngineLost, Link
from mifg_pipeline.engines.vllm.messages import Message, Ready, Sleep, Turn, Wake
from mifg_pipeline.engines.vllm.model import EngineFigures, EngineModel, fingerprint
from mifg_pipeline.errors import MifgError
from mifg_pipeline.processes.last_words import last_words

Recall = Callable[[], Iterable[tuple[str, Tensor]]]

WITHOUT_WEIGHTS = "The engine was started again, and has not been given its weights since."


class VllmEngine:
    """An engine whose process may crash or hang: what it was asked then fails, and it is started again.

    Args:
        model: What it serves, and how much it must hold.
        chat_format: Of the same checkpoint.
        settings: Of the engine.
        log: Takes the output of a process that is started here; written anew.
        recall: The weights of the last ``sync``, for a process that has been started again; without it, requests fail
            until the next ``sync``.

    Raises:
        MifgError: The process cannot be started or reached, is not ready in time, or serves another model.

    Attributes:
        restarts: How often it was started again.
        figures: What it has done since it last took weights.
    """

    def __init__(
        self,
        model: EngineModel,
        chat_format: ChatFormat,
        settings: VllmSettings,
        log: Path,
        recall: Recall | None = None,
    ) -> None:
        self._model = model
        self._settings = settings
        self._options = sampler_options(model, chat_format, settings)
        self._log = log
        self._recall = recall
        self._child: Child | None = None
        self._link: Link | None = None
        self._unsent: list[tuple[int, SamplingRequest]] = []
        self._sent: dict[int, SamplingRequest] = {}
        self._submitted = 0
        self._is_current = True
        self._has_synced = False
        self._losses = 0
        self.figures = EngineFigures(0, 0, 0, 0, sleeps=False)
        self.restarts = 0
        if settings.address is None:
            check_interpreter(self._python)
            log.unlink(missing_ok=True)
        try:
            self._start()
        except EngineLost as loss:
            self._give_up(loss)
        except BaseException:
            self.close()
            raise

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request, which goes over with the next step."""
        self._unsent.append((self._submitted, request))
        self._submitted += 1

    def step(self) -> list[SampledTurn]:
        """Works until at least one queued request is done and returns all that are; empty only if none is queued.

        Raises:
            MifgError: The engine was lost more than ``restarts`` times since the last ``sync``, or cannot be started.
        """
        while self._unsent or self._sent:
            try:
                if self._unsent and not self._is_ready_to_sample():
                    return self._fail_unsent(WITHOUT_WEIGHTS)
                self._send()
                turns = self._receive()
            except EngineLost as loss:
                turns = self._lose(loss)
            if turns:
                return turns
        return []

    def abort(self, keys: Collection[int]) -> None:
        """Gives up requests: no later step returns them."""
        self._unsent = [(number, request) for number, request in self._unsent if request.key not in keys]
        numbers = [number for number, request in self._sent.items() if request.key in keys]
        for number in numbers:
            del self._sent[number]
        if numbers and self._link is not None:
            try:
                self._link.abort(numbers)
            except EngineLost:
                return  # the next step notices, and says what else was lost

    def sync(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """Takes new weights, by their names in the checkpoint, and forgets all that was computed with the old ones.

        All weights are taken from the iterable even where the engine is lost meanwhile: the processes of a sharded
        model have to put each together at the same time.

        Raises:
            MifgError: It has no weight of a name, or not of that shape.
        """
        assert not self._sent, "weights change only where nothing is sampled"
        self._has_synced, self._is_current = True, False
        self.figures = replace(self.figures, prompt_tokens=0, cached_tokens=0, sampled_tokens=0)
        weights = iter(weights)
        try:
            self._connected().load(weights)
        except EngineLost as loss:
            for _ in weights:
                pass
            self._lose(loss)
        else:
            self._is_current, self._losses = True, 0

    def sleep(self) -> None:
        """Gives back the memory of weights and cache on a GPU; does nothing on a CPU."""
        self._ask(Sleep())

    def wake(self) -> None:
        """Takes it again; ``sync`` follows before anything is sampled."""
        self._ask(Wake())

    def close(self) -> None:
        """Ends the process, or lets go of the engine elsewhere."""
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._child is not None:
            self._child.kill()
            self._child = None

    @property
    def cached_share(self) -> float | None:
        """See ``Engine``."""
        read = self.figures.prompt_tokens
        return self.figures.cached_tokens / read if read else None

    @property
    def _python(self) -> str:
        return self._settings.python or sys.executable

    def _start(self) -> Link:
        """Starts a process and connects to it, or to the engine elsewhere.

        Raises:
            EngineLost: It ends before it is ready.
            MifgError: It is not ready in time, or serves another model.
        """
        address: Address
        if self._settings.address is not None:
            address, key = parse_address(self._settings.address), shared_key()
        else:
            self._child = Child(self._python, self._options, self._log)
            address, key = self._child.socket, self._child.key
        start, silence = self._settings.start_timeout, self._settings.silence_timeout
        link = Link(address, key, start_timeout=start, silence_timeout=silence, check_alive=self._check_alive)
        if self._child is not None:
            self._child.is_led_by(link.ready.pid)
        self._link = link
        self._check_model(link.ready)
        self._is_current = not (self._has_synced or link.ready.is_changed)
        self.figures = replace(self.figures, cache_tokens=link.ready.cache_tokens, sleeps=link.ready.sleeps)
        return link

    def _check_alive(self) -> None:
        if self._child is not None and self._child.status is not None:
            raise EngineLost(f"The engine ended with status {self._child.status}.")

    def _check_model(self, ready: Ready) -> None:
        model = self._model
        served = (ready.fingerprint, ready.dtype)
        if served != (fingerprint(model.folder), model.dtype):
            raise MifgError(
                f"The engine at {self._settings.address} does not serve {model.folder} in {model.dtype}.",
                "Start it with that checkpoint and --dtype, or correct rollout.vllm.address.",
            )
        for name in ("max_tokens", "max_images", "max_pixels"):
            held, needed = getattr(ready, name), getattr(model, name)
            if held < needed:
                raise MifgError(
                    f"The engine at {self._settings.address} takes {name} {held}, and episodes need {needed}.",
                    f"Start it with --{name.replace('_', '-')} {needed}.",
                )

    def _connected(self) -> Link:
        if self._link is None:
            self.restarts += 1
            return self._start()
        return self._link

    def _is_ready_to_sample(self) -> bool:
        """Whether it is up with the right weights; where it is not, all that can be done for it is done."""
        link = self._connected()
        if not self._is_current and self._recall is not None:
            link.load(self._recall())
            self._is_current = True
        return self._is_current

    def _ask(self, message: Message) -> None:
        if self._link is not None:
            try:
                self._link.ask(message)
            except EngineLost as loss:
                self._lose(loss)

    def _send(self) -> None:
        numbered, self._unsent = self._unsent, []
        self._sent.update(numbered)
        if numbered:
            self._connected().submit(numbered)

    def _receive(self) -> list[SampledTurn]:
        turns = self._connected().turns()
        return [self._taken(turn) for turn in turns if turn.number in self._sent]

    def _taken(self, turn: Turn) -> SampledTurn:
        before = self.figures
        self.figures = replace(
            before,
            prompt_tokens=before.prompt_tokens + len(turn.prompt_token_ids),
            cached_tokens=before.cached_tokens + turn.cached,
            sampled_tokens=before.sampled_tokens + len(turn.token_ids),
        )
        return SampledTurn(
            key=self._sent.pop(turn.number).key,
            prompt_token_ids=turn.prompt_token_ids,
            token_ids=turn.token_ids,
            logprobs=turn.logprobs,
            is_finished=turn.is_finished,
            failure=turn.failure,
        )

    def _fail_unsent(self, failure: str) -> list[SampledTurn]:
        requests, self._unsent = self._unsent, []
        return [_failed(request, failure) for _, request in requests]

    def _lose(self, loss: EngineLost) -> list[SampledTurn]:
        """Ends what is left of the engine, and fails what it was asked.

        Raises:
            MifgError: It was lost too often.
        """
        self.close()
        self._losses += 1
        if self._losses > self._settings.restarts:
            self._give_up(loss)
        requests, self._sent = list(self._sent.values()), {}
        return [_failed(request, str(loss)) for request in requests]

    def _give_up(self, loss: EngineLost) -> NoReturn:
        self.close()
        if self._settings.address is not None:
            raise MifgError(
                f"{loss} It is the one at {self._settings.address}.",
                "See its own output; then run the same command again.",
            ) from loss
        raise MifgError(
            f"{loss} {self._log} says:\n{last_words(self._log)}\n",
            "Mend what it complains about (often with --set rollout.vllm.arguments=…) and run the same command again.",
        ) from loss


def _failed(request: SamplingRequest, failure: str) -> SampledTurn:
    return SampledTurn(request.key, (), (), (), is_finished=False, failure=failure)
