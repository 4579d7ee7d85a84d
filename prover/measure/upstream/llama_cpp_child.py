"""llama.cpp's graph as a program of its own: lines of JSON on standard input, a line for each on standard output.

The first line makes the graph, each other one rotates vectors. What llama.cpp prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from prover.measure.upstream.llama_cpp_run import Graph


def main() -> None:
    """Serve until standard input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers, Graph)


def serve(questions: IO[str], answers: IO[str], make: Callable[..., Any]) -> None:
    """Answer every line; what is refused is an answer too."""
    for answer in _answers(questions, make):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _answers(questions: IO[str], make: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    import numpy as np

    graph = None
    for line in questions:
        asked = json.loads(line)
        try:
            if graph is None:
                graph = make(**asked)
                yield {"made": True}
            else:
                vectors, position = np.array(asked["vectors"], np.float64), tuple(asked["position"])
                yield {"rotated": graph.rotated(vectors, position).tolist()}
        except ValueError as fault:
            yield {"refused": str(fault)}


if __name__ == "__main__":
    main()
