"""An API on FastAPI, uvicorn and PyJWT, once correct and once with each fault.

Each is mounted below a path of its own: /correct/whoami, /skips_audience/whoami and so on.
`check` has to find each fault. Python has no end-of-connection call in ASGI, so the fault
`closes_on_garbage` announces a longer body than it sends, which makes uvicorn close.
"""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
from typing import Annotated

import jwt
import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import Depends, FastAPI, Request, Security
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from fastapi.security import HTTPBearer, OAuth2, SecurityScopes

ISSUER, AUDIENCE, ORIGIN = (os.environ[name] for name in ("ISSUER", "AUDIENCE", "ORIGIN"))
KEYS = jwt.PyJWKClient(f"{ISSUER}/v1/keys")
SCOPE = "reports:read"


class Refusal(Exception):
    def __init__(self, status, challenge=""):
        self.status, self.challenge = status, f'Bearer realm="api"{challenge}'


def missing():
    return Refusal(401)


def malformed():
    return Refusal(400, ', error="invalid_request"')


def invalid():
    return Refusal(401, ', error="invalid_token"')


def segment(token, index):
    """A segment of the token, unverified."""
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def verified(token, key=None, **options):
    header = jwt.get_unverified_header(token)
    if "crit" in header:
        raise invalid()
    key = key or KEYS.get_signing_key(header["kid"]).key
    options = {"require": ["exp"], **options}
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER, options=options)


def accepts_none(token):
    return segment(token, 1) if segment(token, 0)["alg"] == "none" else verified(token)


def accepts_none_in_capitals(token):
    algorithm = segment(token, 0)["alg"]
    if algorithm != "none" and algorithm.lower() == "none":
        return segment(token, 1)
    return verified(token)


def takes_public_key_as_secret(token):
    header = segment(token, 0)
    if header["alg"] != "HS256":
        return verified(token)
    key = KEYS.get_signing_key(header["kid"]).key
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed, _, signature = token.rpartition(".")
    expected = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64encode(expected).rstrip(b"=").decode() != signature:
        raise invalid()
    return segment(token, 1)


def follows_jku(token):
    link = segment(token, 0).get("jku")
    if not link:
        return verified(token)
    with urllib.request.urlopen(link) as answer:
        return verified(token, jwt.PyJWK(json.load(answer)["keys"][0]).key)


def takes_key_of_token(token):
    jwk = segment(token, 0).get("jwk")
    return verified(token, jwt.PyJWK(jwk).key if jwk else None)


def slow_over_unknown_keys(token):
    try:
        return verified(token)
    except jwt.PyJWKClientError:
        time.sleep(0.25)
        raise


def refuses_all(token):
    raise invalid()


VERIFY = {
    "verifies_nothing": lambda token: segment(token, 1),
    "accepts_none": accepts_none,
    "accepts_none_in_capitals": accepts_none_in_capitals,
    "takes_public_key_as_secret": takes_public_key_as_secret,
    "skips_audience": lambda token: verified(token, verify_aud=False),
    "skips_issuer": lambda token: verified(token, verify_iss=False),
    "skips_expiry": lambda token: verified(token, verify_exp=False),
    "skips_start": lambda token: verified(token, verify_nbf=False),
    "follows_jku": follows_jku,
    "takes_key_of_token": takes_key_of_token,
    "slow_over_unknown_keys": slow_over_unknown_keys,
    "refuses_all": refuses_all,
}
# Only what is no JWT at all raises an error that nothing catches.
FALLS = {"fails_on_garbage", "shows_a_stack_trace"}


class ClosedConnection(Exception):
    pass


def bearer(request, fault):
    fields = request.headers.getlist("authorization")
    if fault == "takes_token_from_url" and "access_token" in request.query_params:
        return request.query_params["access_token"]
    if not fields:
        raise missing()
    if len(fields) > 1 and fault != "takes_the_first_header":
        raise malformed()
    scheme, *rest = fields[0].split(" ")
    if scheme != "Bearer":
        raise missing()
    if len(rest) != 1:
        raise malformed()
    return rest[0]


