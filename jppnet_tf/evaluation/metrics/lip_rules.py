"""What only LIP's own vocabulary can be scored by."""

from jppnet_tf.labels import LIP, LIP_JOINTS, Classes, Joints
from jppnet_tf.system.errors import InputError


def require_lip(rule: str, known: Classes | Joints) -> None:
    """Refuses other classes or joints than LIP's, for a rule that is defined by LIP's names.

    Args:
        rule: what needs them, such as "the structure error".
        known: what the ids or points stand for.

    Raises:
        InputError: the names are not LIP's.
    """
    what, lip = ("classes", LIP) if isinstance(known, Classes) else ("joints", LIP_JOINTS)
    if known.names != lip.names:
        raise InputError(
            f"{rule} is defined for LIP's {len(lip.names)} {what} only, not for these "
            f"{len(known.names)}: {', '.join(known.names[:3])}, ..."
        )
