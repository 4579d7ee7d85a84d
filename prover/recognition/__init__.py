"""Which layouts of the catalogue, with which parameters, are what was measured; numeric only."""
