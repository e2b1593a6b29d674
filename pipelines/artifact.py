"""An artifact is a folder `<root>/<name>/<digest>` whose manifest lists the sha256 of every file; it appears whole."""

import contextlib
import errno
import hashlib
import importlib.metadata
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from metier.errors import ArtifactDamaged, ConfigError
from pipelines import installation_lock

MANIFEST = "manifest.json"
POINTER = "bundled.json"
FORMAT = 1
# another host may still be writing a younger one
ABANDONED_AFTER = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an artifact is and where it comes from; `write` fills in digest and files."""

    name: str
    base_model: str
    data_digest: str
    seed: int
    code_version: str
    created: datetime
    metrics: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)  # any JSON: what the loader of this artifact needs to know
    digest: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder whose every file was found as its manifest says."""

    name: str
    digest: str
    folder: Path
    manifest: Manifest


def code_version() -> str:
    """Return the version of the installed code, for manifests."""
    try:
        return importlib.metadata.version("metier")
    except importlib.metadata.PackageNotFoundError:
        return "source"


def folder_of(root: Path, name: str, digest: str) -> Path:
    """Return where this artifact lies, there or not."""
    return root / name / digest


def write(root: Path, manifest: Manifest, fill: Callable[[Path], None]) -> Artifact:
    """Let `fill` write the files of an artifact, then make it appear in one step.

    The digest comes from the files and from what a loader reads of the manifest, not from times or metrics, so the same
    content is the same artifact: a sound folder that is there already is kept, a damaged one is replaced.
    """
    parent = root / manifest.name
    draft = parent / f".draft-{secrets.token_hex(8)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft.mkdir()
        _remove_abandoned(parent, draft)
        fill(draft)
        files = {path.relative_to(draft).as_posix(): _sha256(path) for path in _files(draft)}
        whole = replace(manifest, files=files, digest="")
        whole = replace(whole, digest=_identity(whole))
        (draft / MANIFEST).write_bytes(_dump(whole))
        _sync(draft)
        return _place(draft, folder_of(root, manifest.name, whole.digest))
    except OSError as error:
        raise ConfigError(
            f"{parent}: the artifact cannot be written ({error}); make room there or point METIER_ARTIFACTS elsewhere"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def verify(folder: Path) -> Artifact:
    """Check every file against the manifest before anything else reads it, or raise `ArtifactDamaged`."""
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise _damaged(path, "lies outside of its artifact")
        try:
            found = _sha256(path)
        except OSError as error:
            raise _damaged(path, f"cannot be read ({error.strerror})") from error
        if found != expected:
            raise _damaged(path, "does not match its manifest")
    return Artifact(manifest.name, manifest.digest, folder, manifest)


def find(root: Path, name: str, digest: str) -> Artifact:
    """Return this artifact, verified; refuse a folder that holds another one."""
    found = verify(folder_of(root, name, digest))
    if (found.name, found.digest) != (name, digest):
        raise _damaged(found.folder, f"holds {found.name} {found.digest} instead")
    return found


def read_manifest(folder: Path) -> Manifest:
    """Read what an artifact says of itself; its own checksum is checked, the other files are not."""
    path = folder / MANIFEST
    try:
        body = json.loads(path.read_bytes())
        seal = body.pop("seal")
        if seal != _digest_of(body):
            raise _damaged(path, "does not match its checksum")
        if body.pop("format") != FORMAT:
            raise ConfigError(f"{path}: written by another version of Metier; update this host or build it again here")
        manifest = Manifest(**(body | {"created": datetime.fromisoformat(body["created"])}))
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, f"cannot be read ({type(error).__name__})") from error
    if manifest.digest != _identity(replace(manifest, digest="")):
        raise _damaged(path, "does not match its digest")
    return manifest


def bundled(root: Path) -> dict[str, str]:
    """Return name → digest of what the installation built here; empty before it has."""
    path = root / POINTER
    try:
        pointers = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ArtifactDamaged(f"{path}: cannot be read; remove it and run `metier artifacts build`") from error
    if not isinstance(pointers, dict) or not all(isinstance(digest, str) for digest in pointers.values()):
        raise ArtifactDamaged(f"{path}: is no table of names and digests; remove it and run `metier artifacts build`")
    return pointers


def set_bundled(root: Path, name: str, digest: str) -> None:
    """Point a name at what the installation built; readers see the old table or the new one."""
    with installation_lock.held(root / f".{POINTER}.lock"):
        draft = root / f".{POINTER}-{secrets.token_hex(8)}"
        try:
            pointers = bundled(root) | {name: digest}
            draft.write_text(json.dumps(pointers, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            _sync_one(draft)
            draft.replace(root / POINTER)
            _sync_one(root)
        except OSError as error:
            raise ConfigError(f"{root / POINTER}: cannot be written ({error}); make room there") from error
        finally:
            draft.unlink(missing_ok=True)


def _place(draft: Path, target: Path) -> Artifact:
    """Rename the draft to its final name, unless a sound artifact has it."""
    try:
        draft.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        with contextlib.suppress(ArtifactDamaged):
            return verify(target)
        aside = target.parent / f".draft-{secrets.token_hex(8)}"
        target.rename(aside)
        draft.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    _sync_one(target.parent)
    return Artifact(target.parent.name, target.name, target, read_manifest(target))


def _remove_abandoned(parent: Path, draft: Path) -> None:
    """Remove the drafts of processes that died long ago, by the file system's own clock."""
    now = draft.stat().st_mtime
    for old in parent.glob(".draft-*"):
        with contextlib.suppress(FileNotFoundError):
            if now - old.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(old, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identity(manifest: Manifest) -> str:
    kept = ("name", "base_model", "data_digest", "seed", "thresholds", "extra", "files")
    return _digest_of({key: getattr(manifest, key) for key in kept})[:32]


def _digest_of(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _dump(manifest: Manifest) -> bytes:
    body = asdict(manifest) | {"created": manifest.created.isoformat(), "format": FORMAT}
    sealed = body | {"seal": _digest_of(body)}
    return json.dumps(sealed, indent=1, sort_keys=True, allow_nan=False).encode()


def _damaged(path: Path, what: str) -> ArtifactDamaged:
    return ArtifactDamaged(f"{path}: {what}; remove its folder and run `metier artifacts build`, or copy it again")