def claims(request, fault):
    token = bearer(request, fault)
    if fault in FALLS:
        segment(token, 0)
    try:
        found = VERIFY.get(fault, verified)(token)
    except Refusal:
        raise
    except Exception as error:
        is_readable = isinstance(error, (jwt.InvalidSignatureError, jwt.PyJWKClientError))
        if fault == "closes_on_garbage" and not is_readable:
            raise ClosedConnection from error
        raise invalid() from error
    # A token that is bound to a key is no bearer token (RFC 7800).
    if not isinstance(found, dict) or ("cnf" in found and fault != "ignores_cnf"):
        raise invalid()
    return found


def make(fault):
    api = FastAPI(title=fault, version="1", docs_url=None, debug=fault == "shows_a_stack_trace")
    by_header = HTTPBearer(auto_error=False)
    flows = {"clientCredentials": {"tokenUrl": f"{ISSUER}/v1/token", "scopes": {SCOPE: ""}}}
    by_grant = OAuth2(flows=flows, auto_error=False)

    def caller(request: Request, _: Annotated[object, Depends(by_header)]):
        return claims(request, fault).get("sub")

    def reader(request: Request, scopes: SecurityScopes, _: Annotated[object, Depends(by_grant)]):
        found = claims(request, fault)
        lacks = any(scope not in found.get("scp", []) for scope in scopes.scopes)
        if lacks and fault == "names_no_scope":
            raise Refusal(403)
        if lacks and fault != "requires_no_scope":
            raise Refusal(403, f', error="insufficient_scope", scope="{scopes.scope_str}"')
        return found.get("sub")

    def whoami(subject: Annotated[str, Depends(caller)]):
        return {"subject": subject}

    def reports(subject: Annotated[str, Security(reader, scopes=[SCOPE])]):
        return {"subject": subject}

    def anybody():
        return {"subject": "anybody"}

    is_swapped = fault == "guards_the_wrong_route"
    api.get("/hello")(whoami if is_swapped else anybody)
    api.get("/whoami")(anybody if is_swapped else whoami)
    api.get("/reports")(anybody if is_swapped else reports)
    if fault == "guards_one_spelling":
        api.get("/whoami/", include_in_schema=False)(anybody)

    @api.exception_handler(Refusal)
    def refuse(request, refusal):
        status, text = refusal.status, "refused"
        if fault == "redirects" and status == 401:
            return RedirectResponse("/sign-in", 303)
        if fault == "refuses_with_403":
            status = 403
        if fault == "echoes":
            text = "cannot read " + request.headers.get("authorization", "")
        headers = {} if fault == "sends_no_challenge" else {"www-authenticate": refusal.challenge}
        return JSONResponse({"error": text}, status, headers)

    @api.exception_handler(ClosedConnection)
    def close(request, _):
        return StreamingResponse(iter(["half"]), headers={"content-length": "8"})

    cors = {"allow_origins": [ORIGIN]}
    if fault == "opens_to_every_origin":
        cors = {"allow_origins": ["*"]}
    if fault == "compares_the_end_of_origins":
        cors = {"allow_origin_regex": r".*app\.test"}
    api.add_middleware(CORSMiddleware, allow_methods=["GET"], allow_headers=["authorization"], **cors)

    if fault == "guards_before_cors":

        @api.middleware("http")
        async def first(request, call_next):
            is_open = request.url.path.endswith(("/hello", "/openapi.json"))
            if not is_open and "authorization" not in request.headers:
                challenge = {"www-authenticate": 'Bearer realm="api"'}
                return JSONResponse({"error": "refused"}, 401, challenge)
            return await call_next(request)

    documented(api, fault)
    return api


def documented(api, fault):
    """Makes the document wrong, where that is the fault."""
    document = api.openapi()
    # A mounted application learns its path only with the first request.
    document["servers"] = [{"url": f"/{fault}"}]
    paths = document["paths"]
    if fault == "document_is_wrong":
        paths["/hello"]["get"]["security"] = paths["/whoami"]["get"].pop("security")
    if fault == "guards_the_wrong_route":
        security = paths["/hello"]["get"].pop("security")
        for path in ("/whoami", "/reports"):
            paths[path]["get"]["security"] = security
    if fault == "lacks_a_path_parameter":
        parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        paths["/hello"]["get"]["parameters"] = [parameter]
    api.openapi = lambda: document


if __name__ == "__main__":
    root = FastAPI(docs_url=None, openapi_url=None)
    for name in os.environ["FAULTS"].split(" "):
        root.mount(f"/{name}", make(name))
    uvicorn.run(root, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
