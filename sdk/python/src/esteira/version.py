"""The version of the SDK."""

#: As packages and workers name it.
VERSION = "0.1.0"
