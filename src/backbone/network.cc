#include "network.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
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
/// @param num_levels  that there must be; of a program that was cut, those that are left.
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

std::vector<float> GlobalFrom(const at::Tensor& tensor, const ExtractorInfo& info) {
  CheckTensor(tensor, "the global feature", {1, info.global_size});
  const at::Tensor dense = tensor.contiguous();
  std::vector<float> global(dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel());
  CheckFinite(global, "the global feature");
  return global;
}

/// @param num_levels  that the program gives.
ImageFeatures ToFeatures(const c10::IValue& result, Size size, const ExtractorInfo& info,
                         const WantedOutputs& wanted, std::size_t num_levels) {
  const Outputs outputs = Unpack(result, num_levels);
  ImageFeatures features;
  if (wanted.global) features.global = GlobalFrom(outputs.global, info);
  for (std::size_t i = 0; i < info.levels.size(); ++i) {
    const ExtractorLevel& level = info.levels[i];
    const FeatureShape shape{size.height / level.stride, size.width / level.stride, level.channels};
    if (wanted.deepest_level > 0 && static_cast<int>(i) >= wanted.deepest_level) {
      features.pyramid.push_back({shape, {}});
      continue;
    }
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

/// The list that the program returns its levels in, or null where the program has another shape.
torch::jit::Node* ListOfLevels(torch::jit::Graph& graph) {
  const bool takes_an_image = graph.inputs().size() == 2;  // input 0 is the module itself
  if (!takes_an_image || graph.outputs().size() != 1) return nullptr;
  torch::jit::Node* pair = graph.outputs()[0]->node();
  if (pair->kind() != c10::prim::TupleConstruct || pair->inputs().size() != 2) return nullptr;
  torch::jit::Node* list = pair->inputs()[0]->node();
  return list->kind() == c10::prim::ListConstruct && list->owningBlock() == graph.block() ? list : nullptr;
}

/// Leaves the first `count` levels in a list that is made of all of them at once, or is empty at first and
/// grows by one after the other. @return whether it is so made; otherwise nothing was changed.
bool KeepLevels(std::size_t count, torch::jit::Node* list) {
  std::vector<torch::jit::Node*> adding;
  for (const torch::jit::Use& use : list->output()->uses()) {
    if (use.user->kind() == c10::prim::TupleConstruct) continue;
    const bool only_adds = use.user->kind() == c10::aten::append && use.offset == 0 &&
                           !use.user->output()->hasUses() && use.user->owningBlock() == list->owningBlock();
    if (!only_adds) return false;
    adding.push_back(use.user);
  }
  const std::size_t num_at_once = list->inputs().size();
  if (num_at_once > 0 && !adding.empty()) return false;
  if (num_at_once + adding.size() < count) return false;
  std::sort(adding.begin(), adding.end(), [](auto* a, auto* b) { return a->isBefore(b); });
  for (std::size_t level = count; level < adding.size(); ++level) adding[level]->destroy();
  for (std::size_t level = num_at_once; level > count; --level) list->removeInput(level - 1);
  return true;
}

/// Takes what only unwanted outputs need out of a frozen program. @return whether it gives the wanted levels
/// alone from now on; otherwise it is as it was.
bool Cut(const torch::jit::Module& module, const WantedOutputs& wanted) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph();
  torch::jit::Node* list = ListOfLevels(*graph);
  if (list == nullptr || !KeepLevels(static_cast<std::size_t>(wanted.deepest_level), list)) return false;
  // In the place of the global feature, which nobody looks at, the image.
  if (!wanted.global) graph->outputs()[0]->node()->replaceInput(1, graph->inputs()[1]);
  torch::jit::EliminateDeadCode(graph);
  return true;
}

/// Freezes the module, unless it is frozen already (ours are: freezing again would keep both copies of the
/// weights).
torch::jit::Module Frozen(torch::jit::Module module) {
  module.eval();
  return module.hasattr("training") ? torch::jit::freeze(module) : module;
}

/// Gives the convolutions of a frozen module to oneDNN.
torch::jit::Module Optimize(torch::jit::Module module) { return torch::jit::optimize_for_inference(module); }

class TorchNetwork final : public Network {
 public:
  /// @param is_cut  whether the program gives the wanted levels alone.
  TorchNetwork(torch::jit::Module module, const WantedOutputs& wanted, bool is_cut)
      : module_(std::move(module)),
        wanted_(wanted),
        is_cut_(is_cut),
        forward_(module_.get_method("forward")) {}

  ImageFeatures Run(const std::vector<float>& input, Size size, const ExtractorInfo& info) const override;

 private:
  torch::jit::Module module_;
  WantedOutputs wanted_;
  bool is_cut_;
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
    const std::size_t num_levels =
        is_cut_ ? static_cast<std::size_t>(wanted_.deepest_level) : info.levels.size();
    return ToFeatures(forward_({image}), size, info, wanted_, num_levels);
  });
}

}  // namespace

std::unique_ptr<Network> LoadNetwork(std::shared_ptr<const Bytes> file, const WantedOutputs& wanted) {
  UseThisThreadOnly();
  UseOneBlasThread();
  return WithTorchErrors("cannot be loaded as a TorchScript module; export it again", [&] {
    torch::jit::Module module = LoadModule(*file);
    file.reset();  // a large network is a few hundred MB, and optimising it takes as much again
    module = Frozen(std::move(module));
    const bool is_cut = !wanted.is_all() && Cut(module, wanted);
    return std::make_unique<TorchNetwork>(Optimize(std::move(module)), wanted, is_cut);
  });
}

}  // namespace touchstone
