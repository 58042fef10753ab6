"""What the deployer may set. The only reader of the environment; docs/settings.md is its manual."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

LOCAL_ORIGINS = (
    "http://localhost:3000",
    "http://localhost:3001",
    "http://127.0.0.1:3000",
    "http://127.0.0.1:3001",
)


def _env(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


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
    secret: SecretStr | None = Field(None, min_length=32, validation_alias=_env("TOWNHALL_SECRET"))
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        LOCAL_ORIGINS, validation_alias=_env("TOWNHALL_CORS_ORIGINS")
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

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        if "*" in origins:
            raise ValueError("name each origin; * is not allowed, because requests carry tokens")
        return origins
