"""What every process of ours tells Prometheus: its CPU time, memory and open files, and the failures of its database."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from frontdesk.store.connect import StoreUnavailable


class StoreErrors(Collector):
    """Times that the store could not be read or written, since the process's start."""

    def collect(self) -> Iterator[Metric]:
        help = "Reads and writes that failed because the database was away, locked or full"
        yield CounterMetricFamily("frontdesk_store_errors", help, value=StoreUnavailable.raised)


def new_registry() -> CollectorRegistry:
    """A registry with these numbers, for a process to add its own."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(StoreErrors())
    return registry
