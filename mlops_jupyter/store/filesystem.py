"""What kind of file system a folder is on, and private files."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

# Memory shared by mmap is not coherent on these, so neither is a write-ahead log; fuse in general
# is a cloud drive or sshfs, except the local ones that desktops and containers use.
_REMOTE = (
    "nfs*", "cifs", "smb*", "afs", "ncpfs", "9p", "virtiofs", "vboxsf", "lustre", "gpfs", "beegfs", "ceph",
    "glusterfs", "ocfs2", "gfs2", "davfs*", "webdav", "afpfs", "osxfuse*", "macfuse*", "fuse", "fuse.*",
)  # fmt: skip
_LOCAL = ("fuse.fuse-overlayfs", "fuseblk")


def remote_kind(folder: Path) -> str | None:
    """Return the kind of the file system if it is shared over a network, None if it is local."""
    kind = kind_of(folder)
    return kind if is_remote(kind) else None


def is_remote(kind: str) -> bool:
    """Return whether a kind of file system is a shared or remote one.

    Examples
    --------
    >>> is_remote("nfs4"), is_remote("fuse.sshfs"), is_remote("ext4")
    (True, True, False)
    """
    name = kind.lower()
    if any(fnmatch(name, pattern) for pattern in _LOCAL):
        return False
    return any(fnmatch(name, pattern) for pattern in _REMOTE)


def kind_of(folder: Path) -> str:
    """Return the kind of the file system that a folder is on (``ext4``), or an empty string."""
    import psutil

    best, kind = -1, ""
    text = str(folder)
    for partition in psutil.disk_partitions(all=True):
        mount = partition.mountpoint
        inside = text == mount or text.startswith(mount.rstrip(os.sep) + os.sep)
        if inside and len(mount) >= best:
            best, kind = len(mount), partition.fstype
    return str(kind)


def private_folder(folder: Path) -> None:
    """Make a folder, and its parents, that only its owner can enter; leave one that exists."""
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
