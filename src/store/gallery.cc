#include "touchstone/store/gallery.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "store/manifest_json.h"
#include "touchstone/core/error.h"
#include "touchstone/core/file.h"
#include "touchstone/core/parallel.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/roi.h"
#include "touchstone/methods/region_weights.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 28;
constexpr const char* kExtractorFile = "extractor.pt";
constexpr const char* kRoiFile = "roi.png";
constexpr const char* kModelFile = "segments/model.safetensors";

std::string LevelName(int level) { return "level" + std::to_string(level); }

void CheckDigest(const fs::path& file, const std::string& expected) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw Error(ErrorCode::kGallery, "is missing: copy the whole gallery again, or fit it again", file);
  }
  const std::string found = Sha256OfFile(file);
  if (found != expected) {
    throw Error(ErrorCode::kGallery,
                "was altered or only half copied: its SHA-256 is " + found + ", the manifest says " +
                    expected + "; copy the whole gallery again, or fit it again",
                file);
  }
}

void CheckShape(const SafetensorsFile& segment, const fs::path& file, const std::string& name,
                const std::vector<std::size_t>& expected) {
  if (segment.tensor(name).shape != expected) {
    throw Error(ErrorCode::kGallery,
                "array '" + name +
                    "' has not the shape that the manifest declares; "
                    "copy the whole gallery again, or fit it again",
                file);
  }
}

std::vector<std::size_t> TensorShape(std::size_t num_images, const FeatureShape& shape) {
  return {num_images, static_cast<std::size_t>(shape.height), static_cast<std::size_t>(shape.width),
          static_cast<std::size_t>(shape.channels)};
}

// Empty if a region has the proportions of all images; otherwise about the first that it has not.
std::string WhyRoiDoesNotFitAll(const Mask& roi, const std::vector<GalleryImage>& images) {
  for (const GalleryImage& image : images) {
    const std::string why = WhyRoiDoesNotFit(roi, image.size);
    if (!why.empty()) return "the gallery's image " + image.path + " " + why;
  }
  return "";
}

}  // namespace

std::vector<int> StoredLevels(const GalleryManifest& manifest) {
  if (manifest.options.method != Method::kSpade) return manifest.options.levels;
  std::vector<int> all;
  for (std::size_t l = 0; l < manifest.extractor.level_shapes.size(); ++l)
    all.push_back(static_cast<int>(l) + 1);
  return all;
}

std::string PreviewPath(std::size_t index) {
  char name[48];
  std::snprintf(name, sizeof name, "previews/%06zu.jpg", index);
  return name;
}

Gallery Gallery::Open(const fs::path& folder, GalleryCheck check) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    if (fs::exists(folder, error)) {
      throw Error(ErrorCode::kUsage, "is a file: a gallery is a folder, which touchstone fit makes", folder);
    }
    throw Error(
        ErrorCode::kUsage,
        "there is no such gallery folder; make one with: touchstone fit NORMAL_DIR -o " + folder.string(),
        folder);
  }
  const fs::path manifest_file = folder / "manifest.json";
  if (!fs::is_regular_file(manifest_file, error)) {
    throw Error(ErrorCode::kGallery,
                "is not a gallery: it has no manifest.json (a fit that did not finish leaves none)", folder);
  }
  const Bytes text = ReadFile(manifest_file, kMaxManifestBytes);
  Gallery gallery;
  gallery.folder_ = folder;
  gallery.sha256_ = Sha256(text.data(), text.size());
  gallery.manifest_ = ParseManifest(std::string(text.begin(), text.end()), manifest_file);
  if (check == GalleryCheck::kManifest) return gallery;
  if (check == GalleryCheck::kDigests) gallery.CheckExtractor();
  const auto& segments = gallery.manifest_.segments;
  ParallelFor(segments.size(),
              [&](std::size_t s) { CheckDigest(folder / segments[s].file, segments[s].sha256); });
  const std::optional<GalleryModel>& model = gallery.manifest_.model;
  if (model) CheckDigest(folder / model->file, model->sha256);
  gallery.OpenRoi();
  gallery.OpenSegments();
  gallery.OpenModel();
  return gallery;
}

fs::path Gallery::extractor_file() const { return folder_ / kExtractorFile; }

void Gallery::CheckExtractor() const { CheckDigest(extractor_file(), manifest_.extractor.sha256); }

