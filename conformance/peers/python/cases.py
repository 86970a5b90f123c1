"""What both programs need: grpcio, the code generated for test.proto, and the numbers of the cases."""

import os

import grpc

# grpc.testing is a package of the generated code, beside grpcio's own.
grpc.__path__.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "grpc"))

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402, F401

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"


def zeros(size):
    return messages_pb2.Payload(body=bytes(size))
