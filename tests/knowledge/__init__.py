"""The town's pages and the search in them."""
