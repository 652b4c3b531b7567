#include "defect_runs.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

#include "score_bins.h"

namespace touchstone {
namespace {

auto Place(const DefectRun& run) { return std::tie(run.key, run.group, run.is_channel, run.area); }

// The runs of a channel: its highest pixels, as many as saturate it.
void AddChannel(const DefectChannel& channel, const ScoreMap& map, std::uint32_t group,
                std::vector<DefectRun>* runs) {
  std::vector<std::uint32_t> keys;
  keys.reserve(channel.pixels.size());
  for (const std::uint32_t pixel : channel.pixels) keys.push_back(OrderKey(map.values[pixel]));
  const auto end = keys.begin() + channel.saturation_px;
  std::nth_element(keys.begin(), end - 1, keys.end(), std::greater<>());
  for (auto key = keys.begin(); key != end; ++key) {
    runs->push_back({*key, group, channel.saturation_px, 1, true});
  }
}

// Joins neighbours that differ in their counts only, while the sum has room.
void Combine(std::vector<DefectRun>* sorted) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  auto last = sorted->begin();
  for (auto run = sorted->begin(); run != sorted->end(); ++run) {
    if (run == last) continue;
    if (Place(*run) == Place(*last) && run->count <= kMost - last->count) {
      last->count += run->count;
    } else {
      *++last = *run;
    }
  }
  if (last != sorted->end()) sorted->erase(last + 1, sorted->end());
}

}  // namespace

ImageDefects FindDefects(const PixelImage& image, const Regions& regions, std::uint32_t group) {
  ImageDefects defects;
  for (std::size_t p = 0; p < regions.labels.size(); ++p) {
    if (regions.labels[p] == 0) continue;
    const auto area = static_cast<std::uint32_t>(regions.areas[regions.labels[p] - 1]);
    defects.runs.push_back({OrderKey(image.map.values[p]), group, area, 1, false});
  }
  defects.num_pixels = defects.runs.size();
  defects.num_regions = regions.areas.size();
  for (const DefectChannel& channel : image.channels) AddChannel(channel, image.map, group, &defects.runs);
  defects.num_channels = image.channels.size();
  return defects;
}

void DefectGatherer::Add(const std::vector<DefectRun>& runs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const DefectRun& run : runs) {
    if (run.key < lowest_ || run.key >= below_) continue;
    runs_.push_back(run);
    if (runs_.size() >= 2 * max_runs_) Compact();
  }
}

// Puts the runs in order and lets go of the lowest scores where there are too many.
void DefectGatherer::Compact() {
  std::sort(runs_.begin(), runs_.end(),
            [](const DefectRun& a, const DefectRun& b) { return Place(a) < Place(b); });
  Combine(&runs_);
  if (runs_.size() <= max_runs_) return;
  // Every score is held whole or not at all; the highest is always held.
  const std::uint32_t cut =
      std::min((runs_.end() - static_cast<std::ptrdiff_t>(max_runs_) - 1)->key, runs_.back().key - 1);
  lowest_ = cut + 1;
  runs_.erase(runs_.begin(),
              std::upper_bound(runs_.begin(), runs_.end(), cut,
                               [](std::uint32_t key, const DefectRun& run) { return key < run.key; }));
}

std::vector<DefectRun> DefectGatherer::Finish() {
  Compact();
  return std::move(runs_);
}

void ThresholdTable::Add(const DefectRun& run) {
  if (keys.empty() || keys.back() != run.key) {
    keys.push_back(run.key);
    defects.push_back(0);
    weights.push_back(0);
    saturations.push_back(0);
  }
  const double share = run.count / static_cast<double>(run.area);
  if (run.is_channel) {
    saturations.back() += share;
  } else {
    defects.back() += run.count;
    weights.back() += share;
  }
}

}  // namespace touchstone
