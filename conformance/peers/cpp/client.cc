// libgrpc++'s client of gRPC's interop tests:
// `client --server_host=localhost --server_port=8080 --test_case=large_unary`. Fails by an exception.
#include <chrono>
#include <functional>
#include <iostream>
#include <list>
#include <memory>
#include <sstream>
#include <vector>

#include "common.h"

using namespace grpc::testing;
using grpc::ClientContext;
using grpc::Status;
using grpc::StatusCode;

static const std::vector<int> kUploads = {27182, 8, 1828, 45904};
static const std::vector<int> kDownloads = {31415, 9, 2653, 58979};

template <class T>
static void Expect(const std::string& what, const T& is, const T& wanted) {
  if (is == wanted) return;
  std::ostringstream text;
  text << what << " is " << is << " instead of " << wanted;
  throw std::runtime_error(text.str());
}

static void ExpectStatus(const Status& is, StatusCode wanted) {
  Expect<int>("the code (" + is.error_message() + ")", is.error_code(), wanted);
}

static void ExpectZeros(const Payload& payload, size_t size) {
  Expect("that the payload has only zeros", payload.body() == std::string(size, '\0'), true);
}

static void SetZeros(Payload* payload, int size) { payload->mutable_body()->resize(size); }

static SimpleRequest LargeRequest() {
  SimpleRequest request;
  request.set_response_size(314159);
  SetZeros(request.mutable_payload(), 271828);
  return request;
}

static StreamingOutputCallRequest OutputRequest(int upload, int download) {
  StreamingOutputCallRequest request;
  SetZeros(request.mutable_payload(), upload);
  request.add_response_parameters()->set_size(download);
  return request;
}

