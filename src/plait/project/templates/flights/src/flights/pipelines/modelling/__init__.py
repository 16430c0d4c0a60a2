"""Train, predict and measure one model; used once for each moment at which a prediction is made."""
