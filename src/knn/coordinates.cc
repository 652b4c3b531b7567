#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "knn/kernels.h"
#include "touchstone/core/error.h"
#include "touchstone/knn/projection.h"
#include "touchstone/knn/whole_rows.h"

namespace touchstone {

void CheckSquaredLength(double squared_length) {
  if (squared_length < 1e36) return;
  char text[32];
  std::snprintf(text, sizeof text, "%g", squared_length);
  throw Error(ErrorCode::kNotFinite,
              std::string("features are not finite or too large: a squared length is ") + text +
                  ", the limit is 1e36; use another extractor");
}

Coordinates ProjectPart(const Projection& projection, std::size_t first_channel, const RowSource& rows) {
  constexpr std::size_t kBlock = WholeRows::kBlock;
  const std::size_t channels = rows.cols();
  Coordinates made;
  made.rows = rows.rows();
  made.dims = projection.num_directions;
  made.values.resize(made.rows * made.dims);
  std::vector<float> directions(made.dims * channels);
  for (std::size_t d = 0; d < made.dims; ++d) {
    std::copy_n(projection.directions.data() + d * projection.num_channels + first_channel, channels,
                directions.data() + d * channels);
  }
  std::vector<float> scratch(kTurnedAtOnce * channels), centred(channels * kBlock),
      turned(made.dims * kBlock);
  for (std::size_t first = 0; first < made.rows; first += kBlock) {
    CentreAndTurn(rows, first, projection.centre.data() + first_channel, scratch.data(), centred.data());
    MultiplyBlock(directions.data(), made.dims, channels, centred.data(), turned.data());
    double lengths[kBlock] = {};
    AddSquaredLengths(centred.data(), channels, lengths);
    for (std::size_t j = 0; j < std::min(kBlock, made.rows - first); ++j) {
      CheckSquaredLength(lengths[j]);
      made.squared_lengths.push_back(lengths[j]);
      made.scales.push_back(static_cast<float>(std::sqrt(lengths[j]) * 1.0001));
      float* out = made.values.data() + (first + j) * made.dims;
      for (std::size_t d = 0; d < made.dims; ++d) out[d] = turned[d * kBlock + j];
    }
  }
  return made;
}

Coordinates Project(const Projection& projection, const RowSource& rows) {
  return ProjectPart(projection, 0, rows);
}

Coordinates RowSource::ProjectAll(const Projection& projection) const { return Project(projection, *this); }

}  // namespace touchstone