static std::shared_ptr<grpc::Channel> Connect(const Flags& flags) {
  grpc::ChannelArguments arguments;
  // A pool of its own: else all channels to one address share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::string target = flags.text("server_host") + ":" + flags.text("server_port");
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

struct Test {
  const Flags& flags;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<TestService::Stub> stub = TestService::NewStub(channel);

  void LargeUnary(SimpleRequest request = LargeRequest(), bool compress = false) {
    ClientContext context;
    if (compress) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    SimpleResponse response;
    ExpectStatus(stub->UnaryCall(&context, request, &response), StatusCode::OK);
    ExpectZeros(response.payload(), 314159);
    if (request.has_response_compressed()) {
      bool compressed = InteropClientContextInspector::compressed(context);
      Expect("that the response is compressed", compressed, request.response_compressed().value());
    }
  }

  void EmptyUnary() {
    ClientContext context;
    Empty response;
    ExpectStatus(stub->EmptyCall(&context, Empty(), &response), StatusCode::OK);
  }

  void CacheableUnary() {
    SimpleRequest request;
    auto now = std::chrono::system_clock::now().time_since_epoch();
    request.mutable_payload()->set_body(std::to_string(std::chrono::nanoseconds(now).count()));
    // Whether a proxy keeps the answer is not looked at: there is none.
    for (int i = 0; i < 2; i++) {
      ClientContext context;
      context.AddMetadata("x-user-ip", "1.2.3.4");
      SimpleResponse response;
      ExpectStatus(stub->CacheableUnaryCall(&context, request, &response), StatusCode::OK);
      Expect("that there is no timestamp", response.payload().body().empty(), false);
      auto found = context.GetServerInitialMetadata().find("cache-control");
      Expect("that there is no cache-control", found == context.GetServerInitialMetadata().end(), false);
      Expect("that it has max-age=60", found->second.find("max-age=60") != grpc::string_ref::npos, true);
    }
  }

  void ClientCompressedUnary(bool probe) {
    SimpleRequest request = LargeRequest();
    request.mutable_expect_compressed()->set_value(true);
    if (probe) {
      ClientContext context;
      SimpleResponse response;
      ExpectStatus(stub->UnaryCall(&context, request, &response), StatusCode::INVALID_ARGUMENT);
    }
    LargeUnary(request, true);
    request.mutable_expect_compressed()->set_value(false);
    LargeUnary(request, false);
  }

  void ServerCompressedUnary() {
    for (bool compressed : {true, false}) {
      SimpleRequest request = LargeRequest();
      request.mutable_response_compressed()->set_value(compressed);
      LargeUnary(request);
    }
  }

  void ClientStreaming() {
    ClientContext context;
    StreamingInputCallResponse response;
    auto writer = stub->StreamingInputCall(&context, &response);
    for (int size : kUploads) {
      StreamingInputCallRequest request;
      SetZeros(request.mutable_payload(), size);
      writer->Write(request);
    }
    writer->WritesDone();
    ExpectStatus(writer->Finish(), StatusCode::OK);
    Expect("aggregated_payload_size", response.aggregated_payload_size(), 74922);
  }

  void ClientCompressedStreaming(bool probe) {
    StreamingInputCallRequest request;
    request.mutable_expect_compressed()->set_value(true);
    SetZeros(request.mutable_payload(), 27182);
    StreamingInputCallResponse response;
    if (probe) {
      ClientContext context;
      auto writer = stub->StreamingInputCall(&context, &response);
      writer->Write(request);
      writer->WritesDone();
      ExpectStatus(writer->Finish(), StatusCode::INVALID_ARGUMENT);
    }
    ClientContext context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    auto writer = stub->StreamingInputCall(&context, &response);
    writer->Write(request);
    request.mutable_expect_compressed()->set_value(false);
    SetZeros(request.mutable_payload(), 45904);
    writer->Write(request, grpc::WriteOptions().set_no_compression());
    writer->WritesDone();
    ExpectStatus(writer->Finish(), StatusCode::OK);
    Expect("aggregated_payload_size", response.aggregated_payload_size(), 73086);
  }

  void Download(const StreamingOutputCallRequest& request) {
    ClientContext context;
    auto reader = stub->StreamingOutputCall(&context, request);
    StreamingOutputCallResponse response;
    for (const ResponseParameters& parameters : request.response_parameters()) {
      Expect("that a message came", reader->Read(&response), true);
      ExpectZeros(response.payload(), parameters.size());
      if (parameters.has_compressed()) {
        bool compressed = InteropClientContextInspector::compressed(context);
        Expect("that it is compressed", compressed, parameters.compressed().value());
      }
    }
    Expect("that more came", reader->Read(&response), false);
    ExpectStatus(reader->Finish(), StatusCode::OK);
  }

  void ServerStreaming() {
    StreamingOutputCallRequest request;
    for (int size : kDownloads) request.add_response_parameters()->set_size(size);
    Download(request);
  }

  void ServerCompressedStreaming() {
    StreamingOutputCallRequest request;
    for (auto [size, compressed] : {std::pair(31415, true), std::pair(92653, false)}) {
      ResponseParameters* parameters = request.add_response_parameters();
      parameters->set_size(size);
      parameters->mutable_compressed()->set_value(compressed);
    }
    Download(request);
  }

  void PingPong() {
    ClientContext context;
    auto stream = stub->FullDuplexCall(&context);
    StreamingOutputCallResponse response;
    for (size_t i = 0; i < kUploads.size(); i++) {
      stream->Write(OutputRequest(kUploads[i], kDownloads[i]));
      Expect("that a message came", stream->Read(&response), true);
      ExpectZeros(response.payload(), kDownloads[i]);
    }
    stream->WritesDone();
    Expect("that more came", stream->Read(&response), false);
    ExpectStatus(stream->Finish(), StatusCode::OK);
  }

  void EmptyStream() {
    ClientContext context;
    auto stream = stub->FullDuplexCall(&context);
    stream->WritesDone();
    StreamingOutputCallResponse response;
    Expect("that a message came", stream->Read(&response), false);
    ExpectStatus(stream->Finish(), StatusCode::OK);
  }

  void CustomMetadata() {
    auto give = [](ClientContext* context) {
      context->AddMetadata(kEchoInitial, "test_initial_metadata_value");
      context->AddMetadata(kEchoTrailing, "\xab\xab\xab");
    };
    auto check = [](const ClientContext& context) {
      auto value = [](const auto& metadata, const char* key) {
        auto found = metadata.find(key);
        return found == metadata.end() ? "nothing" : std::string(found->second.data(), found->second.size());
      };
      Expect<std::string>(kEchoInitial, value(context.GetServerInitialMetadata(), kEchoInitial),
                          "test_initial_metadata_value");
      Expect<std::string>(kEchoTrailing, value(context.GetServerTrailingMetadata(), kEchoTrailing), "\xab\xab\xab");
    };
    ClientContext unary;
    give(&unary);
    SimpleResponse answer;
    ExpectStatus(stub->UnaryCall(&unary, LargeRequest(), &answer), StatusCode::OK);
    check(unary);

    ClientContext duplex;
    give(&duplex);
    auto stream = stub->FullDuplexCall(&duplex);
    stream->Write(OutputRequest(271828, 314159));
    stream->WritesDone();
    StreamingOutputCallResponse response;
    Expect("that a message came", stream->Read(&response), true);
    ExpectZeros(response.payload(), 314159);
    Expect("that more came", stream->Read(&response), false);
    ExpectStatus(stream->Finish(), StatusCode::OK);
    check(duplex);
  }

  void EchoedStatus(const std::string& message) {
    SimpleRequest request;
    request.mutable_response_status()->set_code(2);
    request.mutable_response_status()->set_message(message);
    ClientContext unary;
    SimpleResponse answer;
    Status status = stub->UnaryCall(&unary, request, &answer);
    ExpectStatus(status, StatusCode::UNKNOWN);
    Expect("the message", status.error_message(), message);

    ClientContext duplex;
    auto stream = stub->FullDuplexCall(&duplex);
    StreamingOutputCallRequest output;
    *output.mutable_response_status() = request.response_status();
    stream->Write(output);
    stream->WritesDone();
    StreamingOutputCallResponse response;
    Expect("that a message came", stream->Read(&response), false);
    status = stream->Finish();
    ExpectStatus(status, StatusCode::UNKNOWN);
    Expect("the message", status.error_message(), message);
  }

  void UnimplementedMethod() {
    ClientContext context;
    Empty response;
    ExpectStatus(stub->UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
  }

  void UnimplementedServiceCase() {
    ClientContext context;
    Empty response;
    auto other = UnimplementedService::NewStub(channel);
    ExpectStatus(other->UnimplementedCall(&context, Empty(), &response), StatusCode::UNIMPLEMENTED);
  }

  void CancelAfterBegin() {
    ClientContext context;
    StreamingInputCallResponse response;
    auto writer = stub->StreamingInputCall(&context, &response);
    context.TryCancel();
    ExpectStatus(writer->Finish(), StatusCode::CANCELLED);
  }

  void CancelAfterFirstResponse() {
    ClientContext context;
    auto stream = stub->FullDuplexCall(&context);
    stream->Write(OutputRequest(kUploads[0], kDownloads[0]));
    StreamingOutputCallResponse response;
    Expect("that a message came", stream->Read(&response), true);
    ExpectZeros(response.payload(), kDownloads[0]);
    context.TryCancel();
    ExpectStatus(stream->Finish(), StatusCode::CANCELLED);
  }

  void TimeoutOnSleepingServer() {
    ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1));
    auto stream = stub->FullDuplexCall(&context);
    StreamingOutputCallRequest request;
    SetZeros(request.mutable_payload(), kUploads[0]);
    stream->Write(request);
    StreamingOutputCallResponse response;
    stream->Read(&response);
    ExpectStatus(stream->Finish(), StatusCode::DEADLINE_EXCEEDED);
  }

  void ConcurrentLargeUnary() {
    struct Call {
      ClientContext context;
      SimpleResponse response;
      Status status;
      std::unique_ptr<grpc::ClientAsyncResponseReader<SimpleResponse>> reader;
    };
    grpc::CompletionQueue queue;
    std::list<Call> calls(1000);
    SimpleRequest request = LargeRequest();
    for (Call& call : calls) {
      call.reader = stub->AsyncUnaryCall(&call.context, request, &queue);
      call.reader->Finish(&call.response, &call.status, &call);
    }
    for (size_t i = 0; i < calls.size(); i++) {
      void* tag = nullptr;
      bool ok = false;
      Expect("that a call has ended", queue.Next(&tag, &ok), true);
      Call* call = static_cast<Call*>(tag);
      ExpectStatus(call->status, StatusCode::OK);
      ExpectZeros(call->response.payload(), 314159);
    }
  }

  void VeryLargeRequest() {
    SimpleRequest request = LargeRequest();
    SetZeros(request.mutable_payload(), 10 << 20);
    LargeUnary(request);
  }

  // `call` again and again.
  void Soak(const std::function<void()>& call) {
    using Clock = std::chrono::steady_clock;
    auto since = [](Clock::time_point start) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    };
    int latency_max = flags.number("soak_per_iteration_max_acceptable_latency_ms", 1000);
    int seconds_max = flags.number("soak_overall_timeout_seconds", 10);
    auto start = Clock::now();
    for (int i = 0; i < flags.number("soak_iterations", 10); i++) {
      auto before = Clock::now();
      call();
      Expect("that a call is fast", since(before) <= latency_max, true);
      Expect("that all are", since(start) <= seconds_max * 1000, true);
    }
  }

  void ChannelSoak() {
    Soak([this] { Test{flags, Connect(flags)}.LargeUnary(); });
  }
};

