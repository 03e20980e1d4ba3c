"""vLLM's own parser takes the arguments of an engine on a GPU, which no test runs."""

import json

import pytest
from vllm.engine.arg_utils import EngineArgs
from vllm.utils.argparse_utils import FlexibleArgumentParser

from mifg_pipeline.engines.vllm.arguments import engine_arguments


def command_line(arguments):
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield from (f"--{flag}", json.dumps(value) if isinstance(value, dict) else str(value))


@pytest.mark.parametrize("on_cpu", [False, True])
def test_vllms_own_parser_takes_what_an_engine_is_given(options_of, checkpoint, on_cpu):
    arguments = engine_arguments(options_of(checkpoint), on_cpu=on_cpu, known=EngineArgs.__dataclass_fields__)
    parser = EngineArgs.add_cli_args(FlexibleArgumentParser())
    parsed = EngineArgs.from_cli_args(parser.parse_args(list(command_line(arguments))))
    assert {name: getattr(parsed, name) for name in arguments} == arguments
    assert arguments.get("enable_sleep_mode", False) == (not on_cpu)
