"""What was measured, and what follows from it: percentiles, the best of several rounds, ratios, the table."""

from dataclasses import dataclass

STEPS = 3
OURS = "esteira"


@dataclass(frozen=True)
class Figures:
    """One system at one number of jobs in flight, in one round."""

    system: str
    configuration: str
    in_flight: int
    jobs_per_second: float
    latency_p50_us: int
    latency_p99_us: int
    cpu_us_per_step: float
    """User and system time of all its processes: server, database, workers, callers."""
    memory_mib: float
    """The most that all its processes held at once, shared pages counted once."""


@dataclass(frozen=True)
class Summary:
    """One configuration at one number of jobs in flight, over all rounds."""

    best: Figures
    median_jobs_per_second: float
    ratio: float
    """The best jobs a second of esteira's best configuration, divided by this one's best."""


def percentile(values, share):
    """The value that `share` of all lie below; `values` need not be sorted."""
    if not values:
        raise ValueError("no job ended while it was measured")
    ordered = sorted(values)
    return ordered[int((len(ordered) - 1) * share)]


def median(values):
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def of_loads(system, configuration, in_flight, loads, cpu_us_per_second, memory_mib):
    """Figures from the answers of all load programs that ran side by side."""
    latencies = [latency for load in loads for latency in load["latencies_us"]]
    jobs_per_second = sum(len(load["latencies_us"]) / load["seconds"] for load in loads)
    return Figures(
        system=system,
        configuration=configuration,
        in_flight=in_flight,
        latency_p50_us=percentile(latencies, 0.5),
        latency_p99_us=percentile(latencies, 0.99),
        jobs_per_second=jobs_per_second,
        cpu_us_per_step=cpu_us_per_second / (jobs_per_second * STEPS),
        memory_mib=memory_mib,
    )


def summarise(measured):
    """A `Summary` of each configuration and number in flight, in the order in which they first came."""
    rounds = {}
    for figures in measured:
        rounds.setdefault((figures.in_flight, figures.system, figures.configuration), []).append(figures)
    best = {key: max(group, key=lambda figures: figures.jobs_per_second) for key, group in rounds.items()}
    ours = {}
    for (in_flight, system, _), figures in best.items():
        if system == OURS:
            ours[in_flight] = max(ours.get(in_flight, 0.0), figures.jobs_per_second)
    summaries = []
    for key in sorted(rounds, key=lambda key: key[0]):
        rates = [figures.jobs_per_second for figures in rounds[key]]
        ratio = ours.get(key[0], 0.0) / best[key].jobs_per_second
        summaries.append(Summary(best[key], median(rates), ratio))
    return summaries


COLUMNS = ["in flight", "system", "jobs/s best", "jobs/s median", "steps/s best", "p50 us", "p99 us", "CPU us/step", "memory MiB", "esteira / it"]


def table(summaries):
    """The summaries as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "| ---: | --- |" + " ---: |" * (len(COLUMNS) - 2)]
    for summary in summaries:
        best = summary.best
        name = f"{best.system}, {best.configuration}" if best.configuration else best.system
        cells = [
            f"{best.in_flight}",
            name,
            f"{best.jobs_per_second:,.0f}",
            f"{summary.median_jobs_per_second:,.0f}",
            f"{best.jobs_per_second * STEPS:,.0f}",
            f"{best.latency_p50_us:,}",
            f"{best.latency_p99_us:,}",
            f"{best.cpu_us_per_step:,.0f}",
            f"{best.memory_mib:,.0f}",
            "" if best.system == OURS else f"{summary.ratio:.2f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
