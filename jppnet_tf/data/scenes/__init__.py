"""Samples that make much of few photographs: cut out, turned, lit anew, put together."""
