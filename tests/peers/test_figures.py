"""The arithmetic behind the table: `python3 -m unittest discover -s tests/peers`."""

import unittest

from peers.figures import COLUMNS, Figures, median, of_loads, percentile, summarise, table
from peers.processes import tree


def figures(system, configuration, jobs_per_second, in_flight=64):
    return Figures(system, configuration, in_flight, jobs_per_second, 1_000, 2_000, 100.0, 50.0)


class Percentiles(unittest.TestCase):
    def test_of_unsorted_values(self):
        values = list(range(100, 0, -1))
        self.assertEqual([percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)], [1, 50, 99, 100])

    def test_of_nothing_is_an_error(self):
        with self.assertRaises(ValueError):
            percentile([], 0.5)

    def test_median(self):
        self.assertEqual([median([3.0, 1.0, 2.0]), median([1.0, 2.0]), median([7.0])], [2.0, 1.5, 7.0])


class Loads(unittest.TestCase):
    def test_rates_of_processes_add_up_and_latencies_are_one_set(self):
        loads = [{"seconds": 2.0, "latencies_us": [10] * 200}, {"seconds": 1.0, "latencies_us": [30] * 100}]
        both = of_loads("peer", "2 processes", 16, loads, cpu_us_per_second=1_200_000, memory_mib=1.0)
        self.assertEqual(both.jobs_per_second, 200.0)
        self.assertEqual((both.latency_p50_us, both.latency_p99_us), (10, 30))
        self.assertEqual(both.cpu_us_per_step, 2_000.0)

    def test_a_load_without_an_ended_job_is_an_error(self):
        with self.assertRaises(ValueError):
            of_loads("peer", "", 1, [{"seconds": 1.0, "latencies_us": []}], 1.0, 1.0)


class Summaries(unittest.TestCase):
    MEASURED = [
        figures("esteira", "unary", 200.0),
        figures("esteira", "batched", 300.0),
        figures("peer", "default", 100.0),
        figures("peer", "tuned", 120.0),
        figures("esteira", "unary", 220.0),
        figures("esteira", "batched", 280.0),
        figures("peer", "default", 90.0),
        figures("peer", "tuned", 150.0),
        figures("esteira", "unary", 50.0, in_flight=1),
        figures("peer", "default", 100.0, in_flight=1),
    ]

    def test_the_ratio_is_best_to_best_at_the_same_number_in_flight(self):
        found = {(s.best.in_flight, s.best.configuration): s for s in summarise(self.MEASURED) if s.best.system == "peer"}
        tuned = found[(64, "tuned")]
        self.assertEqual((tuned.best.jobs_per_second, tuned.median_jobs_per_second), (150.0, 135.0))
        self.assertEqual(tuned.ratio, 300.0 / 150.0)
        self.assertEqual(found[(64, "default")].ratio, 3.0)
        # Where esteira loses, the ratio says so.
        self.assertEqual(found[(1, "default")].ratio, 0.5)

    def test_the_table_has_a_row_for_each_and_no_ratio_to_itself(self):
        lines = table(summarise(self.MEASURED)).splitlines()
        self.assertEqual(len(lines), 2 + 2 + 4)
        self.assertTrue(all(line.count("|") == len(COLUMNS) + 1 for line in lines))
        self.assertEqual(lines[2], "| 1 | esteira, unary | 50 | 50 | 150 | 1,000 | 2,000 | 100 | 50 |  |")
        self.assertEqual(lines[-1], "| 64 | peer, tuned | 150 | 135 | 450 | 1,000 | 2,000 | 100 | 50 | 2.00 |")


class Trees(unittest.TestCase):
    def test_a_process_that_is_gone_has_no_tree(self):
        # Above the largest process id that Linux gives.
        self.assertEqual(tree([1 << 30]), set())


if __name__ == "__main__":
    unittest.main()
