"""Between messages and values."""

from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import snapshot_pb2

from files_svc.archive import ArchiveFormat
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry, Snapshot
from files_svc.reading import Chunk
from files_svc.uploads import Piece


def digest_from_proto(message: snapshot_pb2.Digest) -> Digest:
    """Read a digest."""
    return Digest(sha256=message.sha256, size_bytes=message.size_bytes)


def digest_to_proto(digest: Digest) -> snapshot_pb2.Digest:
    """Write a digest."""
    return snapshot_pb2.Digest(sha256=digest.sha256, size_bytes=digest.size_bytes)


def entry_from_proto(message: snapshot_pb2.FileEntry) -> FileEntry:
    """Read a file's entry."""
    return FileEntry(path=message.path, digest=digest_from_proto(message.digest))


def entry_to_proto(entry: FileEntry) -> snapshot_pb2.FileEntry:
    """Write a file's entry."""
    return snapshot_pb2.FileEntry(path=entry.path, digest=digest_to_proto(entry.digest))


def snapshot_to_proto(snapshot: Snapshot) -> snapshot_pb2.Snapshot:
    """Write what is told about a snapshot."""
    message = snapshot_pb2.Snapshot(
        snapshot_id=snapshot.snapshot_id,
        file_count=len(snapshot.listing.entries),
        total_size_bytes=snapshot.listing.total_size_bytes,
    )
    message.create_time.FromDatetime(snapshot.create_time)
    return message


def piece_from_proto(message: pb.WriteFilesRequest) -> Piece:
    """Read a piece of an upload."""
    header = entry_from_proto(message.header) if message.HasField("header") else None
    return Piece(header=header, data=message.data)


def read_file_response(chunk: Chunk) -> pb.ReadFileResponse:
    """Write a part of a file."""
    entry = entry_to_proto(chunk.entry) if chunk.entry else None
    return pb.ReadFileResponse(entry=entry, data=chunk.data)


def read_snapshot_response(chunk: Chunk) -> pb.ReadSnapshotResponse:
    """Write a part of a snapshot's file."""
    entry = entry_to_proto(chunk.entry) if chunk.entry else None
    return pb.ReadSnapshotResponse(entry=entry, data=chunk.data)


def archive_format_from_proto(value: int) -> ArchiveFormat:
    """Read an archive format; one that is not set is a zip."""
    return ArchiveFormat.TAR_GZ if value == pb.ARCHIVE_FORMAT_TAR_GZ else ArchiveFormat.ZIP
