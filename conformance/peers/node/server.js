// grpc-js's server of gRPC's interop tests: `server.js --port 0`. Prints where it listens.
"use strict";

const { parseArgs } = require("node:util");
const { grpc, testing, ECHO_INITIAL, ECHO_TRAILING, zeros } = require("./service.js");

// very_large_request has 10 MiB.
const OPTIONS = { "grpc.max_receive_message_length": 16 << 20 };

function echoInitial(call) {
  const metadata = new grpc.Metadata();
  for (const value of call.metadata.get(ECHO_INITIAL)) metadata.add(ECHO_INITIAL, value);
  call.sendMetadata(metadata);
}

function trailers(call) {
  const metadata = new grpc.Metadata();
  for (const value of call.metadata.get(ECHO_TRAILING)) metadata.add(ECHO_TRAILING, value);
  return metadata;
}

// The status that the client asked for, or null.
function status(call, request) {
  const { code, message } = request.response_status ?? { code: 0 };
  return code === 0 ? null : { code, details: message, metadata: trailers(call) };
}

async function answer(call, request) {
  for (const { size, interval_us } of request.response_parameters) {
    if (interval_us > 0) await new Promise((done) => setTimeout(done, interval_us / 1000));
    call.write({ payload: zeros(size) });
  }
}

const service = {
  EmptyCall(call, done) {
    echoInitial(call);
    done(null, {}, trailers(call));
  },

  UnaryCall(call, done) {
    echoInitial(call);
    const response = { payload: zeros(call.request.response_size) };
    done(status(call, call.request), response, trailers(call));
  },

  CacheableUnaryCall(call, done) {
    const metadata = new grpc.Metadata();
    metadata.add("cache-control", "max-age=60, public");
    call.sendMetadata(metadata);
    done(null, { payload: { body: Buffer.from(String(process.hrtime.bigint())) } });
  },

  StreamingInputCall(call, done) {
    let size = 0;
    call.on("data", (request) => (size += request.payload?.body.length ?? 0));
    call.on("end", () => done(null, { aggregated_payload_size: size }));
  },

  async StreamingOutputCall(call) {
    echoInitial(call);
    await answer(call, call.request);
    call.end(trailers(call));
  },

  async FullDuplexCall(call) {
    echoInitial(call);
    for await (const request of call.iterator({ destroyOnReturn: false })) {
      const asked = status(call, request);
      if (asked) return call.emit("error", asked);
      await answer(call, request);
    }
    call.end(trailers(call));
  },

  async HalfDuplexCall(call) {
    echoInitial(call);
    const requests = [];
    for await (const request of call.iterator({ destroyOnReturn: false })) requests.push(request);
    for (const request of requests) await answer(call, request);
    call.end(trailers(call));
  },
};

const { values } = parseArgs({ options: { port: { type: "string" } } });
const server = new grpc.Server(OPTIONS);
const { UnimplementedCall, ...implemented } = testing.TestService.service;
server.addService(implemented, service);
server.bindAsync(`127.0.0.1:${values.port}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on 127.0.0.1:${port}`);
});
