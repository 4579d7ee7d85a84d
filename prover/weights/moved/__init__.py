"""What the rows need, and carrying it out: plans, copies with rows moved and multiplied, manifests."""
