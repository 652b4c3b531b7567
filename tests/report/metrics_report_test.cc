#include "touchstone/report/metrics_report.h"

#include <nlohmann/json.hpp>

#include "core/support.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

RankingFigures Figures(double rocauc) {
  return {{rocauc, ""}, {rocauc / 2, ""}, {rocauc / 4, ""}, {1234.5, ""}, {}};
}

MetricsGroup Group(double value) {
  MetricsGroup group;
  group.num_normal = 41;
  group.num_anomalous = 119;
  group.num_regions = 135;
  group.image_score = group.image_map_max = Figures(value);
  group.image_retrieval = Figures(value / 2);
  group.pixel = Figures(0.99);
  group.au_pro = {{"0.3", {0.96, ""}}, {"0.05", {0.81, ""}}};
  return group;
}

MetricsReport Report() {
  MetricsReport report;
  report.touchstone_version = "0.1.0";
  report.resolution = "original";
  report.objects["nut"] = {Group(0.5), {{"crack", Group(0.25)}}, {}};
  report.objects["pill"] = {Group(1.0), {}, {}};
  return report;
}

TEST(MetricsJson, HasTheFormOfTheInterface) {
  const Json json = Json::parse(MetricsJson(Report()));
  EXPECT_EQ(json.at("schema"), "touchstone.metrics/1");
  const Json nut = json.at("objects").at("nut");
  EXPECT_EQ(nut.at("images"), Json({{"normal", 41}, {"anomalous", 119}}));
  EXPECT_EQ(nut.at("regions"), 135);
  EXPECT_EQ(nut.at("resolution"), "original");
  EXPECT_EQ(nut.at("image_rocauc"), Json({{"score", 0.5}, {"retrieval", 0.25}, {"map_max", 0.5}}));
  EXPECT_EQ(nut.at("image_ap"), Json({{"score", 0.25}, {"retrieval", 0.125}, {"map_max", 0.25}}));
  EXPECT_EQ(nut.at("image_f1_max").at("score"), 0.125);
  EXPECT_EQ(nut.at("image_f1_threshold").at("score"), 1234.5);
  EXPECT_EQ(nut.at("pixel_rocauc"), 0.99);
  EXPECT_EQ(nut.at("pixel_ap"), 0.99 / 2);
  EXPECT_EQ(nut.at("pixel_f1_max"), 0.99 / 4);
  EXPECT_EQ(nut.at("pixel_f1_threshold"), 1234.5);
  EXPECT_EQ(nut.at("au_pro"), Json({{"0.3", 0.96}, {"0.05", 0.81}}));
  Json crack = nut;
  crack.erase("per_defect");
  crack.erase("per_image");
  crack.at("image_rocauc") = {{"score", 0.25}, {"retrieval", 0.125}, {"map_max", 0.25}};
  crack.at("image_ap") = {{"score", 0.125}, {"retrieval", 0.0625}, {"map_max", 0.125}};
  crack.at("image_f1_max") = {{"score", 0.0625}, {"retrieval", 0.03125}, {"map_max", 0.0625}};
  EXPECT_EQ(nut.at("per_defect").at("crack"), crack);  // the same keys
}

TEST(MetricsJson, WritesNullWithTheReasonBesideIt) {
  MetricsReport report = Report();
  MetricsGroup& nut = report.objects.at("nut").overall;
  nut.pixel.rocauc = {std::nullopt, "no masks"};
  nut.image_retrieval.rocauc = {std::nullopt, "no such stage"};
  nut.au_pro.at("0.05") = {std::nullopt, "no regions"};
  const Json json = Json::parse(MetricsJson(report)).at("objects").at("nut");
  EXPECT_TRUE(json.at("pixel_rocauc").is_null());
  EXPECT_EQ(json.at("pixel_rocauc_reason"), "no masks");
  EXPECT_TRUE(json.at("image_rocauc").at("retrieval").is_null());
  EXPECT_EQ(json.at("image_rocauc").at("retrieval_reason"), "no such stage");
  EXPECT_TRUE(json.at("au_pro").at("0.05").is_null());
  EXPECT_EQ(json.at("au_pro").at("0.05_reason"), "no regions");
  EXPECT_EQ(json.at("au_pro").at("0.3"), 0.96);
  EXPECT_EQ(json.at("au_pro").count("0.3_reason"), 0U);
}

TEST(MetricsJson, AveragesOverTheObjects) {
  const Json mean = Json::parse(MetricsJson(Report())).at("mean");
  EXPECT_EQ(mean.at("image_rocauc").at("score"), 0.75);
  EXPECT_EQ(mean.at("image_rocauc").at("retrieval"), 0.375);
  EXPECT_EQ(mean.at("pixel_rocauc"), 0.99);
  EXPECT_EQ(mean.at("au_pro").at("0.3"), 0.96);
  EXPECT_EQ(mean.at("pixel_ap"), 0.99 / 2);
  EXPECT_EQ(mean.count("pixel_f1_threshold"), 0U);  // thresholds of several objects have no mean
}

