"""vLLM in this process, as it has to be for a trainer: exact log-probabilities, and weights that change under it."""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor

from mifg_pipeline.engines.vllm.arguments import SamplerOptions, engine_arguments
from mifg_pipeline.engines.vllm.messages import Request, Shown, Turn
from mifg_pipeline.errors import MifgError

RULED_OUT = -100.0
"""The most that vLLM takes off a logit: it leaves a probability of e^-100, which no sum in double precision sees."""


class VllmSampler:
    """An engine of vLLM.

    Args:
        options: Of the server.

    Raises:
        MifgError: If the arguments do not fit the installed vLLM.

    Attributes:
        cache_tokens: Tokens whose keys and values fit into its cache.
        sleeps: Whether it gives memory back while it sleeps.
        is_changed: Whether it has taken weights other than those of the checkpoint.
    """

    def __init__(self, options: SamplerOptions) -> None:
        # Read when vLLM is imported: its engine in this process, where the weights can be reached.
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ["VLLM_CPU_KVCACHE_SPACE"] = str(options.cache_gigabytes)
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        from vllm.engine.arg_utils import EngineArgs
        from vllm.platforms import current_platform
        from vllm.v1.engine.llm_engine import LLMEngine

        on_cpu = current_platform.is_cpu()
        known = [field.name for field in fields(EngineArgs)]
        arguments = engine_arguments(options, on_cpu=on_cpu, known=known)
        if on_cpu:
            keep_weights_unpacked()
        self._options = options
        self._engine: Any = LLMEngine.from_engine_args(_valid(EngineArgs, arguments))
        cache = self._engine.vllm_config.cache_config
        self.cache_tokens: int = cache.num_gpu_blocks * cache.block_size
        self.sleeps = bool(arguments.get("enable_sleep_mode"))
        self.is_changed = False

    @property
    def is_busy(self) -> bool:
        """Whether turns are being sampled."""
        return bool(self._engine.has_unfinished_requests())

    def add(self, request: Request, images: Sequence[Any]) -> Turn | None:
        """Begins a turn.

        Args:
            request: Of the turn.
            images: Pillow's, one for each of its views.

        Returns:
            The turn, failed, if vLLM does not take it.
        """
        prompt: dict[str, Any] = {"prompt_token_ids": list(request.token_ids)}
        if images:
            prompt["multi_modal_data"] = {"image": list(images)}
            prompt["multi_modal_uuids"] = {"image": [_name(view) for view in request.views]}
        try:
            self._engine.add_request(str(request.number), prompt, self._parameters(request))
        except ValueError as error:
            return _failed(request.number, f"vLLM refused the request: {error}")
        return None

    def abort(self, numbers: Iterable[int]) -> None:
        """Gives turns up; those that have ended already are passed over."""
        self._engine.abort_request([str(number) for number in numbers])

    def step(self) -> list[Turn]:
        """Samples one token of each turn, or reads prompts; returns the turns that have ended."""
        return [_turn(output) for output in self._engine.step() if output.finished]

    def load(self, weights: Iterator[tuple[str, Tensor]]) -> None:
        """Takes new weights by their names in the checkpoint, and forgets all that was computed with the old ones.

        Raises:
            Exception: vLLM's own, of whatever kind, if the model has no weight of a name or of that shape. The engine
                then has some of the new weights, and is of no further use.
        """
        self.is_changed = True
        with torch.no_grad():
            self._engine.apply_model(lambda model: _load(model, weights))
        self._engine.reset_prefix_cache()
        self._engine.reset_mm_cache()
        self._engine.reset_encoder_cache()

    def sleep(self) -> None:
        """Gives back the memory of weights and cache, where it can."""
        if self.sleeps:
            self._engine.sleep(level=1)

    def wake(self) -> None:
        """Takes it again."""
        if self.sleeps:
            self._engine.wake_up()

    def _parameters(self, request: Request) -> Any:
        from vllm import SamplingParams

        return SamplingParams(
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            seed=request.seed,
            logprobs=0,  # of the sampled token alone
            logit_bias=dict.fromkeys(self._options.banned_ids, RULED_OUT),
            ignore_eos=True,
            stop_token_ids=[self._options.end_of_turn_id],
            detokenize=False,
        )


def keep_weights_unpacked() -> None:
    """Has vLLM's layers on a CPU compute with their weights as they are.

    It would pack copies of them for faster kernels. New weights do not reach the copies, and of tied embeddings the
    output layer would go on with the old ones without any error.
    """
    from vllm.model_executor.layers import utils

    def leave(layer: Any, remove_weight: bool) -> None:
        del remove_weight
        layer.cpu_linear = torch.nn.functional.linear

    utils.dispatch_cpu_unquantized_gemm = leave


def _valid(kind: Any, arguments: dict[str, Any]) -> Any:
    try:
        return kind(**arguments)
    except (TypeError, ValueError) as error:
        raise MifgError(f"vLLM does not take its arguments: {error}", "Correct rollout.vllm.arguments.") from error


def _load(model: Any, weights: Iterator[tuple[str, Tensor]]) -> None:
    model.load_weights(weights)
    left = next(weights, None)
    if left is not None:
        raise RuntimeError(f"vLLM stopped taking weights at {left[0]}")


def _name(view: Shown) -> str:
    """What vLLM keeps the features of a view under, in place of a digest of its pixels."""
    return f"{view.sha256}/{view.box}/{view.height}x{view.width}"


def _turn(output: Any) -> Turn:
    number, completion = int(output.request_id), output.outputs[0]
    logprobs = tuple(at[token].logprob for token, at in zip(completion.token_ids, completion.logprobs, strict=True))
    if not all(map(math.isfinite, logprobs)):
        return _failed(number, f"The model gave no finite probability at a token of a turn of {len(logprobs)}.")
    return Turn(
        number=number,
        prompt_token_ids=tuple(output.prompt_token_ids),
        token_ids=tuple(completion.token_ids),
        logprobs=logprobs,
        is_finished=completion.finish_reason == "stop",
        cached=output.num_cached_tokens or 0,
    )


def _failed(number: int, failure: str) -> Turn:
    return Turn(number, (), (), (), is_finished=False, cached=0, failure=failure)
