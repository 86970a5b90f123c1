// grpc-js's client of gRPC's interop tests:
// `client.js --server_host localhost --server_port 8080 --test_case large_unary`. Fails by an exception.
"use strict";

const assert = require("node:assert");
const { parseArgs } = require("node:util");
const { grpc, testing, ECHO_INITIAL, ECHO_TRAILING, zeros } = require("./service.js");

const UPLOADS = [27182, 8, 1828, 45904];
const DOWNLOADS = [31415, 9, 2653, 58979];
// WriteFlags.NoCompress, which grpc-js does not export.
const NO_COMPRESS = 2;
const GZIP = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };

const { values: args } = parseArgs({
  options: {
    server_host: { type: "string", default: "localhost" },
    server_port: { type: "string" },
    test_case: { type: "string" },
    use_tls: { type: "string", default: "false" },
    soak_iterations: { type: "string", default: "10" },
    soak_per_iteration_max_acceptable_latency_ms: { type: "string", default: "1000" },
    soak_overall_timeout_seconds: { type: "string", default: "10" },
  },
});

// A client with a connection of its own.
function connect(options = {}, service = testing.TestService) {
  const credentials = grpc.credentials.createInsecure();
  const own = { "grpc.use_local_subchannel_pool": 1, ...options };
  return new service(`${args.server_host}:${args.server_port}`, credentials, own);
}

// A unary call; what came with the answer is in `call`.
function unary(client, method, request, metadata = new grpc.Metadata(), call = {}) {
  return new Promise((resolve, reject) => {
    const started = client[method](request, metadata, (error, response) => {
      call.error = error;
      call.response = response;
    });
    started.on("metadata", (initial) => (call.initial = initial));
    started.on("status", ({ metadata }) => {
      call.trailing = metadata;
      // The callback comes first or last; then both are there.
      setImmediate(() => (call.error ? reject(call.error) : resolve(call.response)));
    });
  });
}

// A stream's responses one by one; its status and metadata are in the last of them.
function responses(stream) {
  const arrived = [];
  let wake = () => {};
  const add = (what) => {
    arrived.push(what);
    wake();
  };
  stream.on("metadata", (initial) => (stream.initial = initial));
  stream.on("data", (message) => add({ message }));
  stream.on("error", () => {});
  stream.on("status", (status) => add({ status }));
  return async () => {
    while (arrived.length === 0) await new Promise((resolve) => (wake = resolve));
    return arrived.shift();
  };
}

function assertZeros(payload, size) {
  assert.ok(payload.body.equals(Buffer.alloc(size)), `${payload.body.length} bytes are not ${size} zeros`);
}

async function assertMessage(next, size) {
  const { message, status } = await next();
  assert.ok(message, `the stream ended: ${JSON.stringify(status)}`);
  assertZeros(message.payload, size);
}

async function assertStatus(next, code, details) {
  const { message, status } = await next();
  assert.ok(!message, "a message came where the stream should have ended");
  assert.strictEqual(status.code, code);
  if (details !== undefined) assert.strictEqual(status.details, details);
  return status;
}

async function assertError(call, code, details) {
  const error = await call.then(
    () => assert.fail(`no error instead of ${code}`),
    (error) => error,
  );
  assert.strictEqual(error.code, code, String(error));
  if (details !== undefined) assert.strictEqual(error.details, details);
}

const largeRequest = (more) => ({ response_size: 314159, payload: zeros(271828), ...more });
const outputRequest = (upload, download) => ({
  payload: zeros(upload),
  response_parameters: [{ size: download }],
});

async function largeUnary(client, more) {
  assertZeros((await unary(client, "UnaryCall", largeRequest(more))).payload, 314159);
}

async function echoedStatus(client, message) {
  const response_status = { code: 2, message };
  await assertError(unary(client, "UnaryCall", { response_status }), grpc.status.UNKNOWN, message);
  const stream = client.FullDuplexCall();
  const next = responses(stream);
  stream.write({ response_status });
  stream.end();
  await assertStatus(next, grpc.status.UNKNOWN, message);
}

async function compressedUnary(client) {
  const compressing = connect(GZIP);
  await largeUnary(compressing, { expect_compressed: { value: true } });
  await largeUnary(client, { expect_compressed: { value: false } });
  compressing.close();
}

async function compressedStreaming() {
  const compressing = connect(GZIP);
  const answered = new Promise((resolve, reject) => {
    const stream = compressing.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
    stream.write({ expect_compressed: { value: true }, payload: zeros(27182) });
    const uncompressed = { expect_compressed: { value: false }, payload: zeros(45904) };
    // Stream.write takes flags where others take an encoding.
    stream.write(uncompressed, NO_COMPRESS);
    stream.end();
  });
  assert.strictEqual((await answered).aggregated_payload_size, 73086);
  compressing.close();
}

async function download(client, parameters) {
  const next = responses(client.StreamingOutputCall({ response_parameters: parameters }));
  for (const { size } of parameters) await assertMessage(next, size);
  await assertStatus(next, grpc.status.OK);
}

async function soak(call) {
  const start = Date.now();
  for (let i = 0; i < Number(args.soak_iterations); i++) {
    const before = Date.now();
    await call();
    const now = Date.now();
    assert.ok(now - before <= Number(args.soak_per_iteration_max_acceptable_latency_ms), `${now - before} ms`);
    assert.ok(now - start <= Number(args.soak_overall_timeout_seconds) * 1000, `${now - start} ms in all`);
  }
}

