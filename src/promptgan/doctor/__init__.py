"""Whether this machine and this clone can run the pipeline, and what to do where they cannot; nothing is changed."""
