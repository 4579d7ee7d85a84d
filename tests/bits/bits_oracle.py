"""What a certificate about bits states, worked out apart: Python evaluates the texts, NumPy and mpmath the operations.

Nothing of the package takes part. Sums, products and quotients are NumPy's, in the format itself or, for bfloat16, in
float64 with one rounding more, which is harmless for 8 of 53 bits; functions are mpmath's with 200 bits, of which the
nearest number is picked among neighbours.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any

import mpmath
import numpy as np

JSON = dict[str, Any]
TYPES = {"float16": (np.float16, np.uint16), "float32": (np.float32, np.uint32), "float64": (np.float64, np.uint64)}
mpmath.mp.prec = 200


def from_bits(bits: int, kind: str) -> Any:
    """A NumPy scalar; bfloat16 is kept in float32."""
    if kind == "bfloat16":
        return np.array([bits << 16], dtype=np.uint32).view(np.float32)[0]
    number, whole = TYPES[kind]
    return np.array([bits], dtype=whole).view(number)[0]


def to_bits(value: Any, kind: str) -> int:
    if kind == "bfloat16":
        return int(np.array([value], dtype=np.float32).view(np.uint32)[0]) >> 16
    number, whole = TYPES[kind]
    return int(np.array([value], dtype=number).view(whole)[0])


def hexadecimal(value: Any, kind: str) -> str:
    return f"0x{to_bits(value, kind):0{ {'float32': 8, 'float64': 16}.get(kind, 4) }x}"


def nearest(real: Any, kind: str, guess: float, negative_zero: bool = False) -> Any:
    """The number of the format nearest to a Fraction or mpmath number, picked among the neighbours of a guess."""
    start = from_bits(to_bits(np.float32(guess), kind), kind) if kind == "bfloat16" else TYPES[kind][0](guess)
    size = to_bits(abs(start), kind)
    real_size = abs(real)

    def off(bits: int) -> Any:
        own = Fraction(float(from_bits(bits, kind)))
        if isinstance(real_size, Fraction):
            return abs(real_size - own)
        return abs(real_size - mpmath.mpf(own.numerator) / own.denominator)

    candidates = [bits for bits in range(max(size - 2, 0), size + 3) if np.isfinite(from_bits(bits, kind))]
    best = min(candidates, key=lambda bits: (off(bits), bits % 2))
    assert 0 < candidates.index(best) < len(candidates) - 1 or best == 0
    found = from_bits(best, kind)
    return -found if (real < 0 if real else negative_zero) else found


def rounded(value: Fraction, kind: str) -> Any:
    """A rational number in a format."""
    return nearest(value, kind, float(value))


class Number:
    """What Python's operators do with a number: an operation of the world that it belongs to."""

    def both(self, name: str, other: Any) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self.both("add", other)

    def __sub__(self, other: Any) -> Any:
        return self.both("sub", other)

    def __mul__(self, other: Any) -> Any:
        return self.both("mul", other)

    def __truediv__(self, other: Any) -> Any:
        return self.both("div", other)

    def __pow__(self, other: Any) -> Any:
        return self.both("pow", other)

    def __floordiv__(self, other: Any) -> Any:
        return self.both("whole", other)

    def __mod__(self, other: Any) -> Any:
        return self.both("rest", other)

    def __pos__(self) -> Any:
        return self


