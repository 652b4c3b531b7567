#include "touchstone/app/fit.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "app/fit_model.h"
#include "app/fit_plan.h"
#include "app/good_images.h"
#include "app/leave_one_out.h"
#include "app/load_image.h"
#include "app/map_scale.h"
#include "app/name_groups.h"
#include "app/output_folder.h"
#include "touchstone/app/version.h"
#include "touchstone/backbone/extractor.h"
#include "touchstone/core/error.h"
#include "touchstone/core/parallel.h"
#include "touchstone/core/pipeline.h"
#include "touchstone/core/text.h"
#include "touchstone/image/map_file.h"
#include "touchstone/image/preprocess.h"
#include "touchstone/image/roi.h"
#include "touchstone/report/heatmap.h"
#include "touchstone/store/gallery.h"
#include "touchstone/store/model_file.h"

namespace touchstone {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = "manifest.json";
constexpr int kPreviewSide = 256;
constexpr int kPreviewQuality = 85;

// One normal image on its way into the gallery.
struct FittedImage {
  std::string path;
  std::string error, error_code;  // why it failed; empty otherwise
  GalleryImage entry;
  ImageFeatures features;
  Bytes preview;
  bool has_exif_orientation = false;
  StageTimes times;
};

// What every image is put through.
struct FitContext {
  const Extractor& extractor;
  Preprocessing preprocessing;
  ScoringOptions scoring;
  std::optional<Mask> roi;
};

FittedImage FitOne(const ListedImage& listed, const FitContext& context) {
  const Preprocessing& preprocessing = context.preprocessing;
  FittedImage fitted;
  fitted.path = listed.relative;
  try {
    StopWatch watch;
    const LoadedImage loaded = LoadImage(listed.file);
    const Image& image = loaded.image;
    if (context.roi) (void)FitRoi(*context.roi, image.size);  // throws where it does not fit
    fitted.entry = {listed.relative, loaded.sha256, image.size, image.bits_per_channel};
    fitted.has_exif_orientation = image.has_exif_orientation;
    const std::vector<float> input = Preprocess(image, preprocessing);
    fitted.times.decode_s = watch.Lap();
    fitted.features = context.extractor.Extract(input, NetworkInputSize(preprocessing));
    if (context.scoring.method != Method::kSpade) {
      fitted.features.global = PooledLevel(fitted.features, context.scoring.levels);
    }
    fitted.times.forward_s = watch.Lap();
    fitted.preview = EncodeJpeg(MakePreview(image, preprocessing.white_level, kPreviewSide), kPreviewQuality);
    fitted.times.write_s = watch.Lap();
  } catch (const Error& error) {
    fitted.error = error.message;
    fitted.error_code = ErrorCodeName(error.code);
  }
  return fitted;
}

std::uint64_t GalleryBytes(const GalleryManifest& manifest, std::size_t num_images,
                           std::uint64_t extractor_bytes) {
  std::uint64_t values = manifest.extractor.global_size;
  for (const int level : StoredLevels(manifest)) {
    values += manifest.extractor.level_shapes[static_cast<std::size_t>(level) - 1].num_values();
  }
  constexpr std::uint64_t kPreviewBytes = 30000;
  // Features of other methods than spade are there in float32 until the model is made of them.
  const bool is_half = manifest.options.method == Method::kSpade && manifest.dtype == TensorType::kFloat16;
  return num_images * (values * (is_half ? 2 : 4) + kPreviewBytes) + ModelBytes(manifest, num_images) +
         extractor_bytes;
}

std::uintmax_t FolderBytes(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Runs all images through the extractor into the writer, in order.
void AddImages(const Listing& listing, const FitContext& context, GalleryWriter* writer,
               ProgressSink& progress, FitSummary* summary) {
  ImageWarning turned = OrientationWarning();
  std::size_t next = 0;
  const auto close = [&](FittedImage& fitted) {
    progress.Advance();
    summary->times += fitted.times;
    if (!fitted.error.empty()) {
      summary->failed.push_back({fitted.path, fitted.error_code, fitted.error});
      progress.Warn(fitted.path + ": " + fitted.error + " (left out)");
      return;
    }
    StopWatch watch;
    writer->Add(fitted.entry, std::move(fitted.features), fitted.preview);
    summary->times.write_s += watch.Lap();
    ++summary->num_images;
    if (fitted.has_exif_orientation) turned.Add(fitted.path);
  };
  progress.Begin("fit", listing.images.size());
  RunPipeline([&]() -> PipelineWork {
    if (next == listing.images.size() || progress.Interrupted()) return {};
    return [&, index = next++]() -> PipelineEmit {
      auto fitted = std::make_shared<FittedImage>(FitOne(listing.images[index], context));
      return [&close, fitted] { close(*fitted); };
    };
  });
  progress.End();
  if (!turned.empty()) progress.Warn(turned.Message());
}

// Makes the method's model, scores some of the images against the others, and makes thresholds and colour
// scale of that.
// @return whether it was not interrupted: then the manifest is written.
bool FinishGallery(const FitOptions& options, GalleryWriter* writer, ProgressSink& progress,
                   FitSummary* summary) {
  StopWatch watch;
  const std::size_t num_images = summary->num_images;
  const std::size_t num_drawn = options.estimates_thresholds
                                    ? NumForEstimate(num_images, options.false_alarm_rate)
                                    : NumForScale(num_images);
  const std::vector<std::size_t> drawn = DrawOwnImages(num_images, num_drawn, options.scoring.seed);
  const std::vector<OwnScore> scores = FitModel(writer, drawn, progress);
  if (progress.Interrupted()) return false;
  std::optional<Calibration> calibration;
  MapScale scale;
  {
    const Gallery gallery = writer->OpenUnfinished();
    const ScoringOptions& scoring = gallery.manifest().options;
    if (options.estimates_thresholds) {
      calibration = Estimate(scores, gallery.manifest().images, options.false_alarm_rate, scoring.method);
      summary->num_name_groups = NameGroups(PathsOf(gallery.manifest().images)).size();
      summary->thresholds = ThresholdsOf(*calibration, scoring.image_score);
    }
    scale = ScaleOf(scores, gallery, scoring);
  }
  if (options.scoring.method != Method::kSpade) writer->DropFeatures();
  writer->Finish(scale, calibration);
  summary->leave_one_out_s = watch.Lap();
  return true;
}

// The network is made while its file is written: both take about as long. If both fail, the network says so.
Extractor LoadAndStore(ExtractorFile file, const ScoringOptions& options, GalleryWriter* writer) {
  std::optional<Extractor> extractor;
  std::shared_ptr<const Bytes> bytes = file.bytes();
  std::optional<Error> not_written;
  const auto write = [&] {
    try {
      writer->StoreExtractor(*bytes);
    } catch (const Error& error) {
      not_written.emplace(error);
    }
    bytes.reset();
  };
  RunBoth(
      [&] {
        extractor.emplace(Extractor::Load(std::move(file), OutputsFor(options.method, options.levels)));
      },
      write);
  if (not_written) throw Error(*not_written);
  return std::move(*extractor);
}

// What can be known to be wrong before anything is read.
void Check(const FitOptions& options) {
  Preprocessing checked = PreprocessingFrom(options, {});
  checked.stddev = {1, 1, 1};
  Validate(checked);
  Validate(options.scoring, 1 << 10);
  ValidateFalseAlarmRate(options.false_alarm_rate);
  CheckOutputFolder(options.output, kMarker, options.force);
  CheckHoldsNone(options.output, {options.input, options.roi});
  CheckInNone(options.output, {options.input});
}

}  // namespace

FitSummary Fit(const FitOptions& options, ProgressSink& progress) {
  StopWatch total;
  FitSummary summary;
  Check(options);
  const std::optional<Mask> roi = ReadRoi(options.roi);
  const fs::path model = FindModel(options.model);
  const Listing listing = ListImages(options.input, options.filter);
  std::vector<std::string> paths;
  for (const ListedImage& image : listing.images) paths.push_back(image.relative);
  WarnOfDefects(options.input, paths, progress);
  CheckSuit(options, model, listing.images.size());
  ExtractorFile file = ExtractorFile::Read(model);
  const GalleryManifest manifest = ManifestFor(options, file.info());
  if (manifest.options.method == Method::kSpade) {
    CheckNumNeighbors(manifest.options, manifest.extractor.level_shapes, listing.images.size());
  }
  CheckFreeSpace(options.output, GalleryBytes(manifest, listing.images.size(), file.bytes()->size()));
  StagingFolder staging(options.output);
  GalleryWriter writer(staging.path(), manifest);
  if (roi) writer.SetRoi(*roi);
  const Extractor extractor = LoadAndStore(std::move(file), manifest.options, &writer);
  summary.extractor_name = extractor.info().name;
  summary.has_random_weights = extractor.info().has_random_weights();
  AddImages(listing, {extractor, manifest.preprocessing, manifest.options, roi}, &writer, progress, &summary);
  if (summary.num_images == 0 && !progress.Interrupted()) {
    throw Error(ErrorCode::kIo,
                "of " + CountText(listing.images.size(), "image", "images") +
                    " none could be read (each is named above), so there is nothing to learn from",
                options.input);
  }
  summary.interrupted = true;  // until the gallery is in its place
  if (!progress.Interrupted()) {
    writer.FinishSegments();
    const bool is_gallery = FinishGallery(options, &writer, progress, &summary);
    if (is_gallery) {
      summary.gallery_bytes = FolderBytes(staging.path());
      staging.Commit(kMarker, options.force);
      summary.interrupted = false;
    }
  }
  summary.total_s = total.Lap();
  return summary;
}

}  // namespace touchstone
