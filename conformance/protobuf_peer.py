"""Google's Protobuf parser for `mutants`: decodes and encodes again what comes on standard input.

First a FileDescriptorSet, then requests: the full name of a message, a zero byte, and its payload. All have
their length in front, as four octets, little-endian, and so have answers: a letter, and the encoded message.
`A` accepted, `I` accepted but for required fields that are missing, `R` refused.
"""

import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
from google.protobuf.internal import api_implementation


def read(source):
    """What follows the next length, or None at the end."""
    head = source.read(4)
    return source.read(struct.unpack("<I", head)[0]) if len(head) == 4 else None


def classes(encoded):
    """All messages of a set, by full name."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(encoded).file
    for file in files:
        pool.Add(file)
    return message_factory.GetMessageClassesForFiles([file.name for file in files], pool)


def answer(kind, payload):
    """The answer to one request."""
    decoded = kind()
    try:
        decoded.ParseFromString(payload)
    except message.DecodeError:
        return b"R"
    letter = b"A" if decoded.IsInitialized() else b"I"
    return letter + decoded.SerializePartialToString(deterministic=True)


def main():
    if api_implementation.Type() != "upb":
        sys.exit(f"wanted Google's parser in C, found the one in {api_implementation.Type()}")
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    kinds = classes(read(source))
    while (request := read(source)) is not None:
        name, payload = request.split(b"\0", 1)
        answered = answer(kinds[name.decode()], payload)
        sink.write(struct.pack("<I", len(answered)) + answered)
        sink.flush()


main()
