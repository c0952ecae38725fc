"""What a patch calls by another name afterwards."""

from collections.abc import Iterable

from generator_svc.domain.naming import snake_case
from generator_svc.domain.patch import Rename


class Renames:
    """The names after a patch of what there was before it, in snake case.

    What is not renamed, and whose name something else is given, has no name afterwards.

    Args:
        renames: The renames of the patch; a target may be written as in a prompt.
    """

    def __init__(self, renames: Iterable[Rename]) -> None:
        self._to = {_normal(each.target): snake_case(each.to) for each in renames}
        self._given = {_sibling(target, to) for target, to in self._to.items()}

    def entity(self, name: str) -> str:
        """Return the name of an entity afterwards."""
        return self._after(snake_case(name))

    def member(self, entity: str, name: str) -> str:
        """Return the name of a field or a relation afterwards."""
        later = f"{self.entity(entity)}.{snake_case(name)}"
        known = later if later in self._to else f"{snake_case(entity)}.{snake_case(name)}"
        return self._after(known)

    def _after(self, target: str) -> str:
        name = target.rpartition(".")[2]
        return self._to.get(target, f"{name} before" if target in self._given else name)


def _normal(target: str) -> str:
    return ".".join(map(snake_case, target.split(".")))


def _sibling(target: str, name: str) -> str:
    owner, dot, _ = target.rpartition(".")
    return f"{owner}{dot}{name}"
