"""What llama.cpp does beside the rotation: scales of queries and factors of the softmax, by its keys.

Source: ggml-org/llama.cpp@0c1e57098 src/llama-graph.cpp llm_graph_input_attn_temp::set_input; src/llama-context.cpp
llama_context::llama_context; src/models/deepseek2.cpp llama_model_deepseek2::graph::graph, and deepseek32.cpp and
glm-dsa.cpp. Where YaRN is on, attn_factor_org there is (1 + 0.1*mscale*log(factor)) / (1 + 0.1*L*log(factor)), and
the scale takes the square of that times (1 + 0.1*L*log(factor)): what is left has mscale alone, which is 1, or L in
deepseek2. Where it is off, attn_factor_org is 1 + 0.1*log(factor), and both stay.
"""

from __future__ import annotations

from fractions import Fraction

from prover.sources.beside import TENTH, Beside, Given, Law, QueryScale, SoftmaxFactor, Unknown
from prover.sources.llama.architectures import Architecture, QueryScaling
from prover.sources.llama.header import Header, Known
from prover.sources.llama.layers import WINDOW
from prover.sources.llama.scaling import ATTENTION, CONTEXT, MULTIPLIER, ORIGINAL, Scaling
from prover.sources.printed import nearest

UNTOLD = "the source does not tell all keys"


def read_beside(entry: Architecture, header: Header, scaling: Scaling, turns: bool) -> Beside:
    """What is done in layers that turn, or in those that do not. Raises InputError."""
    query = None
    if entry.query is not None and entry.query.still is not turns:
        query = _query(entry.query, header)
    if not entry.softmax or not turns:
        return Beside(query)
    return Beside(query, _softmax(entry, header, scaling), Law(entry.softmax))


def _query(row: QueryScaling, header: Header) -> QueryScale | Unknown | None:
    if row.rise[0].isdigit():
        if WINDOW in header and not header.whole(WINDOW).number:
            return Unknown(f"llama.cpp breaks off at such layers with {WINDOW} 0", is_there=True)
        return QueryScale(Given(nearest(Fraction(row.rise), "f32"), is_stored=True), int(row.length), row.offset)
    if row.rise not in header:
        return None if header.metadata.has_all_keys else Unknown(UNTOLD)
    rise = header.number(row.rise)
    if not rise.number:
        return None
    if row.length == ORIGINAL:
        context = header.whole(CONTEXT) if CONTEXT in header or ORIGINAL not in header else None
        length = header.whole(ORIGINAL, context)  # the file's own, whatever the program is started with
    elif row.length in header:
        length = header.whole(row.length)
    else:
        length = Known(Fraction(0), "default")
        if not header.metadata.has_all_keys:
            return Unknown(UNTOLD, is_there=True)
    if rise.number < 0 or length.whole <= row.offset:
        return Unknown(f"llama.cpp breaks off at {row.rise} {float(rise.number):g} with {row.length} {length.whole}",
                       is_there=True)
    return QueryScale(_given(rise), length.whole, row.offset)


def _softmax(entry: Architecture, header: Header, scaling: Scaling) -> SoftmaxFactor | Unknown | None:
    factor = 1 / scaling.full_scale.number
    if factor == 1:
        return None if header.metadata.has_all_keys else Unknown(UNTOLD)
    if factor < 1 or ATTENTION in header or (scaling.run.attention is not None and not scaling.ramp.number):
        return Unknown("a factor below 1, or one of attention, goes into it in a way that is not read", is_there=True)
    own = header.number(MULTIPLIER) if entry.log_multiplier and MULTIPLIER in header else None
    weight = None if own is None or not own.number else _given(own)
    if weight is None and entry.log_multiplier and not header.metadata.has_all_keys:
        return Unknown(UNTOLD, is_there=True)
    if weight is not None and weight.number < 0:
        return Unknown(f"{MULTIPLIER} is below 0", is_there=True)
    weights: tuple[Given, ...]
    if scaling.ramp.number:
        weights = (weight if weight is not None and entry.softmax == "own" else TENTH,)
    else:
        weights = (TENTH,) if weight is None else (TENTH, weight)
    return SoftmaxFactor(weights, Given(factor))


def _given(known: Known) -> Given:
    return Given(known.number, known.is_stored)
