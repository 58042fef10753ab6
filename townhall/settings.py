"""What the deployer may set. The only reader of the environment; docs/settings.md is its manual."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ORIGINS = (
    "http://localhost:3000",
    "http://localhost:3001",
    "http://127.0.0.1:3000",
    "http://127.0.0.1:3001",
)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _env(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


def _origin(text: str) -> str:
    origin = text.strip().rstrip("/").lower()
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be like https://desk.town.example")
    return origin


def _safe_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise ValueError("must begin with https://, or keys could be changed on their way")
    return text


def _network(text: str) -> str:
    network = ip_network(text.strip(), strict=False)
    if network.prefixlen == 0:
        raise ValueError("name the proxies: everybody is none")
    return str(network)


def _rate(text: str) -> str:
    from limits import parse  # a tenth of a second to import, and few set one

    try:
        parse(text)
    except ValueError:
        raise ValueError("must be like 20/minute") from None
    return text


Origin = Annotated[str, AfterValidator(_origin)]
SafeUrl = Annotated[str, AfterValidator(_safe_url)]
Network = Annotated[str, AfterValidator(_network)]
Rate = Annotated[str, AfterValidator(_rate)]


class Settings(BaseSettings):
    """The deployer's choices, read from the environment and from `.env`; every default works."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", populate_by_name=True, frozen=True, env_ignore_empty=True
    )

    data: Path = Field(Path("data"), validation_alias=_env("TOWNHALL_DATA"))
    database_url: SecretStr | None = Field(None, validation_alias=_env("DATABASE_URL"))
    town: Path | None = Field(None, validation_alias=_env("TOWNHALL_TOWN"))

    model: str | None = Field(None, validation_alias=_env("TOWNHALL_MODEL"))
    model_api: Literal["responses", "chat"] | None = Field(
        None, validation_alias=_env("TOWNHALL_MODEL_API")
    )
    openai_api_key: SecretStr | None = Field(None, validation_alias=_env("OPENAI_API_KEY"))
    openai_base_url: str | None = Field(None, validation_alias=_env("OPENAI_BASE_URL"))

    first_event_seconds: float = Field(
        20, gt=0, validation_alias=_env("TOWNHALL_FIRST_EVENT_SECONDS")
    )
    gap_seconds: float = Field(20, gt=0, validation_alias=_env("TOWNHALL_GAP_SECONDS"))
    turn_seconds: float = Field(120, gt=0, validation_alias=_env("TOWNHALL_TURN_SECONDS"))
    drain_seconds: float = Field(20, ge=0, validation_alias=_env("TOWNHALL_DRAIN_SECONDS"))

    access: Literal["auto", "token"] = Field("auto", validation_alias=_env("TOWNHALL_ACCESS"))
    environment: Literal["development", "production"] = Field(
        "development", validation_alias=_env("TOWNHALL_ENVIRONMENT")
    )
    public_origin: Origin | None = Field(None, validation_alias=_env("TOWNHALL_PUBLIC_ORIGIN"))
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode] = Field(
        (), validation_alias=_env("TOWNHALL_TRUSTED_PROXIES")
    )
    secret: SecretStr | None = Field(None, min_length=32, validation_alias=_env("TOWNHALL_SECRET"))
    secret_previous: SecretStr | None = Field(
        None, min_length=32, validation_alias=_env("TOWNHALL_SECRET_PREVIOUS")
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        LOCAL_ORIGINS, validation_alias=_env("TOWNHALL_CORS_ORIGINS")
    )

    limit_turns_per_caller: Rate = Field(
        "20/minute", validation_alias=_env("TOWNHALL_LIMIT_TURNS_PER_CALLER")
    )
    limit_turns_per_address: Rate = Field(
        "120/minute", validation_alias=_env("TOWNHALL_LIMIT_TURNS_PER_ADDRESS")
    )
    limit_tokens_per_address: Rate = Field(
        "30/minute", validation_alias=_env("TOWNHALL_LIMIT_TOKENS_PER_ADDRESS")
    )
    limit_streams_per_caller: int = Field(
        10, ge=1, validation_alias=_env("TOWNHALL_LIMIT_STREAMS_PER_CALLER")
    )

    oidc_issuer: SafeUrl | None = Field(None, validation_alias=_env("TOWNHALL_OIDC_ISSUER"))
    oidc_audience: str = Field("authenticated", validation_alias=_env("TOWNHALL_OIDC_AUDIENCE"))
    oidc_jwks_url: SafeUrl | None = Field(None, validation_alias=_env("TOWNHALL_OIDC_JWKS_URL"))
    oidc_secret: SecretStr | None = Field(
        None, min_length=32, validation_alias=_env("TOWNHALL_OIDC_SECRET")
    )
    staff_role: str = Field("staff", validation_alias=_env("TOWNHALL_STAFF_ROLE"))

    chatkit_domain_key: str = Field(
        "local-dev", validation_alias=_env("TOWNHALL_CHATKIT_DOMAIN_KEY")
    )

    traces: Literal["auto", "openai", "otlp", "off"] = Field(
        "auto", validation_alias=_env("TOWNHALL_TRACES")
    )
    traces_endpoint: str | None = Field(None, validation_alias=_env("TOWNHALL_TRACES_ENDPOINT"))
    traces_include_text: bool = Field(False, validation_alias=_env("TOWNHALL_TRACES_INCLUDE_TEXT"))

    log_format: Literal["pretty", "json"] = Field(
        "pretty", validation_alias=_env("TOWNHALL_LOG_FORMAT")
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", validation_alias=_env("TOWNHALL_LOG_LEVEL")
    )

    @property
    def model_name(self) -> str | None:
        """The model that answers: `echo`, `clerk` or a hosted one; None is the SDK's default.

        Unset: hosted if there is a key or a base URL, else the clerk.
        """
        has_host = bool(self.openai_api_key or self.openai_base_url)
        return self.model or (None if has_host else "clerk")

    @property
    def trace_destination(self) -> Literal["openai", "otlp", "local"]:
        """Where traces go."""
        if self.traces == "auto":
            base = self.openai_base_url
            is_openai = base is None or urlsplit(base).hostname == "api.openai.com"
            return "openai" if self.openai_api_key and is_openai else "local"
        return "local" if self.traces == "off" else self.traces

    @property
    def access_mode(self) -> Literal["auto", "token"]:
        """What `access` comes to: nobody is local once the town uses the desk."""
        return "token" if self.access == "token" or self.why_token else "auto"

    @property
    def why_token(self) -> str | None:
        """The setting that makes `token` the mode whatever TOWNHALL_ACCESS says, if any does."""
        is_public = (
            self.public_origin is not None and urlsplit(self.public_origin).hostname not in LOOPBACK
        )
        reasons = {
            "TOWNHALL_ENVIRONMENT": self.environment == "production",
            "TOWNHALL_PUBLIC_ORIGIN": is_public,
            "TOWNHALL_TRUSTED_PROXIES": bool(self.trusted_proxies),
        }
        return next((name for name, holds in reasons.items() if holds), None)

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_an_issuer(self) -> Self:
        if self.oidc_issuer is None and (self.oidc_secret or self.oidc_jwks_url):
            raise ValueError("set TOWNHALL_OIDC_ISSUER too: whose tokens they are")
        return self

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        if "*" in origins:
            raise ValueError("name each origin; * is not allowed, because requests carry tokens")
        return origins
