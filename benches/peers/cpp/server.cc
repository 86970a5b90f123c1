// proto/rpc.proto on libgrpc's callback API, with its defaults.

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "rpc.grpc.pb.h"

namespace api = ferrpc::bench::rpc;

namespace {

// What payloads hold.
const std::string& Payload() {
  static const std::string* const all = [] {
    auto* octets = new std::string(16 << 20, '\0');
    for (size_t at = 0; at < octets->size(); ++at) (*octets)[at] = static_cast<char>(at % 251);
    return octets;
  }();
  return *all;
}

grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context, const grpc::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

class Down final : public grpc::ServerWriteReactor<api::Piece> {
 public:
  explicit Down(const api::Order& order) : count_(order.count()) {
    piece_.set_payload(Payload().substr(0, order.payload_bytes()));
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      Next();
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (number_ == count_) {
      Finish(grpc::Status::OK);
      return;
    }
    piece_.set_number(number_++);
    StartWrite(&piece_);
  }

  api::Piece piece_;
  uint64_t number_ = 0;
  const uint64_t count_;
};

class Up final : public grpc::ServerReadReactor<api::Piece> {
 public:
  explicit Up(api::Total* total) : total_(total) { StartRead(&piece_); }
  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    total_->set_count(total_->count() + 1);
    total_->set_payload_bytes(total_->payload_bytes() + piece_.payload().size());
    StartRead(&piece_);
  }
  void OnDone() override { delete this; }

 private:
  api::Piece piece_;
  api::Total* const total_;
};

class Both final : public grpc::ServerBidiReactor<api::Piece, api::Piece> {
 public:
  Both() { StartRead(&piece_); }
  void OnReadDone(bool ok) override {
    if (ok) {
      StartWrite(&piece_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnWriteDone(bool ok) override {
    if (ok) {
      StartRead(&piece_);
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override { delete this; }

 private:
  api::Piece piece_;
};

class Load final : public api::Load::CallbackService {
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context, const api::UserId* request,
                                    api::User* response) override {
    if (request->id() <= 0) {
      return Done(context, {grpc::StatusCode::INVALID_ARGUMENT, "id must be positive"});
    }
    response->set_id(request->id());
    response->set_name("John Doe");
    response->set_email("john@example.com");
    return Done(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const api::Piece* request,
                                  api::Piece* response) override {
    *response = *request;
    return Done(context, grpc::Status::OK);
  }
  grpc::ServerUnaryReactor* Sized(grpc::CallbackServerContext* context, const api::Order* request,
                                  api::Piece* response) override {
    response->set_payload(Payload().data(), request->payload_bytes());
    return Done(context, grpc::Status::OK);
  }
  grpc::ServerWriteReactor<api::Piece>* Down(grpc::CallbackServerContext*, const api::Order* order) override {
    return new ::Down(*order);
  }
  grpc::ServerReadReactor<api::Piece>* Up(grpc::CallbackServerContext*, api::Total* total) override {
    return new ::Up(total);
  }
  grpc::ServerBidiReactor<api::Piece, api::Piece>* Both(grpc::CallbackServerContext*) override {
    return new ::Both();
  }
};

}  // namespace

int main(int argc, char** argv) {
  std::string listen = "127.0.0.1:0";
  if (argc == 3 && std::strcmp(argv[1], "--listen") == 0) listen = argv[2];
  Load load;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&load);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  server->Wait();
}
