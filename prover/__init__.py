"""Formal proofs about RoPE layouts: do two kernels rotate the same way, and if not, what makes up for it?

>>> import prover
>>> prover.prove("ggml/normal:n_rot=64", "ggml/neox:n_rot=64")
<convertible: The attention scores are equal, only after the rows of W_q and W_k are permuted.>

What is not in `__all__` is private. Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prover.api import (
        Answer,
        Audit,
        Checked,
        Classes,
        Difference,
        Layout,
        Measured,
        Permutation,
        PermutedWeights,
        Picture,
        Proof,
        ProofResult,
        ProverError,
        RelationName,
        Report,
        Run,
        VerifiedWeights,
        audit,
        check,
        check_factors,
        check_permutation,
        classes,
        conform,
        converters,
        coq_file,
        diff,
        doctor,
        draw,
        evidence,
        explain_finding,
        find,
        find_repair,
        identify,
        layout_names,
        load,
        make_factors,
        measure_function,
        measure_ggml,
        measure_software,
        measure_transformers,
        names,
        permute_weights,
        precision,
        prove,
        prove_bits,
        prove_for_all,
        prove_runtime,
        repair_for_all,
        rewrite,
        run,
        schema,
        schemas,
        show,
        software,
        software_names,
        solve,
        transformers_cases,
        unsupported,
        verify_weights,
        version_line,
    )

__version__ = "0.1.0"
__all__ = [
    "Answer", "Audit", "Checked", "Classes", "Difference", "Layout", "Measured", "Permutation", "PermutedWeights",
    "Picture", "Proof", "ProofResult", "ProverError", "RelationName", "Report", "Run", "VerifiedWeights", "__version__",
    "audit", "check", "check_factors", "check_permutation", "classes", "conform", "converters", "coq_file", "diff",
    "doctor", "draw", "evidence", "explain_finding", "find", "find_repair", "identify", "layout_names", "load",
    "make_factors", "measure_function", "measure_ggml", "measure_software", "measure_transformers", "names",
    "permute_weights", "precision", "prove", "prove_bits", "prove_for_all", "prove_runtime", "repair_for_all",
    "rewrite", "run", "schema", "schemas", "show", "software", "software_names", "solve", "transformers_cases",
    "unsupported", "verify_weights", "version_line",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from prover import api

        return getattr(api, name)
    raise AttributeError(f"module 'prover' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
