"""From findings to the table that is printed and kept in `benches/RESULTS.md`."""

import statistics
from datetime import date

from harness.rows import ROWS, SCENARIOS, number
from harness.servers import COMMIT_MS

BEGIN, END = "<!-- begin: written by `make bench` -->", "<!-- end -->"
# A generator busier than this is what was measured, not the server.
SATURATED = 0.75


class Findings:
    """All that was found: by scenario and server, one entry a round."""

    def __init__(self, names):
        self.names = names
        self.rounds = []
        self.commits = []

    def figures(self, row, name):
        """The figures of a row, one a round, and why there are none in the others."""
        figures, reasons = [], []
        for found in self.rounds:
            own, relay = found.get((row.scenario, name)), found.get((row.scenario, "relay"))
            if isinstance(own, str):
                reasons.append(f"fails: {own}")
            elif own is not None and (isinstance(relay, dict) or not row.is_ratio):
                figure = row.figure(own, relay)
                (reasons if isinstance(figure, str) else figures).append(figure)
        return figures, reasons

    def cell(self, row, name):
        figures, reasons = self.figures(row, name)
        if reasons:
            return reasons[0]
        if not figures:
            return "–"
        least, middle, most = (number(figure) for figure in (min(figures), statistics.median(figures), max(figures)))
        return f"{middle}{row.unit}" + (f" ({least}–{most})" if least != most else "")

    def verdict(self, row, name="Coscribe"):
        figures, reasons = self.figures(row, name)
        if row.bound is None or not (figures or reasons):
            return ""
        met = not reasons and row.is_met(statistics.median(figures))
        return "yes" if met else "**no**"

    def drift(self, scenario, key):
        """How far the relay's own figure moved between rounds: what is smaller than this is noise."""
        values = [found.get((scenario, "relay")) for found in self.rounds]
        values = [value[key] for value in values if isinstance(value, dict)]
        return f"{scenario} {(max(values) / min(values) - 1) * 100:.0f} %" if values else f"{scenario} not measured"

    def saturated(self):
        """Where the generator was the limit: scenario, server, its part of a core."""
        for scenario in SCENARIOS:
            for name in self.names:
                found = [one.get((scenario, name)) for one in self.rounds]
                shares = [one["generatorShare"] for one in found if isinstance(one, dict) and "generatorShare" in one]
                if shares and statistics.median(shares) > SATURATED:
                    yield f"{scenario}, {name}: {statistics.median(shares):.2f}"


def table(findings):
    others = [name for name in findings.names if name not in ("Coscribe", "relay")]
    lines = ["| row | bound | Coscribe | met |" + "".join(f" {name} |" for name in others)]
    lines.append("|---|---|---|---|" + "---|" * len(others))
    for row in ROWS:
        cells = [findings.cell(row, name) for name in others]
        if any(row.scenario == scenario for round_ in findings.rounds for scenario, _ in round_):
            own = findings.cell(row, "Coscribe")
            lines.append(" | ".join([f"| {row.title}", row.promise(), own, findings.verdict(row), *cells]) + " |")
    return lines


def notes(findings, machine, seconds):
    drift = ", ".join(findings.drift(scenario, "cpuPerDelivery") for scenario in ("100 × 100/s", "10 × 500/s"))
    disk = ", ".join(f"{median:.2f} and {longest:.0f} ms" for median, longest in findings.commits)
    saturated = "; ".join(findings.saturated()) or "nowhere"
    return [
        f"Measured {date.today()} in {seconds / 60:.0f} minutes, {len(findings.rounds)} rounds; × is relative to the relay in",
        "the same round, figures are medians with the least and the most of all rounds behind them; peers do the slow",
        "scenarios (ingest, stalled, idle) once.",
        "",
        f"- machine: {machine.processor}, {machine.cores} cores, {machine.memory_gib:.0f} GiB, Linux {machine.kernel}",
        f"- {machine.runtimes}",
        f"- load average at the start: {machine.load:.2f}",
        f"- relay's CPU per delivery, most over least of all rounds: {drift}",
        f"- one commit in the row of latencies is {COMMIT_MS} ms for Coscribe, which shows nothing before it is on disk, and 0",
        "  for the others, which wait for no disk",
        f"- a write that reaches the disk (512 bytes, `fdatasync`, 40 a second for three seconds), median and longest of each round: {disk}",
        f"- the generator used more than {SATURATED:.0%} of its core: {saturated}",
    ]


def write(path, lines):
    """Puts the lines between the markers; what is written by hand stays."""
    text = path.read_text() if path.exists() else f"# What Coscribe reaches\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    path.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}")
