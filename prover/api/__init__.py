"""The Python API: from specs to frozen answers. `import prover` offers what is listed here in `__all__`.

An answer says its verdict word and exit code, and gives everything else as JSON types, as text or as Markdown;
it is what the command of the same name prints. The commands use this and nothing else of what decides.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prover.api.answers import (
        Answer,
        Audit,
        Checked,
        Classes,
        Difference,
        Layout,
        Measured,
        Permutation,
        Proof,
        Report,
    )
    from prover.api.arguments import RelationName
    from prover.api.catalogue import classes, converters, evidence, find, layout_names, load, names, show, unsupported
    from prover.api.files import Run, run
    from prover.api.functions import measure_function
    from prover.api.json_schemas import schema, schemas
    from prover.api.kernels import (
        conform,
        identify,
        measure_ggml,
        measure_software,
        measure_transformers,
        software,
        software_names,
        transformers_cases,
    )
    from prover.api.models import audit, diff, explain_finding
    from prover.api.numerics import precision
    from prover.api.permutations import check_permutation
    from prover.api.pictures import Picture, draw
    from prover.api.questions import check, coq_file, prove, prove_bits, prove_for_all, rewrite, solve
    from prover.api.repairs import find_repair, prove_runtime, repair_for_all
    from prover.api.surroundings import doctor, version_line
    from prover.api.weights_factors import check_factors, make_factors
    from prover.api.weights_permute import PermutedWeights, permute_weights
    from prover.api.weights_verify import VerifiedWeights, verify_weights
    from prover.errors import ProverError
    from prover.proof_files.result import ProofResult

__all__ = [
    "Answer", "Audit", "Checked", "Classes", "Difference", "Layout", "Measured", "Permutation", "PermutedWeights",
    "Picture", "Proof", "ProofResult", "ProverError", "RelationName", "Report", "Run", "VerifiedWeights", "audit",
    "check", "check_factors", "check_permutation", "classes", "conform", "converters", "coq_file", "diff", "doctor",
    "draw", "evidence", "explain_finding", "find", "find_repair", "identify", "layout_names", "load", "make_factors",
    "measure_function", "measure_ggml", "measure_software", "measure_transformers", "names", "permute_weights",
    "precision", "prove", "prove_bits", "prove_for_all", "prove_runtime", "repair_for_all", "rewrite", "run", "schema",
    "schemas", "show", "software", "software_names", "solve", "transformers_cases", "unsupported", "verify_weights",
    "version_line",
]
_HOMES = {
    "prover.api.answers": "Answer Audit Checked Classes Difference Layout Measured Permutation Proof Report",
    "prover.api.arguments": "RelationName",
    "prover.api.catalogue": "classes converters evidence find layout_names load names show unsupported",
    "prover.api.files": "Run run",
    "prover.api.functions": "measure_function",
    "prover.api.json_schemas": "schema schemas",
    "prover.api.kernels":
        "conform identify measure_ggml measure_software "
        "measure_transformers software software_names transformers_cases",
    "prover.api.models": "audit diff explain_finding",
    "prover.api.numerics": "precision",
    "prover.api.permutations": "check_permutation",
    "prover.api.pictures": "Picture draw",
    "prover.api.questions": "check coq_file prove prove_bits prove_for_all rewrite solve",
    "prover.api.repairs": "find_repair prove_runtime repair_for_all",
    "prover.api.surroundings": "doctor version_line",
    "prover.api.weights_factors": "check_factors make_factors",
    "prover.api.weights_permute": "PermutedWeights permute_weights",
    "prover.api.weights_verify": "VerifiedWeights verify_weights",
    "prover.errors": "ProverError",
    "prover.proof_files.result": "ProofResult",
}
_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """What `__all__` lists, from the module that has it; that is imported only now."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'prover.api' has no attribute '{name}'")