TEST(MetricsJson, HasNoMeanWhereAnObjectHasNoFigure) {
  MetricsReport report = Report();
  report.objects.at("pill").overall.pixel.rocauc = {std::nullopt, "no masks"};
  const Json mean = Json::parse(MetricsJson(report)).at("mean");
  EXPECT_TRUE(mean.at("pixel_rocauc").is_null());
  EXPECT_TRUE(Says(mean.at("pixel_rocauc_reason"), "pill: no masks"));
  EXPECT_EQ(mean.at("image_rocauc").at("score"), 0.75);
}

TEST(MetricsJson, OfNoObjectsIsStillADocument) {
  const Json json = Json::parse(MetricsJson({}));
  EXPECT_TRUE(json.at("objects").empty());
  EXPECT_TRUE(json.at("mean").at("pixel_rocauc").is_null());
}

TEST(MetricsJson, AcceptsNamesThatAreNotUtf8) {
  MetricsReport report = Report();
  report.objects["\xff"] = report.objects.at("nut");
  report.warnings = {"mask \xfe.png belongs to no image"};
  EXPECT_EQ(Json::parse(MetricsJson(report)).at("objects").size(), 3U);
}

TEST(MvtecMetricsJson, HasTheNamesOfTheOfficialScripts) {
  MetricsReport report = Report();
  for (const auto& [map_max, is_anomalous] : std::vector<std::pair<double, bool>>{
           {3, true}, {1, false}, {2, true}, {2, false}, {9, true}, {0, false}}) {
    ImageMetrics image;
    image.map_max = map_max;
    image.is_anomalous = is_anomalous;
    report.objects.at("nut").per_image.push_back(image);
  }
  const double third = 1.0 / 3;
  const Json json = Json::parse(MvtecMetricsJson(report));
  EXPECT_EQ(json.at("nut"), Json({{"au_pro", 0.96},
                                  {"classification_au_roc", 0.5},
                                  {"classification_roc_curve_fpr", {0.0, 0.0, 0.0, third, 2 * third, 1.0}},
                                  {"classification_roc_curve_tpr", {0.0, third, 2 * third, 1.0, 1.0, 1.0}}}));
  EXPECT_TRUE(json.at("pill").at("classification_roc_curve_fpr").empty());
  EXPECT_EQ(json.at("mean_au_pro"), 0.96);
  EXPECT_EQ(json.at("mean_classification_au_roc"), 0.75);
  EXPECT_EQ(json.size(), 4U);
}

TEST(MvtecMetricsJson, TakesTheLimitThatWasAskedForAndWritesNullForTheUndefined) {
  MetricsReport report = Report();
  report.pro_limit = "0.05";
  report.objects.at("nut").overall.image_map_max.rocauc = {std::nullopt, "no maps"};
  const Json json = Json::parse(MvtecMetricsJson(report));
  EXPECT_EQ(json.at("pill").at("au_pro"), 0.81);
  EXPECT_TRUE(json.at("nut").at("classification_au_roc").is_null());
  EXPECT_TRUE(json.at("mean_classification_au_roc").is_null());
  EXPECT_TRUE(Json::parse(MvtecMetricsJson({})).at("mean_au_pro").is_null());
}

MetricsReport LocoReport() {
  MetricsReport report = Report();
  ObjectMetrics& nut = report.objects.at("nut");
  nut.per_defect["dent"] = Group(0.75);
  nut.overall.au_spro = {{"0.05", {0.5, ""}}, {"1", {0.75, ""}}};
  nut.per_defect.at("crack").au_spro = {{"0.05", {0.25, ""}}, {"1", {0.5, ""}}};
  nut.per_defect.at("dent").au_spro = {{"0.05", {0.75, ""}}, {"1", {std::nullopt, "for a test"}}};
  nut.overall.au_spro.at("0.05").interval = Interval{0.4, 0.6};
  return report;
}

