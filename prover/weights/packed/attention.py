"""One layer's attention in a checkpoint: its slots, and what keeps them still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from prover.sources.model import Part
from prover.weights.packed.modules import Modules, Numbers, does_not_fit, stops_of, tensors_of
from prover.weights.packed.packing import Packed, names, pack
from prover.weights.packed.packings import Holding, Stop
from prover.weights.packed.slots import Barrier, Kind, Role, Slot
from prover.weights.stored.tensors import Tensor

HEAD = "{head}"
PERMUTATION, PAIR_MAP = "permutation", "pair-map"
UNREAD = ("what stands between its projections and its scores has not been read here; a norm without a gain, or a "
          "clip, would keep out a factor")
OUTPUT_SCALE = "output_scale"


@dataclass(frozen=True, slots=True)
class Attention:
    """Where one layer's tensors are, and the numbers of its packing.

    `module`: the full name of one of its modules. `flag`: whether what a stop asks for is so. `upstream`: the project
    and path that symbols stand behind. `is_normed`: it always has the norms of its packing. `unlinear`: why a factor of
    a row may not come out as one of a lane; "" if it does, as far as no norm is in the packing.
    """

    part: Part
    layer: int
    holding: Holding
    modules: Modules
    numbers: Numbers
    module: Callable[[str], str]
    flag: Callable[[str], bool]
    source: str
    upstream: str
    is_normed: bool = False
    unlinear: str = UNREAD

    @property
    def is_there(self) -> bool:
        """Whether the checkpoint has any of its projections."""
        return any(self.module(name) in self.modules for name in self.holding.rows)

    def slots(self) -> Iterator[Slot]:
        """Its tensors with rows of heads. Raises InputError for a shape that does not fit."""
        for name, text in self.holding.rows.items():
            module = self.module(name)
            if module not in self.modules:
                continue
            packed = pack(text, self.numbers.number)
            for kind, tensor, shared in tensors_of(self.modules, module, packed.rows, text, self.numbers):
                yield Slot(self.part.name, self.layer, kind, tensor, packed.rows, packed.blocks, shared, self.source)
        yield from self._gains()
        for name, text in self.holding.output.items():
            yield from self._output(self.module(name), text)

    def tensors(self) -> Iterator[Tensor]:
        """Whatever stands in its modules with rows: of what is no slot there it is known that it need not move."""
        for name in (*self.holding.rows, *self.holding.beside):
            for found in self.modules.tensors.get(self.module(name), {}).values():
                yield from found

    def barriers(self) -> Iterator[Barrier]:
        """What keeps its rows from being changed."""
        layers = (self.layer,)
        for name, text in self.holding.rows.items():
            module = self.module(name)
            rows = pack(text, self.numbers.number).rows if module in self.modules else 0
            for why in stops_of(self.modules, module, rows):
                yield Barrier(self.part.name, layers, PERMUTATION, why, self.found(module))
        if any(True for _ in self._norms()):
            why = f"{self.holding.norm} stands in front of the rotation"
            yield Barrier(self.part.name, layers, PAIR_MAP, why, self.source)
        for stop in self.holding.stops:
            if self._stops(stop):
                source = f"{self.upstream} {stop.symbol}"
                yield Barrier(self.part.name, layers, stop.relation, stop.why, source)

    def unscaled(self) -> Iterator[Barrier]:
        """What keeps its rows from being multiplied, norms left out."""
        if self.unlinear:
            yield Barrier(self.part.name, (self.layer,), PAIR_MAP, self.unlinear, self.source)
        for module in map(self.module, self.holding.rows):
            if OUTPUT_SCALE in self.modules.tensors.get(module, {}):
                why = (f"what comes out of it is quantised with a scale of its own ({OUTPUT_SCALE}), which is for "
                       "numbers as they were")
                yield Barrier(self.part.name, (self.layer,), PAIR_MAP, why, self.found(module))

    def norms(self) -> frozenset[str]:
        """The norms in front of the rotation that its packing has and that are there, by their names in the packing."""
        return frozenset(name for name in self.holding.gains if self.module(name.replace(HEAD, "0")) in self.modules)

    def found(self, module: str) -> str:
        """What the checkpoint has of a module, in words."""
        return f"tensors of one module: {', '.join(sorted(self.modules.tensors[module]))}"

    def _stops(self, stop: Stop) -> bool:
        if stop.layers not in ("", self.part.layer_type):
            return False
        if stop.when.startswith("!"):
            return self.is_there and self.module(stop.when[1:]) not in self.modules
        return not stop.when or self.flag(stop.when)

    def _norms(self) -> Iterator[tuple[str, Sequence[str], int | None]]:
        """The norms in front of the rotation that are there: module, lanes, and the head if it is that of one."""
        for name, texts in self.holding.gains.items():
            if HEAD not in name:
                if self.module(name) in self.modules:
                    yield self.module(name), texts, None
                continue
            head = 0
            while (module := self.module(name.replace(HEAD, str(head)))) in self.modules:
                yield module, texts, head
                head += 1

    def _gains(self) -> Iterator[Slot]:
        for module, texts, head in self._norms():
            for last, kind in (("weight", Kind.GAIN), ("bias", Kind.NORM_BIAS)):
                for tensor in self.modules.tensors[module].get(last, ()):
                    ways = [pack(text, self.numbers.number) for text in texts]
                    packed = next((each for each in ways if tensor.leads(each.rows)), None)
                    if packed is None:
                        raise does_not_fit(tensor, ways[0].rows, " or ".join(texts), self.numbers)
                    own = packed.blocks
                    blocks = own if head is None else tuple(replace(each, head=head) for each in own)
                    yield Slot(self.part.name, self.layer, kind, tensor, packed.rows, blocks, 1, self.source)

    def _output(self, module: str, text: str) -> Iterator[Slot]:
        for weight in self.modules.tensors.get(module, {}).get("weight", ()):
            if len(weight.shape) == 2:
                packed: Packed = pack(text, self.numbers.number)
                yield Slot(self.part.name, self.layer, Kind.WEIGHT, weight, weight.shape[0], packed.blocks, 1,
                           self.source)


def uneven(attentions: Sequence[tuple[Attention, Sequence[Role]]]) -> Iterator[Barrier]:
    """Barriers of layers that rotate without a norm that they always have, or that any other layer of the part has.

    With each attention stand the roles that it must have: of a layer without k its norm is not missed.
    """
    turning = [(each, roles) for each, roles in attentions if each.part.layout is not None and each.is_there]
    having = {(each.part.name, id(each.holding)) for each, _ in turning if each.norms()}
    for each, roles in turning:
        if not each.is_normed and (each.part.name, id(each.holding)) not in having:
            continue
        own = {role.value for role in roles}
        expected = {name for name, texts in each.holding.gains.items() if own & set(names(" + ".join(texts)))}
        who = "this type of attention always has" if each.is_normed else "other layers or the other of q and k have"
        for name in sorted(expected - each.norms()):
            why = f"{name}, which {who}, is missing: it may have another name"
            yield Barrier(each.part.name, (each.layer,), PERMUTATION, why, each.source)


def unfound(attentions: Iterable[Attention]) -> str:
    """A module of a packing that none of these attentions has; "" if there is none."""
    has: dict[str, bool] = {}
    for each in attentions:
        for name in (*each.holding.rows, *each.holding.output, *each.holding.gains):
            has[name] = has.get(name, False) or each.module(name) in each.modules
    return next((name for name, is_there in has.items() if not is_there), "")


def merged(barriers: Sequence[Barrier]) -> tuple[Barrier, ...]:
    """Barriers that differ in their layers alone as one."""
    layers: dict[Barrier, list[int]] = {}
    for barrier in barriers:
        layers.setdefault(replace(barrier, layers=()), []).extend(barrier.layers)
    return tuple(replace(barrier, layers=tuple(sorted(set(found)))) for barrier, found in layers.items())
