#include <ATen/Version.h>
#include <torch/version.h>

#include <regex>

#include "touchstone/backbone/extractor.h"

namespace touchstone {

std::string BackboneVersions() {
  std::string text = std::string("LibTorch ") + TORCH_VERSION;
  // LibTorch tells what it runs on in one long text only; what is not found there is left out.
  const std::string config = at::show_config();
  std::smatch match;
  if (std::regex_search(config, match, std::regex("(?:MKL-DNN|oneDNN) v([0-9.]+)")))
    text += ", oneDNN " + match.str(1);
  if (std::regex_search(config, match, std::regex("CPU capability usage: (\\w+)")))
    text += ", " + match.str(1);
  return text;
}

}  // namespace touchstone
