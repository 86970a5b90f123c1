// What both programs need: grpc-js, and test.proto as it reads it.
"use strict";

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

// The directory of the .proto files comes from outside: this is run from a copy beside its packages.
const definition = loader.loadSync("grpc/testing/test.proto", {
  includeDirs: [process.env.INTEROP_PROTO],
  keepCase: true,
  defaults: true,
  enums: String,
});

module.exports = {
  grpc,
  testing: grpc.loadPackageDefinition(definition).grpc.testing,
  ECHO_INITIAL: "x-grpc-test-echo-initial",
  ECHO_TRAILING: "x-grpc-test-echo-trailing-bin",
  zeros: (size) => ({ body: Buffer.alloc(size) }),
};
