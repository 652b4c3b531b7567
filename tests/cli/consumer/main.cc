#include <iostream>

#include "touchstone/app/inspect.h"
#include "touchstone/core/error.h"
#include "touchstone/metrics/ranking.h"

// Prints a ROCAUC of 0.75 and what the gallery in argv[1] is; a missing one is an Error like any other.
int main(int argc, char** argv) {
  const touchstone::Metric rocauc = touchstone::RankImages({1, 3}, {2, 4}).rocauc;
  std::cout << *rocauc.value << "\n";
  try {
    std::cout << touchstone::VerifyGallery(argc > 1 ? argv[1] : "missing").text;
  } catch (const touchstone::Error& error) {
    std::cout << touchstone::ErrorCodeName(error.code) << "\n";
  }
}
