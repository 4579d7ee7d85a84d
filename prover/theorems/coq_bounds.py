"""Bounds of numbers with pi, logarithms and powers, by whole numbers, as lemmas of a Coq file.

A quotient of logarithms is above k/n where b ** k < x ** n. What is said here is a guess that Coq has to confirm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from prover.language.term import Term, constant, product_of
from prover.theorems.coq_names import Names
from prover.theorems.coq_side import Side
from prover.theorems.coq_text import Printer, bare, refused

HEAD = r"""
(* Pi by Machin's formula. *)
Lemma pi_between : (31415 / 10000 < PI < 31416 / 10000)%R.
Proof.
  generalize (PI_2_3_7_ineq 2). unfold tg_alt, PI_2_3_7_tg, Ratan_seq, sum_f_R0. simpl. intros [below above]. lra.
Qed.
Lemma ln_quotient a b : (0 < a)%R -> (0 < b)%R -> ln (a / b) = (ln a - ln b)%R.
Proof. intros. unfold Rdiv. rewrite ln_mult, ln_Rinv by first [assumption | apply Rinv_0_lt_compat; trivial]. ring. Qed.

Lemma ln_of_power b n : 0 < b -> 0 <= n -> ln (IZR (b ^ n)) = (IZR n * ln (IZR b))%R.
Proof.
  intros positive whole. rewrite <- (Z2Nat.id n) by lia. rewrite <- pow_IZR, ln_pow by (apply IZR_lt; lia).
  rewrite INR_IZR_INZ. reflexivity.
Qed.

(* k/n < ln x / ln b where b ^ k < x ^ n, with a bound a/c of x. *)
Lemma log_over b a c k n x :
  1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> (IZR a / IZR c <= x)%R -> b ^ k * c ^ n < a ^ n ->
  (IZR k / IZR n < ln x / ln (IZR b))%R.
Proof.
  intros base above some at_least steps bound powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (log : (0 < ln (IZR b))%R) by (apply ln_above, IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (least : (ln (IZR a) - ln (IZR c) <= ln x)%R).
  { rewrite <- ln_quotient by trivial. destruct bound as [bound|<-]; [left|right; trivial].
    apply ln_increasing; [|exact bound]. apply Rdiv_lt_0_compat; trivial. }
  assert (logs : (IZR k * ln (IZR b) + IZR n * ln (IZR c) < IZR n * ln (IZR a))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers].
    apply Z.mul_pos_pos; apply Z.pow_pos_nonneg; lia. }
  apply (Rmult_lt_reg_r (IZR n * ln (IZR b))); [apply Rmult_lt_0_compat; trivial|].
  replace (IZR k / IZR n * (IZR n * ln (IZR b)))%R with (IZR k * ln (IZR b))%R by (field; lra).
  replace (ln x / ln (IZR b) * (IZR n * ln (IZR b)))%R with (IZR n * ln x)%R by (field; lra).
  apply (Rmult_le_compat_l (IZR n)) in least; lra.
Qed.
Lemma log_under b a c k n x :
  1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> (0 < x)%R -> (x <= IZR a / IZR c)%R -> a ^ n < b ^ k * c ^ n ->
  (ln x / ln (IZR b) < IZR k / IZR n)%R.
Proof.
  intros base above some at_least steps some_x bound powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (log : (0 < ln (IZR b))%R) by (apply ln_above, IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (most : (ln x <= ln (IZR a) - ln (IZR c))%R).
  { rewrite <- ln_quotient by trivial. destruct bound as [bound| ->]; [left|right; trivial].
    apply ln_increasing; trivial. }
  assert (logs : (IZR n * ln (IZR a) < IZR k * ln (IZR b) + IZR n * ln (IZR c))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers]. apply Z.pow_pos_nonneg; lia. }
  apply (Rmult_lt_reg_r (IZR n * ln (IZR b))); [apply Rmult_lt_0_compat; trivial|].
  replace (IZR k / IZR n * (IZR n * ln (IZR b)))%R with (IZR k * ln (IZR b))%R by (field; lra).
  replace (ln x / ln (IZR b) * (IZR n * ln (IZR b)))%R with (IZR n * ln x)%R by (field; lra).
  apply (Rmult_le_compat_l (IZR n)) in most; lra.
Qed.
(* A root: b ^ (-k/n) < a/c where c ^ n < a ^ n * b ^ k. *)
Lemma power_under b a c k n : 1 < b -> 0 < a -> 0 < c -> 0 <= k -> 0 < n -> c ^ n < a ^ n * b ^ k ->
  (Rpower (IZR b) (IZR (- k) / IZR n) < IZR a / IZR c)%R.
Proof.
  intros base above some at_least steps powers.
  assert (positive : (0 < IZR a)%R) by (apply IZR_lt; lia). assert (part : (0 < IZR c)%R) by (apply IZR_lt; lia).
  assert (times : (0 < IZR n)%R) by (apply IZR_lt; lia).
  assert (logs : (IZR n * ln (IZR c) < IZR n * ln (IZR a) + IZR k * ln (IZR b))%R).
  { rewrite <- !ln_of_power, <- ln_mult by first [lia | apply IZR_lt; apply Z.pow_pos_nonneg; lia].
    rewrite <- mult_IZR. apply ln_increasing; apply IZR_lt; [|exact powers]. apply Z.pow_pos_nonneg; lia. }
  rewrite <- (exp_ln (IZR a / IZR c)) by (apply Rdiv_lt_0_compat; trivial). apply exp_increasing.
  rewrite ln_quotient, opp_IZR by trivial. apply (Rmult_lt_reg_r (IZR n)); [trivial|].
  replace (- IZR k / IZR n * ln (IZR b) * IZR n)%R with (- (IZR k * ln (IZR b)))%R by (field; lra). lra.
Qed.
Lemma rounded_is z x : (IZR z <= x < IZR z + 1)%R -> Int_part x = z.
Proof. intros bounds. unfold Int_part. rewrite <- (up_tech x z) by (rewrite ?plus_IZR; lra). lia. Qed.
(* m ln x / (d ln b), which is times ln x / ln b, between quotients; x is between a/c and a'/c'. *)
Ltac quotient_of_pi := match goal with
  | |- (_ <= ?m / ?d)%R => apply (Rmult_le_reg_r d); [lra|]; replace (m / d * d)%R with m by (field; lra); lra
  | |- (?m / ?d <= _)%R => apply (Rmult_le_reg_r d); [lra|]; replace (m / d * d)%R with m by (field; lra); lra end.
Ltac between times k n k' n' a c a' c' :=
  pose proof pi_between; match goal with |- (_ < ?m * ln ?x / (?d * ln (IZR ?b)) < _)%R =>
    assert (0 < x)%R by above_zero; assert (0 < ln (IZR b))%R by (apply ln_above; lra);
    assert (IZR k / IZR n < ln x / ln (IZR b))%R
      by (apply (log_over b a c k n); [lia .. | quotient_of_pi | vm_compute; reflexivity]);
    assert (ln x / ln (IZR b) < IZR k' / IZR n')%R
      by (apply (log_under b a' c' k' n'); [lia .. | trivial | quotient_of_pi | vm_compute; reflexivity]);
    replace (m * ln x / (d * ln (IZR b)))%R with (times * (ln x / ln (IZR b)))%R by (field; lra);
    generalize dependent (ln x / ln (IZR b))%R; intros; lra end.
"""
PI = Fraction(31415, 10000), Fraction(31416, 10000)
MOST = 96   # denominators of bounds are below: Coq raises numbers to them, and coqchk does so slowly


@dataclass(frozen=True, slots=True)
class Bounds:
    """`lemmas`: lines; `rounded`, `between`: names of those on rounded numbers and numbers; `numbers`: their texts."""

    lemmas: list[str]
    rounded: list[str]
    between: list[str]
    numbers: list[str]


@dataclass(frozen=True, slots=True)
class _End:
    """times * log(argument) / log(base), where the argument is part / pi."""

    term: Term
    times: Fraction
    part: Fraction
    base: int

    @property
    def quotient(self) -> tuple[Fraction, Fraction]:
        """The nearest fractions on either side of the quotient of the logarithms."""
        value = math.log(self.part / PI[0]) / math.log(self.base)
        below = max(Fraction(math.floor(value * n), n) for n in range(1, MOST))
        return below, min(Fraction(math.floor(value * n) + 1, n) for n in range(1, MOST))

    @property
    def rounded(self) -> int:
        """It rounded down. Raises UndecidedError where that is not certain."""
        low, high = (self.times * each for each in self.quotient)
        if math.floor(low) + 1 < high:
            raise refused("a quotient of logarithms that is too near a whole number")
        return math.floor(low)

    def lemma(self, name: str, text: str) -> list[str]:
        """That it is between these."""
        (low, high), (upper, lower) = self.quotient, PI
        if low < 0:
            raise refused("a quotient of logarithms that is below 0")
        a, a_above = _near(self.part / lower, low, self.base, 0), _near(self.part / upper, high, self.base, 1)
        numbers = [each for part in (low, high, a, a_above) for each in (part.numerator, part.denominator)]
        return [f"Lemma {name} : ({_real(self.times * low)} < {text} < {_real(self.times * high)})%R.",
                f"Proof. between ({_real(self.times)})%R {' '.join(map(str, numbers))}. Qed."]


def _near(bound: Fraction, quotient: Fraction, base: int, above: int) -> Fraction:
    """A fraction with few digits on one side of a bound that is still on its side of a power of the base."""
    power = base ** quotient.numerator
    for digits in range(20):
        found = Fraction(math.floor(bound * 10**digits) + above, 10**digits)
        if (found ** quotient.denominator < power) == bool(above) and found > 0:
            return found
    raise refused("a quotient of logarithms that bounds of pi leave open")


def bounds(sides: Iterable[Side], names: Names, index: int) -> Bounds:
    """Of quotients of logarithms in definitions and their rounded values, and of powers of numbers at a pair."""
    found = Bounds([], [], [], [])
    terms = [_expanded(made, term) for made in sides for term in made.terms.values()]
    printer = Printer(lambda name: False, str)
    ends = {end.term: end for term in terms for part in _parts(term) for end in _ends(part)}
    for place, end in enumerate(ends.values()):
        text = bare(printer.real(end.term))
        found.between.append(names.new(f"end_{place}"))
        found.numbers.append(text)
        found.lemmas.extend(end.lemma(found.between[-1], text))
    for rounded in dict.fromkeys(part for term in terms for part in _parts(term) if part.kind in ("floor", "ceil")):
        inner = rounded.args[0]
        if inner in ends:
            whole = ends[inner].rounded
            if rounded.kind == "ceil":
                inner, whole = product_of(constant(-1), inner), -whole - 1
            found.rounded.append(names.new(f"rounded_{len(found.rounded)}"))
            known = found.between[[*ends].index(rounded.args[0])]
            found.lemmas.extend([f"Lemma {found.rounded[-1]} : Int_part ({bare(printer.real(inner))}) = {whole}.",
                                 f"Proof. apply rounded_is. pose proof {known}. lra. Qed."])
    powers = dict.fromkeys(said for term in terms for part in _parts(term) for said in _power(part, index))
    for statement, proved in powers:
        found.between.append(names.new("power_at_index"))
        found.lemmas.extend([f"Lemma {found.between[-1]} : {statement}", proved])
    return found


def _power(term: Term, index: int) -> Iterator[tuple[str, str]]:
    """A bound of a power of a number with a negative exponent, and its proof."""
    base, size = term.args[0].whole if term.kind == "pow" else None, None
    if base is not None and base > 1 and term.args[1].kind == "mul":
        size = _at(term.args[1].args[1], index)
    exponent = _at(term.args[1], index) if size is not None else None
    if base is None or size is None or exponent is None or exponent >= 0 or size.numerator != 1:
        return
    n = size.denominator
    k, digits = int(-exponent * n), float(exponent) * math.log10(base)
    if digits < -300:
        return
    scale = 10 ** max(0, 2 - math.floor(digits))
    above = math.floor(10**digits * scale) + 1
    yield (f"(Rpower {base} ({-k} / {n}) < {above} / {scale})%R.",
           f"Proof. apply (power_under {base} {above} {scale} {k} {n}); [lia .. | vm_compute; reflexivity]. Qed.")


def _ends(term: Term) -> Iterator[_End]:
    """The term as a quotient of logarithms."""
    if term.kind != "mul" or term.args[1].kind != "pow" or term.args[1].args[1].whole != -1:
        return
    above, below = _logarithm(term.args[0]), _logarithm(term.args[1].args[0])
    if above and below and below[1].whole is not None and below[1].whole > 1:
        part = _over_pi(above[1])
        if part is not None:
            yield _End(term, above[0] / below[0], part, below[1].whole)


def _logarithm(term: Term) -> tuple[Fraction, Term] | None:
    if term.kind == "log":
        return Fraction(1), term.args[0]
    if term.kind == "mul" and term.args[0].number is not None and term.args[1].kind == "log":
        return term.args[0].number, term.args[1].args[0]
    return None


def _over_pi(term: Term) -> Fraction | None:
    """q of q / (c * pi), over c."""
    if term.kind != "mul" or term.args[0].number is None or term.args[1].kind != "pow":
        return None
    below, exponent = term.args[1].args
    if exponent.whole != -1 or below.kind != "mul" or below.args[0].number is None or below.args[1].kind != "pi":
        return None
    return term.args[0].number / below.args[0].number


def _expanded(made: Side, term: Term) -> Term:
    """The term with definitions put in."""
    if term.kind == "name" and term.value in made.terms:
        return _expanded(made, made.terms[str(term.value)])
    return Term(term.kind, tuple(_expanded(made, part) for part in term.args), term.value) if term.args else term


def _parts(term: Term) -> Iterator[Term]:
    yield term
    for part in term.args:
        yield from _parts(part)


def _at(term: Term, index: int) -> Fraction | None:
    """The number that a term is at a pair, if it is made of numbers by sums, products and inverses."""
    if term.kind == "index":
        return Fraction(index)
    if term.number is not None:
        return term.number
    values = [_at(part, index) for part in term.args]
    match term.kind, values:
        case "add", (Fraction() as a, Fraction() as b):
            return a + b
        case "mul", (Fraction() as a, Fraction() as b):
            return a * b
        case "pow", (Fraction() as a, Fraction() as b) if b == -1 and a != 0:
            return 1 / a
        case "floor", (Fraction() as a,):
            return Fraction(math.floor(a))
    return None


def last_pair(made: Side, count: str) -> int:
    """The index of the last pair. Raises UndecidedError where the number of pairs is not given."""
    found = _at(_expanded(made, made.terms[count]), 0)
    if found is None:
        raise refused("the number of its pairs is not given")
    return int(found) - 1


def _real(value: Fraction) -> str:
    return f"{value.numerator} / {value.denominator}" if value.denominator > 1 else str(value)
