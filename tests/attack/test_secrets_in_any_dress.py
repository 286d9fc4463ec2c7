"""Secrets in the forms in which logs, pages and alerts carry them; and what redaction costs and takes by mistake.

The shapes of vendors' keys are those that gitleaks (config/gitleaks.toml) and detect-secrets look for; each value here
is made up, from a fixed seed.
"""

import base64
import json
import random
import string
import time
from pathlib import Path

import pytest

from local.redaction_rate import changed
from responder.aws.secrets import remember_parts
from responder.config.settings import settings
from responder.domain import redact as module
from responder.domain.redact import redact, redact_short, remember
from responder.domain.secret_fields import MASK
from tests.support.inprocess import SETTINGS

ROOT = Path(__file__).parents[2]
LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM, HEX = LOWER + UPPER + DIGITS, DIGITS + "abcdef"


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_memory", module.Memory())


def made_up(alphabet: str, length: int, seed: str) -> str:
    return "".join(random.Random(seed).choices(alphabet, k=length))


UUID = "-".join(made_up(HEX, length, f"uuid{place}") for place, length in enumerate((8, 4, 4, 4, 12)))
# Values that look like words: only where they stand says what they are.
FIELDS = [
    '{{"password": "{}"}}',
    '{{"api_key":"{}","n":1}}',
    "{{'client_secret': '{}'}}",
    '{{\\"password\\": \\"{}\\"}}',
    '{{"auth": {{"clientSecret": "{}"}}}}',
    "password={}",
    "PASSWORD={}",
    "DB_PASSWORD={} next",
    "db.password = {}",
    "pwd={};Server=db",
    "passwd='{}'",
    "passphrase: {}",
    "https://x.example/?client_secret={}&grant=x",
    "x-api-key={}",
    "Authorization: Bearer {}",
    'Authorization: "Bearer {}"',
    "curl -H 'Authorization: Bearer {}'",
    "GenieKey {}",
    "<password>{}</password>",
    "-ClientSecret '{}'",
    "redis://:{}@cache.example:6379",
    "postgres://app:{}@db.example/app",
]
WORDS = ["hunterhunter", "letmeinplease", "CorrectHorse", "correcthorsebattery"]


@pytest.mark.parametrize("form", FIELDS)
@pytest.mark.parametrize("word", WORDS)
def test_a_value_of_letters_only_is_masked_where_its_field_says_so(form: str, word: str) -> None:
    shown = redact(form.format(word))
    assert word not in shown
    assert MASK in shown


def test_a_password_of_several_words_is_masked_up_to_its_quotes() -> None:
    assert redact('{"password": "correct horse \\"battery\\" staple", "n": 1}') == f'{{"password": "{MASK}", "n": 1}}'


@pytest.mark.parametrize(
    "form", ["GenieKey {}", "api_key={}", '"apiKey": "{}"', '"key": "{}"', "token: {}", "hubspotKey = {}", "key={}"]
)
def test_a_uuid_is_a_key_where_the_field_says_so(form: str) -> None:
    assert UUID not in redact(form.format(UUID))


@pytest.mark.parametrize("form", ["request {}", "alert_key: {}", '"dedup_key": "{}"', "id={}", "/v2/alerts/{}/notes"])
def test_a_uuid_elsewhere_is_what_people_look_up(form: str) -> None:
    assert redact(form.format(UUID)) == form.format(UUID)


