"""What decides: one controller a page, between its widgets, the library and the worker."""
