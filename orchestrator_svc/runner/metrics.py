"""What is counted of runs."""

from prometheus_client import Counter, Gauge

ENDED = Counter(
    "generations_ended",
    "Generations that ended here, by how and by experiment group.",
    ["status", "ab_group"],
    namespace="backsmith",
)
SET_ASIDE = Counter(
    "jobs_set_aside", "Jobs that could not be read and were set aside.", namespace="backsmith"
)
RESUMED = Counter(
    "generations_resumed",
    "Generations taken up again after a runner had left them.",
    namespace="backsmith",
)
RUNNING = Gauge("generations_running", "Generations that run here now.", namespace="backsmith")