void Gallery::OpenRoi() {
  if (manifest_.roi_sha256.empty()) return;
  const fs::path file = folder_ / kRoiFile;
  CheckDigest(file, manifest_.roi_sha256);
  try {
    SetRoi(ReadMask(file));
  } catch (const Error& error) {
    throw Error(ErrorCode::kGallery, error.message, file);
  }
  roi_sha256_ = manifest_.roi_sha256;
  const std::string why = WhyRoiDoesNotFitAll(*roi_, manifest_.images);
  if (!why.empty()) throw Error(ErrorCode::kGallery, why, file);
}

void Gallery::LookAt(const Mask& roi) {
  if (roi_ && roi_->size == roi.size && roi_->values == roi.values) return;
  const std::string why = WhyRoiDoesNotFitAll(roi, manifest_.images);
  if (!why.empty()) throw Error(ErrorCode::kUsage, "--roi: " + why);
  SetRoi(roi);
  roi_sha256_ = RoiDigest(roi);
}

void Gallery::SetRoi(const std::optional<Mask>& roi) {
  roi_ = roi;
  roi_on_frame_.reset();
  if (roi) roi_on_frame_ = OverFrame(*roi, manifest_.preprocessing.resize);
}

void Gallery::OpenSegments() {
  std::size_t first = 0;
  const bool is_spade = manifest_.options.method == Method::kSpade;
  for (const GallerySegment& entry : manifest_.segments) {
    const fs::path file = folder_ / entry.file;
    SafetensorsFile segment(file);
    if (is_spade) global_size_ = manifest_.extractor.global_size;
    if (!is_spade && segment.tensor("global").shape.size() == 2)
      global_size_ = segment.tensor("global").shape[1];
    CheckShape(segment, file, "global", {entry.num_images, global_size_});
    for (const int level : StoredLevels(manifest_)) {
      const FeatureShape& shape = level_shapes()[static_cast<std::size_t>(level) - 1];
      CheckShape(segment, file, LevelName(level), TensorShape(entry.num_images, shape));
    }
    const std::vector<float> rows = segment.ReadRows("global", 0, entry.num_images);
    globals_.insert(globals_.end(), rows.begin(), rows.end());
    segments_.push_back(std::move(segment));
    first_images_.push_back(first);
    first += entry.num_images;
  }
}

void Gallery::OpenModel() {
  if (manifest_.model) model_ = std::make_shared<const SafetensorsFile>(folder_ / manifest_.model->file);
}

const SafetensorsFile& Gallery::model_file() const {
  if (!model_) throw std::logic_error("Gallery::model_file: the gallery has no model, or it was not opened");
  return *model_;
}

RowsView Gallery::globals() const {
  return {globals_.data(), globals_.empty() ? 0 : num_images(), global_size_};
}

std::vector<FeatureMap> Gallery::ReadPyramid(std::size_t image, const std::vector<int>& levels) const {
  if (!HasFeatures()) throw std::logic_error("Gallery::ReadPyramid: the gallery keeps no features");
  const auto after = std::upper_bound(first_images_.begin(), first_images_.end(), image);
  const auto segment = static_cast<std::size_t>(after - first_images_.begin()) - 1;
  std::vector<FeatureMap> pyramid;
  for (const int level : levels) {
    pyramid.push_back({level_shapes()[static_cast<std::size_t>(level) - 1],
                       segments_[segment].ReadRows(LevelName(level), image - first_images_[segment], 1)});
  }
  return pyramid;
}

ImageFeatures Gallery::ReadFeatures(std::size_t image) const {
  const std::vector<int> levels = StoredLevels(manifest_);
  std::vector<FeatureMap> stored = ReadPyramid(image, levels);
  const float* global = globals().row(image);
  ImageFeatures features{{global, global + globals().cols}, {}};
  for (const FeatureShape& shape : level_shapes()) features.pyramid.push_back({shape, {}});
  for (std::size_t i = 0; i < levels.size(); ++i) {
    features.pyramid[static_cast<std::size_t>(levels[i]) - 1] = std::move(stored[i]);
  }
  return features;
}

GalleryWriter::GalleryWriter(fs::path folder, GalleryManifest manifest)
    : folder_(std::move(folder)), manifest_(std::move(manifest)) {
  std::error_code error;
  for (const char* name : {"segments", "previews"}) {
    fs::create_directories(folder_ / name, error);
    if (error) throw Error(ErrorCode::kIo, "cannot be created: " + error.message(), folder_ / name);
  }
  levels_ = StoredLevels(manifest_);
  std::size_t values = manifest_.extractor.global_size;
  for (const int level : levels_) {
    values += manifest_.extractor.level_shapes[static_cast<std::size_t>(level) - 1].num_values();
  }
  constexpr std::size_t kSegmentBytes = std::size_t{32} << 20;
  images_per_segment_ = std::max<std::size_t>(1, kSegmentBytes / (values * sizeof(float)));
}

