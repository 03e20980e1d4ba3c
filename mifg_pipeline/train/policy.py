"""The model that is trained, as the function from tokens and images to log-probabilities."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion
from transformers.modeling_outputs import BaseModelOutputWithPooling

from mifg_pipeline.train.checkpoint_weights import checkpoint_weights, whole
from mifg_pipeline.train.logprobs import selected_logprobs
from mifg_pipeline.train.master_weights import MasterWeights
from mifg_pipeline.train.token_batch import TokenBatch


class Policy(nn.Module):
    """A Qwen2.5-VL or Qwen3-VL model that scores tokens.

    Its ``forward`` is what FSDP2 hooks into, so that all that reads weights outside of the layers happens in there.

    Dropout: both families have none of their own; ``lora.dropout`` acts in passes with gradient alone, so that
    log-probabilities of sampler, old and new policy are of one distribution where it is 0, the default.

    Args:
        model: From ``load_policy``; trainable are the parameters that ask for a gradient.
        chat_folder: Where tokenizer, chat template and image preprocessor are.
        banned_ids: Never sampled, so that they take no part in the distribution.
        base: Name or path of the checkpoint that it was loaded from.
    """

    def __init__(self, model: PreTrainedModel, chat_folder: Path, banned_ids: Sequence[int], base: str) -> None:
        super().__init__()
        self.model = model
        self.chat_folder = chat_folder
        self.base = base
        self._sampled = (model,)  # in a tuple: a copy to sample with is no part of what is trained
        ban = torch.zeros(model.config.text_config.vocab_size, dtype=torch.float32, device=model.device)
        ban[list(banned_ids)] = -torch.inf
        self.register_buffer("ban", ban, persistent=False)
        self.ban: Tensor

    def forward(self, batch: TokenBatch, temperature: float) -> Tensor:
        """Log-probabilities of the tokens in ``batch.scored``, row after row.

        Each comes from the hidden state of the position before it; only these meet the language-model head. No mask is
        given, for padding stands on the right, where causal attention never looks: without one the kernel skips what
        lies there, which is half of its work, and no mask of length times length exists.

        Args:
            batch: On the policy's device.
            temperature: That the tokens were sampled at.

        Returns:
            (K,) float32.
        """
        if self.model.training != torch.is_grad_enabled():
            self.train(torch.is_grad_enabled())
        hidden = self.model.model(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            mm_encoder_outputs={"image": self._image_features(batch)} if len(batch.image_index) else None,
            use_cache=False,
        ).last_hidden_state
        row, column = batch.scored.nonzero(as_tuple=True)
        targets = batch.input_ids[row, column]
        return selected_logprobs(hidden[row, column - 1], self.model.lm_head.weight, targets, self.ban, temperature)

    @property
    def sampling_module(self) -> PreTrainedModel:
        """What the engine samples: the model itself, or a whole copy of it where it is sharded."""
        return self._sampled[0]

    def sample_with(self, copy: PreTrainedModel) -> None:
        """Has the engine sample another module, which ``synced_weights`` brings up to date."""
        self._sampled = (copy,)

    @property
    def device(self) -> torch.device:
        """Where the policy reads its batches."""
        return self.ban.device

    @property
    def merge_size(self) -> int:
        """Patches of a visual token along one side."""
        size: int = self.model.config.vision_config.spatial_merge_size
        return size

    def trainable_parameters(self) -> list[nn.Parameter]:
        """What the optimiser moves: float32, whatever the type of the weights. Ask for them after sharding."""
        return self.master_weights.parameters

    @cached_property
    def master_weights(self) -> MasterWeights:
        """The float32 truth of the trainable weights; ``master_weights.publish()`` follows each optimiser step."""
        return MasterWeights(parameter for parameter in self.model.parameters() if parameter.requires_grad)

    @property
    def has_adapters(self) -> bool:
        """Whether adapters are trained, and the weights that they came to stay as they are."""
        return hasattr(self.model, "peft_config")

    def trained_weights(self) -> dict[str, nn.Parameter]:
        """The parameters that are trained by their names in ``model``."""
        return {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}

    def synced_weights(self) -> Iterable[tuple[str, Tensor]]:
        """What ``Engine.sync`` takes before the next rollouts: trained weights by their names in a checkpoint.

        None where the engine samples the very module that is trained. Sharded, all ranks have to read it to its end,
        for each weight is put together by all of them.
        """
        if self.sampling_module is self.model:
            return ()
        self._reshard()
        return (
            renamed
            for name, weight in self.trained_weights().items()
            for renamed in revert_weight_conversion(self.model, {name: whole(weight.detach())}).items()
        )

    def checkpoint_weights(self) -> Iterator[tuple[str, Tensor]]:
        """What an engine takes that holds the checkpoint: ``checkpoint_weights`` of the model, in its type."""
        self._reshard()
        yield from checkpoint_weights(self.model)

    def whole_weights(self) -> Iterator[tuple[str, Tensor]]:
        """What is to be saved, one weight at a time by its name in ``model``: all of them, or the adapters alone.

        Sharded ones are put together by all ranks; trained ones come in float32.
        """
        self._reshard()
        weights = self.trained_weights() if self.has_adapters else dict(self.model.named_parameters())
        for name, weight in weights.items():
            yield name, whole(self.master_weights.master_of(weight).detach())

    def _reshard(self) -> None:
        """Takes apart what FSDP2 leaves whole after a pass without gradient: the weights outside of the layers."""
        if isinstance(self, FSDPModule):
            self.reshard()

    def padding_batch(self) -> TokenBatch:
        """A batch for a rank that has fewer than the others: it calls what they call, and no token of it is scored.

        One image and one token, for a trained vision tower takes part as well.
        """
        config, vision, merge = self.model.config, self.model.config.vision_config, self.merge_size
        values = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
        batch = TokenBatch(
            rows=(),
            input_ids=torch.tensor([[config.vision_start_token_id, config.image_token_id, config.vision_end_token_id]]),
            position_ids=torch.arange(3).expand(3, 1, 3).clone(),
            scored=torch.zeros(1, 3, dtype=torch.bool),
            pixel_values=torch.zeros(merge**2, values),
            image_grid_thw=torch.tensor([[1, merge, merge]]),
            image_index=torch.zeros(1, dtype=torch.int64),
        )
        return batch.to(self.device)

    def _image_features(self, batch: TokenBatch) -> BaseModelOutputWithPooling:
        """Features of all images of the batch, each different view computed once.

        Qwen3-VL adds features of earlier vision layers to those of early text layers (DeepStack, arXiv:2406.04334).
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and self._trains_vision):
            features: Any = self.model.model.get_image_features(
                batch.pixel_values, batch.image_grid_thw, return_dict=True
            )
        shown = batch.image_index.tolist()
        features.pooler_output = [features.pooler_output[index] for index in shown]
        if "deepstack_features" in features:
            features.deepstack_features = [[layer[index] for index in shown] for layer in features.deepstack_features]
        pooled: BaseModelOutputWithPooling = features
        return pooled

    @cached_property
    def _trains_vision(self) -> bool:
        return any(parameter.requires_grad for parameter in self.model.model.visual.parameters())
