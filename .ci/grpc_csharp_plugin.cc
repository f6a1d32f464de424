// The protoc plugin that writes the gRPC services of a file in C#.
//
// Debian ships gRPC's C# generator in its library of generators, but not the program around it. This is that program;
// `.ci/gen` builds it where `grpc_csharp_plugin` is not installed.

#include <memory>
#include <string>

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/csharp/csharp_names.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/io/coded_stream.h>

// gRPC 1.51, src/compiler/csharp_generator.h: not among the installed headers.
namespace grpc_csharp_generator {
std::string GetServices(const google::protobuf::FileDescriptor* file, bool generate_client, bool generate_server,
                        bool internal_access);
}

namespace {

namespace protoc = google::protobuf::compiler;

class Generator : public protoc::CodeGenerator {
 public:
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }

  bool Generate(const google::protobuf::FileDescriptor* file, const std::string&, protoc::GeneratorContext* context,
                std::string* error) const override {
    const std::string code = grpc_csharp_generator::GetServices(file, true, true, false);
    if (code.empty()) return true;  // the file has no service
    const std::string name = protoc::csharp::GetOutputFile(file, "Grpc.g.cs", true, "", error);
    if (name.empty()) return false;
    std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context->Open(name));
    google::protobuf::io::CodedOutputStream(stream.get()).WriteString(code);
    return true;
  }
};

}  // namespace

int main(int argc, char* argv[]) {
  Generator generator;
  return protoc::PluginMain(argc, argv, &generator);
}
