"""What the store promises, whichever database stands behind it.

Every call is one short transaction. Every method raises `UnavailableError` while the database is
away. Reads take the user they are made for: what is somebody else's is not found.
"""

from orchestrator_svc.store.interface.audiences import Audiences
from orchestrator_svc.store.interface.generations import Generations, Starts
from orchestrator_svc.store.interface.housekeeping import Housekeeping
from orchestrator_svc.store.interface.notices import Notices, Outbox
from orchestrator_svc.store.interface.projects import Projects
from orchestrator_svc.store.interface.runs import Claims, Runs

__all__ = [
    "Audiences",
    "Claims",
    "Generations",
    "Housekeeping",
    "Notices",
    "Outbox",
    "Projects",
    "Runs",
    "Starts",
]
