"""Uploads a packed result to a Lighthouse node, chunk by chunk, and survives a node that goes away."""

import random
import time
import urllib.error
import urllib.request

CHUNK_BYTES = 8 * 1024 * 1024
ATTEMPTS_MAX = 5
FIRST_DELAY_SECONDS = 0.2


class UploadFailed(Exception):
    """No node accepted the chunk; the build goes on without storing its result."""


def delay_before(attempt: int, jitter=random.random) -> float:
    """Full jitter: any moment up to a bound that doubles with every attempt."""
    return jitter() * FIRST_DELAY_SECONDS * 2**attempt


def put_chunk(url: str, offset: int, chunk: bytes) -> None:
    """Sends one chunk. The offset makes a repeated chunk harmless: the node writes it to the same place again."""
    request = urllib.request.Request(url, data=chunk, method="PUT")
    request.add_header("Upload-Offset", str(offset))
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.status != 204:
            raise UploadFailed(f"{url} answered {answer.status} at offset {offset}")


def upload(url: str, path: str) -> int:
    """Uploads the file and returns the number of bytes sent.

    A refused chunk (any 4xx answer) is not tried again, because the node has said why it does not want it.
    """
    offset = 0
    with open(path, "rb") as packed:
        while chunk := packed.read(CHUNK_BYTES):
            for attempt in range(ATTEMPTS_MAX):
                try:
                    put_chunk(url, offset, chunk)
                    break
                except urllib.error.HTTPError as error:
                    if 400 <= error.code < 500:
                        raise UploadFailed(f"{url} refused offset {offset}: {error.reason}") from error
                except OSError:
                    pass
                time.sleep(delay_before(attempt))
            else:
                raise UploadFailed(f"{url} could not be reached {ATTEMPTS_MAX} times at offset {offset}")
            offset += len(chunk)
    return offset
