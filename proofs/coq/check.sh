#!/usr/bin/env bash
# Compiles the Coq files and has coqchk, Coq's independent checker, go through the compiled proofs.
# Whatever rests on an axiom outside the list below, an unfinished proof among them, is a failure.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v coqc > /dev/null || ! command -v ocamlfind > /dev/null; then
    echo "coq or ocamlfind is missing; installing Debian's"
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends coq ocaml-nox ocaml-findlib > /dev/null
fi

here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r _CoqProject ./*.v theorems "$work"
cd "$work"
files=$(grep '\.v$' _CoqProject)
[ "$(echo "$files" | sort)" = "$(ls ./*.v | sed 's|^\./||' | sort)" ] || { echo "_CoqProject does not name the files that are there"; exit 1; }
for file in $files; do
    echo "coqc $file"
    coqc -q -R . Rope "$file"
done

for file in theorems/*.v; do
    echo "coqc $file"
    coqc -q -R . Rope "$file"
done
echo "recorded rows of converters"
PYTHONPATH="$here/../.." python3 "$here/extracted/recorded.py" > Recorded.v
coqc -q -R . Rope Recorded.v
# A theorem that is false is not proved: with the second lane of each pair of NORMAL where its first is.
mkdir false
sed 's/:= 2 \* j + 1\./:= 2 * j./' theorems/theorem_1_normal_to_neox.v > false/theorem.v
! cmp -s theorems/theorem_1_normal_to_neox.v false/theorem.v || { echo "nothing was made false"; exit 1; }
! coqc -q false/theorem.v > false/said 2>&1 || { echo "Coq accepts a theorem that is false"; exit 1; }
grep -q "Tactic failure\|Cannot find witness\|No applicable tactic\|Unable to" false/said || { cat false/said; exit 1; }

echo "coqchk"
modules=$(for file in $files theorems/*.v; do echo "Rope.${file%.v}"; done | tr / .)
coqchk -silent -o -R . Rope $modules > summary 2>&1 || { cat summary; exit 1; }
cat summary

# What the standard library's real numbers rest on.
allowed='Coq.Logic.Classical_Prop.classic
Coq.Logic.FunctionalExtensionality.functional_extensionality_dep
Coq.Reals.ClassicalDedekindReals.sig_forall_dec
Coq.Reals.ClassicalDedekindReals.sig_not_dec'
found=$(sed -n '/^\* Axioms:/,/^ *$/p' summary | sed -n 's/^    *//p' | sort)
[ "$found" = "$allowed" ] || { printf 'axioms: expected\n%s\ngot\n%s\n' "$allowed" "$found"; exit 1; }
[ "$(grep -c '<none>' summary)" = 3 ] || { echo "coqchk says that a check was switched off"; exit 1; }

# The extracted checker and checker.py, on the same certificates.
echo "extraction"
cp "$here"/extracted/Extract.v "$here"/extracted/driver.ml .
coqc -q -R . Rope Extract.v
rm accepted.mli
ocamlfind ocamlopt accepted.ml driver.ml -o extracted_checker
PYTHONPATH="$here/../.." python3 "$here/extracted/compare.py" "$work/extracted_checker"