TEST(MetricsJson, HasAuSproWhereGroundTruthSaysWhatIsEnoughOfADefect) {
  const Json json = Json::parse(MetricsJson(LocoReport()));
  const Json nut = json.at("objects").at("nut");
  EXPECT_EQ(nut.at("au_spro"), Json({{"0.05", 0.5}, {"1", 0.75}}));
  EXPECT_EQ(nut.at("au_spro_ci"), Json({{"0.05", {0.4, 0.6}}}));
  EXPECT_EQ(nut.at("per_defect").at("crack").at("au_spro").at("1"), 0.5);
  const Json over_defects = nut.at("mean_over_defects");
  EXPECT_EQ(over_defects.at("au_spro").at("0.05"), 0.5);
  EXPECT_TRUE(over_defects.at("au_spro").at("1").is_null());
  EXPECT_EQ(over_defects.at("au_spro").at("1_reason"), "undefined for dent: for a test");
  EXPECT_EQ(over_defects.at("image_rocauc").at("score"), 0.5);
  const Json pill = json.at("objects").at("pill");
  EXPECT_EQ(pill.count("au_spro") + pill.count("mean_over_defects"), 0U);
  EXPECT_TRUE(json.at("mean").at("au_spro").at("0.05").is_null());
  EXPECT_EQ(json.at("mean").at("au_spro").at("0.05_reason"), "undefined for pill: it has no such figure");
}

TEST(LocoMetricsJson, HasTheNamesOfTheOfficialScript) {
  const Json json = Json::parse(LocoMetricsJson(LocoReport())).at("nut");
  EXPECT_EQ(json.at("classification").at("auc_roc"), Json({{"crack", 0.25}, {"dent", 0.75}, {"mean", 0.5}}));
  const Json areas = json.at("localization").at("auc_spro");
  EXPECT_EQ(areas.at("crack"), Json({{"0.05", 0.25}, {"1.0", 0.5}}));
  EXPECT_EQ(areas.at("mean"), Json({{"0.05", 0.5}, {"1.0", nullptr}}));
}

TEST(MetricsJson, ListsTheFiguresOfEachImage) {
  MetricsReport report = Report();
  ImageMetrics good;
  good.path = "good/1.png";
  good.defect = "good";
  good.score = good.map_max = 2.5;
  good.pixel = UndefinedRanking("no defect region in this image");
  good.au_pro = {{"0.3", {std::nullopt, "no defect region in this image"}}};
  good.false_positive_rate.value = 0.125;
  ImageMetrics bad = good;
  bad.path = "crack/7.png";
  bad.is_anomalous = true;
  bad.retrieval_score = 9;
  bad.pixel = Figures(0.5);
  bad.au_pro = {{"0.3", {0.75, ""}}};
  bad.au_spro = {{"1", {1.0, ""}}};
  bad.num_regions = 120;
  bad.regions = {{{1, 2, 3, 4}, 10, 7.5, {0.5, ""}}};
  bad.channels = {{8, 4, {1.0, ""}}};
  report.objects.at("nut").per_image = {good, bad};
  const Json images = Json::parse(MetricsJson(report)).at("objects").at("nut").at("per_image");
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].at("path"), "good/1.png");
  EXPECT_EQ(images[0].at("anomalous"), false);
  EXPECT_TRUE(images[0].at("retrieval_score").is_null());
  EXPECT_EQ(images[0].at("retrieval_score_reason"), "no retrieval score");
  EXPECT_TRUE(images[0].at("pixel_rocauc").is_null());
  EXPECT_EQ(images[0].at("pixel_rocauc_reason"), "no defect region in this image");
  EXPECT_EQ(images[0].at("false_positive_rate"), 0.125);
  EXPECT_EQ(images[0].at("regions"), 0);
  EXPECT_EQ(images[0].count("au_spro") + images[0].count("channels"), 0U);
  EXPECT_EQ(images[1].at("defect"), "good");
  EXPECT_EQ(images[1].at("anomalous"), true);
  EXPECT_EQ(images[1].at("retrieval_score"), 9);
  EXPECT_EQ(images[1].at("pixel_f1_threshold"), 1234.5);
  EXPECT_EQ(images[1].at("au_pro"), Json({{"0.3", 0.75}}));
  EXPECT_EQ(images[1].at("regions"), 120);
  EXPECT_EQ(images[1].at("covers"),
            Json::array({{{"box", {1, 2, 3, 4}}, {"area_px", 10}, {"peak", 7.5}, {"covered", 0.5}}}));
  EXPECT_EQ(images[1].at("channels"),
            Json::array({{{"area_px", 8}, {"saturation_px", 4}, {"covered", 1.0}}}));
}

TEST(MetricsTable, HasAColumnOfSproWhereThereIsOne) {
  EXPECT_FALSE(Says(MetricsTable(Report()), "sPRO"));
  const std::string table = MetricsTable(LocoReport());
  EXPECT_TRUE(Says(table, "sPRO 0.05"));
  EXPECT_TRUE(Says(table, "25.00\n"));  // crack's
}

