#include "touchstone/report/benchmark_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/support.h"
#include "touchstone/core/file.h"
#include "touchstone/report/published_figures.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

BenchmarkRow Row(const std::string& category, double value, const std::string& setting = "") {
  BenchmarkRow row;
  row.category = category;
  row.setting = setting;
  row.num_train = 20;
  row.num_normal = 3;
  row.num_anomalous = 4;
  const Metric none{std::nullopt, "there is no threshold"};
  row.figures.image_map_max = row.figures.au_pro = {value, ""};
  row.figures.image_own = {value / 2, ""};
  row.figures.pixel = {value, "", Interval{value - 0.25, value}};
  row.figures.false_alarms = row.figures.found = none;
  return row;
}

BenchmarkReport Report(std::vector<BenchmarkRow> rows) {
  BenchmarkReport report;
  report.touchstone_version = "0.1.0";
  report.extractor_name = kPublishedExtractor;
  report.preprocessing.resize = {kPublishedResizePx, kPublishedResizePx};
  report.preprocessing.crop = Size{kPublishedCropPx, kPublishedCropPx};
  report.resolution = std::to_string(kPublishedResolutionPx);
  report.rows = std::move(rows);
  report.complete = true;
  return report;
}

bool HasNote(const BenchmarkReport& report, const std::string& part) {
  const Json notes = Json::parse(BenchmarkJson(report)).at("notes");
  return std::any_of(notes.begin(), notes.end(), [&](const Json& note) {
    return note.get<std::string>().find(part) != std::string::npos;
  });
}

TEST(PublishedFigures, AreTheOnesWhoseMeansThePaperGives) {
  double pixel = 0, pro = 0;
  int count = 0;
  for (const char* name : {"bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut",
                           "pill", "screw", "tile", "toothbrush", "transistor", "wood", "zipper"}) {
    const PublishedFigures* published = FindPublished(Method::kSpade, name);
    ASSERT_NE(published, nullptr) << name;
    pixel += published->pixel_rocauc;
    pro += published->au_pro;
    ++count;
  }
  EXPECT_NEAR(pixel / count, 96.0, 0.05);
  EXPECT_NEAR(pro / count, 91.7, 0.05);
  EXPECT_EQ(FindPublished(Method::kSpade, "hazelnut_reduced"), nullptr);
  EXPECT_EQ(FindPublished(Method::kPadim, "bottle"), nullptr);
}

TEST(BenchmarkJson, PutsThePublishedFigureAndTheDifferenceBesideOurs) {
  const Json json = Json::parse(BenchmarkJson(Report({Row("bottle", 0.75)})));
  EXPECT_EQ(json.at("schema"), "touchstone.benchmark/1");
  EXPECT_EQ(json.at("complete"), true);
  const Json row = json.at("categories").at(0);
  EXPECT_EQ(row.at("images"), Json({{"train", 20}, {"normal", 3}, {"anomalous", 4}}));
  EXPECT_EQ(row.at("pixel_rocauc"), 0.75);
  EXPECT_EQ(row.at("pixel_rocauc_ci"), Json({0.5, 0.75}));
  EXPECT_DOUBLE_EQ(row.at("pixel_rocauc_published").get<double>(), 0.984);
  EXPECT_DOUBLE_EQ(row.at("pixel_rocauc_difference").get<double>(), 0.75 - 0.984);
  EXPECT_DOUBLE_EQ(row.at("au_pro_published").get<double>(), 0.955);
  EXPECT_DOUBLE_EQ(row.at("image_rocauc_retrieval_published").get<double>(), 0.972);
  EXPECT_FALSE(row.contains("image_rocauc_map_max_published"));  // nobody published it
}

