#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace touchstone {

/// Largest deviations seen, to be recorded with the test's result.
class Deviations {
 public:
  void See(double deviation) { largest_ = std::max(largest_, deviation); }
  double largest() const { return largest_; }

 private:
  double largest_ = 0;
};

/// Holds the figures of one object of metrics.json against the reference's: numbers within `tolerance`, null
/// where null, counts equal. Reasons may be worded differently, but must be there.
inline void ExpectFigures(const nlohmann::json& ours, const nlohmann::json& expected, double tolerance,
                          const std::string& where, Deviations* deviations) {
  if (expected.is_object()) {
    ASSERT_TRUE(ours.is_object()) << where;
    for (const auto& [key, value] : expected.items()) {
      ASSERT_TRUE(ours.contains(key)) << where << "/" << key << " is missing";
      ExpectFigures(ours.at(key), value, tolerance, where + "/" + key, deviations);
    }
  } else if (expected.is_number_float()) {
    ASSERT_TRUE(ours.is_number()) << where << " is " << ours;
    const double deviation = std::abs(ours.get<double>() - expected.get<double>());
    EXPECT_LE(deviation, tolerance) << where;
    deviations->See(deviation);
  } else if (where.size() > 7 && where.compare(where.size() - 7, 7, "_reason") == 0) {
    EXPECT_FALSE(ours.get<std::string>().empty()) << where;
  } else {
    EXPECT_EQ(ours, expected) << where;
  }
}

}  // namespace touchstone
