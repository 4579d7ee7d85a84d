"""Pictures: what is to be drawn as frozen data, and that as SVG, PNG or Unicode text. Nothing here decides."""
