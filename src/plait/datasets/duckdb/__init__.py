"""Tables in DuckDB files: loaded as lazy Ibis tables, saved inside the engine. Read in this order:

``statements`` returns SQL and asks nothing; ``database`` is the one live connection of a file;
``identities`` says what identifies a table; ``rows`` brings whatever a node returned within reach of a
statement, and ``writing`` puts it into a table as the mode says; ``tables`` and
``queries`` are the datasets.
"""
