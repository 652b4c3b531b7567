#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace touchstone {
namespace {

// Of any two, the earlier one is returned.
const std::vector<ExitCode>& WorstFirst() {
  static const std::vector<ExitCode> codes{ExitCode::kBug,      ExitCode::kInterrupted, ExitCode::kUsage,
                                           ExitCode::kNoResult, ExitCode::kExceeded,    ExitCode::kSomeFailed,
                                           ExitCode::kDone};
  return codes;
}

TEST(ExitCode, HasTheNumbersThatTheInterfaceNames) {
  std::vector<int> numbers;
  for (const ExitCode code : WorstFirst()) numbers.push_back(static_cast<int>(code));
  EXPECT_EQ(numbers, (std::vector<int>{70, 130, 2, 1, 4, 3, 0}));
}

TEST(Worse, PrefersTheEarlierOfEveryPairInEitherOrder) {
  const std::vector<ExitCode>& codes = WorstFirst();
  for (std::size_t worse = 0; worse < codes.size(); ++worse) {
    for (std::size_t other = worse; other < codes.size(); ++other) {
      EXPECT_EQ(Worse(codes[worse], codes[other]), codes[worse]) << worse << ' ' << other;
      EXPECT_EQ(Worse(codes[other], codes[worse]), codes[worse]) << worse << ' ' << other;
    }
  }
}

TEST(ExitCodeOf, IsTwoForWhatTheCallerAskedAndOneForWhatTheFilesHold) {
  const std::map<ErrorCode, int> expected{
      {ErrorCode::kUsage, 2}, {ErrorCode::kOption, 2},  {ErrorCode::kIo, 1},
      {ErrorCode::kImage, 1}, {ErrorCode::kModel, 1},   {ErrorCode::kGallery, 1},
      {ErrorCode::kShape, 1}, {ErrorCode::kResults, 1}, {ErrorCode::kNotFinite, 1}};
  for (const auto& [code, number] : expected) {
    EXPECT_EQ(static_cast<int>(ExitCodeOf(code)), number) << ErrorCodeName(code);
  }
  // A code that was added to the end of the enum is missing above.
  EXPECT_EQ(expected.size(), static_cast<std::size_t>(ErrorCode::kNotFinite) + 1);
}

TEST(ExitCodeOf, IsABugForACodeThatDoesNotExist) {
  EXPECT_EQ(ExitCodeOf(static_cast<ErrorCode>(static_cast<int>(ErrorCode::kNotFinite) + 1)), ExitCode::kBug);
}

}  // namespace
}  // namespace touchstone
