"""Exact commands for what the service runs on, with the names in the configuration. Pure."""

from responder.config.consumers import Consumer, DeploymentConsumer, EcsConsumer, FunctionConsumer, HookConsumer
from responder.config.endpoints import Service
from responder.config.platforms import Ecs, Kubernetes
from responder.config.runbook import Runbook
from responder.notifications.messages.stage_key import secret_name


class PlatformCommands:
    """Each command is empty if the configuration does not name what it needs."""

    def __init__(self, runbook: Runbook, key_secret: str) -> None:
        self._service: Service = runbook.endpoints.service
        self._consumers, platform = runbook.endpoints.key_consumers, self._service.platform
        by_kind = {"kubernetes": _on_kubernetes(platform.kubernetes), "ecs": _on_ecs(platform.ecs)}
        self._own = by_kind.get(platform.kind, {})
        self.scale, self.history, self.rollback = (self._own.get(one, "") for one in ("scale", "history", "rollback"))
        self._key_secret, self._field = secret_name(key_secret), runbook.endpoints.twinmind.key_json_field

    @property
    def restart(self) -> str:
        """Restarts every consumer of the key."""
        return "\n".join(self._restart(one) for one in self._consumers)

    def _restart(self, one: Consumer) -> str:
        """In Kubernetes the Secret gets the current key first: a pod that starts before that loads the old one."""
        match one:
            case DeploymentConsumer():
                kubectl, deployment = f"kubectl -n {one.namespace}", f"deployment/{one.deployment}"
                rollout = f"{kubectl} rollout restart {deployment}\n{kubectl} rollout status {deployment}"
                return f"{self._current_key_into_secret(one, kubectl)} && {rollout}"
            case EcsConsumer():
                names = f"--cluster {one.cluster} --service {one.service}"
                ordered = f"aws ecs update-service {names} --force-new-deployment --query service.status"
                return f"{ordered}\naws ecs wait services-stable --cluster {one.cluster} --services {one.service}"
            case FunctionConsumer():
                name = f"--function-name {one.function}"
                read = f"aws lambda get-function-configuration {name} --query Environment.Variables"
                added = 'v["TWINMIND_RESTARTED_AT"] = time.strftime("%FT%TZ", time.gmtime())'
                made = f'v = json.load(sys.stdin) or {{}}; {added}; print(json.dumps({{"Variables": v}}))'
                wrapped = f"python3 -c 'import json,sys,time; {made}'"
                write = f'aws lambda update-function-configuration {name} --environment "$V" --query LastUpdateStatus'
                return f"V=$({read} | {wrapped}) && {write}\naws lambda wait function-updated-v2 {name}"
            case HookConsumer():
                return f'curl -fsS -X POST {one.label}  # if it wants a token: -H "Authorization: Bearer $TOKEN"'

    def _current_key_into_secret(self, names: DeploymentConsumer, kubectl: str) -> str:
        key = f"aws secretsmanager get-secret-value --secret-id {self._key_secret} --query SecretString --output text"
        if self._field:
            key += f" | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"{self._field}\"])'"
        if names.external_secret is None:
            body = f'{{"stringData": {{"{names.secret_field}": sys.stdin.read().strip() or sys.exit(1)}}}}'
            wrapped = f"python3 -c 'import json,sys; print(json.dumps({body}))'"
            return f"{key} | {wrapped} | {kubectl} patch secret {names.secret} --patch-file /dev/stdin"
        field = str(names.secret_field).replace(".", "\\.")
        held = f"{kubectl} get secret {names.secret} -o jsonpath='{{.data.{field}}}' | base64 -d"
        return (
            f"{kubectl} annotate externalsecret {names.external_secret} force-sync=$(date +%s) --overwrite\n"
            f'until [ "$({held})" = "$({key})" ]; do sleep 2; done'
        )

    @property
    def health(self) -> str:
        service = self._service
        if service.base_url:
            return f"curl -fsS {service.base_url}{service.health_path} {service.base_url}{service.twinmind_health_path}"
        return self._own.get("health", "")

    def logs(self, wanted: str = "error") -> str:
        if self._service.log_group:
            read = f"aws logs filter-log-events --log-group-name {self._service.log_group} --output text"
            # Milliseconds. `aws logs tail` is unknown to version 1.
            since = """--start-time "$(( ($(date +%s) - 900) * 1000 ))" --query 'events[].[message]'"""
            return f"{read} {since} | grep -i {wanted}"
        logs = self._own.get("logs", "")
        return f"{logs} | grep -i {wanted}" if self._service.platform.kind == "kubernetes" else logs

    @property
    def errors(self) -> str:
        return self.logs() or self.health

    @property
    def load(self) -> str:
        """Shows which resource is short."""
        if not self._own and self._service.base_url:
            return f"curl -fsS {self._service.base_url}{self._service.metrics_path} | grep -E 'queue|process_'"
        return self._own.get("load", "")


# What the autoscaler's floor is raised to: 1.5 times what runs now. The autoscaler does not undo that.
_MORE = "$((N + (N + 1) / 2))"


def _on_kubernetes(on: Kubernetes) -> dict[str, str]:
    kubectl, hpa = f"kubectl -n {on.namespace}", f"hpa {on.hpa}"
    running = f"{kubectl} get {hpa} -o jsonpath='{{.status.currentReplicas}}'"
    scale = f'N=$({running}); {kubectl} patch {hpa} --patch "{{\\"spec\\": {{\\"minReplicas\\": {_MORE}}}}}"'
    return {
        "health": f"{kubectl} get pods -l {on.selector}",
        "logs": f"{kubectl} logs -l {on.selector} --tail=1000",
        "load": f"{kubectl} top pods -l {on.selector}" + (f"\n{kubectl} get {hpa}" if on.hpa else ""),
        "scale": scale if on.hpa else "",
        "history": f"{kubectl} rollout history deployment/{on.deployment}",
        "rollback": f"{kubectl} rollout undo deployment/{on.deployment}",
    }


def _on_ecs(on: Ecs) -> dict[str, str]:
    described = f"aws ecs describe-services --cluster {on.cluster} --services {on.service} --query"
    running, deployed = (f"{described} 'services[0].{it}' --output text" for it in ("runningCount", "taskDefinition"))
    target = f"service/{on.cluster}/{on.service} --scalable-dimension ecs:service:DesiredCount"
    register = "aws application-autoscaling register-scalable-target --service-namespace ecs"
    update = f"aws ecs update-service --cluster {on.cluster} --service {on.service} --query service.status"
    return {
        "health": f"{described} 'services[0].[desiredCount,runningCount]'",
        "logs": f"{described} 'services[0].events[:10].message'",
        "load": f"{described} 'services[0].[desiredCount,runningCount,events[:3].message]'",
        "scale": f"N=$({running}); {register} --resource-id {target} --min-capacity {_MORE}",
        "history": f"{described} 'services[0].deployments[].[createdAt,status,taskDefinition]'",
        "rollback": f'T=$({deployed}); {update} --task-definition "${{T%:*}}:$((${{T##*:}} - 1))"',
    }
