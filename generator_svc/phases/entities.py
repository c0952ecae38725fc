"""Phase 2: four core files for each entity, and one for its user's own rules."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft
from generator_svc.phases.model.entities import EntityModel

CORE_PACKAGES = ("models", "schemas", "repositories", "routers")
"""Where each entity has a file that is rendered anew."""


def drafts(entity: EntityModel) -> Iterator[Draft]:
    """Draft the files of one entity."""
    for name in (*CORE_PACKAGES, "services"):
        yield Draft(
            path=f"app/{name}/{entity.module}.py",
            template=f"app/{name}_entity.py",
            context={"e": entity},
        )
