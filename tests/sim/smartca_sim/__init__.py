"""A stand-in for the remote signing clouds, for tests and demonstrations."""
