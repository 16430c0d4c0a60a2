"""From raw tables to features, split into the past and what comes after it."""