# Prefix, alphabet, length.
VENDORS = {
    "TwinMind": ("tm_sk_", ALNUM, 24),
    "AWS access key": ("AKIA", UPPER + "234567", 16),
    "AWS secret key": ("", ALNUM + "+/", 40),
    "GitHub": ("ghp_", ALNUM, 36),
    "GitHub fine-grained": ("github_pat_", ALNUM + "_", 82),
    "GitLab": ("glpat-", ALNUM + "-", 20),
    "Slack bot": ("xoxb-", DIGITS, 12),
    "Slack app": ("xapp-1-A", UPPER + DIGITS, 24),
    "Stripe": ("rk_live_", ALNUM, 24),
    "Google API": ("AIza", ALNUM + "_-", 35),
    "Google OAuth": ("ya29.", ALNUM + "_-", 60),
    "SendGrid": ("SG.", ALNUM + "_-.", 66),
    "npm": ("npm_", ALNUM, 36),
    "PyPI": ("pypi-AgEIcHlwaS5vcmc", ALNUM + "-_", 60),
    "DigitalOcean": ("dop_v1_", HEX, 64),
    "Shopify": ("shpat_", HEX, 32),
    "Vault": ("hvs.", ALNUM + "_-", 90),
    "Atlassian": ("ATATT3", ALNUM + "_-=", 180),
    "age": ("AGE-SECRET-KEY-1", UPPER + DIGITS, 58),
    "Azure AD": ("Abc8Q~", ALNUM + "_-~.", 34),
    "OpenAI": ("sk-", ALNUM, 48),
    "JWT": ("eyJhbGciOi.", ALNUM + "-_.", 80),
    "PagerDuty": ("u+", ALNUM + "_-", 18),
    "Statuspage": ("", HEX, 32),
    "webhook": ("whsec_", ALNUM + "+/", 43),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("form", ["{}", "it said {} twice", '{{"note": "{}"}}', "?q={}&x=1", "[{}]", "{}."])
def test_the_keys_of_vendors_are_masked_wherever_they_stand(vendor: str, form: str) -> None:
    prefix, alphabet, length = VENDORS[vendor]
    for number in range(5):
        secret = prefix + made_up(alphabet, length, f"{vendor}{number}")
        shown = redact(form.format(secret))
        assert MASK in shown
        assert secret[len(prefix) : len(prefix) + 12] not in shown


HIDDEN = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u200b\u200b\u2060"]


@pytest.mark.parametrize("sign", HIDDEN)
def test_signs_without_width_hide_nothing(sign: str) -> None:
    known = "a-known-plain-secret"
    remember(known)
    for text in ("tm_sk_abcdefghijkl", "password=hunterhunter", "Bearer hunterhunter", known):
        for place in range(1, len(text)):
            assert redact(text[:place] + sign + text[place:]) == redact(text)
    assert redact(sign.join("password=hunterhunter")) == f"password={MASK}"


@pytest.mark.parametrize("text", ["می‌خواهم", "👩‍👩‍👧", "नमस्‍ते", "☎️ call"])
def test_signs_without_width_that_shape_a_script_stay(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_masked_although_it_looks_like_words() -> None:
    remember("opensesameopen")
    for text in ("opensesameopen", "xopensesameopenx", "Basic " + base64.b64encode(b"u:opensesameopen").decode()):
        assert "opensesameopen" not in redact(text)
        assert MASK in redact(text)
    assert "opensesameopen" not in redact(json.dumps({"said": "opensesameopen"}))


# As functions, and the secrets of others, have them beside each other.
CREDENTIALS = {
    "PASSWORD": "correct-horse-battery",
    "DB_PASSWORD": "hunter2hunter2",
    "DATABASE_URL": "postgres://app:hunter3hunter3@db.internal:5432/app",
    "TWINMIND_KEY": "opens3same0pens3same",
    "SENTRY_DSN": f"https://{made_up(HEX, 32, 'dsn')}@o1.ingest.example/1",
    "HMAC_SALT": "pepper77andmore",
    "UNNAMED": made_up(ALNUM, 32, "unnamed"),
    "CONFIG": '{"region": "eu-west-1", "stage": "production", "smtp": {"password": "smtp-Passw0rd-x"}}',
    "KEYS": f'{{"api_key": ["{made_up(ALNUM, 40, "listed")}"]}}',
}
PLAIN_VALUES = (
    "production", "eu-central-1", "transcription", "INFO level", "https://api.twinmind.com/v1", "twinmind-service",
    "twinmind-audio-bucket", "arn:aws:iam::123456789012:role/worker", "python3.13", "1000000000", "true",
    "v2.14.3-beta",
    "s3://recordings/incoming", "P1,P2,P3", "summaries", "app.handler", "Europe/Berlin",
)  # fmt: skip
INNER = ("hunter2hunter2", "correct-horse-battery", "smtp-Passw0rd-x", "opens3same0pens3same", "pepper77andmore")


def test_of_an_environment_only_what_can_be_a_secret_is_masked_by_its_value() -> None:
    ours = {f"SETTING_{number}": value for number, value in enumerate(PLAIN_VALUES)}
    # A name calls them secret, and yet they are words that people need.
    module.remember_secrets_of(
        {"PASSWORD": "production", "API_KEY": "transcription", "SECRET": "eu-central-1", "TOKEN": "summaries"}
    )
    module.remember_secrets_of(CREDENTIALS | ours)
    for value in PLAIN_VALUES:
        assert redact(f"It says {value} here.") == f"It says {value} here."
    for secret in (*INNER, made_up(ALNUM, 32, "unnamed"), made_up(ALNUM, 40, "listed"), CREDENTIALS["DATABASE_URL"]):
        assert secret not in redact(f"It says {secret} here.")


def test_what_lies_beside_a_key_in_a_secret_of_others_is_no_secret() -> None:
    remember_parts('{"api_key": "opensesameopen", "environment": "production", "username": "twinmind"}')
    assert redact("In production, twinmind answers opensesameopen.") == f"In production, twinmind answers {MASK}."


# Each text with a value in it. What commands take a password under which flag is in their manuals; the texts of curl,
# sshpass, docker and redis-cli have the shapes that gitleaks and a public bug report about such a mask list.
SPOKEN = [
    "the password is {}",
    "The password is {}.",
    "the password is {}, try it",
    "the password is {} and works everywhere",
    "the password is {} - please change it",
    "pw: {}, then log in",
    "pw is {}",
    'My password is "{}", please',
    "password for admin is {}\nthanks",
    "password was changed to {}!",
    "the new password is now {}",
    "passphrase is '{}'",
    "the passcode of the vault is “{}”",
    "Das Passwort ist {}",
    "la contraseña es {}",
    "пароль: {}",
    "密码: {}",
    "mysql --password={} -u root",
    "mysql --password {} -u root",
    "mysql -u root -p{} db",
    "mysqldump -h db -u root -p{} all",
    "sshpass -p '{}' ssh deploy@192.0.2.1",
    "sshpass -p {} ssh deploy@192.0.2.1",
    "docker login -u deploy -p {} registry.example.com",
    "az login -u ci@example.com -p {}",
    "redis-cli -h cache.example.com -a {} ping",
    "ldapsearch -x -D cn=admin -w {}",
    "unzip -o -P {} x.zip",
    "curl -u admin:{} https://api.example.com",
    'curl -u ":{}" https://localhost:9200',
    "curl -sS -X POST --user  'johns:{}' $URL",
    "curl --user kevin:'{}' -iX PATCH",
    "wget --user a --password {} http://x.example",
    "app --db-password {} --verbose",
    "app -password {}",
    "app --api-key={}",
    "Cookie: session={}; other=b",
    "Set-Cookie: sid={}; Path=/",
]
# Words of the lists from which such phrases are thrown (EFF's, BIP 39's), and the best known one of all.
PHRASES = ["correct horse battery staple", "cleft cam synod lacy yr wok", "Army-van zebra QUILT unicorn99 dune"]
PHRASES_IN = [
    "password: {}",
    "password = {}",
    "Password:\n{}\nthanks",
    "DB_PASSWORD: {}",
    "pw: {}, then log in",
    "passphrase: {}. It is new.",
    "pass phrase: {}",
    "the password is {}",
    "The password for admin is: {}; tell nobody",
    "(the passphrase was changed to {})",
]


@pytest.mark.parametrize("form", PHRASES_IN)
@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_of_several_words_is_masked_whole(form: str, phrase: str) -> None:
    assert redact(form.format(phrase)) == form.format(MASK)


# Only where the value looks made up: in these places ordinary words stand too.
SPOKEN_IF_MIXED = [
    "login with password {}",
    "machine api.example.com login deploy password {}",
    "the api key is {}",
    "the token is {}",
    "app --api-key {}",
    "app --auth-token {} --verbose",
    "tool -p {} --verbose",
    "aws secretsmanager put-secret-value --secret-id x --secret-string {}",
]


@pytest.mark.parametrize("form", SPOKEN + SPOKEN_IF_MIXED)
@pytest.mark.parametrize("value", ["swordfish", "hunter22x", "Tr0ub4dorx"])
def test_what_a_sentence_or_a_command_calls_secret_is_masked(form: str, value: str) -> None:
    shown = redact(form.format(value))
    if value.isalpha() and form in SPOKEN_IF_MIXED:
        assert shown == form.format(value)
    else:
        assert value not in shown
        assert shown.startswith(form.partition("{}")[0] + MASK)


SPOKEN_OF = [
    "the password is required",
    "the password is wrong.",
    "The password is stored in Secrets Manager",
    "the passcode is mandatory.",
    "the password is short and simple; the password is case sensitive everywhere",
    "password: must contain twelve letters",
    "Password: please contact your administrator",
    "Failed password for root from 192.0.2.7 port 22 ssh2",
    "the password is checked twice every single day",
    "password is about to expire",
    "password reset for user 123, password policy: 12 characters",
    "password hashed with sha256",
    'FATAL: password authentication failed for user "app1"',
    "the token is expired, the key is refused, the secret is JSON null",
    "The API key is refused with 401",
    "the secret responder-TwinMindApiKey-AbCdEf is plain",
    "cookie: expired",
    "docker run -p 8080:80 nginx; docker run -u 1000:1000 img; docker run --user node:node img",
    "ssh -p 2222 host; ps -p 1234; nc -p 8443; mkdir -p build/v2; pytest -p no:cacheprovider",
    "sqlmap -u http://192.0.2.1/?id=1 -p id; proxy_pass http://app2:8080; GET /etc/passwd HTTP/1.1",
    'curl -u "${USER}:${PASSWORD}" https://x.example; curl -u <user:password> https://x.example; curl -u ":" x',
    'curl -u "$(cat ./login.txt):$(cat ./password.txt)"; curl --user neo4j:[PASSWORD] http://[IP]:7474/db/',
    "app --password-file /run/secrets/x --password $PASSWORD --token <token> --private-key ./key1.pem",
    "aws secretsmanager put-secret-value --secret-id responder/x --secret-string file://key1.json",
]


NORMAL = [
    "Password: is required",
    "the token expired; ask for a new token",
    "token: expired, secret: missing, key: unknown",
    "Bearer authentication is required",
    "bearer of bad news",
    "basic checks pass: 12 of 12",
    "password=$PASSWORD token=${TOKEN} secret=<secret>",
    "max_tokens=512, num_tokens: 1024",
    "key=reports/2026/01/report.html",
    "incident_key: abc123abc123abc123",
    "https://acme.pagerduty.com/incidents/Q2RVBB1A1B2C3D",
    "req-38101a0b-2096-447d-96ea-a692162415ae accepted",
    "npm_lifecycle_event=start pypi-server global-accelerator glass-house",
    "monkey=5 keyboard: layout",
]


@pytest.mark.parametrize("text", SPOKEN_OF + NORMAL)
def test_sentences_about_secrets_are_no_secrets(text: str) -> None:
    assert redact(text) == text


def test_our_own_pages_and_the_vendors_samples_pass_nearly_whole() -> None:
    """`python -m local.redaction_rate docs events` prints them; public logs and payloads can be named instead."""
    files = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "events").rglob("*.json"), ROOT / "README.md"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) > 3000
    assert len(list(changed(lines))) < 0.005 * len(lines)