TEST(MetricsTable, ShowsPercentAndADashForTheUndefined) {
  MetricsReport report = Report();
  report.objects.at("nut").overall.pixel.rocauc = {std::nullopt, "no masks"};
  const std::string table = MetricsTable(report);
  EXPECT_TRUE(Says(table, "PRO 0.3"));
  EXPECT_TRUE(Says(table, "50.00"));
  EXPECT_TRUE(Says(table, " -  "));
  EXPECT_TRUE(Says(table, "  crack"));
  EXPECT_TRUE(Says(table, "mean"));
  report.objects.erase("pill");
  EXPECT_EQ(MetricsTable(report).find("mean"), std::string::npos);  // of one object it says nothing
}

TEST(MetricsJson, PutsIntervalsBesideTheirFigures) {
  MetricsReport report = Report();
  report.bootstrap = {1000, 0.95, 7};
  report.objects.at("nut").overall.pixel.rocauc.interval = Interval{0.97, 0.995};
  report.objects.at("nut").overall.au_pro.at("0.3").interval = Interval{0.9, 1};
  report.objects.at("nut").overall.image_score.f1_max.interval = Interval{0.1, 0.2};
  const Json json = Json::parse(MetricsJson(report));
  EXPECT_EQ(json.at("bootstrap").at("resamples"), 1000);
  EXPECT_EQ(json.at("bootstrap").at("confidence"), 0.95);
  EXPECT_EQ(json.at("bootstrap").at("seed"), 7);
  const Json nut = json.at("objects").at("nut");
  EXPECT_EQ(nut.at("pixel_rocauc_ci"), Json({0.97, 0.995}));
  EXPECT_EQ(nut.at("au_pro_ci"), Json({{"0.3", {0.9, 1}}}));
  EXPECT_EQ(nut.at("image_f1_max_ci").at("score"), Json({0.1, 0.2}));
  EXPECT_EQ(nut.at("au_pro").size(), 2U);  // the named objects hold their figures and nothing else
  EXPECT_EQ(nut.count("pixel_ap_ci"), 0U);
  EXPECT_TRUE(Json::parse(MetricsJson(Report())).at("bootstrap").is_null());
}

TEST(MetricsJson, PutsAnIntervalBesideTheMeanOfFiguresThatKeptTheirResamples) {
  MetricsReport report = Report();
  report.bootstrap = {3, 0.5, 0};
  const auto kept = [](std::vector<double> resamples) {
    return Interval{0, 1, std::make_shared<const std::vector<double>>(std::move(resamples))};
  };
  report.objects.at("nut").overall.pixel.rocauc.interval = kept({0.5, 0.75, 0.5});
  EXPECT_EQ(Json::parse(MetricsJson(report)).at("mean").count("pixel_rocauc_ci"), 0U);
  report.objects.at("pill").overall.pixel.rocauc.interval = kept({0.5, 0.75, 1.0});
  // Objects are independent, so draws of nut go with the next ones of pill: the quartiles of 0.625, 0.875,
  // 0.5.
  EXPECT_EQ(Json::parse(MetricsJson(report)).at("mean").at("pixel_rocauc_ci"), Json({0.5625, 0.75}));
  EXPECT_TRUE(Says(MetricsTable(report), "56.2-75"));
}

TEST(MetricsTable, ShowsIntervalsBelowTheirObject) {
  MetricsReport report = Report();
  EXPECT_FALSE(Says(MetricsTable(report), "interval"));
  report.bootstrap = {1000, 0.9, 0};
  report.objects.at("nut").overall.pixel.rocauc.interval = Interval{0.9712, 0.9999};
  const std::string table = MetricsTable(report);
  EXPECT_TRUE(Says(table, "  90 % interval"));
  EXPECT_TRUE(Says(table, "  97.1-100"));
}

TEST(MetricsTable, ShowsNoControlCharactersOfNames) {
  MetricsReport report = Report();
  ObjectMetrics nut = report.objects.at("nut");
  nut.per_defect["crack\x1b[2J\n"] = nut.overall;
  report.objects["nut\t"] = nut;
  const std::string table = MetricsTable(report);
  EXPECT_TRUE(Says(table, "nut? "));
  EXPECT_TRUE(Says(table, "  crack?[2J? "));
  EXPECT_EQ(table.find_first_of("\x1b\t"), std::string::npos);
}

TEST(MetricsTable, KeepsItsColumnsInLine) {
  const std::string table = MetricsTable(Report());
  std::size_t first = 0;
  std::set<std::size_t> lengths;
  for (std::size_t end = table.find('\n'); end != std::string::npos; end = table.find('\n', first)) {
    lengths.insert(end - first);
    first = end + 1;
  }
  lengths.erase(*lengths.begin());  // the line of units has no PRO columns
  EXPECT_EQ(lengths.size(), 1U);
}

}  // namespace
}  // namespace touchstone
