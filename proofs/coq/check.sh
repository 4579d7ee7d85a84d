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
cp _CoqProject ./*.v "$work"
cd "$work"
files=$(grep '\.v$' _CoqProject)
[ "$(echo "$files" | sort)" = "$(ls ./*.v | sed 's|^\./||' | sort)" ] || { echo "_CoqProject does not name the files that are there"; exit 1; }
for file in $files; do
    echo "coqc $file"
    coqc -q -R . Rope "$file"
done

echo "coqchk"
coqchk -silent -o -R . Rope $(for file in $files; do echo "Rope.${file%.v}"; done) > summary 2>&1 || { cat summary; exit 1; }
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
