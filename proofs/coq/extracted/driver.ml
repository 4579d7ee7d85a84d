(* Reads certificates, one a line, as lines.py writes them, and says of each whether the extracted checker accepts it.
   Enclosures of factors and cosines it asks for, a line each, and goes on with the next line. Numbers are in binary. *)
open Accepted

exception Refused

let rec nat_of n = if n = 0 then O else S (nat_of (n - 1))
let positive_of text =
  let rec go i p = if i = String.length text then p else go (i + 1) (if text.[i] = '1' then XI p else XO p) in
  go 1 XH
let z_of text =
  if text = "0" then Z0
  else if text.[0] = '-' then Zneg (positive_of (String.sub text 1 (String.length text - 1)))
  else Zpos (positive_of text)
let text_of_positive p =
  let rec go p rest = match p with XH -> "1" :: rest | XO p -> go p ("0" :: rest) | XI p -> go p ("1" :: rest) in
  String.concat "" (go p [])
let text_of_z = function Z0 -> "0" | Zpos p -> text_of_positive p | Zneg p -> "-" ^ text_of_positive p

let known : (string, interval) Hashtbl.t = Hashtbl.create 1000
let ask question =
  match Hashtbl.find_opt known question with
  | Some found -> found
  | None ->
      print_string ("? " ^ question ^ "\n"); flush stdout;
      (match String.split_on_char ' ' (input_line stdin) with
       | [low; high] -> let found = (z_of low, z_of high) in Hashtbl.replace known question found; found
       | _ -> raise Refused)
let enclosures = {
  factor = (fun digits f -> ask (Printf.sprintf "factor %s %s" (text_of_z digits) (text_of_positive f)));
  cosine = (fun digits (low, high) ->
    ask (Printf.sprintf "cosine %s %s %s" (text_of_z digits) (text_of_z low) (text_of_z high))) }

let words = ref []
let word () = match !words with [] -> failwith "a line is too short" | w :: rest -> words := rest; w
let small () = int_of_string (word ())
let nat () = nat_of (small ())
let rec times n f = if n = 0 then [] else let first = f () in first :: times (n - 1) f
let many f = times (small ()) f
let two f g = let first = f () in let second = g () in (first, second)
let z () = z_of (word ())
let rational () = let qnum = z () in let qden = positive_of (word ()) in { qnum; qden }
let number () = many (fun () -> two (fun () -> many (fun () -> positive_of (word ()))) rational)
let written () = many (fun () -> two nat number)
let lanes () = two nat nat
let pair () =
  let read = lanes () in let write = lanes () in
  let alpha = written () in let beta = written () in let gamma = written () in let delta = written () in
  let size = number () in
  { read; write; alpha; beta; gamma; delta; size }
let table () =
  let width = nat () in let whole = small () = 1 in let passes = many lanes in let pairs = many pair in
  let forms = many (fun () -> many (fun () -> many rational)) in
  { width; whole; passes; pairs; forms }
let perhaps f = if small () = 1 then Some (f ()) else None
let spot () = two nat (fun () -> many rational)
let bounds () = two rational rational
let evidence () =
  match word () with
  | "entry" -> let l = lanes () in let t = many spot in let a = bounds () in let b = bounds () in Of_entry (l, t, a, b)
  | "score" -> let l = lanes () in let t = many spot in let a = bounds () in let b = bounds () in Of_score (l, t, a, b)
  | "trace" ->
      let power = z () in let element = many (fun () -> two rational (fun () -> many rational)) in
      let a = bounds () in let b = bounds () in Of_trace (power, element, a, b)
  | "not-relative" ->
      let side = small () = 1 in let l = lanes () in let t = many spot in
      let a = bounds () in let b = bounds () in Not_relative (side, l, t, a, b)
  | _ -> failwith "unknown evidence"
let certificate () =
  let coordinates = many nat in
  let source = table () in let target = table () in let ours = table () in let theirs = table () in
  let holds = perhaps (fun () -> two nat (fun () -> many nat)) in
  let fails = perhaps (fun () -> two nat evidence) in
  { coordinates; source; target; ours; theirs; holds; fails }

let () =
  try
    while true do
      words := String.split_on_char ' ' (input_line stdin);
      Hashtbl.reset known;
      let read = certificate () in
      if !words <> [] then failwith "a line is too long";
      let answer = try if accepts enclosures read then "accepted" else "rejected" with Refused -> "refused" in
      print_string ("= " ^ answer ^ "\n"); flush stdout
    done
  with End_of_file -> ()
