"""What grpcio, as a client, expects of a server of TestService and UserService.

One function per case; an exception is a failure. Every call has a deadline, so that no case hangs.
"""

import os
import queue
import time

import grpc

import user_pb2
import user_pb2_grpc
from ferrpc.test.v1 import test_pb2 as pb
from ferrpc.test.v1 import test_pb2_grpc
from service import fill

KIB = 1024
MIB = 1024 * KIB
SIZES = [0, 1, 64 * KIB, MIB, 3 * MIB]
TEXT = "kein Platz: “100 %” voll – 満員 🦀\nzweite Zeile"
SOON = 30  # seconds that any answer may take


class Peer:
    """The stubs of one channel."""

    def __init__(self, target):
        self.target = target
        self.channel = grpc.insecure_channel(target)
        self.test = test_pb2_grpc.TestServiceStub(self.channel)
        self.user = user_pb2_grpc.UserServiceStub(self.channel)


class Sending:
    """An iterator of requests that is fed while the call runs."""

    def __init__(self, *first):
        self.items = queue.SimpleQueue()
        for item in first:
            self.items.put(item)

    def send(self, item):
        self.items.put(item)

    def close(self):
        self.items.put(None)

    def __iter__(self):
        return iter(self.items.get, None)


def chunk(number, size=10, **act):
    return pb.Chunk(number=number, payload=fill(number, size), act=pb.Act(**act) if act else None)


def new_tag(name):
    return f"python-{name}-{os.getpid()}-{time.monotonic_ns()}"


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {short(got)}, wanted {short(wanted)}")


def short(value):
    text = repr(value)
    return text if len(text) < 200 else text[:200] + "…"


def fails(call, code, message=None):
    """Runs `call`, which must end with this status."""
    try:
        value = call()
    except grpc.RpcError as error:
        equal(error.code(), code, f"status of {short(error.details())}")
        if message is not None:
            equal(error.details(), message, "status message")
        return
    raise AssertionError(f"got {short(value)}, wanted {code}")


def was_cancelled(peer, tag):
    fate = peer.test.Fate(pb.FateRequest(tag=tag, ended=1), timeout=SOON)
    equal((fate.finished, fate.cancelled), (0, 1), "calls (finished, cancelled) as the server saw them")


def unary_sizes(peer):
    for size in SIZES:
        payload = os.urandom(size)
        reply = peer.test.Echo(pb.EchoRequest(payload=payload), timeout=SOON)
        if reply.payload != payload:
            raise AssertionError(f"payload of {size} bytes came back as {short(reply.payload)}")


def unary_1000_at_once(peer):
    calls = [
        peer.test.Echo.future(pb.EchoRequest(payload=b"%d" % number), timeout=SOON)
        for number in range(1000)
    ]
    for number, call in enumerate(calls):
        equal(call.result().payload, b"%d" % number, "payload")


def server_streaming(peer):
    for count, size in [(0, 0), (1, 1), (1000, 100), (20, 64 * KIB), (3, MIB), (2, 3 * MIB)]:
        request = pb.DownloadRequest(count=count, bytes=size)
        got = [(c.number, c.payload) for c in peer.test.Download(request, timeout=SOON)]
        equal(got, [(n, fill(n, size)) for n in range(count)], f"{count} chunks of {size} bytes")


def client_streaming(peer):
    for count, size in [(0, 0), (1, 1), (1000, 100), (20, 64 * KIB), (3, MIB), (2, 3 * MIB)]:
        got = peer.test.Upload((chunk(n, size) for n in range(count)), timeout=SOON)
        wanted = pb.UploadSummary(count=count, bytes=count * size, in_order=True)
        equal(got, wanted, f"{count} chunks of {size} bytes")


def bidi(peer):
    for count, size in [(0, 0), (1, 1), (1000, 100), (20, 64 * KIB), (3, MIB), (2, 3 * MIB)]:
        replies = peer.test.Chat((chunk(n, size) for n in range(count)), timeout=SOON)
        got = [(c.number, c.payload) for c in replies]
        equal(got, [(n, fill(n, size)) for n in range(count)], f"{count} chunks of {size} bytes")


def bidi_ping_pong(peer):
    sending = Sending()
    replies = peer.test.Chat(iter(sending), timeout=SOON)
    for number in range(100):
        sending.send(chunk(number))
        equal(next(replies).number, number, "reply while the request stream is open")
    sending.close()
    equal(list(replies), [], "replies after the end")