def test_addresses_are_masked_where_a_deployment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of who is on call: people must reach them."""
    text = "Ada <ada.l+x@mail.example.com> said it, see a@b and @here"
    assert redact(text) == text
    for name, value in (SETTINGS | {"MASK_EMAILS": "yes"}).items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    settings()
    assert redact(text) == f"Ada <{MASK}> said it, see a@b and @here"
    assert redact_short("ada@mail.example.com", 40, is_contact=True) == "ada@mail.example.com"
    settings.cache_clear()


# 90 KB of `token=` on the vendor's page once cost eleven seconds. The rest are the same kind at each pattern's start.
SLOW = [
    "token=",
    "token=a",
    "Bearer_",
    "://a:",
    "key",
    "a_key",
    "aKey",
    "password=\\",
    "a\u200b",
    "A",
    "eyJ",
    "secret:",
    "-aws",
    "arn:aws",
    "_",
    "password_",
    "a",
    "a-",
    "a@",
    "AKIA",
    "api",
    'password="\\a',
    '"password":_"',
    "Q~",
    "a.",
    "<",
    "%00",
    "arn:aws:secretsmanager:a:",
    "--secret-id_a",
    "the_secret_a",
    "password_is_",
    "password_for_a_",
    "password:_aa",
    "pw:aa_aa_aa_aa_",
    "password_is_aa_aa_aa",
    "--password_",
    "--a-a-a-a-a-password",
    "curl_-u_a:",
    "login_-",
    "mysql_-p",
    "_-p_",
    "cookie:a",
]


def cost(text: str) -> float:
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        redact(text)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("part", SLOW)
def test_the_cost_grows_as_the_text_does(part: str) -> None:
    """By the ratio of two sizes: eight times the text takes sixty-four times as long where it is quadratic."""
    part = part.replace("_", " ") if part != "a_key" else part
    small, large = (part * (size // len(part)) for size in (6_000, 48_000))
    assert cost(large) < 24 * max(cost(small), 0.0005)


def test_only_what_is_shown_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    real = module._scrubbed

    def scrubbed(text: str) -> str:
        looked_at.append(len(text))
        return real(text)

    monkeypatch.setattr(module, "_scrubbed", scrubbed)
    assert len(redact_short("token=" * 300_000, 80)) <= 80
    assert max(looked_at) <= 700
    assert redact_short("a " * 500 + "password=hunterhunter", 80) == ("a " * 40)
