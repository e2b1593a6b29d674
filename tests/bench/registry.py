"""All measurements, in the order in which a round runs them."""

from tests.bench import agreement, bare, claiming, footprint, latency, offline, plain, polling, through

MEASUREMENTS = {
    module.MEASUREMENT.name: module.MEASUREMENT
    for module in (bare, through, plain, claiming, latency, agreement, polling, footprint, offline)
}
