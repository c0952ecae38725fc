"""What can go wrong in the store besides what callers are told.

ServiceError
└── AbortedError
    └── ReplacedError   the claim is not the newest: whoever sees this has been replaced
"""

from chassis.errors import AbortedError


class ReplacedError(AbortedError):
    """The claim is not the newest, or its generation has ended: stop at once."""

    default_reason = "REPLACED"
