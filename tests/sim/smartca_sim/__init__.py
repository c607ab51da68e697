# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the remote signing clouds, for tests and demonstrations."""
