"""What vLLM's engine is told, and what it is never told; no vLLM is needed for it."""

import msgspec
import pytest

from mifg_pipeline.engines.vllm.arguments import SamplerOptions, engine_arguments
from mifg_pipeline.engines.vllm.child import environment
from mifg_pipeline.errors import MifgError

OPTIONS = SamplerOptions(
    folder="checkpoint",
    dtype="bfloat16",
    max_tokens=10_000,
    max_images=6,
    max_pixels=600_000,
    token_side=28,
    banned_ids=(1, 2),
    end_of_turn_id=3,
    max_running=64,
    memory_share=0.45,
    cache_gigabytes=4,
    eager=False,
    sleep=True,
    arguments={},
)
KNOWN = ("model", "dtype", "block_size", "max_num_batched_tokens", "tensor_parallel_size", "seed")


def arguments(on_cpu=False, **further):
    return engine_arguments(msgspec.structs.replace(OPTIONS, arguments=further), on_cpu=on_cpu, known=KNOWN)


def test_a_further_argument_is_passed_on():
    assert arguments(block_size=32)["block_size"] == 32


def test_an_unknown_argument_is_refused_with_near_ones():
    with pytest.raises(MifgError, match=r"takes no blocksize\. Did you mean block_size\?"):
        arguments(blocksize=32)


@pytest.mark.parametrize("name", ["model", "dtype", "tensor_parallel_size"])
def test_what_sampling_fixes_is_not_to_be_chosen(name):
    with pytest.raises(MifgError, match=f"{name} is not to be chosen"):
        arguments(**{name: 2})


def test_a_cpu_reads_a_prompt_in_one_piece():
    on_cpu = arguments(on_cpu=True)
    assert not on_cpu["enable_chunked_prefill"]
    assert on_cpu["max_num_batched_tokens"] >= on_cpu["max_model_len"]


def test_only_a_gpu_sleeps_and_shares_its_memory():
    gpu_only = {"enable_sleep_mode", "gpu_memory_utilization"}
    assert gpu_only <= arguments().keys()
    assert not gpu_only & arguments(on_cpu=True).keys()


@pytest.mark.parametrize(
    ("own", "gpu"),
    [
        ({"LOCAL_RANK": "1"}, "1"),
        ({"LOCAL_RANK": "1", "CUDA_VISIBLE_DEVICES": "4,6"}, "6"),
        ({"CUDA_VISIBLE_DEVICES": "4,6"}, "4,6"),
    ],
)
def test_an_engine_has_the_gpu_of_its_rank(own, gpu):
    assert environment(own)["CUDA_VISIBLE_DEVICES"] == gpu


def test_an_engine_hears_nothing_of_torchrun():
    own = {"RANK": "1", "MASTER_PORT": "1", "TORCHELASTIC_RUN_ID": "x", "ROLE_RANK": "1", "HOME": "/home"}
    assert environment(own) == {"HOME": "/home"}
