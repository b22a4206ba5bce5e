"""The rows of the table: which scenario, which figure of it, and the bound it is held to."""

from dataclasses import dataclass

from harness import scenarios
from harness.scenarios import KEEPS_NOTHING


@dataclass
class Row:
    """One promise. `figure` takes a server's findings and those of the relay in the same round, and gives a number, or
    a word where there is none."""

    title: str
    scenario: str
    figure: callable
    unit: str
    bound: float | None
    least: bool = False
    # Whether the relay is the measure.
    is_ratio: bool = False

    def is_met(self, figure):
        return figure >= self.bound if self.least else figure <= self.bound

    def promise(self):
        return "–" if self.bound is None else f"{'≥' if self.least else '≤'} {number(self.bound)}{self.unit}"


@dataclass
class Scenario:
    """How often it is run, and whether the relay can do it."""

    run: callable
    # A slow peer need not show more than once how slow it is.
    peers_each_round: bool = True
    relay: bool = True


SCENARIOS = {
    "100 × 100/s": Scenario(scenarios.fan_out(100, 100, 3)),
    "500 × 20/s": Scenario(scenarios.fan_out(500, 20, 3)),
    "10 × 500/s": Scenario(scenarios.fan_out(10, 500, 3)),
    "maximum": Scenario(scenarios.fan_out(100, 0, 2)),
    "presence": Scenario(scenarios.presence),
    "join": Scenario(scenarios.join),
    "storm": Scenario(scenarios.storm),
    "ingest": Scenario(scenarios.ingest, peers_each_round=False, relay=False),
    "stalled": Scenario(scenarios.stalled, peers_each_round=False, relay=False),
    "idle": Scenario(scenarios.idle, peers_each_round=False, relay=False),
}


def times_relay(key):
    return lambda found, relay: found[key] / relay[key]


def plain(key, factor=1):
    return lambda found, _relay: found[key] * factor


def latency(found, relay):
    """Who commits before it shows may take one commit more."""
    return max(found["latency"]["p99"] - found["commitMs"], 0) / relay["latency"]["p99"]


def percentile(key):
    return lambda found, _relay: found["latency"][key]


def typed(key, factor=1):
    return lambda found, _relay: found["typed"][key] * factor


def stored(key, factor=1, otherwise=None):
    """A server that keeps nothing has no documents before somebody types."""

    def figure(found, _relay):
        if "stored" not in found:
            return KEEPS_NOTHING
        known = found["stored"][key]
        return otherwise if known is None else known * factor

    return figure


MIB = 2**-20

ROWS = [
    Row("100 readers × 100/s: CPU per delivery", "100 × 100/s", times_relay("cpuPerDelivery"), "×", 1.5, is_ratio=True),
    Row("500 readers × 20/s: CPU per delivery", "500 × 20/s", times_relay("cpuPerDelivery"), "×", 1.5, is_ratio=True),
    Row("10 readers × 500/s: CPU per delivery", "10 × 500/s", times_relay("cpuPerDelivery"), "×", 2, is_ratio=True),
    Row("100 readers, maximum rate: deliveries/s", "maximum", times_relay("deliveriesPerSecond"), "×", 0.7, True, True),
    Row("100 readers × 100/s: p99 less one commit", "100 × 100/s", latency, "×", 1.5, is_ratio=True),
    Row("the same: median", "100 × 100/s", percentile("median"), " ms", None),
    Row("the same: p99", "100 × 100/s", percentile("p99"), " ms", None),
    Row("open document with two idle clients", "idle", stored("bytesPerDocument", 1 / 1024), " KiB", 12),
    Row("the same, half a minute after typing into each", "idle", typed("bytesPerDocument", 1 / 1024), " KiB", None),
    Row("memory back after everybody has gone", "idle", stored("givenBackSeconds", 1, "not within 15 s"), " s", 10),
    Row("10,000 idle connections", "idle", typed("idleCores"), " cores", 0.01),
    Row("5,000 documents, two clients each: all synced", "idle", typed("seconds"), " s", None),
    Row("5,000 documents, two clients each: memory", "idle", typed("openBytes", MIB), " MiB", None),
    Row("ingest of automerge-paper", "ingest", plain("updatesPerSecond"), "/s", 100_000, True),
    Row("ingest: CPU of the last tenth against the first", "ingest", plain("lastTenth"), "×", 1.2),
    Row("restart: first client has everything", "join", plain("first"), " ms", 8),
    Row("restart: CPU of each further client", "join", plain("cpuPerFurther"), " ms", 0.3),
    Row("restart: 100 at once", "join", times_relay("atOnceSeconds"), "×", 1.5, is_ratio=True),
    Row("a reader stops while 50 MB pass: growth", "stalled", plain("grownBytes", MIB), " MiB", 4),
    Row("the same: p99 of the other readers", "stalled", plain("p99Ratio"), "×", 1.2),
    Row("2,000 clients at once after a restart", "storm", times_relay("atOnceSeconds"), "×", 2, is_ratio=True),
    Row("100 carets, 10 moves/s each: p95", "presence", percentile("p95"), " ms", 50),
    Row("the same: told in vain", "presence", plain("useless", 100), " %", 0),
    Row("the same: messages to each client", "presence", plain("messagesPerSecond"), "/s", None),
]


def number(value):
    """Three significant digits, whole thousands in full."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
