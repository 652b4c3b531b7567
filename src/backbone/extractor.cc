#include "touchstone/backbone/extractor.h"

#include <stdexcept>

#include "checksums.h"
#include "description.h"
#include "torch_library.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/text.h"
#include "zip_record.h"

namespace touchstone {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 31;
constexpr std::size_t kMaxDescriptionBytes = std::size_t{1} << 20;
constexpr int kMinProbeSide_px = 64;

/// Runs `call`; an Error without a file gets this one.
template <typename Call>
auto About(const std::filesystem::path& file, const Call& call) {
  try {
    return call();
  } catch (const Error& error) {
    throw Error(error.code, error.message, error.where.empty() ? file : error.where);
  }
}

void CheckSize(Size size, const ExtractorInfo& info) {
  const int multiple = info.input_multiple;
  if (size.width < 1 || size.height < 1 || size.width % multiple != 0 || size.height % multiple != 0) {
    throw Error(ErrorCode::kOption, "the network's input is " + SizeText(size) + ", but " + info.name +
                                        " needs positive multiples of " + std::to_string(multiple) +
                                        "; change --resize or --crop");
  }
}

/// Beside what takes as long. If it fails, so will its first use, which says so.
void OpenTorch() {
  try {
    Torch();
  } catch (const Error&) {
  }
}

/// Any image without symmetry: values in the range of a normalised photograph.
std::vector<float> ProbeImage(Size size) {
  std::vector<float> image(std::size_t{3} * size.width * size.height);
  for (std::size_t i = 0; i < image.size(); ++i)
    image[i] = static_cast<float>(i * 7919 % 511) / 128.0F - 2.0F;
  return image;
}

/// Two sizes of different shape, so that exchanged axes and fixed sizes are noticed too.
void Probe(const Network& network, const ExtractorInfo& info) {
  const int multiple = info.input_multiple;
  const int side = (kMinProbeSide_px + multiple - 1) / multiple * multiple;
  for (const Size size : {Size{side, side + multiple}, Size{side + 2 * multiple, side}}) {
    try {
      network.Run(ProbeImage(size), size, info);
    } catch (const Error& error) {
      throw Error(ErrorCode::kModel, "for a test image of " + SizeText(size) + " pixels: " + error.message);
    }
  }
}

}  // namespace

bool ExtractorInfo::has_random_weights() const {
  constexpr std::string_view kSuffix = "-random";
  return name.size() >= kSuffix.size() &&
         name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0;
}

std::optional<ExtractorInfo> PeekInfo(const std::filesystem::path& file) {
  const std::optional<std::string> text =
      StoredZipRecord(file, "extra/touchstone.json", kMaxDescriptionBytes);
  if (!text) return std::nullopt;
  try {
    return ParseDescription(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<FeatureShape> LevelShapes(const ExtractorInfo& info, Size input) {
  CheckSize(input, info);
  std::vector<FeatureShape> shapes;
  for (const ExtractorLevel& level : info.levels) {
    shapes.push_back({input.height / level.stride, input.width / level.stride, level.channels});
  }
  return shapes;
}

ExtractorFile ExtractorFile::Read(const std::filesystem::path& path, const std::string& sha256) {
  return About(path, [&] {
    ExtractorFile file;
    file.path_ = path;
    const auto read = [&] {
      file.bytes_ = std::make_shared<const Bytes>(ReadFile(path, kMaxFileBytes));
      if (sha256.empty()) return CheckChecksums(*file.bytes_);
      const std::string found = file.Sha256();
      if (found != sha256) {
        throw Error(ErrorCode::kModel, "its SHA-256 is " + found + ", not " + sha256 + "; copy it again");
      }
    };
    RunBoth(read, OpenTorch);
    file.info_ = ParseDescription(Torch().read_description(*file.bytes_));
    return file;
  });
}

std::string ExtractorFile::Sha256() const {
  if (!bytes_) throw std::logic_error("ExtractorFile: its bytes were moved out");
  return touchstone::Sha256(bytes_->data(), bytes_->size());
}

struct Extractor::Impl {
  std::filesystem::path file;
  ExtractorInfo info;
  std::unique_ptr<Network> network;
};

Extractor Extractor::Load(ExtractorFile file, WantedOutputs wanted) {
  if (!file.bytes_) throw std::logic_error("Extractor::Load: the file's bytes were moved out");
  return About(file.path_, [&] {
    const auto num_levels = static_cast<int>(file.info_.levels.size());
    if (wanted.deepest_level == 0 && !wanted.global) wanted.deepest_level = num_levels;
    Impl impl{file.path_, std::move(file.info_), Torch().load_network(std::move(file.bytes_), wanted)};
    Probe(*impl.network, impl.info);
    return Extractor(std::make_unique<Impl>(std::move(impl)));
  });
}

Extractor Extractor::Load(const std::filesystem::path& file, WantedOutputs wanted) {
  return Load(ExtractorFile::Read(file), wanted);
}

Extractor::Extractor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Extractor::Extractor(Extractor&&) noexcept = default;
Extractor& Extractor::operator=(Extractor&&) noexcept = default;
Extractor::~Extractor() = default;

const ExtractorInfo& Extractor::info() const { return impl_->info; }

ImageFeatures Extractor::Extract(const std::vector<float>& input, Size size) const {
  return About(impl_->file, [&] {
    CheckSize(size, impl_->info);
    const std::size_t expected = std::size_t{3} * size.width * size.height;
    if (input.size() != expected) {
      throw Error(ErrorCode::kShape, "the input holds " + std::to_string(input.size()) +
                                         " values, but 3 planes of " + SizeText(size) + " are " +
                                         std::to_string(expected));
    }
    return impl_->network->Run(input, size, impl_->info);
  });
}

}  // namespace touchstone
