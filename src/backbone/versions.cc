#include "versions.h"

#include <ATen/Version.h>
#include <torch/version.h>

#include "blas.h"

namespace touchstone {
namespace {

/// The characters of `text` after `marker` up to the next blank, or nothing where there is no such marker.
std::string WordAfter(const std::string& text, const std::string& marker) {
  const std::size_t found = text.find(marker);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + marker.size();
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

}  // namespace

std::string TorchVersions() {
  // LibTorch tells what it runs on in one long text only; what is not found there is left out.
  const std::string config = at::show_config();
  const std::string onednn = WordAfter(config, "MKL-DNN v");
  const std::string instruction_set = WordAfter(config, "CPU capability usage: ");
  std::string text = std::string("LibTorch ") + TORCH_VERSION;
  if (!onednn.empty()) text += ", oneDNN " + onednn;
  if (!instruction_set.empty()) text += ", " + instruction_set;
  return text + ", " + BlasName();
}

}  // namespace touchstone
