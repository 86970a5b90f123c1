// libgrpc++'s server of gRPC's interop tests: `server --port=0`. Prints where it listens.
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "common.h"

using namespace grpc::testing;
using grpc::ServerContext;
using grpc::Status;

// very_large_request has 10 MiB.
constexpr int kMessageBytesMax = 16 << 20;

static void EchoMetadata(ServerContext* context) {
  for (const auto& [key, value] : context->client_metadata()) {
    std::string text(value.data(), value.size());
    if (key == kEchoInitial) context->AddInitialMetadata(kEchoInitial, text);
    if (key == kEchoTrailing) context->AddTrailingMetadata(kEchoTrailing, text);
  }
}

template <class Request>
static Status Asked(const Request& request) {
  const EchoStatus& status = request.response_status();
  return Status(static_cast<grpc::StatusCode>(status.code()), status.message());
}

template <class Request>
static bool AsExpected(const ServerContext& context, const Request& request) {
  if (!request.has_expect_compressed()) return true;
  return InteropServerContextInspector::compressed(context) == request.expect_compressed().value();
}

static Status NotAsExpected() {
  return Status(grpc::StatusCode::INVALID_ARGUMENT, "compressed where it should not be, or not where it should");
}

template <class Stream>
static void Answer(const StreamingOutputCallRequest& request, Stream* stream) {
  for (const ResponseParameters& parameters : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(parameters.interval_us()));
    StreamingOutputCallResponse response;
    response.mutable_payload()->mutable_body()->resize(parameters.size());
    grpc::WriteOptions options;
    if (!parameters.compressed().value()) options.set_no_compression();
    stream->Write(response, options);
  }
}

class Service final : public TestService::Service {
  Status EmptyCall(ServerContext* context, const Empty*, Empty*) override {
    EchoMetadata(context);
    return Status::OK;
  }

  Status UnaryCall(ServerContext* context, const SimpleRequest* request, SimpleResponse* response) override {
    EchoMetadata(context);
    if (!AsExpected(*context, *request)) return NotAsExpected();
    if (request->response_compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    response->mutable_payload()->mutable_body()->resize(request->response_size());
    return Asked(*request);
  }

  Status CacheableUnaryCall(ServerContext* context, const SimpleRequest*, SimpleResponse* response) override {
    context->AddInitialMetadata("cache-control", "max-age=60, public");
    auto now = std::chrono::system_clock::now().time_since_epoch();
    response->mutable_payload()->set_body(std::to_string(std::chrono::nanoseconds(now).count()));
    return Status::OK;
  }

  Status StreamingInputCall(ServerContext* context, grpc::ServerReader<StreamingInputCallRequest>* reader,
                            StreamingInputCallResponse* response) override {
    EchoMetadata(context);
    StreamingInputCallRequest request;
    size_t size = 0;
    while (reader->Read(&request)) {
      if (!AsExpected(*context, request)) return NotAsExpected();
      size += request.payload().body().size();
    }
    response->set_aggregated_payload_size(static_cast<int>(size));
    return Status::OK;
  }

  Status StreamingOutputCall(ServerContext* context, const StreamingOutputCallRequest* request,
                             grpc::ServerWriter<StreamingOutputCallResponse>* writer) override {
    EchoMetadata(context);
    for (const ResponseParameters& parameters : request->response_parameters()) {
      if (parameters.compressed().value()) context->set_compression_algorithm(GRPC_COMPRESS_GZIP);
    }
    Answer(*request, writer);
    return Status::OK;
  }

  using Stream = grpc::ServerReaderWriter<StreamingOutputCallResponse, StreamingOutputCallRequest>;

  Status FullDuplexCall(ServerContext* context, Stream* stream) override {
    EchoMetadata(context);
    StreamingOutputCallRequest request;
    while (stream->Read(&request)) {
      if (request.has_response_status()) return Asked(request);
      Answer(request, stream);
    }
    return Status::OK;
  }

  Status HalfDuplexCall(ServerContext* context, Stream* stream) override {
    EchoMetadata(context);
    std::vector<StreamingOutputCallRequest> requests;
    StreamingOutputCallRequest request;
    while (stream->Read(&request)) requests.push_back(request);
    for (const auto& each : requests) Answer(each, stream);
    return Status::OK;
  }
};

int main(int argc, char** argv) {
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  std::string address = "127.0.0.1:" + Flags(argc, argv).text("port");
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.RegisterService(&service);
  auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::cout << "listening on 127.0.0.1:" << port << std::endl;
  server->Wait();
}
