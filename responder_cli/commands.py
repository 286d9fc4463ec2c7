"""A group of commands: how a failure is told, and what a mistyped command may have meant."""

import difflib
from typing import Any

import click
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from responder.domain.redact import redact
from responder_cli.target import CannotError

NO_RIGHT = "your identity may not do this: give it the right that is named above"
SIGN_IN = "sign in anew (aws sso login of AWS CLI 2), or name another profile with --profile"
WRONG_KEY = "AWS does not know these credentials: look at `aws sts get-caller-identity`"
HINTS = {
    "AccessDenied": NO_RIGHT,
    "AccessDeniedException": NO_RIGHT,
    "ExpiredToken": SIGN_IN,
    "ExpiredTokenException": SIGN_IN,
    "SSOTokenLoadError": SIGN_IN,
    "TokenRetrievalError": SIGN_IN,
    "UnauthorizedSSOTokenError": SIGN_IN,
    "NoCredentialsError": SIGN_IN,
    "PartialCredentialsError": SIGN_IN,
    "InvalidClientTokenId": WRONG_KEY,
    "UnrecognizedClientException": WRONG_KEY,
    "InvalidSignatureException": WRONG_KEY,
    "SignatureDoesNotMatch": WRONG_KEY,
    "ValidationError": "look at the stack's name and the region: aws cloudformation list-stacks",
    "ProfileNotFound": "your profiles: aws configure list-profiles",
    "NoRegionError": "name it with --region, AWS_REGION or in your profile",
    "EndpointConnectionError": "look at the region's name and your network",
    "ConnectTimeoutError": "look at your network and its proxy",
    "ReadTimeoutError": "the function may still be at work: look at its log, or try again",
    "ConnectError": "look at your network and its proxy",
}
LOCAL = "is the local cloud running? `make up` starts it"


class CommandGroup(click.Group):
    """Shows refusals of AWS and of the network like its own errors, and never repeats a secret that was typed."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.Abort, KeyboardInterrupt, EOFError):
            click.echo("\nstopped; nothing more was written", err=True)
            ctx.exit(130)
        except click.UsageError as error:
            error.message = redact(error.message)
            raise
        except (ClientError, BotoCoreError, httpx.HTTPError) as error:
            raise CannotError(told(error, is_local=bool(getattr(ctx.obj, "local", None)))) from error

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The whole message is ours, because some versions of click add a guess of their own."""
        if args[0].startswith("-") or self.get_command(ctx, args[0]):
            return super().resolve_command(ctx, args)
        near = difflib.get_close_matches(args[0], self.commands, n=1)
        guess = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(self.commands)}."
        raise click.UsageError(f"No such command '{args[0]}'. {guess}", ctx)


def told(error: Exception, *, is_local: bool) -> str:
    """AWS's own reason, without what it may quote of a secret."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
    hint = LOCAL if is_local and code in ("EndpointConnectionError", "ConnectError") else HINTS.get(code)
    return redact(f"AWS: {code}: {error}"[:400]) + (f"\n{hint}" if hint else "")
