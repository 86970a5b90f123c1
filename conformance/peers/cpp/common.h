// What both programs need: the flags, and whether a message came compressed.
#pragma once

#include <map>
#include <stdexcept>
#include <string>

#include <grpcpp/grpcpp.h>

#include "grpc/testing/test.grpc.pb.h"

// Of libgrpc, for tests; in no installed header.
uint32_t grpc_call_test_only_get_message_flags(grpc_call* call);
// A message is compressed, or was before libgrpc decompressed it.
constexpr uint32_t kCompressed = 0x80000000u | 0x40000000u;

namespace grpc::testing {

// The two names that the contexts let at their calls.
class InteropServerContextInspector {
 public:
  static bool compressed(const grpc::ServerContext& context) {
    return grpc_call_test_only_get_message_flags(context.call_.call) & kCompressed;
  }
};

class InteropClientContextInspector {
 public:
  static bool compressed(const grpc::ClientContext& context) {
    return grpc_call_test_only_get_message_flags(context.call_) & kCompressed;
  }
};

}  // namespace grpc::testing

constexpr const char* kEchoInitial = "x-grpc-test-echo-initial";
constexpr const char* kEchoTrailing = "x-grpc-test-echo-trailing-bin";

// Flags of the form --name=value.
class Flags {
 public:
  Flags(int argc, char** argv) {
    for (int i = 1; i < argc; i++) {
      std::string flag = argv[i];
      size_t equals = flag.find('=');
      if (flag.rfind("--", 0) != 0 || equals == std::string::npos) throw std::runtime_error("not a flag: " + flag);
      values_[flag.substr(2, equals - 2)] = flag.substr(equals + 1);
    }
  }

  std::string text(const std::string& name) const {
    auto found = values_.find(name);
    if (found == values_.end()) throw std::runtime_error("--" + name + "=… is missing");
    return found->second;
  }

  int number(const std::string& name, int otherwise) const {
    return values_.count(name) ? std::stoi(text(name)) : otherwise;
  }

 private:
  std::map<std::string, std::string> values_;
};
