"""The commands. A failure is shown as a sentence and an exit code, never as a traceback.

0: done, and all is right · 1: something is wrong, as the output says · 2: not understood · 3: it could not be done.
"""

import sys

import click
from click.core import ParameterSource

from responder import __version__
from responder_cli.commands import CommandGroup
from responder_cli.configure import configure
from responder_cli.doctor import doctor
from responder_cli.incidents import incidents
from responder_cli.stage_key import stage_key
from responder_cli.target import connected
from responder_cli.test_incident import test_incident
from responder_cli.vendor_report import vendor_report


@click.group(
    cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "RESPONDER"}
)
@click.version_option(__version__, prog_name="responder")
@click.option("--stack", help="The CloudFormation stack.", show_envvar=True)
@click.option("--profile", help="A profile of your AWS configuration.", show_envvar=True)
@click.option("--region", help="The stack's region; your profile's by default.", show_envvar=True)
@click.option("--local", is_flag=True, help="The local cloud that `make up` started in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def cli(ctx: click.Context, stack: str, profile: str, region: str, local: bool, as_json: bool) -> None:
    """Set up, examine and answer the TwinMind incident responder.

    Exit codes: 0 all is right, 1 something is wrong, 2 not understood, 3 it could not be done.
    """
    if local and ctx.get_parameter_source("stack") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--local and --stack name two stacks: leave one out")
    if ctx.invoked_subcommand and "--help" not in sys.argv and "-h" not in sys.argv:
        ctx.obj = connected(stack, profile, region, local=local, as_json=as_json)


for command in (configure, doctor, test_incident, incidents, stage_key, vendor_report):
    cli.add_command(command)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal with another encoding shows a question mark for a character that it lacks.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    cli(prog_name="responder")
