"""grpcio's client of gRPC's interop tests:
`client.py --server_host localhost --server_port 8080 --test_case large_unary`. Fails by an exception."""

import argparse
import queue
import time

from cases import ECHO_INITIAL, ECHO_TRAILING, empty_pb2, grpc, messages_pb2, test_pb2_grpc, zeros

GZIP, IDENTITY = grpc.Compression.Gzip, grpc.Compression.NoCompression
UPLOADS = [27182, 8, 1828, 45904]
DOWNLOADS = [31415, 9, 2653, 58979]

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def expect(what, value, wanted):
    if value != wanted:
        raise AssertionError(f"{what} is {value!r} instead of {wanted!r}")


def expect_zeros(payload, size):
    expect("a payload's size", len(payload.body), size)
    expect("the number of zeros", payload.body.count(0), size)


def expect_error(call, code, message=None):
    """`call` fails so."""
    try:
        call()
    except grpc.RpcError as error:
        expect("the code", error.code(), code)
        if message is not None:
            expect("the message", error.details(), message)
    else:
        raise AssertionError(f"no error instead of {code}")


def large_request(**more):
    return messages_pb2.SimpleRequest(response_size=314159, payload=zeros(271828), **more)


def output_request(upload, download):
    parameters = [messages_pb2.ResponseParameters(size=download)]
    return messages_pb2.StreamingOutputCallRequest(payload=zeros(upload), response_parameters=parameters)


class Requests:
    """The requests of one stream, as they are sent."""

    def __init__(self):
        self.queue = queue.Queue()

    def send(self, request):
        self.queue.put(request)

    def close(self):
        self.queue.put(None)

    def __iter__(self):
        return iter(self.queue.get, None)


@case
def empty_unary(stub, args):
    expect("the response", stub.EmptyCall(empty_pb2.Empty()), empty_pb2.Empty())


@case
def cacheable_unary(stub, args):
    request = messages_pb2.SimpleRequest(payload=messages_pb2.Payload(body=str(time.time_ns()).encode()))
    # Whether a proxy keeps the answer is not looked at: there is none.
    for _ in range(2):
        response, call = stub.CacheableUnaryCall.with_call(request, metadata=[("x-user-ip", "1.2.3.4")])
        expect("that there is a timestamp", len(response.payload.body) > 0, True)
        expect("max-age", "max-age=60" in dict(call.initial_metadata())["cache-control"], True)


@case
def large_unary(stub, args):
    expect_zeros(stub.UnaryCall(large_request()).payload, 314159)


@case
def client_compressed_unary(stub, args, probe=True):
    expected, unexpected = messages_pb2.BoolValue(value=True), messages_pb2.BoolValue(value=False)
    request = large_request(expect_compressed=expected)
    if probe:
        call = lambda: stub.UnaryCall(request, compression=IDENTITY)  # noqa: E731
        expect_error(call, grpc.StatusCode.INVALID_ARGUMENT)
    expect_zeros(stub.UnaryCall(request, compression=GZIP).payload, 314159)
    request = large_request(expect_compressed=unexpected)
    expect_zeros(stub.UnaryCall(request, compression=IDENTITY).payload, 314159)


@case
def client_compressed_unary_noprobe(stub, args):
    client_compressed_unary(stub, args, probe=False)


@case
def server_compressed_unary(stub, args):
    # grpcio does not tell whether a message came compressed.
    for compressed in [True, False]:
        request = large_request(response_compressed=messages_pb2.BoolValue(value=compressed))
        expect_zeros(stub.UnaryCall(request).payload, 314159)


@case
def client_streaming(stub, args):
    requests = (messages_pb2.StreamingInputCallRequest(payload=zeros(size)) for size in UPLOADS)
    expect("aggregated_payload_size", stub.StreamingInputCall(requests).aggregated_payload_size, 74922)


@case
def client_compressed_streaming(stub, args):
    raise NotImplementedError("grpcio compresses all messages of a client's stream or none")


@case
def client_compressed_streaming_noprobe(stub, args):
    client_compressed_streaming(stub, args)


@case
def server_streaming(stub, args, compressed=(), sizes=DOWNLOADS):
    parameters = [messages_pb2.ResponseParameters(size=size) for size in sizes]
    for parameter, value in zip(parameters, compressed):
        parameter.compressed.value = value
    responses = stub.StreamingOutputCall(messages_pb2.StreamingOutputCallRequest(response_parameters=parameters))
    expect("the sizes", [len(response.payload.body) for response in responses], sizes)


@case
def server_compressed_streaming(stub, args):
    server_streaming(stub, args, [True, False], [31415, 92653])


