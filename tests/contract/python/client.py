"""A client of Cardume that is made only from the .proto files: joins, searches, downloads, verifies and uploads.

    python client.py GENERATED-FOLDER INDEX PEER FILE-NAME

GENERATED-FOLDER is what grpc_tools.protoc made of the .proto files. It prints one JSON object with what it saw; the test
that runs it compares that with the truth.
"""

import hashlib
import json
import sys

import grpc
from pieces_root import pieces_root

generated_folder, index_address, peer_address, file_name = sys.argv[1:]
sys.path.insert(0, generated_folder)

from cardume.index.v1 import index_service_pb2 as index_messages  # noqa: E402
from cardume.index.v1.index_service_pb2_grpc import IndexServiceStub  # noqa: E402
from cardume.transfer.v1 import transfer_service_pb2 as transfer_messages  # noqa: E402
from cardume.transfer.v1.transfer_service_pb2_grpc import TransferServiceStub  # noqa: E402

TIMEOUT_SECONDS = 20


def join_and_leave(index: IndexServiceStub) -> dict:
    """Joins with one file, finds it, renews, and leaves again."""
    content = b"shared from Python\n"
    entry = index_messages.FileEntry(
        name="from-python.txt", size_bytes=len(content), digest=pieces_root(content)
    )
    request = index_messages.JoinRequest(host="127.0.0.1", port=9, share_name="python", files=[entry])
    lease = index.Join(request, timeout=TIMEOUT_SECONDS)
    query = index_messages.SearchRequest(query="from-python.txt", match_mode=index_messages.MATCH_MODE_EXACT)
    found = index.Search(query, timeout=TIMEOUT_SECONDS)
    key = {"peer_id": lease.peer_id, "lease_secret": lease.lease_secret}
    renewal = index.Renew(index_messages.RenewRequest(**key), timeout=TIMEOUT_SECONDS)
    index.Leave(index_messages.LeaveRequest(**key), timeout=TIMEOUT_SECONDS)
    afterwards = index.Search(query, timeout=TIMEOUT_SECONDS)
    return {
        "taken": lease.taken_file_count,
        "holderIsThisPeer": [holder.peer_id == lease.peer_id for hit in found.hits for holder in hit.holders],
        "renewedFileCount": renewal.file_count,
        "hitsAfterLeaving": len(afterwards.hits),
    }


def download(peer: TransferServiceStub, digest: str) -> dict:
    """Downloads by digest, and hashes what came with an implementation of its own."""
    messages = peer.Download(transfer_messages.DownloadRequest(digest=digest), timeout=TIMEOUT_SECONDS)
    description = next(messages).file
    content = b"".join(message.chunk for message in messages)
    return {
        "name": description.name,
        "sizeBytes": description.size_bytes,
        "receivedBytes": len(content),
        "contentHash": hashlib.sha256(content).hexdigest(),
        "listedDigest": digest,
        "digest": pieces_root(content),
    }


def refused(peer: TransferServiceStub) -> dict:
    """Asks for what is not there."""
    try:
        list(peer.Download(transfer_messages.DownloadRequest(name="no such file"), timeout=TIMEOUT_SECONDS))
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}
    return {}


def upload(peer: TransferServiceStub) -> dict:
    """Uploads a file in two calls, the second from where the first has ended, and one with another digest than its own."""
    content = b"uploaded from Python\n" * 1000
    file = transfer_messages.File(name="uploaded.txt", size_bytes=len(content), digest=pieces_root(content))
    begin = transfer_messages.UploadRequest(file=file, data=content[:5000])
    peer.Upload(iter([begin]), timeout=TIMEOUT_SECONDS)
    asked = transfer_messages.GetUploadRequest(file=file)
    committed = peer.GetUpload(asked, timeout=TIMEOUT_SECONDS).committed_size_bytes
    rest = transfer_messages.UploadRequest(file=file, write_offset=committed, data=content[committed:])
    ended = peer.Upload(iter([rest]), timeout=TIMEOUT_SECONDS)
    wrong = transfer_messages.File(name="wrong.txt", size_bytes=5, digest=file.digest)
    try:
        peer.Upload(iter([transfer_messages.UploadRequest(file=wrong, data=b"wrong")]), timeout=TIMEOUT_SECONDS)
        wrong_code = "OK"
    except grpc.RpcError as error:
        wrong_code = error.code().name
    return {"committed": committed, "complete": ended.complete, "name": ended.name, "wrong": wrong_code}


with grpc.insecure_channel(index_address) as index_channel, grpc.insecure_channel(peer_address) as peer_channel:
    index = IndexServiceStub(index_channel)
    peer = TransferServiceStub(peer_channel)
    hits = index.Search(index_messages.SearchRequest(query=file_name), timeout=TIMEOUT_SECONDS).hits
    holders = [f"{holder.host}:{holder.port}" for hit in hits for holder in hit.holders]
    report = {
        "joined": join_and_leave(index),
        "found": [hit.name for hit in hits],
        "holders": holders,
        "downloaded": download(peer, hits[0].digest),
        "refused": refused(peer),
        "uploaded": upload(peer),
    }
    print(json.dumps(report))
