(** The checker that is proved right, as OCaml: Coq's own numbers, and nothing replaced but booleans, pairs and lists. *)

From Coq Require Import Extraction ExtrOcamlBasic.
From Rope Require Import Accepted.

Extraction "accepted.ml" accepts.
