"""`tests/run.py` counts right: a miscounted failure would let a broken change pass."""

import importlib.util
import sys
import unittest
from pathlib import Path

spec = importlib.util.spec_from_file_location("run", Path(__file__).resolve().parents[2] / "run.py")
run = importlib.util.module_from_spec(spec)
sys.modules["run"] = run
spec.loader.exec_module(run)


def counted(patterns, output, code):
    suite = run.Suite("made up", [], Path(), patterns)
    for line in output.splitlines():
        suite.count(line)
    suite.end(code)
    return suite.passed, suite.failed


class Counting(unittest.TestCase):
    def test_cargo(self):
        output = """\
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.05s
test result: FAILED. 6 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.05s
"""
        self.assertEqual(counted(run.CARGO, output, 101), (18, 2))

    def test_node(self):
        spec_output = "ℹ tests 9\nℹ suites 1\nℹ pass 6\nℹ fail 1\nℹ cancelled 2\nℹ skipped 0\n"
        self.assertEqual(counted(run.NODE, spec_output, 1), (6, 3))
        self.assertEqual(counted(run.NODE, spec_output.replace("ℹ", "#"), 1), (6, 3))

    def test_vitest(self):
        self.assertEqual(counted(run.VITEST, " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 11 passed (12)\n", 1), (11, 1))
        self.assertEqual(counted(run.VITEST, " Test Files  3 passed (3)\n      Tests  12 passed (12)\n", 0), (12, 0))

    def test_unittest(self):
        self.assertEqual(counted(run.UNITTEST, "Ran 10 tests in 0.8s\n\nFAILED (failures=1, errors=2)\n", 1), (7, 3))
        self.assertEqual(counted(run.UNITTEST, "Ran 1 test in 0.8s\n\nOK\n", 0), (1, 0))

    def test_a_suite_that_ran_nothing_or_broke_off_has_failed(self):
        self.assertEqual(counted(run.CARGO, "", 0), (0, 1))
        self.assertEqual(counted(run.CARGO, "test result: ok. 3 passed; 0 failed; 0 ignored", 101), (3, 1))

    def test_a_check_passes_or_fails_as_a_whole(self):
        self.assertEqual(counted([], "anything", 0), (1, 0))
        self.assertEqual(counted([], "anything", 1), (0, 1))


if __name__ == "__main__":
    unittest.main()