void GalleryWriter::StoreExtractor(const Bytes& file) {
  WriteFileAtomically(folder_ / kExtractorFile, file);
  manifest_.extractor.sha256 = Sha256(file.data(), file.size());
}

void GalleryWriter::SetRoi(const Mask& roi) {
  const Bytes png = EncodeRoi(roi);
  WriteFileAtomically(folder_ / kRoiFile, png);
  manifest_.roi_sha256 = Sha256(png.data(), png.size());
  roi_ = roi;
}

void GalleryWriter::Add(const GalleryImage& image, ImageFeatures features,
                        const std::vector<std::uint8_t>& preview_jpeg) {
  WriteFileAtomically(folder_ / PreviewPath(manifest_.images.size()), preview_jpeg);
  manifest_.images.push_back(image);
  pending_.push_back(std::move(features));
  if (pending_.size() == images_per_segment_) WriteSegment();
}

void GalleryWriter::WriteSegment() {
  const bool is_kept = manifest_.options.method == Method::kSpade;
  const TensorType type = is_kept ? manifest_.dtype : TensorType::kFloat32;
  std::vector<TensorHeader> arrays{{"global", {pending_.size(), pending_[0].global.size()}, type}};
  for (const int level : levels_) {
    const FeatureShape& shape = manifest_.extractor.level_shapes[static_cast<std::size_t>(level) - 1];
    arrays.push_back({LevelName(level), TensorShape(pending_.size(), shape), type});
  }
  char name[48];
  std::snprintf(name, sizeof name, "segments/%06zu.safetensors", manifest_.segments.size());
  using Digest = SafetensorsWriter::Digest;
  SafetensorsWriter writer(folder_ / name, arrays, is_kept ? Digest::kSha256 : Digest::kNone);
  for (const ImageFeatures& features : pending_)
    writer.Append(features.global.data(), features.global.size());
  for (const int level : levels_) {
    for (const ImageFeatures& features : pending_) {
      const std::vector<float>& values = features.pyramid[static_cast<std::size_t>(level) - 1].values;
      writer.Append(values.data(), values.size());
    }
  }
  manifest_.segments.push_back({name, writer.Finish(), pending_.size()});
  pending_.clear();
}

void GalleryWriter::FinishSegments() {
  if (!pending_.empty()) WriteSegment();
}

Gallery GalleryWriter::OpenUnfinished() const {
  Gallery gallery;
  gallery.folder_ = folder_;
  gallery.manifest_ = manifest_;
  gallery.SetRoi(roi_);
  gallery.roi_sha256_ = manifest_.roi_sha256;
  gallery.OpenSegments();
  gallery.OpenModel();
  return gallery;
}

fs::path GalleryWriter::ModelPath() const { return folder_ / kModelFile; }

void GalleryWriter::SetModel(const std::string& sha256, std::size_t num_rows, std::optional<double> recall) {
  if (sha256.empty()) throw std::logic_error("GalleryWriter: a model without a digest");
  manifest_.model = GalleryModel{kModelFile, sha256, num_rows, recall};
}

void GalleryWriter::DropFeatures() {
  for (const GallerySegment& segment : manifest_.segments) {
    std::error_code ignored;  // what the manifest does not name is not part of the gallery
    fs::remove(folder_ / segment.file, ignored);
  }
  manifest_.segments.clear();
}

void GalleryWriter::Finish(const MapScale& map_scale, const std::optional<Calibration>& calibration) {
  if (manifest_.extractor.sha256.empty()) throw std::logic_error("GalleryWriter: no extractor was stored");
  manifest_.map_scale = map_scale;
  manifest_.calibration = calibration;
  WriteFileAtomically(folder_ / "manifest.json", ManifestText(manifest_));
}

void ReplaceCalibration(const Gallery& gallery, const std::optional<Calibration>& calibration) {
  GalleryManifest manifest = gallery.manifest();
  manifest.calibration = calibration;
  WriteFileAtomically(gallery.folder() / "manifest.json", ManifestText(manifest));
}

}  // namespace touchstone
