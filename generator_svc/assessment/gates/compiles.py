"""T0: every Python file compiles."""

import ast
import warnings
from collections.abc import Iterator

from generator_svc.assessment.project import Project, Source


def check_compiles(project: Project) -> Iterator[str]:
    """Yield each file that does not parse, or does not compile without a warning."""
    for source in project.sources:
        problem = source.problem or _compiled(source)
        if problem:
            yield f"{source.path}: {problem}"


def _compiled(source: Source) -> str:
    tree = source.tree or ast.Module(body=[], type_ignores=[])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(tree, source.path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return str(error)
    return "; ".join(str(warning.message) for warning in caught)
