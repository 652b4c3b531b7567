#include "defect_runs.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "score_bins.h"
#include "touchstone/metrics/regions.h"

namespace touchstone {
namespace {

auto Place(const DefectRun& run) { return std::tie(run.key, run.group, run.area); }

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

ImageDefects FindDefects(const PixelImage& image, std::uint32_t group) {
  ImageDefects defects;
  if (!image.mask) return defects;
  const Regions regions = LabelRegions(*image.mask);
  for (std::size_t p = 0; p < regions.labels.size(); ++p) {
    if (regions.labels[p] == 0) continue;
    const auto area = static_cast<std::uint32_t>(regions.areas[regions.labels[p] - 1]);
    defects.runs.push_back({OrderKey(image.map.values[p]), group, area, 1});
  }
  defects.num_regions = regions.areas.size();
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
  }
  defects.back() += run.count;
  weights.back() += run.count / static_cast<double>(run.area);
}

}  // namespace touchstone