TEST(BenchmarkJson, LeavesADashWhereNothingIsPublished) {
  const BenchmarkReport report = Report({Row("mine", 0.75)});
  const Json row = Json::parse(BenchmarkJson(report)).at("categories").at(0);
  EXPECT_TRUE(row.at("pixel_rocauc_published").is_null());
  EXPECT_TRUE(row.at("pixel_rocauc_difference").is_null());
  EXPECT_TRUE(HasNote(report, "Nothing is published for mine."));
  EXPECT_EQ(BenchmarkTable(report).find("publ."), std::string::npos);  // no column of nothing but dashes
  const std::string beside_another = BenchmarkMarkdown(Report({Row("mine", 0.75), Row("bottle", 0.5)}));
  EXPECT_TRUE(Says(beside_another, "75.00 (50.0-75.0) | - | - |"));
}

TEST(BenchmarkJson, ComparesMeansOfTheSameCategories) {
  const BenchmarkReport report = Report({Row("bottle", 0.5), Row("grid", 0.75), Row("mine", 1)});
  const Json means = Json::parse(BenchmarkJson(report)).at("means");
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means.at(0).at("mean"), "mean of 3");
  EXPECT_EQ(means.at(0).at("au_pro"), 0.75);
  EXPECT_TRUE(means.at(0).at("au_pro_published").is_null());
  EXPECT_EQ(means.at(1).at("mean"), "mean of 2 published");
  EXPECT_EQ(means.at(1).at("au_pro"), 0.625);
  EXPECT_DOUBLE_EQ(means.at(1).at("au_pro_published").get<double>(), (0.955 + 0.867) / 2);
}

TEST(BenchmarkJson, HasNoMeanOfAFigureThatACategoryLacks) {
  BenchmarkRow without = Row("grid", 0.75);
  without.figures.pixel = {std::nullopt, "there are no masks"};
  const Json mean = Json::parse(BenchmarkJson(Report({Row("bottle", 0.5), without}))).at("means").at(0);
  EXPECT_TRUE(mean.at("pixel_rocauc").is_null());
  EXPECT_EQ(mean.at("pixel_rocauc_reason"), "undefined for grid: there are no masks");
  EXPECT_TRUE(mean.at("pixel_rocauc_difference").is_null());
  EXPECT_EQ(mean.at("au_pro"), 0.625);
}

TEST(BenchmarkJson, TakesMeansSettingBySetting) {
  const Json means = Json::parse(BenchmarkJson(Report({Row("a", 0.25, "K = 1"), Row("a", 0.5, "K = 2"),
                                                       Row("b", 0.75, "K = 1"), Row("b", 1, "K = 2")})))
                         .at("means");
  ASSERT_EQ(means.size(), 2U);
  EXPECT_EQ(means.at(0).at("setting"), "K = 1");
  EXPECT_EQ(means.at(0).at("au_pro"), 0.5);
  EXPECT_EQ(means.at(1).at("setting"), "K = 2");
  EXPECT_EQ(means.at(1).at("au_pro"), 0.75);
}

TEST(BenchmarkJson, SaysWhyARowHasNoFigures) {
  BenchmarkRow bad;
  bad.category = "cable";
  bad.error = "no images";
  const BenchmarkReport report = Report({bad, Row("bottle", 0.5)});
  const Json json = Json::parse(BenchmarkJson(report));
  EXPECT_EQ(json.at("categories").at(0).at("error"), "no images");
  EXPECT_EQ(json.at("categories").at(0).at("au_pro_reason"), "no images");
  EXPECT_TRUE(json.at("means").empty());  // of one category
  EXPECT_TRUE(HasNote(report, "cable has no figures: no images"));
}

TEST(BenchmarkNotes, SayWhereTheRunDiffersFromThePublishedOne) {
  BenchmarkReport report = Report({Row("bottle", 0.5)});
  EXPECT_FALSE(HasNote(report, "This run differs"));
  report.extractor_name = "efficientnet_lite0";
  report.preprocessing.crop.reset();
  report.options.num_retrieved = 5;
  report.resolution = "original";
  EXPECT_TRUE(HasNote(
      report, "This run differs: extractor efficientnet_lite0; no crop; K = 5; figures at original size."));
  report.options.distance = Distance::kL2;
  EXPECT_TRUE(HasNote(report, "other scoring options"));
  report.has_random_weights = true;
  EXPECT_TRUE(HasNote(report, "mean nothing"));
  report.complete = false;
  EXPECT_TRUE(HasNote(report, "not finished"));
}

