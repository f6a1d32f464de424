"""The shared vectors: what every SDK must do alike."""

from __future__ import annotations

import json
import unittest

from tests import vectors


class Vectors(unittest.TestCase):
    def test_every_case_of_every_file_comes_out_as_expected(self) -> None:
        count = 0
        for file in vectors.files():
            cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
            self.assertTrue(cases, file)
            for case in cases:
                with self.subTest(file=file.name, case=case["name"]):
                    self.assertIsNone(vectors.run(case))
                count += 1
        print(f"vectors: {count} cases of {len(vectors.files())} files")

    def test_a_difference_is_found_and_named(self) -> None:
        case = {"kind": "digest", "payload": {"json": "1"}, "expected": {"sha256": "0"}}
        self.assertRegex(vectors.run(case) or "", "^expected/sha256: expected '0', found '6b86")
        self.assertIn("no kind", vectors.run({"kind": "zz"}) or "")
        self.assertEqual(vectors.difference({"a": [1]}, {"a": [1, 2]}, "x"), "x/a: expected 1 items, found 2: 2")
        self.assertEqual(vectors.difference({"a": None}, {}, "x"), "x/a: expected None, found 'nothing'")
        self.assertIsNone(vectors.difference({"code": "X"}, {"code": "X", "message": "m"}, "x"))


if __name__ == "__main__":
    unittest.main()
