"""The command `prove`."""

from __future__ import annotations

from typing import Any, cast

import click

from prover.commands.completion import SPEC
from prover.commands.console import EXIT_HELP, POSITIONS, output_style, tell
from prover.commands.function_options import function_options
from prover.commands.theorems import COQ, CVC5, SMTLIB

RELATIONS = ("identical", "equal-scores", "permutation", "pair-map", "linear")
BITWISE = "bitwise"
RUNTIME = "runtime"


@click.command(epilog=EXIT_HELP)
@click.argument("source", type=SPEC)
@click.argument("target", type=SPEC)
@click.option(
    "--feed", "feeds", multiple=True, metavar="F",
    help="What each axis gets: a feed both layouts name (text, image), or written, such as "
    '"t=p,h=p,w=p,e=0". Several make one sequence of several modalities. '
    "Without it, positions are free on all axes.",
)
@click.option(
    "--axes", metavar="A=B,...",
    help="Which axis of SOURCE is which of TARGET, where their names differ: row=h,col=w. Each pair holds one "
    "position; with --feed, the one it gets.",
)
@click.option(
    "--relation", "relation", type=click.Choice((*RELATIONS, RUNTIME, BITWISE)), metavar="R",
    help=f"What may be done to the weights, R at most: {', '.join(RELATIONS)}. Without it nothing may: what needs a "
    "change is 'convertible'. runtime: a permutation, and what TARGET's kernel accepts at run time (parameters, "
    "another feed, frequency factors). bitwise asks another question: do the two give the same bits?",
)
@click.option(
    "--exact", is_flag=True,
    help="Take numbers that a SPEC says are stored, such as base=f32(11158840), as they are and for nothing else.",
)
@click.option(
    "--ulps", type=click.IntRange(0, 9999), default=0, metavar="N",
    help="Stored numbers may be off by N places more than their last rounding, as where a converter computed them in "
    "float32. The headline says so.",
)
@POSITIONS
@click.option("--certificate", metavar="FILE", help="Write the checked evidence to FILE.")
@output_style
@click.option(
    "--for-all", "names", metavar="NAMES",
    help="Leave these parameters symbolic and prove it for all their values, e.g. n_rot,base,sections. Values in a "
    "spec may be expressions in them.",
)
@click.option("--where", multiple=True, metavar="CONDITION", help="What --for-all may assume of the parameters.")
@COQ
@SMTLIB
@CVC5
@function_options
def prove(
    source: str, target: str, feeds: tuple[str, ...], axes: str | None, relation: str | None, certificate: str | None,
    style: str, names: str | None, where: tuple[str, ...], smtlib: str | None, cvc5: bool, exact: bool,
    ulps: int, positions: int | None, coq: str | None, **called: Any,
) -> int:
    """Decide whether weights made for SOURCE work in a kernel that computes TARGET.

    The ladder is identical, equal-scores, permutation, pair-map, linear: each rung allows more
    to be done to W_q and W_k. The answer is the lowest rung that holds, with a witness, or a
    proof that none does. equivalent (0): the kernels can be exchanged as they are, or --relation R was
    given and holds. convertible (5): only after the weights are changed as printed. different (1): no
    fixed linear map makes up for it, or nothing within R does.

    A value f32(X) in a SPEC (f16, bf16, f64 too) is X as a file stores it. Where no exact answer holds it stands for
    every real that rounds to X, and the headline says 'as stored in float32'.

    A side may be a function of your own, rope.py::apply_rope: it is run and measured ('rope-prover measure function
    --help' says under which limits), and the layout that it is recognised as is proved about, exactly. That it is this
    layout is numeric only, and the headline says 'as far as the target tells (RP301)'.
    """
    from prover import api
    from prover.api.arguments import DEFAULT_POSITIONS
    from prover.commands.written import check_certificate_path, check_coq_path, write_coq
    from prover.errors import InputError

    if certificate is not None:
        check_certificate_path(certificate)
    if coq is not None:
        if names is None or relation in (BITWISE, RUNTIME):
            raise InputError("--coq needs --for-all", advice="Name the parameters that stay symbolic")
        check_coq_path(coq, certificate)
    if where and names is None:
        raise InputError("--where needs --for-all", advice="Name the parameters that stay symbolic")
    if ulps and (names is not None or relation == BITWISE):
        raise InputError("--ulps goes with neither --for-all nor --relation bitwise",
                         advice="Both take stored numbers as they are")
    if positions is not None and (names is not None or relation == BITWISE):
        raise InputError("--positions goes with neither --for-all nor --relation bitwise",
                         advice="By how much two layouts differ is told at given sizes")
    if relation == BITWISE:
        if names is not None:
            raise InputError("--relation bitwise does not take --for-all", advice="Bits are compared at given sizes")
        answer = api.prove_bits(source, target, feeds=feeds, axes=axes, smtlib=smtlib, cvc5=cvc5)
        return tell(answer, style, certificate)
    if relation == RUNTIME:
        if names is not None or exact or ulps or cvc5 or smtlib:
            raise InputError("--relation runtime takes none of --for-all, --exact, --ulps, --smtlib, --cvc5",
                             advice="It is about given sizes and exact numbers; repair --for-all is about all")
        answer = api.prove_runtime(source, target, feeds=feeds, axes=axes, positions=positions or DEFAULT_POSITIONS)
        return tell(answer, style, certificate)
    allowed = cast("api.RelationName | None", relation)
    if names is not None:
        answer = api.prove_for_all(source, target, names, where=where, feeds=feeds, axes=axes, relation=allowed,
                                   smtlib=smtlib, cvc5=cvc5)
        code = tell(answer, style, certificate)
        if coq is not None:
            write_coq(coq, answer.certificate)
        return code
    answer = api.prove(source, target, feeds=feeds, axes=axes, relation=allowed, smtlib=smtlib, cvc5=cvc5, exact=exact,
                       ulps=ulps, positions=positions or DEFAULT_POSITIONS, **called)
    return tell(answer, style, certificate)
