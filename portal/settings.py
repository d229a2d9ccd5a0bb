"""Settings of the portal: everything that differs between installations comes from the environment.

`.env.example` lists the names. Without any, the portal runs on its embedded PostgreSQL for one machine.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from apps.dcs import embedded, roles

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that this installation makes for itself: its database, secrets, uploads.
VAR_DIR = Path(os.environ.get("DCS_VAR") or BASE_DIR / "var").resolve()

env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")


def own_secret(name):
    """A secret of this installation, made once and kept in `var/` for nobody else to read."""
    path = VAR_DIR / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or own_secret("secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# Cookies can be Secure only where the browser speaks HTTPS; plain HTTP is for this machine alone.
LOOPBACK = set(ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]", "testserver"}

INSTALLED_APPS = [
    "portal.admin.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "template_partials",
    "procrastinate.contrib.django",
    "apps.dcs",
    "apps.ui",
    "apps.people",
    "apps.audit",
    "apps.workflow",
    "apps.catalog",
    "apps.payload",
    "apps.provenance",
    "apps.glossary",
    "apps.policy",
    "apps.quality",
    "apps.contracts",
    "apps.conformance",
    "apps.deploy",
    "apps.discovery",
    "apps.demo",
    "portal",
]

MIDDLEWARE = [
    "portal.middleware.RequestId",
    "portal.middleware.SecurityHeaders",
    "portal.api.exceptions.OneShape",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.DatabaseErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.OptionalSlash",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.people.middleware.ReaderMiddleware",
    # Last, so that forgery checks and sign-in have run before the transaction opens.
    "apps.audit.middleware.ActingMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
APPEND_SLASH = False  # portal.middleware.OptionalSlash serves both forms, for every method

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["apps.ui.templatetags.ui", "template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.navigation.page_context",
            ],
        },
    },
]

# --- database -----------------------------------------------------------------------------------------
# `default` serves and works as dcs_app, which owns nothing; `owner` migrates as dcs_owner; `progress` lets
# a job in its one long transaction say how far it is.
DATABASE_URL = env("DATABASE_URL", default="")
MIGRATION_DATABASE_URL = env("MIGRATION_DATABASE_URL", default="")
EMBEDDED = None if DATABASE_URL else embedded.Cluster(VAR_DIR / env("DCS_CLUSTER", default="postgres"))
# A page never waits long for an answer; commands and background work may.
STATEMENT_SECONDS = env.int("STATEMENT_SECONDS", default=15) if env.bool("DCS_SERVING", default=False) else 0
DATABASES = roles.databases(
    DATABASE_URL,
    MIGRATION_DATABASE_URL,
    EMBEDDED,
    # Walks in a browser serve a copy of their own.
    name=env("DCS_DATABASE", default=""),
    statement_seconds=STATEMENT_SECONDS,
)
if pool_size := env.int("DCS_POOL", default=0):
    for alias in ("default", "progress"):
        pool = {"min_size": int(alias == "default"), "max_size": pool_size, "timeout": 5}
        DATABASES[alias]["OPTIONS"] = {**DATABASES[alias]["OPTIONS"], "pool": pool}
# Off behind a pooler that gives each transaction another connection and does not know of prepared statements.
PREPARED_STATEMENTS = env.bool("PREPARED_STATEMENTS", default=True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
KNOX_TOKEN_MODEL = "people.Token"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "discovery:home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.people.passwords.MaximumLengthValidator"},
    {"NAME": "apps.people.passwords.ContextWordsValidator"},
    {"NAME": "apps.people.passwords.EndsTokens"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOOPBACK
SESSION_COOKIE_NAME = "dcs_session" if LOOPBACK else "__Host-dcs_session"
CSRF_COOKIE_NAME = "dcs_csrf" if LOOPBACK else "__Host-dcs_csrf"
IDLE_SECONDS = env.int("IDLE_SECONDS", default=30 * 60)
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=90),
    "TOKEN_PREFIX": "dcs_",
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Bearer",
}
TOKEN_MAX_DAYS = 365

# --- words and time -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- files --------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # the form of a capsule of 2,000 columns
# Bounds of capsule documents that differ from those of `apps.catalog.documents.Limits`, such as {"documents": 1000}.
DOCUMENT_LIMITS = env.json("DOCUMENT_LIMITS", default={})
# True if a blocking quality rule that has never run stops a pipeline at the gate.
GATE_NEEDS_RESULT = env.bool("GATE_NEEDS_RESULT", default=False)
# Seconds and megabytes that one run of checks may take, rows of data it shows for a failing rule, and how many runs may
# read one database at the same time.
QUALITY_DEADLINE_S = env.int("QUALITY_DEADLINE_S", default=300)
QUALITY_MEMORY_MB = env.int("QUALITY_MEMORY_MB", default=512)
QUALITY_SAMPLES = env.int("QUALITY_SAMPLES", default=10)
# A folder for what rules have counted on data that has not changed since; empty: everything is read each time.
QUALITY_CACHE = env.str("QUALITY_CACHE", default=str(VAR_DIR / "quality-cache"))
# How long one profile may read, and from how many rows on it looks at a sample.
PROFILE_DEADLINE_S = env.int("PROFILE_DEADLINE_S", default=600)
PROFILE_EXACT_ROWS = env.int("PROFILE_EXACT_ROWS", default=10**9)
# Profiles of each column that are kept, besides the last one of each month.
PROFILES_KEPT = env.int("PROFILES_KEPT", default=30)
# Days for which all results of checks are kept, and how many of each rule are kept whatever their age.
QUALITY_CHECKS_KEPT_DAYS = env.int("QUALITY_CHECKS_KEPT_DAYS", default=400)
QUALITY_CHECKS_KEPT = env.int("QUALITY_CHECKS_KEPT", default=30)
SOURCE_CONCURRENCY = env.int("SOURCE_CONCURRENCY", default=2)
# Checks and profiles that one worker carries out at the same time, each in a process of its own.
PROFILE_CONCURRENCY = env.int("PROFILE_CONCURRENCY", default=2)
# Modules whose functions quality rules may name; see apps/quality/functions.py.
QUALITY_FUNCTIONS = env.list("QUALITY_FUNCTIONS", default=["apps.quality.benford"])
EVENTS_MAX_BYTES = env.int("EVENTS_MAX_BYTES", default=10_000_000)  # of one body, as sent and expanded
SCHEMA_UPLOAD_MAX_BYTES = env.int(
    "SCHEMA_UPLOAD_MAX_BYTES", default=20_000_000
)  # of one file of SQL, or of data
DBT_UPLOAD_MAX_BYTES = env.int("DBT_UPLOAD_MAX_BYTES", default=200 * 1024 * 1024)

# --- security -----------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 0 if LOOPBACK else int(timedelta(days=365).total_seconds())
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOOPBACK
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not LOOPBACK)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = ["models.W027"]
CSRF_FAILURE_VIEW = "portal.views.forgery"

# --- API ----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.people.authentication.ReaderAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.people.rest.permissions.MayAct"],
    "DEFAULT_RENDERER_CLASSES": ["apps.people.rest.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.people.rest.rendering.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "apps.people.rest.filtering.StrictFilters",
        "apps.people.rest.filtering.TotalOrdering",
    ],
    "DEFAULT_PAGINATION_CLASS": "apps.people.rest.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.PortalSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": [
        "apps.people.rest.throttling.PersonThrottle",
        "apps.people.rest.throttling.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "person": env("THROTTLE_PERSON", default="600/min"),
        "address": env("THROTTLE_ADDRESS", default="60/min"),
        "search": env("THROTTLE_SEARCH", default="240/min"),
        "preview": env("THROTTLE_PREVIEW", default="60/min"),
        "ingest": env("THROTTLE_INGEST", default="60/min"),
        "execute": env("THROTTLE_EXECUTE", default="120/min"),
        # A run sends an event at each turn, and a pipeline has many runs: these do not count as calls of a person.
        "events": env("THROTTLE_EVENTS", default="6000/min"),
        "sign_in": env("THROTTLE_SIGN_IN", default="10/min"),
    },
    "EXCEPTION_HANDLER": "portal.api.exceptions.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Data capsule portal",
    "DESCRIPTION": "Tables and views with everything that is known and promised about them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PATH_CONVERTER_OVERRIDES": {
        "key": {"type": "string", "format": "uuid"},
        "segment": {"type": "string", "minLength": 1},
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Some hundred routes: open, they take a browser half a minute and nobody reads them so.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "displayOperationId": False,
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
        "filter": True,
        "persistAuthorization": False,
    },
    "SERVE_PUBLIC": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AccessOutcomeEnum": "apps.policy.api.simulation.OUTCOMES",
        "SettledOutcomeEnum": "apps.policy.api.simulation.SETTLED",
        "MetricEnum": "apps.contracts.models.Promise",
        "ReferentialActionEnum": "apps.catalog.models.ReferentialAction",
        "SensitivityEnum": "apps.catalog.vocabularies.SENSITIVITY",
    },
}

# --- data ---------------------------------------------------------------------------------------------
# Folders below which the portal may read data, and nothing else; by itself only the demo's.
PAYLOAD_ROOTS = env.list("PAYLOAD_ROOTS", default=[str(BASE_DIR / "apps" / "demo")])
# Where readings keep what exceeds their memory, and what they remember of files; nobody else may look into it.
PAYLOAD_WORK = env("PAYLOAD_WORK", default=str(VAR_DIR / "payload"))
# Databases that a source system may name: public hosts, these internal networks and host names, on these ports.
CONNECT_INTERNAL = env.list("CONNECT_INTERNAL", default=[])
CONNECT_PORTS = env.list("CONNECT_PORTS", cast=int, default=[5432, 5433, 5439, 6432, 6543])
# The folder below which a secret `file:…` of a source system lies; without it only `env:…` is read.
SECRETS_ROOT = env("SECRETS_ROOT", default="")
# The keys of masking and vaults: a file, or the ring itself. Unset, the portal makes its own in `var/keys.json`.
DCS_KEYS = env("DCS_KEYS", default="")
# The file outside of the database to which every seal of the log is added; on another volume in production.
AUDIT_ANCHOR = env("AUDIT_ANCHOR", default="")
# How long after it was signed a transaction may begin that says who acts; the clocks of portal and database differ.
CONTEXT_SECONDS = env.int("CONTEXT_SECONDS", default=600)

# --- caches, mail, work -------------------------------------------------------------------------------
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
# Where people reach the portal, for the links in mails.
PORTAL_URL = env("PORTAL_URL", default="http://127.0.0.1:8000")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="portal@localhost")
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_READONLY_MODELS = True
# Seconds between signs of life of a worker; what one left that gave none for three of them is taken up again.
HEARTBEAT_SECONDS = env.float("HEARTBEAT_SECONDS", default=10)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "portal.logs.AddRequestId"}},
    "formatters": {"json": {"()": "portal.logs.OneLine"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "portal": {"level": env("LOG_LEVEL", default="INFO")},
        "apps": {"level": env("LOG_LEVEL", default="INFO")},
    },
}
