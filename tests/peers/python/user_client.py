"""grpcio's usual client program for examples/proto/user.proto.

    user_client.py [--target localhost:50051] [--id 1]

Prints the reply's fields, one a line.
"""

import argparse

import grpc

import user_pb2
import user_pb2_grpc


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", default="localhost:50051")
    parser.add_argument("--id", type=int, default=1)
    arguments = parser.parse_args()

    with grpc.insecure_channel(arguments.target) as channel:
        stub = user_pb2_grpc.UserServiceStub(channel)
        user = stub.GetUser(user_pb2.UserRequest(id=arguments.id), timeout=10)
    print(user, end="")


if __name__ == "__main__":
    main()
