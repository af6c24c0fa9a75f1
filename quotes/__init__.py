"""Quote links, quotes, and the public checkout."""
