"""TestService and UserService on grpcio's synchronous server."""

import sys
import threading
from concurrent import futures

import grpc

import user_pb2_grpc
from ferrpc.test.v1 import test_pb2, test_pb2_grpc
from user_server import UserServiceServicer

STATUS = {code.value[0]: code for code in grpc.StatusCode}


class Fates:
    """How many calls of each tag ran to their end, and how many were cancelled."""

    def __init__(self):
        self.changed = threading.Condition()
        self.finished = {}
        self.cancelled = {}

    def count(self, table, tag):
        with self.changed:
            table[tag] = table.get(tag, 0) + 1
            self.changed.notify_all()

    def wait(self, tag, ended, timeout):
        with self.changed:
            self.changed.wait_for(
                lambda: self.finished.get(tag, 0) + self.cancelled.get(tag, 0) >= ended, timeout
            )
            return self.finished.get(tag, 0), self.cancelled.get(tag, 0)


class Call:
    """What every handler does before and after its own work."""

    def __init__(self, fates, context):
        self.fates = fates
        self.context = context
        self.tag = ""
        self.over = threading.Event()  # the call has ended, whoever ended it
        context.add_callback(self.ended)

        metadata = context.invocation_metadata()
        initial = [(k, v) for k, v in metadata if k.startswith("x-initial-")]
        trailing = [(k, v) for k, v in metadata if k.startswith("x-trailing-")]
        if initial:
            context.send_initial_metadata(initial)
        if trailing:
            context.set_trailing_metadata(trailing)

    def begin(self, act):
        """Obeys the part of `act` that comes before the answer."""
        self.act = act
        self.tag = act.tag
        if act.delay_ms:
            self.over.wait(act.delay_ms / 1000)

    def end(self):
        """Obeys the part of `act` that comes after the answer."""
        if self.act.code:
            self.context.abort(STATUS[self.act.code], self.act.message)

    def ended(self):
        self.over.set()
        if self.tag:
            # Only grpcio's own state tells: to a handler a cancelled stream may look like one that ended.
            cancelled = self.context._state.client == "cancelled"
            self.fates.count(self.fates.cancelled if cancelled else self.fates.finished, self.tag)


class TestService(test_pb2_grpc.TestServiceServicer):
    def __init__(self):
        self.fates = Fates()

    def Echo(self, request, context):
        left = context.time_remaining()
        call = Call(self.fates, context)
        call.begin(request.act)
        call.end()
        # Without a deadline grpcio answers None, or a number of seconds without meaning.
        timeout_ms = int(left * 1000) if left is not None and left < 1_000_000 else 0
        return test_pb2.EchoResponse(payload=request.payload, timeout_ms=timeout_ms)

    def Download(self, request, context):
        call = Call(self.fates, context)
        call.begin(request.act)
        for number in range(request.count):
            yield test_pb2.Chunk(number=number, payload=fill(number, request.bytes))
        call.end()

    def Upload(self, chunks, context):
        call = Call(self.fates, context)
        summary = test_pb2.UploadSummary(in_order=True)
        for chunk in self.take(call, chunks):
            if chunk.number != summary.count or chunk.payload != fill(chunk.number, len(chunk.payload)):
                summary.in_order = False
            summary.count += 1
            summary.bytes += len(chunk.payload)
        call.end()
        return summary

    def Chat(self, chunks, context):
        call = Call(self.fates, context)
        for chunk in self.take(call, chunks):
            chunk.ClearField("act")
            yield chunk
        call.end()

    def Fate(self, request, context):
        finished, cancelled = self.fates.wait(request.tag, request.ended, context.time_remaining())
        return test_pb2.FateResponse(finished=finished, cancelled=cancelled)

    def take(self, call, chunks):
        """The chunks that the first one's `act` lets this call read."""
        count = 0
        for chunk in chunks:
            if count == 0:
                call.begin(chunk.act)
            yield chunk
            count += 1
            if count == call.act.answer_after:
                return
        if count == 0:
            call.begin(test_pb2.Act())


def fill(number, size):
    """The payload of chunk `number`."""
    return bytes([number % 256]) * size


def serve():
    # No limit of streams: with one, grpcio refuses even its own client's calls under load, because it
    # still counts streams whose end it has already announced. The Go peer has the limit.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    test_pb2_grpc.add_TestServiceServicer_to_server(TestService(), server)
    user_pb2_grpc.add_UserServiceServicer_to_server(UserServiceServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(grace=0).wait()
