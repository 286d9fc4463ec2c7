"""Exact commands for what the service runs on, with the names in the configuration. Pure."""

from responder.config.consumers import Consumer, DeploymentConsumer, EcsConsumer, FunctionConsumer, HookConsumer
from responder.config.endpoints import Service
from responder.config.runbook import Runbook
from responder.notifications.messages.stage_key import secret_name

_ECS_SERVICE = "aws ecs describe-services --cluster {0.cluster} --services {0.service}"


class PlatformCommands:
    """Each command is empty if the configuration does not name what it needs."""

    def __init__(self, runbook: Runbook, key_secret: str) -> None:
        self._service: Service = runbook.endpoints.service
        self._platform, self._consumers = self._service.platform, runbook.endpoints.key_consumers
        self._key_secret, self._field = secret_name(key_secret), runbook.endpoints.twinmind.key_json_field

    @property
    def _kubectl(self) -> str:
        return f"kubectl -n {self._platform.kubernetes.namespace}"

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
        if self._platform.kind == "kubernetes":
            return f"{self._kubectl} get pods -l {self._platform.kubernetes.selector}"
        if self._platform.kind == "ecs":
            return f"{_ECS_SERVICE.format(self._platform.ecs)} --query 'services[0].[desiredCount,runningCount]'"
        return ""

    def logs(self, wanted: str = "error") -> str:
        if self._service.log_group:
            read = f"aws logs filter-log-events --log-group-name {self._service.log_group} --output text"
            # Milliseconds. `aws logs tail` is unknown to version 1.
            since = """--start-time "$(( ($(date +%s) - 900) * 1000 ))" --query 'events[].[message]'"""
            return f"{read} {since} | grep -i {wanted}"
        if self._platform.kind == "kubernetes":
            return f"{self._kubectl} logs -l {self._platform.kubernetes.selector} --tail=1000 | grep -i {wanted}"
        if self._platform.kind == "ecs":
            return f"{_ECS_SERVICE.format(self._platform.ecs)} --query 'services[0].events[:10].message'"
        return ""

    @property
    def load(self) -> str:
        """Shows which resource is short."""
        if self._platform.kind == "kubernetes":
            hpa = f"\n{self._kubectl} get hpa {self._platform.kubernetes.hpa}" if self._platform.kubernetes.hpa else ""
            return f"{self._kubectl} top pods -l {self._platform.kubernetes.selector}{hpa}"
        if self._platform.kind == "ecs":
            shown = "services[0].[desiredCount,runningCount,events[:3].message]"
            return f"{_ECS_SERVICE.format(self._platform.ecs)} --query '{shown}'"
        if self._service.base_url:
            return f"curl -fsS {self._service.base_url}{self._service.metrics_path} | grep -E 'queue|process_'"
        return ""

    @property
    def scale(self) -> str:
        """Raises the autoscaler's floor to 1.5 times what runs now; the autoscaler does not undo that."""
        more = "$((N + (N + 1) / 2))"
        if self._platform.kind == "kubernetes" and self._platform.kubernetes.hpa:
            hpa = f"hpa {self._platform.kubernetes.hpa}"
            read = f"{self._kubectl} get {hpa} -o jsonpath='{{.status.currentReplicas}}'"
            return f'N=$({read}); {self._kubectl} patch {hpa} --patch "{{\\"spec\\": {{\\"minReplicas\\": {more}}}}}"'
        if self._platform.kind == "ecs":
            ecs = self._platform.ecs
            read = f"{_ECS_SERVICE.format(ecs)} --query 'services[0].runningCount' --output text"
            target = f"service/{ecs.cluster}/{ecs.service} --scalable-dimension ecs:service:DesiredCount"
            register = "aws application-autoscaling register-scalable-target --service-namespace ecs"
            return f"N=$({read}); {register} --resource-id {target} --min-capacity {more}"
        return ""

    @property
    def history(self) -> str:
        if self._platform.kind == "kubernetes":
            return f"{self._kubectl} rollout history deployment/{self._platform.kubernetes.deployment}"
        if self._platform.kind == "ecs":
            shown = "services[0].deployments[].[createdAt,status,taskDefinition]"
            return f"{_ECS_SERVICE.format(self._platform.ecs)} --query '{shown}'"
        return ""

    @property
    def rollback(self) -> str:
        if self._platform.kind == "kubernetes":
            return f"{self._kubectl} rollout undo deployment/{self._platform.kubernetes.deployment}"
        if self._platform.kind == "ecs":
            ecs = self._platform.ecs
            read = f"{_ECS_SERVICE.format(ecs)} --query 'services[0].taskDefinition' --output text"
            update = f"aws ecs update-service --cluster {ecs.cluster} --service {ecs.service} --query service.status"
            return f'T=$({read}); {update} --task-definition "${{T%:*}}:$((${{T##*:}} - 1))"'
        return ""
