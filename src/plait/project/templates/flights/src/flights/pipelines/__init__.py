"""One folder a modular pipeline; Plait finds them by their names."""
