"""Tables, queries, sessions and pointers in Snowflake, through one connection for each credential."""
