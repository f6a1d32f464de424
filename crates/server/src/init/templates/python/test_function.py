"""Runs the function without a server."""

import unittest

from esteira.model import Payload
from esteira.testing import Harness
from function import greet


class GreetTests(unittest.TestCase):
    def test_it_greets(self) -> None:
        execution = Harness().run_blocking(greet, Payload.json('"world"'))
        self.assertEqual(execution.payloads, [Payload.json('"hello, world"')])

    def test_nobody_to_greet_is_refused(self) -> None:
        failure = Harness().run_blocking(greet, Payload.json('""')).failure
        self.assertEqual(failure and failure.code, "NAME_EMPTY")
