"""Names in a Coq file: those of the certificate where Coq and the file leave them free, else with a prime."""

from __future__ import annotations

from dataclasses import dataclass, field

# Coq's words, and the names that the text of the file itself uses.
_WORDS = (
    "as at cofix else end exists exists2 fix for forall fun if in let match mod return Set SProp Prop Type then using "
    "where with by is do IF j k lane other hypotheses Z R PI IZR Rpower Rabs Rmin Rmax negb allowed permutation cases "
    "shown nat bool True False conj O S steps before along_pairs next_mod given source_carries source_carried "
    "source_all target_carries target_carried target_all condition called "
    "power_positive one_exponent classic same holds fails inside equal positive exp ln both_are_layouts layouts_agree "
    "nothing_linear some_are_allowed condition_holds condition_fails "
    "is_less is_same ln_above Int_part log_below log_bounds cut_off cut_off_at_0 cut_off_at_1 no_larger less "
    "kernels_differ sine_of_power sin cos "
    "order alone some_pair_differs held known whole_turns none some differ inside_k "
    "source_head target_head source_frequencies target_frequencies heads_are_sound heads_differ source_is_slow "
    "target_is_slow no_linear_maps no_linear_maps_at_whole_positions Joined Cosines Algebraic"
)


@dataclass(slots=True)
class Names:
    """Gives each thing a name of its own; no expression of the language has a prime in a name."""

    taken: set[str] = field(default_factory=lambda: set(_WORDS.split()))

    def new(self, wanted: str) -> str:
        """`wanted`, with primes behind it until it is free."""
        while wanted in self.taken:
            wanted += "'"
        self.taken.add(wanted)
        return wanted

    def local(self, wanted: str) -> str:
        """The same for a name that is bound where it is used, and may be bound anew."""
        while wanted in self.taken or (wanted.startswith(("source_", "target_")) and not wanted.endswith("'")):
            wanted += "'"
        return wanted
