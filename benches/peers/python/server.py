"""proto/rpc.proto on grpcio, with threads as most programs use it."""

import argparse
import concurrent.futures

import grpc
import rpc_pb2 as api
import rpc_pb2_grpc

PAYLOAD = bytes(at % 251 for at in range(251)) * ((16 << 20) // 251 + 1)


class Load(rpc_pb2_grpc.LoadServicer):
    def GetUser(self, request, context):
        if request.id <= 0:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"id must be positive, got {request.id}")
        return api.User(id=request.id, name="John Doe", email="john@example.com")

    def Unary(self, request, context):
        return request

    def Sized(self, request, context):
        return api.Piece(payload=PAYLOAD[: request.payload_bytes])

    def Down(self, request, context):
        payload = PAYLOAD[: request.payload_bytes]
        for number in range(request.count):
            yield api.Piece(number=number, payload=payload)

    def Up(self, requests, context):
        total = api.Total()
        for piece in requests:
            total.count += 1
            total.payload_bytes += len(piece.payload)
        return total

    def Both(self, requests, context):
        yield from requests


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:0")
    listen = parser.parse_args().listen
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16))
    rpc_pb2_grpc.add_LoadServicer_to_server(Load(), server)
    port = server.add_insecure_port(listen)
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
