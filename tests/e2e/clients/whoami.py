"""A program with the client that openapi-python-client makes of the document.

Calls hello, and whoami with and without a token, and prints what it learns:
whoami.py BASE_URL TOKEN
"""

import json
import sys
import typing

from protected_api import AuthenticatedClient, Client
from protected_api.api.caller import whoami
from protected_api.api.hello import hello
from protected_api.models import Problem, WhoAmI

base_url, token = sys.argv[1:]
anyone = Client(base_url=base_url)
caller = AuthenticatedClient(base_url=base_url, token=token)

greeted = hello.sync_detailed(client=anyone)
known = whoami.sync_detailed(client=caller)
stranger = whoami.sync_detailed(client=anyone)

assert isinstance(known.parsed, WhoAmI), known
assert isinstance(stranger.parsed, Problem), stranger


def takes(operation):
    """Who may call, as the document has it."""
    kinds = typing.get_type_hints(operation.sync_detailed)["client"]
    return sorted(kind.__name__ for kind in typing.get_args(kinds) or [kinds])


print(
    json.dumps(
        {
            "takes": {"hello": takes(hello), "whoami": takes(whoami)},
            "hello": {"status": greeted.status_code, "message": greeted.parsed.message},
            "known": {
                "status": known.status_code,
                "subject": known.parsed.subject,
                "scopes": known.parsed.scopes,
                "lifetime": (known.parsed.expires_at - known.parsed.issued_at).seconds,
            },
            "stranger": {
                "status": stranger.status_code,
                "reason": stranger.parsed.reason,
            },
        }
    )
)
