"""T0: every Python file compiles."""

from collections.abc import Iterator

from generator_svc.assessment.project import Project, Source


def check_compiles(project: Project) -> Iterator[str]:
    """Yield each file that does not parse or compile."""
    for source in project.sources:
        problem = source.problem or _compiled(source)
        if problem:
            yield f"{source.path}: {problem}"


def _compiled(source: Source) -> str:
    if source.tree is None:
        return ""
    try:
        compile(source.tree, source.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return str(error)
    return ""
