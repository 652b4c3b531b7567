#include "touchstone/store/model_file.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>
#include <string>

#include "touchstone/core/error.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/methods/coreset.h"
#include "touchstone/methods/patch_features.h"

namespace touchstone {
namespace {

// float32 holds whole numbers up to here; no gallery has as many images, no grid as many places.
constexpr std::size_t kMostPlaces = std::size_t{1} << 24;

std::vector<FeatureShape> LevelShapes(const GalleryManifest& manifest) {
  return SelectShapes(manifest.extractor.level_shapes, manifest.options.levels);
}

FeatureShape PatchShape(const GalleryManifest& manifest) {
  return PatchFeatureShape(LevelShapes(manifest), manifest.options.pooling);
}

std::size_t NumChannels(const GalleryManifest& manifest) {
  std::size_t channels = 0;
  for (const FeatureShape& shape : LevelShapes(manifest))
    channels += static_cast<std::size_t>(shape.channels);
  return channels;
}

FactorLayout LayoutOf(const GalleryManifest& manifest) {
  return {static_cast<std::size_t>(manifest.options.dims), manifest.images.size()};
}

[[noreturn]] void Refuse(const Gallery& gallery, const std::string& reason) {
  throw Error(ErrorCode::kGallery, reason, gallery.folder() / gallery.manifest().model->file);
}

constexpr char kWayOut[] = "; copy the whole gallery again, or fit it again";

std::string ShapeText(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

void CheckShape(const Gallery& gallery, const std::string& name, const std::vector<std::size_t>& shape) {
  const std::vector<std::size_t>& found = gallery.model_file().tensor(name).shape;
  if (found == shape) return;
  Refuse(gallery, "array '" + name + "' is " + ShapeText(found) + ", the manifest declares " +
                      ShapeText(shape) + kWayOut);
}

// A whole number below `limit`.
std::int32_t NumberFrom(const Gallery& gallery, float value, std::size_t limit) {
  if (!(value >= 0 && value < static_cast<float>(limit)) || value != std::floor(value)) {
    Refuse(gallery, "array 'places' names an image or a location that does not exist");
  }
  return static_cast<std::int32_t>(value);
}

std::vector<PatchPlace> PlacesFrom(const Gallery& gallery, std::size_t num_patches, std::size_t locations) {
  const std::vector<float> numbers = gallery.model_file().ReadRows("places", 0, num_patches);
  std::vector<PatchPlace> places;
  places.reserve(num_patches);
  for (std::size_t m = 0; m < num_patches; ++m) {
    places.push_back({NumberFrom(gallery, numbers[2 * m], gallery.num_images()),
                      NumberFrom(gallery, numbers[2 * m + 1], locations)});
  }
  return places;
}

void CheckFinite(const Gallery& gallery, const std::string& name, const float* values, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (!std::isfinite(values[i])) {
      Refuse(gallery, "array '" + name + "' holds NaN or infinity" + kWayOut);
    }
  }
}

// Longer rows cannot be compared (knn/projection.h, CheckSquaredLength: 1e36, after the mean is subtracted).
void CheckPatches(const Gallery& gallery, RowsView patches) {
  constexpr float kMostSquaredLength = 1e35F;
  const auto channels = static_cast<Eigen::Index>(patches.cols);
  for (std::size_t row = 0; row < patches.rows; ++row) {
    const Eigen::Map<const Eigen::VectorXf> patch(patches.row(row), channels);
    if (patch.squaredNorm() < kMostSquaredLength) continue;  // a sum beyond float32 is infinity
    Refuse(gallery, "row " + std::to_string(row) +
                        " of array 'patches' holds NaN, infinity or numbers beyond all bounds" + kWayOut);
  }
}

std::vector<std::uint32_t> ChannelsFrom(const Gallery& gallery) {
  const std::size_t dims = LayoutOf(gallery.manifest()).num_dims, total = NumChannels(gallery.manifest());
  std::vector<std::uint32_t> channels;
  for (const float value : gallery.model_file().ReadRows("channels", 0, dims)) {
    const bool is_number = value >= 0 && value < static_cast<float>(total) && value == std::floor(value);
    if (!is_number || (!channels.empty() && static_cast<std::uint32_t>(value) <= channels.back())) {
      Refuse(gallery, "array 'channels' is not an ascending list of channels that the levels have");
    }
    channels.push_back(static_cast<std::uint32_t>(value));
  }
  return channels;
}

// The arrays of IvfPqCodes, in the order in which they are written.
std::vector<TensorHeader> CodeArrays(std::size_t num_patches, std::size_t channels) {
  const std::size_t parts = NumIvfPqParts(channels);
  return {{"lists", {num_patches}, TensorType::kFloat32},
          {"codes", {num_patches, parts}, TensorType::kFloat32},
          {"centres", {NumIvfPqLists(num_patches), channels}, TensorType::kFloat32},
          {"codewords", {parts, kIvfPqCodewords * channels / parts}, TensorType::kFloat32}};
}

std::uint64_t CodeBytes(std::size_t num_patches, std::size_t channels) {
  std::uint64_t num_values = 0;
  for (const TensorHeader& array : CodeArrays(num_patches, channels)) {
    num_values +=
        std::accumulate(array.shape.begin(), array.shape.end(), std::uint64_t{1}, std::multiplies<>());
  }
  return num_values * 4;
}

void AppendCodes(const IvfPqCodes& codes, SafetensorsWriter* writer) {
  const std::vector<float> lists(codes.lists.begin(), codes.lists.end());
  const std::vector<float> bytes(codes.codes.begin(), codes.codes.end());
  for (const std::vector<float>* values : {&lists, &bytes, &codes.centres, &codes.codewords}) {
    writer->Append(values->data(), values->size());
  }
}

// Whole numbers below `limit`.
template <typename Number>
std::vector<Number> NumbersFrom(const Gallery& gallery, const std::string& name, std::size_t rows,
                                std::size_t limit) {
  const std::vector<float> values = gallery.model_file().ReadRows(name, 0, rows);
  std::vector<Number> numbers;
  numbers.reserve(values.size());
  for (const float value : values) {
    if (!(value >= 0 && value < static_cast<float>(limit)) || value != std::floor(value)) {
      Refuse(gallery,
             "array '" + name + "' holds something else than whole numbers below " + std::to_string(limit));
    }
    numbers.push_back(static_cast<Number>(value));
  }
  return numbers;
}

std::vector<float> FiniteFrom(const Gallery& gallery, const std::string& name, std::size_t rows) {
  std::vector<float> values = gallery.model_file().ReadRows(name, 0, rows);
  CheckFinite(gallery, name, values.data(), values.size());
  return values;
}

IvfPqCodes CodesFrom(const Gallery& gallery, RowsView patches) {
  for (const TensorHeader& array : CodeArrays(patches.rows, patches.cols)) {
    CheckShape(gallery, array.name, array.shape);
  }
  const std::size_t num_lists = NumIvfPqLists(patches.rows);
  IvfPqCodes codes;
  codes.num_parts = NumIvfPqParts(patches.cols);
  codes.lists = NumbersFrom<std::int32_t>(gallery, "lists", patches.rows, num_lists);
  codes.codes = NumbersFrom<std::uint8_t>(gallery, "codes", patches.rows, kIvfPqCodewords);
  codes.centres = FiniteFrom(gallery, "centres", num_lists);
  codes.codewords = FiniteFrom(gallery, "codewords", codes.num_parts);
  return codes;
}

// Calls `take` with the chosen patches of one image after the other; several images are worked on at a time.
// @param chosen  ascending.
void ForPatches(const Gallery& gallery, const std::vector<std::size_t>& chosen, std::size_t locations,
                const std::function<void(const std::vector<float>&)>& take) {
  const ScoringOptions& options = gallery.manifest().options;
  auto next = chosen.begin();
  RunPipeline([&]() -> PipelineWork {
    if (next == chosen.end()) return {};
    const auto first = next;
    const std::size_t image = *first / locations;
    while (next != chosen.end() && *next / locations == image) ++next;
    return [&, image, first, last = next]() -> PipelineEmit {
      const FeatureMap patches = PatchFeatures(gallery.ReadPyramid(image, options.levels), options.pooling);
      const auto rows = std::make_shared<std::vector<float>>();
      for (auto patch = first; patch != last; ++patch) {
        const float* row = patches.row(*patch % locations);
        rows->insert(rows->end(), row, row + patches.shape.channels);
      }
      return [&take, rows] { take(*rows); };
    };
  });
}

}  // namespace

std::string WriteBank(const std::filesystem::path& file, const Gallery& gallery,
                      const std::vector<std::size_t>& chosen) {
  const GalleryManifest& manifest = gallery.manifest();
  const FeatureShape shape = PatchShape(manifest);
  const std::size_t locations = shape.num_locations(), channels = static_cast<std::size_t>(shape.channels);
  if (gallery.num_images() > kMostPlaces || locations > kMostPlaces) {
    throw Error(ErrorCode::kOption, "patchcore: more than 16,777,216 images or places of an image");
  }
  const bool has_codes = manifest.options.search == BankIndex::kIvfPq;
  std::vector<TensorHeader> arrays{{"places", {chosen.size(), 2}, TensorType::kFloat32},
                                   {"patches", {chosen.size(), channels}, manifest.dtype}};
  if (has_codes) {
    const std::vector<TensorHeader> more = CodeArrays(chosen.size(), channels);
    arrays.insert(arrays.end(), more.begin(), more.end());
  }
  SafetensorsWriter writer(file, arrays, SafetensorsWriter::Digest::kSha256);
  std::vector<float> places, all;
  for (const std::size_t patch : chosen) {
    places.push_back(static_cast<float>(patch / locations));
    places.push_back(static_cast<float>(patch % locations));
  }
  writer.Append(places.data(), places.size());
  ForPatches(gallery, chosen, locations, [&](const std::vector<float>& rows) {
    writer.Append(rows.data(), rows.size());
    if (has_codes) all.insert(all.end(), rows.begin(), rows.end());
  });
  if (has_codes) AppendCodes(EncodeIvfPq({all.data(), chosen.size(), channels}), &writer);
  return writer.Finish();
}

PatchBank ReadBank(const Gallery& gallery) {
  const FeatureShape shape = PatchShape(gallery.manifest());
  const std::size_t num_patches = gallery.manifest().model->num_rows;
  const auto channels = static_cast<std::size_t>(shape.channels);
  CheckShape(gallery, "places", {num_patches, 2});
  CheckShape(gallery, "patches", {num_patches, channels});
  PatchBank bank;
  bank.places = PlacesFrom(gallery, num_patches, shape.num_locations());
  const SafetensorsFile& file = gallery.model_file();
  if (file.tensor("patches").type == TensorType::kFloat32) {
    const auto mapped = std::make_shared<const MappedFloats>(file.Map("patches"));
    bank.patches = {mapped->data(), num_patches, channels};
    bank.owner = mapped;
  } else {
    const auto read = std::make_shared<const std::vector<float>>(file.ReadRows("patches", 0, num_patches));
    bank.patches = {read->data(), num_patches, channels};
    bank.owner = read;
  }
  CheckPatches(gallery, bank.patches);
  if (gallery.manifest().options.search == BankIndex::kIvfPq) bank.codes = CodesFrom(gallery, bank.patches);
  return bank;
}

WrittenGaussians WriteGaussians(const std::filesystem::path& file, const Gallery& gallery,
                                const std::vector<HoldOut>& hold_outs,
                                const std::function<bool(std::size_t)>& go_on) {
  const GalleryManifest& manifest = gallery.manifest();
  const FactorLayout layout = LayoutOf(manifest);
  const std::size_t locations = LevelShapes(manifest)[0].num_locations();
  SafetensorsWriter writer(file,
                           {{"factor", {locations, layout.size()}, TensorType::kFloat32},
                            {"mean", {locations, layout.num_dims}, TensorType::kFloat32},
                            {"channels", {layout.num_dims}, TensorType::kFloat32}},
                           SafetensorsWriter::Digest::kSha256);
  std::vector<float> means;
  bool was_stopped = false;
  WrittenGaussians written;
  written.distances = FitGaussians(
      gallery, manifest.options, {hold_outs},
      [&](const float* mean, const float* factor) {
        means.insert(means.end(), mean, mean + layout.num_dims);
        writer.Append(factor, layout.size());
      },
      [&](std::size_t num_done) { return !(was_stopped = !go_on(num_done)); });
  if (was_stopped) return written;  // the file with them is dropped
  writer.Append(means.data(), means.size());
  const std::vector<std::uint32_t> drawn =
      DrawChannels(NumChannels(manifest), layout.num_dims, manifest.options.seed);
  const std::vector<float> channels(drawn.begin(), drawn.end());
  writer.Append(channels.data(), channels.size());
  written.sha256 = writer.Finish();
  return written;
}

GaussianModel ReadGaussians(const Gallery& gallery) {
  const FactorLayout layout = LayoutOf(gallery.manifest());
  const std::size_t locations = LevelShapes(gallery.manifest())[0].num_locations();
  const std::size_t num_rows = gallery.manifest().model->num_rows;
  if (num_rows != layout.num_rows()) {
    Refuse(gallery, "the manifest declares " + std::to_string(num_rows) + " rows of a factor, " +
                        std::to_string(layout.num_rows()) + " follow from its images and channels" + kWayOut);
  }
  CheckShape(gallery, "factor", {locations, layout.size()});
  CheckShape(gallery, "mean", {locations, layout.num_dims});
  CheckShape(gallery, "channels", {layout.num_dims});
  struct Mapped {
    MappedFloats factors, means;
  };
  const SafetensorsFile& file = gallery.model_file();
  const auto mapped = std::make_shared<const Mapped>(Mapped{file.Map("factor"), file.Map("mean")});
  CheckFinite(gallery, "mean", mapped->means.data(), mapped->means.size());
  GaussianModel model;
  model.channels = ChannelsFrom(gallery);
  model.num_images = layout.num_images;
  model.means = mapped->means.data();
  model.factors = mapped->factors.data();
  model.owner = mapped;
  return model;
}

void CheckModel(const Gallery& gallery) {
  if (gallery.manifest().options.method == Method::kPatchCore) ReadBank(gallery);
  if (gallery.manifest().options.method != Method::kPadim) return;
  const GaussianModel model = ReadGaussians(gallery);
  const FactorLayout layout = LayoutOf(gallery.manifest());
  const std::size_t locations = LevelShapes(gallery.manifest())[0].num_locations();
  CheckFinite(gallery, "factor", model.factors, locations * layout.size());
}

std::uint64_t ModelBytes(const GalleryManifest& manifest, std::size_t num_images) {
  const std::size_t bytes = manifest.dtype == TensorType::kFloat32 ? 4 : 2;
  const std::size_t locations = LevelShapes(manifest)[0].num_locations();
  if (manifest.options.method == Method::kPatchCore) {
    const std::size_t num_patches = CoresetSize(manifest.options.coreset, num_images * locations);
    const auto channels = static_cast<std::size_t>(PatchShape(manifest).channels);
    std::uint64_t code_bytes = 0;
    if (manifest.options.search == BankIndex::kIvfPq) code_bytes = CodeBytes(num_patches, channels);
    return std::uint64_t{num_patches} * (channels * bytes + 2 * 4) + code_bytes;
  }
  if (manifest.options.method != Method::kPadim) return 0;
  const FactorLayout layout{static_cast<std::size_t>(manifest.options.dims), num_images};
  return 4 * (locations * (layout.size() + layout.num_dims) + layout.num_dims);
}

}  // namespace touchstone
