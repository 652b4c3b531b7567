#include "network.h"

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <algorithm>
#include <cmath>

#include "blas.h"
#include "memory_reader.h"
#include "torch_error.h"

namespace touchstone {
namespace {

/// Keeps LibTorch and oneDNN on the calling thread. OpenMP's setting belongs to each thread, so every
/// thread that runs a network sets it, once.
void UseThisThreadOnly() {
  thread_local const bool is_set = [] {
    at::set_num_threads(1);
    return true;
  }();
  static_cast<void>(is_set);
}

std::string ShapeText(c10::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

/// Checks that an output is a dense float32 tensor of exactly this shape.
void CheckTensor(const at::Tensor& tensor, const std::string& name, const std::vector<std::int64_t>& shape) {
  const bool is_plain = tensor.defined() && tensor.layout() == at::kStrided && tensor.device().is_cpu() &&
                        tensor.scalar_type() == at::kFloat;
  if (!is_plain) throw Error(ErrorCode::kModel, name + " is not a dense float32 tensor on the CPU");
  if (tensor.sizes() != c10::IntArrayRef(shape)) {
    throw Error(ErrorCode::kModel, name + " has the shape " + ShapeText(tensor.sizes()) +
                                       ", but by the description " + ShapeText(shape) +
                                       " was due; correct one of them and export again");
  }
}

void CheckFinite(const std::vector<float>& values, const std::string& name) {
  // Counted without an early way out: that the compiler turns into vector code.
  std::size_t num_bad = 0;
  for (const float value : values) num_bad += std::isfinite(value) ? 0 : 1;
  if (num_bad > 0) {
    throw Error(ErrorCode::kNotFinite, name + " holds " + std::to_string(num_bad) +
                                           " values that are NaN or infinite, out of " +
                                           std::to_string(values.size()));
  }
}

/// [1, C, H, W] to location-major rows (core/feature_map.h).
FeatureMap ToFeatureMap(const at::Tensor& level, const FeatureShape& shape) {
  FeatureMap map{shape, std::vector<float>(shape.num_values())};
  at::Tensor rows =
      at::from_blob(map.values.data(), {1, shape.height, shape.width, shape.channels}, at::kFloat);
  rows.copy_(level.permute({0, 2, 3, 1}));
  return map;
}

std::string LevelName(std::size_t index, const ExtractorInfo& info) {
  return "pyramid level " + std::to_string(index + 1) + " (" + info.levels[index].name + ")";
}

struct Outputs {
  c10::List<at::Tensor> pyramid;
  at::Tensor global;
};

/// Takes the program's result apart. @throws Error kModel if it is not (list of tensors, tensor).
Outputs Unpack(const c10::IValue& result, std::size_t num_levels) {
  const bool is_pair = result.isTuple() && result.toTuple()->elements().size() == 2;
  const c10::IValue pyramid = is_pair ? result.toTuple()->elements()[0] : c10::IValue();
  const c10::IValue global = is_pair ? result.toTuple()->elements()[1] : c10::IValue();
  if (!pyramid.isTensorList() || !global.isTensor()) {
    throw Error(ErrorCode::kModel,
                "its forward() returns something else than (List[Tensor] pyramid, Tensor global); "
                "scripts/README.md describes the format");
  }
  Outputs outputs{pyramid.toTensorList(), global.toTensor()};
  if (outputs.pyramid.size() != num_levels) {
    throw Error(ErrorCode::kModel, "its pyramid has " + std::to_string(outputs.pyramid.size()) +
                                       " levels, but its description names " + std::to_string(num_levels));
  }
  return outputs;
}

ImageFeatures ToFeatures(const c10::IValue& result, Size size, const ExtractorInfo& info) {
  const Outputs outputs = Unpack(result, info.levels.size());
  ImageFeatures features;
  CheckTensor(outputs.global, "the global feature", {1, info.global_size});
  const at::Tensor global = outputs.global.contiguous();
  features.global.assign(global.data_ptr<float>(), global.data_ptr<float>() + global.numel());
  CheckFinite(features.global, "the global feature");
  for (std::size_t i = 0; i < info.levels.size(); ++i) {
    const ExtractorLevel& level = info.levels[i];
    const FeatureShape shape{size.height / level.stride, size.width / level.stride, level.channels};
    const at::Tensor tensor = outputs.pyramid.get(i);
    CheckTensor(tensor, LevelName(i, info), {1, shape.channels, shape.height, shape.width});
    features.pyramid.push_back(ToFeatureMap(tensor, shape));
    CheckFinite(features.pyramid.back().values, LevelName(i, info));
  }
  return features;
}

torch::jit::Module LoadModule(const Bytes& file) {
  torch::jit::Module module = torch::jit::load(std::make_shared<MemoryReader>(file), torch::kCPU);
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::kModel, "has no forward() method; scripts/README.md describes the format");
  }
  return module;
}

/// Freezes the module, unless it is frozen already (ours are: freezing again would keep both copies of the
/// weights), and gives its convolutions to oneDNN.
torch::jit::Module Optimize(torch::jit::Module module) {
  module.eval();
  return torch::jit::optimize_for_inference(module);
}

class TorchNetwork final : public Network {
 public:
  explicit TorchNetwork(torch::jit::Module module)
      : module_(std::move(module)), forward_(module_.get_method("forward")) {}

  ImageFeatures Run(const std::vector<float>& input, Size size, const ExtractorInfo& info) const override;

 private:
  torch::jit::Module module_;
  torch::jit::Method forward_;
};

ImageFeatures TorchNetwork::Run(const std::vector<float>& input, Size size, const ExtractorInfo& info) const {
  UseThisThreadOnly();
  return WithTorchErrors("cannot be run", [&] {
    const c10::InferenceMode inference_mode;
    // The program was optimised when it was loaded. LibTorch's own optimiser, left on, watches the first
    // calls and then rewrites the program, after which a build that can fuse operators gives other bits than
    // before.
    const torch::jit::GraphOptimizerEnabledGuard no_rewriting(false);
    // A copy, because torch's buffers are aligned and a vector's are not: the same code path for every call.
    const at::Tensor image =
        at::from_blob(const_cast<float*>(input.data()), {1, 3, size.height, size.width}, at::kFloat).clone();
    return ToFeatures(forward_({image}), size, info);
  });
}

}  // namespace

std::unique_ptr<Network> LoadNetwork(Bytes file) {
  UseThisThreadOnly();
  UseOneBlasThread();
  return WithTorchErrors("cannot be loaded as a TorchScript module; export it again", [&] {
    torch::jit::Module module = LoadModule(file);
    Bytes().swap(file);  // a large network is a few hundred MB, and optimising it takes as much again
    return std::make_unique<TorchNetwork>(Optimize(std::move(module)));
  });
}

}  // namespace touchstone