def metadata_binary(peer):
    every_byte = bytes(range(256))
    sent = [
        ("x-initial-text", "plain text, with a comma"),
        ("x-initial-many", "one"),
        ("x-initial-many", "two"),
        ("x-initial-any-bin", every_byte),
        ("x-initial-none-bin", b""),
        ("x-trailing-text", "at the end"),
        ("x-trailing-any-bin", every_byte),
        ("x-trailing-many-bin", b"\x00"),
        ("x-trailing-many-bin", b"\xff\xfe"),
    ]

    def check(prefix, got):
        wanted = sorted((k, v) for k, v in sent if k.startswith(prefix))
        equal(sorted((k, v) for k, v in got if k.startswith(prefix)), wanted, f"{prefix} metadata")

    _, call = peer.test.Echo.with_call(pb.EchoRequest(), metadata=sent, timeout=SOON)
    check("x-initial-", call.initial_metadata())
    check("x-trailing-", call.trailing_metadata())
    call = peer.test.Download(pb.DownloadRequest(count=2), metadata=sent, timeout=SOON)
    check("x-initial-", call.initial_metadata())
    list(call)
    check("x-trailing-", call.trailing_metadata())
    # With an error the trailers may be all that comes.
    call = peer.test.Echo.future(pb.EchoRequest(act=pb.Act(code=9)), metadata=sent, timeout=SOON)
    equal(call.code(), grpc.StatusCode.FAILED_PRECONDITION, "status")
    check("x-trailing-", call.trailing_metadata())


def error_unicode(peer):
    act = pb.Act(code=8, message=TEXT)
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    fails(lambda: peer.test.Echo(pb.EchoRequest(act=act), timeout=SOON), exhausted, TEXT)
    fails(lambda: peer.test.Upload(iter([chunk(0, code=8, message=TEXT)]), timeout=SOON), exhausted, TEXT)

    replies = peer.test.Download(pb.DownloadRequest(count=3, act=act), timeout=SOON)
    equal([next(replies).number for _ in range(3)], [0, 1, 2], "chunks before the error")
    fails(lambda: next(replies), exhausted, TEXT)

    for code in grpc.StatusCode:
        number = code.value[0]
        if number != 0:
            act = pb.Act(code=number, message=code.name)
            fails(lambda: peer.test.Echo(pb.EchoRequest(act=act), timeout=SOON), code, code.name)


def deadline_client(peer):
    tag = new_tag("deadline")
    act = pb.Act(delay_ms=60_000, tag=tag)
    started = time.monotonic()
    fails(
        lambda: peer.test.Echo(pb.EchoRequest(act=act), timeout=0.2),
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )
    took = time.monotonic() - started
    if not 0.15 < took < SOON:
        raise AssertionError(f"the deadline of 0.2 s fired after {took:.3f} s")
    was_cancelled(peer, tag)


def deadline_server(peer):
    reply = peer.test.Echo(pb.EchoRequest(), timeout=20)
    # Senders may round the header up.
    if not 10_000 < reply.timeout_ms <= 21_000:
        raise AssertionError(f"the server saw {reply.timeout_ms} ms left of 20 s")
    equal(peer.test.Echo(pb.EchoRequest()).timeout_ms, 0, "timeout_ms of a call without deadline")

    # The header alone, without a deadline on this side: only the server can end the call.
    tag = new_tag("deadline-server")
    act = pb.Act(delay_ms=60_000, tag=tag)
    call = peer.test.Echo.future(pb.EchoRequest(act=act), metadata=[("grpc-timeout", "200m")])
    code = call.exception(timeout=SOON).code()
    equal(code, grpc.StatusCode.DEADLINE_EXCEEDED, "status from the server")
    was_cancelled(peer, tag)


def cancel_mid_stream(peer):
    tag = new_tag("download")
    request = pb.DownloadRequest(count=1_000_000, bytes=KIB, act=pb.Act(tag=tag))
    replies = peer.test.Download(request, timeout=SOON)
    equal([next(replies).number for _ in range(3)], [0, 1, 2], "chunks")
    replies.cancel()
    fails(lambda: list(replies), grpc.StatusCode.CANCELLED)
    was_cancelled(peer, tag)

    tag = new_tag("chat")
    sending = Sending(chunk(0, tag=tag))
    replies = peer.test.Chat(iter(sending), timeout=SOON)
    equal(next(replies).number, 0, "chunk")
    replies.cancel()
    was_cancelled(peer, tag)
    sending.close()

    # The connection still serves.
    equal(peer.test.Echo(pb.EchoRequest(payload=b"on"), timeout=SOON).payload, b"on", "payload")