TEST(BenchmarkTables, ShowTheSameFigures) {
  BenchmarkReport report = Report({Row("bottle", 0.75), Row("a|<b>", 0.5)});
  report.bootstrap.num_resamples = 1000;
  const std::string table = BenchmarkTable(report), markdown = BenchmarkMarkdown(report);
  for (const char* cell : {"20 / 3+4", "75.00", "98.4", "-23.4"}) {
    EXPECT_TRUE(Says(table, cell));
    EXPECT_TRUE(Says(markdown, cell));
  }
  EXPECT_TRUE(Says(table, "  95 % interval"));
  EXPECT_TRUE(Says(markdown, "| a\\|&lt;b> |"));
  const std::string csv = BenchmarkCsv(report);
  EXPECT_TRUE(Says(csv, "bottle,,20,3,4,0,0.75,,,0.375,,,0.972,-0.597,0.75,0.5,0.75,0.984,-0.234,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

TEST(BenchmarkTables, ShowWhatAThresholdDidWhereThereIsOne) {
  BenchmarkReport report = Report({Row("bottle", 0.75), Row("grid", 0.5)});
  EXPECT_EQ(BenchmarkTable(report).find("false alarms"), std::string::npos);
  EXPECT_FALSE(HasNote(report, "False alarms"));
  report.false_alarm_rate = 0.02;
  report.rows[1].figures.false_alarms = {0.125, "", Interval{0.02, 0.4}};
  report.rows[1].figures.found = {1, ""};
  EXPECT_TRUE(Says(BenchmarkTable(report), "false alarms"));
  EXPECT_TRUE(Says(BenchmarkMarkdown(report), "| - | - |\n"));
  EXPECT_TRUE(Says(BenchmarkMarkdown(report), "| 12.50 (2.0-40.0) | 100.00 |\n"));
  EXPECT_TRUE(HasNote(report, "for 2 % false alarms; their intervals are Wilson's"));
  const Json row = Json::parse(BenchmarkJson(report)).at("categories").at(0);
  EXPECT_EQ(row.at("found_reason"), "there is no threshold");
}

// Their papers give no figures of single categories that a run could be compared with.
TEST(BenchmarkTables, PutThePublishedMeanOfAnotherMethodBesideOurs) {
  std::vector<BenchmarkRow> rows;
  for (const char* name : {"bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut",
                           "pill", "screw", "tile", "toothbrush", "transistor", "wood"}) {
    rows.push_back(Row(name, 0.5));
  }
  BenchmarkReport report = Report(rows);
  report.options.method = Method::kPatchCore;
  report.options.coreset = 0.25;
  EXPECT_EQ(BenchmarkTable(report).find("publ."), std::string::npos);  // fourteen are no mean of fifteen
  report.rows.push_back(Row("zipper", 0.5));
  EXPECT_TRUE(HasNote(report, "PatchCore (arXiv:2106.08265) with 25 % of the patches"));
  EXPECT_FALSE(HasNote(report, "SPADE"));
  const auto mean = [&] { return Json::parse(BenchmarkJson(report)).at("means").at(0); };
  EXPECT_EQ(mean().at("mean"), "mean of 15 published");
  EXPECT_EQ(mean().at("image_rocauc_patch_max"), 0.25);
  EXPECT_DOUBLE_EQ(mean().at("image_rocauc_patch_max_published").get<double>(), 0.991);
  EXPECT_DOUBLE_EQ(mean().at("au_pro_published").get<double>(), 0.934);
  EXPECT_FALSE(mean().contains("image_rocauc_retrieval"));
  report.options.coreset = 0.5;
  EXPECT_TRUE(HasNote(report, "Nothing is published for PatchCore (arXiv:2106.08265) with 50 %"));
  report.options.search = BankIndex::kIvfPq;
  report.options.coreset = 1;
  EXPECT_TRUE(HasNote(report, "with 100 % of the patches by IVFPQ on MVTec AD"));
  EXPECT_DOUBLE_EQ(mean().at("pixel_rocauc_published").get<double>(), 0.979);
  report.options.method = Method::kPadim;
  report.options.dims = 100;
  EXPECT_DOUBLE_EQ(mean().at("image_rocauc_map_max_published").get<double>(), 0.953);
  EXPECT_TRUE(HasNote(report, "This run differs: 100 channels; "));
}

BenchmarkReport MethodsReport(const std::string& category) {
  BenchmarkReport report = Report({Row(category, 0.5, "spade"), Row(category, 0.75, "padim 100")});
  report.kind = BenchmarkKind::kMethods;
  report.rows[1].options.method = Method::kPadim;
  report.rows[1].options.dims = 100;
  report.rows[1].costs.image_s = 0.25;
  report.rows[1].costs.score_peak_bytes = 5e8;
  return report;
}

TEST(BenchmarkTables, PutTheCostsOfMethodsBesideTheirFigures) {
  BenchmarkReport report = MethodsReport("mine");
  const std::string markdown = BenchmarkMarkdown(report);
  EXPECT_TRUE(Says(markdown, "| mine, padim 100 | 20 / 3+4 | 75.00 | 37.50 |"));
  EXPECT_TRUE(Says(markdown, "| - | - | 0.250 | - | - | 500 | - |\n"));
  EXPECT_TRUE(Says(BenchmarkCsv(report), ",,,0.25,,,500000000,,\n"));
  const Json row = Json::parse(BenchmarkJson(report)).at("categories").at(1);
  EXPECT_EQ(row.at("costs").at("image_s"), 0.25);
  EXPECT_TRUE(row.at("costs").at("fit_s").is_null());
  EXPECT_EQ(row.at("options").at("dims"), 100);
  EXPECT_FALSE(HasNote(report, "arXiv"));  // nothing is published for mine
  report.kind = BenchmarkKind::kOptions;
  EXPECT_FALSE(Says(BenchmarkTable(report), "s/image"));
}

TEST(BenchmarkTables, PutEachMethodBesideItsOwnPublishedFigures) {
  const BenchmarkReport report = MethodsReport("bottle");
  const Json rows = Json::parse(BenchmarkJson(report)).at("categories");
  EXPECT_DOUBLE_EQ(rows.at(0).at("image_rocauc_own_published").get<double>(), 0.972);
  EXPECT_TRUE(rows.at(1).at("image_rocauc_own_published").is_null());  // PaDiM's paper has means alone
  EXPECT_TRUE(HasNote(report, "SPADE (arXiv:2005.02357)"));
  EXPECT_TRUE(HasNote(report, "PaDiM (arXiv:2011.08785)"));
}

TEST(BenchmarkRowFile, ComesBackUnderItsKeyAndNoOther) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "row.json";
  EXPECT_FALSE(ReadBenchmarkRow(file, "key").has_value());
  BenchmarkRow row = Row("bottle", 0.75, "K = 5");
  row.num_failed = 2;
  row.figures.au_pro = {std::nullopt, "there are no masks"};
  row.costs.fit_s = 12.5;
  WriteFileAtomically(file, BenchmarkRowJson(row, "key"));
  const std::optional<BenchmarkRow> read = ReadBenchmarkRow(file, "key");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(BenchmarkJson(Report({*read})), BenchmarkJson(Report({row})));
  EXPECT_EQ(read->costs.fit_s, 12.5);
  EXPECT_FALSE(read->costs.image_s.has_value());
  EXPECT_FALSE(ReadBenchmarkRow(file, "another").has_value());
  const std::string whole = BenchmarkRowJson(row, "key");
  for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {  // the last bytes are "}\n"
    WriteFileAtomically(file, whole.substr(0, size));
    EXPECT_FALSE(ReadBenchmarkRow(file, "key").has_value()) << size;
  }
}

}  // namespace
}  // namespace touchstone
