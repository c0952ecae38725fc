"""The tables of accounts and of their refresh tokens."""

from generator_svc.phases.model.tables import Column, ForeignKey, Table, Unique


def _column(name: str, kind: str, *, nullable: bool = False, key: bool = False) -> Column:
    return Column(
        attribute=name, name=name, type=kind, annotation="", nullable=nullable, primary_key=key
    )


ACCOUNTS = Table(
    name="auth_accounts",
    columns=(
        _column("id", "sa.Uuid()", key=True),
        _column("email", "sa.String(254)"),
        _column("password_hash", "sa.String(255)"),
        _column("roles", "columns.ListOf(str)"),
        _column("tenant_id", "sa.Uuid()"),
        _column("active", "sa.Boolean()"),
        _column("created_at", "columns.Instant()"),
    ),
    uniques=(Unique(columns=("email",)),),
)
REFRESH_TOKENS = Table(
    name="auth_refresh_tokens",
    columns=(
        _column("id", "sa.Uuid()", key=True),
        _column("family_id", "sa.Uuid()"),
        _column("account_id", "sa.Uuid()"),
        _column("digest", "sa.String(64)"),
        _column("expires_at", "columns.Instant()"),
        _column("used_at", "columns.Instant()", nullable=True),
    ),
    foreign_keys=(ForeignKey(column="account_id", target="auth_accounts", on_delete="CASCADE"),),
    uniques=(Unique(columns=("digest",)),),
    indexes=("family_id", "account_id"),
)
TABLES = (ACCOUNTS, REFRESH_TOKENS)
