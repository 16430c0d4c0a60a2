"""What people look at: a table of results and three pictures of them."""