const cases = {
  async empty_unary(client) {
    assert.deepStrictEqual({ ...(await unary(client, "EmptyCall", {})) }, {});
  },

  async cacheable_unary(client) {
    const metadata = new grpc.Metadata();
    metadata.add("x-user-ip", "1.2.3.4");
    const request = { payload: { body: Buffer.from(String(process.hrtime.bigint())) } };
    // Whether a proxy keeps the answer is not looked at: there is none.
    for (let i = 0; i < 2; i++) {
      const call = {};
      const response = await unary(client, "CacheableUnaryCall", request, metadata, call);
      assert.ok(response.payload.body.length > 0);
      assert.match(String(call.initial.get("cache-control")), /max-age=60/);
    }
  },

  large_unary: (client) => largeUnary(client),

  async client_compressed_unary(client) {
    const probe = largeRequest({ expect_compressed: { value: true } });
    await assertError(unary(client, "UnaryCall", probe), grpc.status.INVALID_ARGUMENT);
    await compressedUnary(client);
  },

  client_compressed_unary_noprobe: compressedUnary,

  // grpc-js does not tell whether a message came compressed.
  async server_compressed_unary(client) {
    await largeUnary(client, { response_compressed: { value: true } });
    await largeUnary(client, { response_compressed: { value: false } });
  },

  async client_streaming(client) {
    const response = await new Promise((resolve, reject) => {
      const stream = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      for (const size of UPLOADS) stream.write({ payload: zeros(size) });
      stream.end();
    });
    assert.strictEqual(response.aggregated_payload_size, 74922);
  },

  async client_compressed_streaming(client) {
    const probe = new Promise((resolve, reject) => {
      const stream = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      stream.on("error", () => {});
      stream.write({ expect_compressed: { value: true }, payload: zeros(27182) });
      stream.end();
    });
    await assertError(probe, grpc.status.INVALID_ARGUMENT);
    await compressedStreaming();
  },

  client_compressed_streaming_noprobe: compressedStreaming,

  server_streaming: (client) => download(client, DOWNLOADS.map((size) => ({ size }))),

  server_compressed_streaming(client) {
    const [compressed, uncompressed] = [{ value: true }, { value: false }];
    return download(client, [
      { compressed, size: 31415 },
      { compressed: uncompressed, size: 92653 },
    ]);
  },

  async ping_pong(client) {
    const stream = client.FullDuplexCall();
    const next = responses(stream);
    for (const [i, upload] of UPLOADS.entries()) {
      stream.write(outputRequest(upload, DOWNLOADS[i]));
      await assertMessage(next, DOWNLOADS[i]);
    }
    stream.end();
    await assertStatus(next, grpc.status.OK);
  },

  async empty_stream(client) {
    const stream = client.FullDuplexCall();
    const next = responses(stream);
    stream.end();
    await assertStatus(next, grpc.status.OK);
  },

  async custom_metadata(client) {
    const metadata = new grpc.Metadata();
    metadata.add(ECHO_INITIAL, "test_initial_metadata_value");
    metadata.add(ECHO_TRAILING, Buffer.from("ababab", "hex"));
    const check = (initial, trailing) => {
      assert.deepStrictEqual(initial.get(ECHO_INITIAL), metadata.get(ECHO_INITIAL));
      assert.deepStrictEqual(trailing.get(ECHO_TRAILING), metadata.get(ECHO_TRAILING));
    };
    const call = {};
    assertZeros((await unary(client, "UnaryCall", largeRequest(), metadata, call)).payload, 314159);
    check(call.initial, call.trailing);

    const stream = client.FullDuplexCall(metadata);
    const next = responses(stream);
    stream.write(outputRequest(271828, 314159));
    stream.end();
    await assertMessage(next, 314159);
    check(stream.initial, (await assertStatus(next, grpc.status.OK)).metadata);
  },

  status_code_and_message: (client) => echoedStatus(client, "test status message"),

  special_status_message: (client) =>
    echoedStatus(client, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"),

  async unimplemented_method(client) {
    await assertError(unary(client, "UnimplementedCall", {}), grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service() {
    const client = connect({}, testing.UnimplementedService);
    await assertError(unary(client, "UnimplementedCall", {}), grpc.status.UNIMPLEMENTED);
    client.close();
  },

  async cancel_after_begin(client) {
    const ended = new Promise((resolve, reject) => {
      const stream = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
      setImmediate(() => stream.cancel());
    });
    await assertError(ended, grpc.status.CANCELLED);
  },

  async cancel_after_first_response(client) {
    const stream = client.FullDuplexCall();
    const next = responses(stream);
    stream.write(outputRequest(UPLOADS[0], DOWNLOADS[0]));
    await assertMessage(next, DOWNLOADS[0]);
    stream.cancel();
    await assertStatus(next, grpc.status.CANCELLED);
  },

  async timeout_on_sleeping_server(client) {
    const stream = client.FullDuplexCall(new grpc.Metadata(), { deadline: Date.now() + 1 });
    const next = responses(stream);
    stream.write({ payload: zeros(UPLOADS[0]) });
    await assertStatus(next, grpc.status.DEADLINE_EXCEEDED);
  },

  async concurrent_large_unary(client) {
    await Promise.all(Array.from({ length: 1000 }, () => largeUnary(client)));
  },

  async very_large_request(client) {
    const request = { response_size: 314159, payload: zeros(10 << 20) };
    assertZeros((await unary(client, "UnaryCall", request)).payload, 314159);
  },

  rpc_soak: (client) => soak(() => largeUnary(client)),

  channel_soak: () =>
    soak(async () => {
      const client = connect();
      await largeUnary(client);
      client.close();
    }),
};

async function main() {
  const run = cases[args.test_case];
  assert.ok(run, `there is no case ${args.test_case}`);
  const client = connect();
  await run(client);
  client.close();
}

main();