@case
def ping_pong(stub, args):
    requests = Requests()
    responses = stub.FullDuplexCall(iter(requests))
    for upload, download in zip(UPLOADS, DOWNLOADS):
        requests.send(output_request(upload, download))
        expect_zeros(next(responses).payload, download)
    requests.close()
    expect("the rest", list(responses), [])


@case
def empty_stream(stub, args):
    expect("the responses", list(stub.FullDuplexCall(iter([]))), [])


@case
def custom_metadata(stub, args):
    metadata = [(ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, b"\xab\xab\xab")]
    response, unary = stub.UnaryCall.with_call(large_request(), metadata=metadata)
    expect_zeros(response.payload, 314159)
    duplex = stub.FullDuplexCall(iter([output_request(271828, 314159)]), metadata=metadata)
    expect("the sizes", [len(response.payload.body) for response in duplex], [314159])
    for call in unary, duplex:
        expect(ECHO_INITIAL, dict(call.initial_metadata()).get(ECHO_INITIAL), metadata[0][1])
        expect(ECHO_TRAILING, dict(call.trailing_metadata()).get(ECHO_TRAILING), metadata[1][1])


@case
def status_code_and_message(stub, args, message="test status message"):
    status = messages_pb2.EchoStatus(code=2, message=message)
    unary = messages_pb2.SimpleRequest(response_status=status)
    expect_error(lambda: stub.UnaryCall(unary), grpc.StatusCode.UNKNOWN, message)
    duplex = messages_pb2.StreamingOutputCallRequest(response_status=status)
    expect_error(lambda: list(stub.FullDuplexCall(iter([duplex]))), grpc.StatusCode.UNKNOWN, message)


@case
def special_status_message(stub, args):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    status_code_and_message(stub, args, message)


@case
def unimplemented_method(stub, args):
    expect_error(lambda: stub.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@case
def unimplemented_service(stub, args):
    stub = test_pb2_grpc.UnimplementedServiceStub(args.channel)
    expect_error(lambda: stub.UnimplementedCall(empty_pb2.Empty()), grpc.StatusCode.UNIMPLEMENTED)


@case
def cancel_after_begin(stub, args):
    call = stub.StreamingInputCall.future(iter(Requests()))
    call.cancel()
    expect("the code", call.code(), grpc.StatusCode.CANCELLED)


@case
def cancel_after_first_response(stub, args):
    requests = Requests()
    responses = stub.FullDuplexCall(iter(requests))
    requests.send(output_request(UPLOADS[0], DOWNLOADS[0]))
    expect_zeros(next(responses).payload, DOWNLOADS[0])
    responses.cancel()
    expect_error(lambda: next(responses), grpc.StatusCode.CANCELLED)
    requests.close()


@case
def timeout_on_sleeping_server(stub, args):
    requests = Requests()
    requests.send(messages_pb2.StreamingOutputCallRequest(payload=zeros(UPLOADS[0])))
    responses = stub.FullDuplexCall(iter(requests), timeout=0.001)
    expect_error(lambda: next(responses), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.close()


@case
def concurrent_large_unary(stub, args):
    calls = [stub.UnaryCall.future(large_request()) for _ in range(1000)]
    for call in calls:
        expect_zeros(call.result().payload, 314159)


@case
def very_large_request(stub, args):
    request = messages_pb2.SimpleRequest(response_size=314159, payload=zeros(10 << 20))
    expect_zeros(stub.UnaryCall(request).payload, 314159)


@case
def rpc_soak(stub, args):
    soak(args, lambda: large_unary(stub, args))


@case
def channel_soak(stub, args):
    def call():
        with connect(args) as channel:
            large_unary(test_pb2_grpc.TestServiceStub(channel), args)

    soak(args, call)


def soak(args, call):
    start = time.monotonic()
    for _ in range(args.soak_iterations):
        before = time.monotonic()
        call()
        now = time.monotonic()
        took = int((now - before) * 1000)
        expect("that a call is fast", took <= args.soak_per_iteration_max_acceptable_latency_ms, True)
        expect("that all are", now - start <= args.soak_overall_timeout_seconds, True)


def connect(args):
    # A pool of its own: else all channels to one address share a connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    return grpc.insecure_channel(f"{args.server_host}:{args.server_port}", options)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server_host", default="localhost")
    parser.add_argument("--server_port", type=int, required=True)
    parser.add_argument("--test_case", required=True, choices=CASES)
    parser.add_argument("--use_tls", choices=["false"], default="false")
    parser.add_argument("--soak_iterations", type=int, default=10)
    parser.add_argument("--soak_per_iteration_max_acceptable_latency_ms", type=int, default=1000)
    parser.add_argument("--soak_overall_timeout_seconds", type=int, default=10)
    args = parser.parse_args()
    with connect(args) as channel:
        args.channel = channel
        CASES[args.test_case](test_pb2_grpc.TestServiceStub(channel), args)


if __name__ == "__main__":
    main()
