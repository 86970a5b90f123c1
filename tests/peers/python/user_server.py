"""grpcio's usual server program for examples/proto/user.proto.

    user_server.py [--port 50051]

Prints `listening on [::]:PORT` (port 0: one that is free) and serves until its standard input ends
or Ctrl-C.
"""

import argparse
import sys
from concurrent import futures

import grpc

import user_pb2
import user_pb2_grpc


class UserServiceServicer(user_pb2_grpc.UserServiceServicer):
    def GetUser(self, request, context):
        if request.id <= 0:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"id must be positive, got {request.id}")
        return user_pb2.UserResponse(id=request.id, name="John Doe", email="john@example.com")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=50051)
    arguments = parser.parse_args()

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=10))
    user_pb2_grpc.add_UserServiceServicer_to_server(UserServiceServicer(), server)
    port = server.add_insecure_port(f"[::]:{arguments.port}")
    server.start()
    print(f"listening on [::]:{port}", flush=True)
    sys.stdin.read()
    server.stop(grace=1).wait()


if __name__ == "__main__":
    main()