def gone_mid_stream(peer):
    tag = new_tag("gone")
    # Its own subchannel, so that its socket is not the one that asks afterwards.
    channel = grpc.insecure_channel(peer.target, options=[("grpc.use_local_subchannel_pool", 1)])
    request = pb.DownloadRequest(count=1_000_000, bytes=KIB, act=pb.Act(tag=tag))
    replies = test_pb2_grpc.TestServiceStub(channel).Download(request, timeout=SOON)
    equal([next(replies).number for _ in range(3)], [0, 1, 2], "chunks")
    channel.close()
    was_cancelled(peer, tag)


def early_answer(peer):
    # The request stream is still open when the answer comes, and stays so.
    sending = Sending(chunk(0, answer_after=2), chunk(1))
    summary = peer.test.Upload.future(iter(sending), timeout=SOON).result()
    equal(summary, pb.UploadSummary(count=2, bytes=20, in_order=True), "summary")
    sending.close()

    # The client is in the middle of sending far more than the windows hold.
    chunks = (chunk(n, 64 * KIB, answer_after=2) for n in range(2000))
    summary = peer.test.Upload(chunks, timeout=SOON)
    equal(summary.count, 2, "chunks counted")

    sending = Sending(chunk(0, answer_after=2), chunk(1))
    replies = peer.test.Chat(iter(sending), timeout=SOON)
    equal([reply.number for reply in replies], [0, 1], "replies")
    equal(replies.code(), grpc.StatusCode.OK, "status")
    sending.close()

    sending = Sending(chunk(0, answer_after=1, code=9, message=TEXT))
    replies = peer.test.Chat(iter(sending), timeout=SOON)
    equal(next(replies).number, 0, "reply")
    fails(lambda: next(replies), grpc.StatusCode.FAILED_PRECONDITION, TEXT)
    sending.close()

    equal(peer.test.Echo(pb.EchoRequest(payload=b"on"), timeout=SOON).payload, b"on", "payload")


def unimplemented(peer):
    for path in ["/ferrpc.test.v1.TestService/Nothing", "/ferrpc.test.v1.Nobody/Echo"]:
        call = peer.channel.unary_unary(path)
        fails(lambda: call(b"", timeout=SOON), grpc.StatusCode.UNIMPLEMENTED)


def too_large(peer):
    request = pb.EchoRequest(payload=bytes(4 * MIB + 1))
    fails(lambda: peer.test.Echo(request, timeout=SOON), grpc.StatusCode.RESOURCE_EXHAUSTED)
    equal(peer.test.Echo(pb.EchoRequest(payload=b"on"), timeout=SOON).payload, b"on", "payload")


def get_user(peer):
    user = peer.user.GetUser(user_pb2.UserRequest(id=1), timeout=SOON)
    equal((user.id, user.name, user.email), (1, "John Doe", "john@example.com"), "user")
    fails(
        lambda: peer.user.GetUser(user_pb2.UserRequest(id=-3), timeout=SOON),
        grpc.StatusCode.INVALID_ARGUMENT,
        "id must be positive, got -3",
    )


CASES = {
    case.__name__: case
    for case in [
        get_user,
        unary_sizes,
        unary_1000_at_once,
        server_streaming,
        client_streaming,
        bidi,
        bidi_ping_pong,
        metadata_binary,
        error_unicode,
        deadline_client,
        deadline_server,
        cancel_mid_stream,
        gone_mid_stream,
        early_answer,
        unimplemented,
        too_large,
    ]
}


def run(target, names):
    """Runs the cases, one after the other, on one channel. Returns the exit code."""
    peer = Peer(target)
    failed = 0
    for name in names:
        try:
            CASES[name](peer)
            print(f"ok {name}", flush=True)
        except KeyError:
            failed += 1
            print(f"FAIL {name} there is no such case; see --list", flush=True)
        except Exception as error:
            failed += 1
            why = f"{error.code()}: {error.details()}" if isinstance(error, grpc.RpcError) else repr(error)
            print(f"FAIL {name} {why}".replace("\n", " "), flush=True)
    return 1 if failed else 0
