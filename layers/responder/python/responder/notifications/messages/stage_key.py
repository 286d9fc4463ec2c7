"""How people stage a standby key: added to the list, never in place of it, and never shown. Pure."""

# Without a list to add to there is nothing to put, and the put is refused: no failure replaces the list by one key.
_ADD = 's=json.load(sys.stdin); s["keys"].append(os.environ["K"]); print(json.dumps(s))'


def adding_command(secret_id: str) -> str:
    """One line for bash with the AWS CLI and python3. The key is in no history, process list or screen."""
    return (
        f"read -rsp 'key: ' K; export K; aws secretsmanager get-secret-value --secret-id {secret_id} "
        f"--query SecretString --output text | python3 -c 'import json,os,sys; {_ADD}' | aws secretsmanager "
        f"put-secret-value --secret-id {secret_id} --secret-string file:///dev/stdin; unset K"
    )


def how_to_stage(stack: str, dashboard_url: str) -> str:
    """For whoever is asked for a key. The secret's id is looked up: a masked ARN would help nobody."""
    looked_up = "Stacks[0].Outputs[?OutputKey=='StandbyKeysSecretArn'].OutputValue"
    find = f'aws cloudformation describe-stacks --stack-name {stack} --output text --query "{looked_up}"'
    add = adding_command('"$id"')
    return (
        f"Create a key at {dashboard_url} and stage it from the project's folder: make stage-key STACK={stack} "
        f"(reads it unseen, tests it, adds it to the list). With only bash and the AWS CLI: id=$({find}); {add}"
    )
