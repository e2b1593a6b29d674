"""How the settings read in `.env.example` and in the README; `python -m tests.house.settings_text` prints both."""

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from metier.settings import Settings


def example(settings: type[BaseSettings]) -> str:
    """Return the settings as lines of `.env.example`."""
    return "\n".join(f"# {field.description}\n#{variable}={shown(field)}\n" for variable, field in _fields(settings))


def table(settings: type[BaseSettings]) -> str:
    """Return the settings as a table of the README."""
    rows = [
        f"| `{variable}` | {f'`{shown(field)}`' if shown(field) else ''} | {field.description} |"
        for variable, field in _fields(settings)
    ]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows]) + "\n"


def shown(field: FieldInfo) -> str:
    """Return the default as a person would write it into `.env`."""
    match field.default:
        case None | SecretStr():
            return ""
        case bool(value):
            return str(value).lower()
        case timedelta() as value:
            return f"P{value.days}D" if value.days and not value.seconds else f"{value.total_seconds():g}"
        case Path() as value:
            return value.as_posix()
        case value:
            return str(value)


def _fields(settings: type[BaseSettings]) -> list[tuple[str, FieldInfo]]:
    prefix = settings.model_config.get("env_prefix", "")
    return [(f"{prefix}{name}".upper(), field) for name, field in settings.model_fields.items()]


if __name__ == "__main__":
    print(example(Settings))
    print(table(Settings))