class Q(Number):
    """A number that no kernel rounds, in the middle of what is rounded: index arithmetic on whole numbers is exact."""

    def __init__(self, number: Fraction, world: World) -> None:
        self.number, self.world = number, world

    def both(self, name: str, other: Any) -> Any:
        if isinstance(other, Q) and self.number.denominator == other.number.denominator == 1:
            exact: dict[str, Callable[[Fraction, Fraction], Any]] = {
                "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
                "rest": lambda a, b: a % b, "whole": lambda a, b: Fraction(a // b)}
            if name in exact:
                return Q(exact[name](self.number, other.number), self.world)
        return self.world.apply(name, self.float(), other.float())

    def float(self) -> F:
        return F(rounded(self.number, self.world.precision), self.world)

    def __neg__(self) -> Any:
        return Q(-self.number, self.world)


class F(Number):
    """A rounded number, and the factors that it is the product of."""

    def __init__(self, value: Any, world: World, factors: tuple[Any, Any] | None = None) -> None:
        self.value, self.world, self.factors = value, world, factors

    def float(self) -> F:
        return self

    def both(self, name: str, other: Any) -> Any:
        return self.world.apply(name, self, other.float())

    def __neg__(self) -> Any:
        return self.world.apply("neg", self)


class World:
    """The operations of one format. `choose`: of how many ways a compiler may take which."""

    def __init__(self, precision: str, choose: Callable[[int], int] | None) -> None:
        self.precision, self.choose = precision, choose

    def apply(self, name: str, *values: F) -> F:
        plain = [v.value for v in values]
        if name == "mul":
            return F(operation("mul", self.precision, *plain), self, (plain[0], plain[1]))
        if name == "neg":
            own = values[0].factors
            return F(-plain[0], self, own and (-own[0], own[1]))
        if name == "sub":
            return self.apply("add", values[0], self.apply("neg", values[1]))
        if name == "add" and self.choose:
            ways = [lambda: operation("add", self.precision, *plain)]
            for own, other in ((values[0].factors, plain[1]), (values[1].factors, plain[0])):
                if own:
                    ways.append(lambda own=own, other=other: operation("fma", self.precision, *own, other))
            return F(ways[self.choose(len(ways))](), self)
        return F(operation(name, self.precision, *plain), self)


def operation(name: str, kind: str, *values: Any) -> Any:
    """One operation, its result the nearest number of the format."""
    with np.errstate(all="ignore"):
        if name == "fma":
            a, b, c = (Fraction(float(v)) for v in values)
            sign = bool(np.signbit(values[0])) is not bool(np.signbit(values[1])) and bool(np.signbit(values[2]))
            return nearest(a * b + c, kind, float(a * b + c), sign)
        if name in ("cos", "sin", "log", "pow"):
            exact = [mpmath.mpf(float(v)) for v in values]
            real = mpmath.power(*exact) if name == "pow" else getattr(mpmath, name)(exact[0])
            return nearest(real, kind, float(real), name == "sin" and bool(np.signbit(values[0])))
        numpy = {"add": np.add, "mul": np.multiply, "div": np.divide, "sqrt": np.sqrt, "floor": np.floor,
                 "ceil": np.ceil, "abs": np.abs, "min": np.minimum, "max": np.maximum}[name]
        if kind != "bfloat16":
            return numpy(*values)
        wide = numpy(*(np.float64(v) for v in values))
        return nearest(Fraction(float(wide)), kind, float(wide), bool(np.signbit(wide)))


class _Texts(ast.NodeTransformer):
    """Numbers become exact ones; what decides, and what is an index, is worked out with exact names."""

    def __init__(self, text: str, exact: bool) -> None:
        self.text, self.exact = text, exact

    def visit_Constant(self, node: ast.Constant) -> Any:
        text = str(int(node.value)) if isinstance(node.value, bool) else str(ast.get_source_segment(self.text, node))
        call = ast.Call(ast.Name("Fraction" if self.exact else "_q", ast.Load()), [ast.Constant(text)], [])
        return ast.copy_location(call, node)

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.copy_location(ast.Name(f"exact_{node.id}", ast.Load()), node) if self.exact else node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        test = _Texts(self.text, True).visit(node.test)
        return ast.copy_location(ast.IfExp(test, self.visit(node.body), self.visit(node.orelse)), node)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        listed, index = _Texts(self.text, True).visit(node.value), _Whole(self.text).visit(node.slice)
        found = ast.Subscript(listed, index, ast.Load())
        return self._exactly(found, node)

    def visit_Call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        exact = node.func.id in ("sum", "len") or (node.func.id in ("min", "max") and len(node.args) == 1)
        inner = _Texts(self.text, True) if exact else self
        name = ast.Name(f"exact_{node.func.id}" if exact or self.exact else f"_{node.func.id}", ast.Load())
        found = ast.Call(name, [inner.visit(each) for each in node.args], [])
        return self._exactly(found, node) if exact else ast.copy_location(found, node)

    def _exactly(self, found: Any, node: ast.AST) -> Any:
        if not self.exact:
            found = ast.Call(ast.Name("_q", ast.Load()), [found], [])
        return ast.copy_location(found, node)


class _Whole(_Texts):
    def __init__(self, text: str) -> None:
        super().__init__(text, True)

    def visit(self, node: ast.AST) -> Any:
        return ast.copy_location(ast.Call(ast.Name("int", ast.Load()), [_Texts(self.text, True).visit(node)], []), node)


EXACT = {
    "exact_floor": lambda v: Fraction(floor(v)), "exact_ceil": lambda v: Fraction(ceil(v)), "exact_abs": abs,
    "exact_min": lambda *v: min(*v), "exact_max": lambda *v: max(*v), "exact_sum": lambda v: Fraction(sum(v)),
    "exact_len": lambda v: Fraction(len(v)), "Fraction": Fraction, "int": int,
}


class _Lazy(dict[str, Any]):
    """Names of which some are worked out when they are asked for."""

    def __init__(self, known: dict[str, Any], later: dict[str, Callable[[], Any]]) -> None:
        super().__init__(known)
        self.later = later

    def __missing__(self, name: str) -> Any:
        if name not in self.later:
            raise KeyError(name)
        self[name] = self.later[name]()
        return self[name]


def _evaluated(text: str, names: _Lazy, exact: bool) -> Any:
    tree = _Texts(text.strip(), exact).visit(ast.parse(text.strip(), mode="eval"))
    code = compile(ast.fix_missing_locations(tree), "text", "eval")
    return eval(code, {"__builtins__": {}}, names)


def outputs(
    side: JSON, feed: JSON, which: str, position: dict[str, int], head: Sequence[Any],
    choose: Callable[[int], int] | None = None,
) -> list[Any]:
    """What a side of a certificate writes to each lane; `head`: NumPy scalars of its format."""
    recipe = side["recipe"]
    world = World(recipe["precision"], choose if recipe["contract"] else None)
    turning = World(recipe["rotation"], choose if recipe["contract"] else None)

    def q(value: Any) -> Q:
        return Q(Fraction(value), world)

    def many(name: str, world: World) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            if all(isinstance(v, Q) for v in values):
                return q({"min": min, "max": max}[name](*(v.number for v in values)))
            found = values[0]
            for value in values[1:]:
                found = world.apply(name, found.float(), value.float())
            return found
        return call

    def one(name: str, world: World) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            if name == "abs" and isinstance(values[0], Q):
                return q(abs(values[0].number))
            return world.apply(name, *(v.float() for v in values))
        return call

    def functions(world: World) -> dict[str, Callable[..., Any]]:
        named = {f"_{name}": one(name, world) for name in ("floor", "ceil", "abs", "sqrt", "log", "fma")}
        return named | {"_min": many("min", world), "_max": many("max", world)}

    places = {}
    for axis, form in feed[which].items():
        at = sum(Fraction(factor) * (1 if name == "1" else position[name]) for name, factor in form.items())
        places[axis] = F(rounded(Fraction(at), world.precision), world)
    given = {name: tuple(map(Fraction, v)) if isinstance(v, list) else Fraction(v) for name, v in side["parameters"]}

    def names(index: int, carried: dict[str, Any], exactly: dict[str, Any]) -> tuple[_Lazy, _Lazy]:
        exact = _Lazy({**EXACT, "exact_j": Fraction(index)}, {})
        exact |= {f"exact_{name}": value for name, value in (given | exactly).items()}
        exact.later = {f"exact_{name}": lambda text=text: _evaluated(text, exact, True) for name, text in side["let"]}
        known = {**functions(world), "_q": q, **exact, **places, **carried, "j": q(index)}
        known |= {name: q(v) for name, v in (given | exactly).items() if not isinstance(v, tuple)}
        rough = _Lazy(known, {})
        rough.later = {key: lambda key=key: exact[key] for key in exact.later}
        rough.later |= {name: lambda name=name: q(exact[f"exact_{name}"]) for name, _ in side["let"]}
        rough.later |= {name: lambda text=text: _evaluated(text, rough, False) for name, text in recipe["let"]}
        return rough, exact

    found, table = list(head), recipe["table"]
    rough, exact = names(0, {}, {})
    for index, (a, b, c, d) in enumerate(side["lanes"]):
        exactly = {name: _evaluated(two if index else one_, exact, True) for name, one_, two in side["states"]}
        if index:
            carried = {name: _evaluated(step, rough, False) for name, _, step in recipe["states"]}
        else:
            rough, exact = names(0, {}, exactly)
            carried = {name: _evaluated(first, rough, False) for name, first, _ in recipe["states"]}
        rough, exact = names(index, carried, exactly)
        angle, magnitude = (_evaluated(recipe[key], rough, False).float() for key in ("angle", "magnitude"))
        known: dict[str, Any] = {**functions(turning),
                                 "_q": lambda text: F(rounded(Fraction(text), recipe["rotation"]), turning)}
        for name in ("cos", "sin"):
            value = world.apply("mul", world.apply(name, angle), magnitude).value
            kept = converted(converted(value, table), recipe["rotation"])
            known[name] = F(kept, turning)
        known |= {"x": F(converted(head[a], recipe["rotation"]), turning),
                  "y": F(converted(head[b], recipe["rotation"]), turning)}
        for lane, text in zip((c, d), recipe["rotated"], strict=True):
            found[lane] = converted(_evaluated(text, _Lazy(known, {}), False).value, recipe["head"])
    return found


def converted(value: Any, kind: str) -> Any:
    """A number rounded to another format."""
    return nearest(Fraction(float(value)), kind, float(value), bool(np.signbit(value)))
