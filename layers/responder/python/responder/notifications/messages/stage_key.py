"""Commands by which people stage a standby key, or put one in force. They print no key. Pure."""

import re

from responder.config.endpoints import TwinMind

# If the list cannot be read, nothing is printed, and the put is refused: a failure never replaces the list.
_ADD = 's=json.load(sys.stdin); s["keys"].append(os.environ["K"]); print(json.dumps(s))'
_LIST = 'print(*json.load(sys.stdin)["keys"], sep="\\n")'
_SET = 'd=json.loads(os.environ["OLD"]); d["{}"]=os.environ["K"]; print(json.dumps(d), end="")'
_READ = "aws secretsmanager get-secret-value --secret-id {} --query SecretString --output text"
_PUT = "aws secretsmanager put-secret-value --secret-id {} --secret-string file:///dev/stdin"


def secret_name(secret_id: str) -> str:
    """The name in a secret's ARN: the AWS CLI takes it as well, and people can read it."""
    return re.sub(r"^arn:[^:]*:secretsmanager:[^:]*:\d*:secret:(.+)-[A-Za-z0-9]{6}$", r"\1", secret_id)


def adding_command(secret_id: str) -> str:
    """One line for bash with the AWS CLI and python3. The key is in no history, process list or screen."""
    return (
        f"read -rsp 'key: ' K; export K; {_READ.format(secret_id)} | python3 -c 'import json,os,sys; {_ADD}' | "
        f"{_PUT.format(secret_id)}; unset K"
    )


def how_to_stage(stack: str, standby_secret: str) -> str:
    """The commands, one or the other, that stage a new key."""
    return (
        f"make stage-key STACK={stack}\n"
        f"# or, without the project's folder: bash and the AWS CLI\n{adding_command(secret_name(standby_secret))}"
    )


def putting_in_force(key_secret: str, standby_secret: str, twinmind: TwinMind) -> str:
    """The first staged key that is not in force and passes its test becomes the current one.

    The other fields of a JSON secret stay. If no field is configured for the key, a JSON secret is not changed.
    """
    field, scheme = twinmind.key_json_field, f"{twinmind.auth_scheme} " if twinmind.auth_scheme else ""
    key_secret, standby_secret = secret_name(key_secret), secret_name(standby_secret)
    write = f"python3 -c 'import json,os; {_SET.format(field)}'" if field else "printf '%s' \"$K\""
    guard = (
        ' "") break;;'
        if field
        else ' ""|\\{*) echo "unread, or JSON: see endpoints.twinmind.key_json_field" >&2; break;;'
    )
    return (
        f"export OLD=$({_READ.format(key_secret)})\n"
        f"{_READ.format(standby_secret)} | python3 -c 'import json,sys; {_LIST}' | while read -r K; do export K\n"
        f'  case "$OLD" in{guard} *"$K"*) continue;; esac\n'
        f"  printf '{twinmind.auth_header}: {scheme}%s' \"$K\" | curl -fsS -o /dev/null -H @- "
        f"{twinmind.base_url}{twinmind.account_path} &&\n"
        f"    {write} | {_PUT.format(key_secret)} && break\n"
        "done; unset OLD"
    )
