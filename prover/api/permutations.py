"""A permutation of rows that somebody has, held against what two layouts need."""

from __future__ import annotations

from collections.abc import Sequence

from prover.api.answers import Layout, Permutation, Texts, several
from prover.api.arguments import loaded_told
from prover.errors import InputError


def check_permutation(
    source: str | Layout, target: str | Layout, permutation: str | Sequence[int], *, heads: int | None = None,
    kv_heads: int | None = None, sizes: Texts = (), feeds: Texts = (), axes: str | None = None,
) -> Permutation:
    """Does moving the rows of W_q and W_k this way make weights for `source` right where `target` is computed?

    `permutation`: row numbers, or their text or text file; an expression over W in NumPy, torch or einops; or a known
    converter's name. Row i of the result is row rows[i] of what was there. `heads`, `kv_heads`: then whole matrices are
    meant, and q and k are told apart. `sizes`: what names in an expression stand for, "n_heads=32", one or several.
    `feeds`, `axes`: as for `prove`. Right is what is proved right; there may be more than one. Raises ProverError.

    >>> half, normal = "transformers/half:head_dim=8", "ggml/normal:head_dim=8"
    >>> check_permutation(half, normal, [0, 4, 1, 5, 2, 6, 3, 7]).verdict
    'right'
    >>> check_permutation(half, normal, "w.view(n_heads, d//2, 2, cols).transpose(1, 2).reshape(w.shape)").slips
    ('inverse', 'applied twice')
    >>> check_permutation(half, normal, "llama.cpp/permute", heads=4, kv_heads=2).exit_code
    0
    """
    from prover.layouts.axes import axes_feeds
    from prover.repair.check_permutation import check_permutation as hold
    from prover.repair.check_permutation import matrices
    from prover.repair.permutation_text import read_permutation
    from prover.repair.size_names import read_lets
    from prover.reports.permutation_report import permutation_document, permutation_json, permutation_text

    given, lets = read_permutation(_text(permutation)), read_lets(several(sizes))
    (first, told), (second, also) = (loaded_told(side) for side in (source, target))
    held = hold(first, second, given, matrices(first, second, heads, kv_heads), lets, axes_feeds(axes, several(feeds)))
    found = permutation_json(held, (told, also))
    return Permutation(
        found["exit_code"], lambda: dict(found), lambda path: permutation_text(found, path), found["verdict"],
        found["headline"], held.verdict.certificate if held.verdict else None,
        tuple(part.move.rows for part in held.parts),
        tuple(found["needed"]["permutation"]) if found["needed"] else None,
        tuple(dict.fromkeys(slip.kind.value for part in held.parts for slip in part.slips)),
        _document=lambda path: permutation_document(found, path),
    )


def _text(permutation: str | Sequence[int]) -> str:
    if isinstance(permutation, str):
        return permutation
    try:
        return ",".join(map(str, permutation))
    except TypeError:
        raise InputError("expected a text or row numbers", where="permutation") from None
