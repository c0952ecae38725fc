"""What each entity is called: modules, classes, tables and paths, all distinct."""

from dataclasses import dataclass

from generator_svc.domain import naming
from generator_svc.domain.spec import Access, Entity, PrimaryKey
from generator_svc.phases.model.source import article

TABLE_MAX = 55
"""The longest table name, so that the names of its constraints mostly fit."""

_RESERVED_TABLES = ("auth_accounts", "auth_refresh_tokens", "alembic_version")
_RESERVED_MODULES = ("__init__",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityNames:
    """The names of one entity, and what others need to know of it."""

    entity: Entity
    class_name: str
    module: str
    table: str
    plural: str

    @property
    def name(self) -> str:
        """Return the name as the user wrote it."""
        return self.entity.name

    @property
    def module_words(self) -> str:
        """Return the name inside of functions: `blog_post`."""
        return self.module.rstrip("_")

    @property
    def path(self) -> str:
        """Return the path of the list, without its first slash."""
        return self.plural.replace("_", "-")

    @property
    def words(self) -> str:
        """Return the name in sentences."""
        return self.module_words.replace("_", " ")

    @property
    def words_plural(self) -> str:
        """Return the plural in sentences."""
        return self.plural.replace("_", " ")

    @property
    def a(self) -> str:
        """Return the name in sentences, with its article."""
        return article(self.words)

    @property
    def id_name(self) -> str:
        """Return the name of the key in paths."""
        return f"{self.module_words}_id"

    @property
    def bigint(self) -> bool:
        """Tell whether the key is an integer."""
        return self.entity.options.primary_key is PrimaryKey.BIGINT

    @property
    def key_type(self) -> str:
        """Return the annotation of the key in models."""
        return "int" if self.bigint else "uuid.UUID"

    @property
    def key_column(self) -> str:
        """Return the column type of a reference to the key."""
        return "sa.BigInteger()" if self.bigint else "sa.Uuid()"

    @property
    def key_input(self) -> str:
        """Return the annotation of the key in bodies and queries."""
        bounds = "Field(ge=1, le=types.BIGINT_MAX)"
        return f"Annotated[int, {bounds}, types.WIDE]" if self.bigint else "uuid.UUID"

    @property
    def key_body(self) -> str:
        """Return the annotation of the key in JSON bodies, where text is no number."""
        bounds = "Field(ge=1, le=types.BIGINT_MAX)"
        return f"Annotated[int, {bounds}, types.NUMBER, types.WIDE]" if self.bigint else "uuid.UUID"

    @property
    def id_type(self) -> str:
        """Return the annotation of the key in paths."""
        bounds = "Path(ge=1, le=types.BIGINT_MAX)"
        return f"Annotated[int, {bounds}, types.WIDE]" if self.bigint else "uuid.UUID"

    @property
    def access(self) -> Access:
        """Return the roles that may do what."""
        return self.entity.access


def name_entities(entities: tuple[Entity, ...]) -> dict[str, EntityNames]:
    """Name every entity, keyed by the name that the user wrote."""
    classes: set[str] = set()
    modules: set[str] = set(_RESERVED_MODULES)
    tables: set[str] = set(_RESERVED_TABLES)
    named: dict[str, EntityNames] = {}
    for entity in entities:
        class_name = _claim(naming.class_name(entity.name), classes)
        module = _claim(naming.bounded(naming.module(entity.name), TABLE_MAX), modules)
        table = _claim(naming.bounded(naming.plural(entity.name), TABLE_MAX), tables)
        named[entity.name] = EntityNames(
            entity=entity, class_name=class_name, module=module, table=table, plural=table
        )
    return named


def _claim(name: str, taken: set[str]) -> str:
    free = naming.unused(name, taken)
    taken.add(free)
    return free
