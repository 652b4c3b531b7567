#include "cli/method_list.h"

#include <cstdlib>
#include <sstream>

#include "touchstone/core/error.h"

namespace touchstone {
namespace {

constexpr char kAll[] =
    "spade,patchcore:0.01,patchcore:0.1,patchcore:0.25,patchcore:1,"
    "patchcore:ivfpq,padim:100,padim:550";

[[noreturn]] void Refuse(const std::string& item) {
  throw Error(ErrorCode::kOption,
              "--methods " + item +
                  ": must be all, or a list like spade,patchcore:0.1,patchcore:ivfpq,padim:100: "
                  "after the colon the share of --coreset, ivfpq, or the number of --dims");
}

double Number(const std::string& text, const std::string& item) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') Refuse(item);
  return number;
}

void TakeValue(const std::string& value, const std::string& item, FitArguments* arguments) {
  const Method method = *arguments->method;
  if (method == Method::kPatchCore && value == NameOf(BankIndexNames(), BankIndex::kIvfPq)) {
    arguments->model.search = BankIndex::kIvfPq;
  } else if (method == Method::kPatchCore) {
    arguments->model.coreset = Number(value, item);
  } else if (method == Method::kPadim) {
    const double dims = Number(value, item);
    if (!(dims >= 1 && dims <= 1e6) || dims != static_cast<int>(dims)) Refuse(item);
    arguments->model.dims = static_cast<int>(dims);
  } else {
    Refuse(item);
  }
}

// Options that are not of the method were given for other rows.
void DropOthers(FitArguments* arguments) {
  if (arguments->method != Method::kSpade) {
    ScoringOverrides shared;
    shared.sigma = arguments->scoring.sigma;
    shared.levels = arguments->scoring.levels;
    shared.seed = arguments->scoring.seed;
    arguments->scoring = shared;
  }
  if (arguments->method != Method::kPatchCore) arguments->model.pooling.reset();
  if (arguments->method != Method::kPatchCore) arguments->model.reweight_neighbors.reset();
}

ScoringOptions MethodFrom(const std::string& item, const FitArguments& given, const CommonOptions& common) {
  FitArguments arguments = given;
  const std::size_t colon = item.find(':');
  const auto named = MethodNames().find(item.substr(0, colon));
  if (named == MethodNames().end()) Refuse(item);
  arguments.method = named->second;
  DropOthers(&arguments);
  if (colon != std::string::npos) TakeValue(item.substr(colon + 1), item, &arguments);
  return Complete(arguments, common).scoring;
}

void CheckNotGiven(bool is_given, const char* option) {
  if (!is_given) return;
  throw Error(ErrorCode::kOption,
              std::string(option) + ": is what --methods decides; leave out one of the two");
}

}  // namespace

std::vector<ScoringOptions> MethodsFrom(const std::string& list, const FitArguments& given,
                                        const CommonOptions& common) {
  CheckNotGiven(given.method.has_value(), "--method");
  CheckNotGiven(given.model.coreset.has_value(), "--coreset");
  CheckNotGiven(given.model.search.has_value(), "--search");
  CheckNotGiven(given.model.dims.has_value(), "--dims");
  CheckNotGiven(given.scoring.image_score.has_value(), "--image-score");
  std::vector<ScoringOptions> methods;
  std::istringstream items(list == "all" ? kAll : list);
  for (std::string item; std::getline(items, item, ',');) methods.push_back(MethodFrom(item, given, common));
  if (methods.empty()) Refuse(list);
  return methods;
}

}  // namespace touchstone