static const char kSpecial[] = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

static const std::map<std::string, std::function<void(Test&)>> kCases = {
    {"empty_unary", [](Test& test) { test.EmptyUnary(); }},
    {"cacheable_unary", [](Test& test) { test.CacheableUnary(); }},
    {"large_unary", [](Test& test) { test.LargeUnary(); }},
    {"client_compressed_unary", [](Test& test) { test.ClientCompressedUnary(true); }},
    {"client_compressed_unary_noprobe", [](Test& test) { test.ClientCompressedUnary(false); }},
    {"server_compressed_unary", [](Test& test) { test.ServerCompressedUnary(); }},
    {"client_streaming", [](Test& test) { test.ClientStreaming(); }},
    {"client_compressed_streaming", [](Test& test) { test.ClientCompressedStreaming(true); }},
    {"client_compressed_streaming_noprobe", [](Test& test) { test.ClientCompressedStreaming(false); }},
    {"server_streaming", [](Test& test) { test.ServerStreaming(); }},
    {"server_compressed_streaming", [](Test& test) { test.ServerCompressedStreaming(); }},
    {"ping_pong", [](Test& test) { test.PingPong(); }},
    {"empty_stream", [](Test& test) { test.EmptyStream(); }},
    {"custom_metadata", [](Test& test) { test.CustomMetadata(); }},
    {"status_code_and_message", [](Test& test) { test.EchoedStatus("test status message"); }},
    {"special_status_message", [](Test& test) { test.EchoedStatus(kSpecial); }},
    {"unimplemented_method", [](Test& test) { test.UnimplementedMethod(); }},
    {"unimplemented_service", [](Test& test) { test.UnimplementedServiceCase(); }},
    {"cancel_after_begin", [](Test& test) { test.CancelAfterBegin(); }},
    {"cancel_after_first_response", [](Test& test) { test.CancelAfterFirstResponse(); }},
    {"timeout_on_sleeping_server", [](Test& test) { test.TimeoutOnSleepingServer(); }},
    {"concurrent_large_unary", [](Test& test) { test.ConcurrentLargeUnary(); }},
    {"very_large_request", [](Test& test) { test.VeryLargeRequest(); }},
    {"rpc_soak", [](Test& test) { test.Soak([&test] { test.LargeUnary(); }); }},
    {"channel_soak", [](Test& test) { test.ChannelSoak(); }},
};

int main(int argc, char** argv) {
  try {
    Flags flags(argc, argv);
    std::string name = flags.text("test_case");
    auto found = kCases.find(name);
    if (found == kCases.end()) throw std::runtime_error("there is no case " + name);
    Test test{flags, Connect(flags)};
    found->second(test);
  } catch (const std::exception& error) {
    std::cerr << "FAILED: " << error.what() << std::endl;
    return 1;
  }
}
