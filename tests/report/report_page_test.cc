#include "touchstone/report/report_page.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/support.h"
#include "report/results_fixture.h"
#include "touchstone/report/thumbnail.h"

namespace touchstone {
namespace {

using Json = nlohmann::json;

ImageResult Scored(const std::string& path, double score, const std::string& label = "good") {
  ImageResult image;
  image.path = path;
  image.label = label;
  image.size = {640, 480};
  image.score = image.map_max = score;
  image.verdict = "undecided";
  image.heatmap = "heatmaps/" + path;
  return image;
}

Results WithImages(std::vector<ImageResult> images) {
  Results results = BareResults();
  results.inputs = {"parts/test"};
  results.images = std::move(images);
  results.complete = true;
  return results;
}

ReportPictures NoPictures(const ImageResult&) { return {}; }

std::string Page(const Results& results) { return RenderReportPage(results, nullptr, NoPictures); }

int CountOf(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What the page shows as the text between two marks, the first time they come.
std::string Between(const std::string& page, const std::string& before, const std::string& after) {
  const std::size_t from = page.find(before) + before.size();
  return page.substr(from, page.find(after, from) - from);
}

Json DataOf(const std::string& page) {
  return Json::parse(Between(page, "<script type=\"application/json\" id=\"data\">", "</script>"));
}

std::string Body(const std::string& page) { return Between(page, "<body>", "<script"); }

TEST(ReportPage, ListsTheWorstFirst) {
  const std::string page =
      Page(WithImages({Scored("a.png", 1), Scored("b.png", 3), Scored("c.png", 2), Scored("d.png", 3)}));
  std::vector<std::size_t> places;
  for (const char* name : {"b.png", "d.png", "c.png", "a.png"})
    places.push_back(page.find("<bdi>" + std::string(name)));
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  EXPECT_NE(places.back(), std::string::npos);
}

TEST(ReportPage, DoesNotDependOnTheOrderOfTheImages) {
  std::vector<ImageResult> images{Scored("a.png", 1), Scored("b.png", 3), Scored("c.png", 3)};
  const std::string page = Page(WithImages(images));
  std::reverse(images.begin(), images.end());
  EXPECT_EQ(Page(WithImages(images)), page);
}

TEST(ReportPage, ShowsNamesAsText) {
  const std::string name = "</script><script>alert(1)</script>\"'&\n<b>.png";
  Results results = WithImages({Scored(name, 1, name), Failed(name, name)});
  results.inputs = {name};
  results.gallery = name;
  results.warnings = {name};
  const std::string page = Page(results);
  EXPECT_EQ(CountOf(page, "alert(1)"),
            CountOf(page, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;&amp;"));
  EXPECT_GE(CountOf(page, "alert(1)"), 8);
  EXPECT_EQ(CountOf(page, "</script>"), 3);  // the page's own
  EXPECT_EQ(CountOf(page, "<b>"), 0);
  EXPECT_TRUE(Says(
      page, "href=\"heatmaps/%3C/script%3E%3Cscript%3Ealert%281%29%3C/script%3E%22%27%26%0A%3Cb%3E.png\""));
}

TEST(ReportPage, ShowsNothingThatSteersText) {
  const std::string page = Page(WithImages({Scored("a\xe2\x80\xae"
                                                   "gpj.exe",
                                                   1),
                                            Scored("d\xe9"
                                                   "faut\x1b[2J.png",
                                                   2),
                                            Scored("gr\xc3\xbc\xc3\x9f"
                                                   "e\xc2\x9b\xd8\x9c\xe2\x81\xa6.png",
                                                   3)}));
  EXPECT_TRUE(Says(page,
                   "a\xef\xbf\xbd"
                   "gpj.exe"));
  EXPECT_TRUE(Says(page,
                   "d\xef\xbf\xbd"
                   "faut\xef\xbf\xbd[2J.png"));
  EXPECT_TRUE(Says(page,
                   "gr\xc3\xbc\xc3\x9f"
                   "e\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.png"));
  EXPECT_TRUE(Says(page, "href=\"heatmaps/d%E9faut%1B%5B2J.png\""));  // the link still leads there
}

TEST(ReportPage, LoadsNothing) {
  const std::string page =
      RenderReportPage(WithImages({Scored("a.png", 1)}), nullptr, [](const ImageResult&) {
        return ReportPictures{{1, 2, 3}, {4, 5}, {6}};
      });
  for (const char* source : {"src=\"http", "src=\"//", "href=\"http", "<link", "@import", "url("}) {
    EXPECT_EQ(CountOf(Body(page), source), 0) << source;
  }
  EXPECT_TRUE(Says(page, "src=\"data:image/webp;base64,AQID\""));
  EXPECT_TRUE(Says(page, "src=\"data:image/webp;base64,BAU=\""));
  EXPECT_TRUE(Says(page, "src=\"data:image/png;base64,Bg==\""));
  EXPECT_TRUE(Says(page, "default-src 'none'"));
}

TEST(ReportPage, OfNoImages) {
  const std::string page = Page(WithImages({}));
  EXPECT_TRUE(Says(page, "No image was scored."));
  EXPECT_EQ(CountOf(page, "<table id=\"table\""), 0);
  EXPECT_TRUE(DataOf(page).at("histogram").is_null());
}

TEST(ReportPage, OfNothingButFailures) {
  const std::string page = Page(WithImages({Failed("a.png", "is cut short"), Failed("b.png", "is empty")}));
  EXPECT_TRUE(Says(page, "is cut short"));
  EXPECT_TRUE(Says(page,
                   "<span class=\"count\">2</span> <span class=\"what\">failed</span> <span "
                   "class=\"share\">100 %</span>"));
  EXPECT_EQ(CountOf(page, "<table id=\"table\""), 0);
}

TEST(ReportPage, SaysThatARunDidNotFinish) {
  Results results = WithImages({Scored("a.png", 1)});
  EXPECT_EQ(CountOf(Page(results), "class=\"notice\""), 0);
  results.complete = false;
  EXPECT_TRUE(Says(Page(results), "<p class=\"notice\">The run did not finish"));
}

TEST(ReportPage, SaysThatRandomWeightsMeanNothing) {
  Results results = WithImages({Scored("a.png", 1)});
  results.extractor_name = "wide_resnet50_2-random";
  EXPECT_TRUE(Says(Page(results), "<p class=\"notice\">The extractor has random weights"));
}

TEST(ReportPage, CountsVerdicts) {
  std::vector<ImageResult> images{Scored("a", 1), Scored("b", 2), Scored("c", 3), Failed("d", "no")};
  images[0].verdict = images[1].verdict = "normal";
  images[2].verdict = "anomalous";
  const std::string page = Page(WithImages(images));
  const auto card = [](const std::string& count, const std::string& kind, const std::string& share) {
    return "<li class=\"card " + kind + "\"><span class=\"count\">" + count +
           "</span> <span class=\"what\">" + kind + "</span> <span class=\"share\">" + share + " %</span>";
  };
  EXPECT_TRUE(Says(page, card("1", "anomalous", "25")));
  EXPECT_TRUE(Says(page, card("2", "normal", "50")));
  EXPECT_TRUE(Says(page, card("1", "failed", "25")));
  EXPECT_EQ(CountOf(page, "card undecided"), 0);
}

TEST(ReportPage, SaysWhatAThresholdIsWorth) {
  Results results = WithImages({Scored("a.png", 1)});
  const auto text = [&] { return Between(Page(results), "<p class=\"threshold\">", "</p>"); };
  results.thresholds_reason = "the options differ";
  EXPECT_TRUE(Says(text(), "There is no threshold, so"));
  EXPECT_TRUE(Says(text(), "The reason: the options differ."));
  EXPECT_FALSE(Says(text(), "calibrate"));  // which would not help
  results.thresholds = Thresholds{Evidence::kEstimate, 0.01, 60, 2450.0, std::nullopt, "the gallery"};
  EXPECT_TRUE(Says(text(), "Anomalous = score above 2450. Estimate, no guarantee: it aims at 1 %"));
  results.thresholds->evidence = Evidence::kGuarantee;
  EXPECT_TRUE(Says(text(), "Guarantee: a good image is above it with a probability of at most 1 %"));
  results.thresholds->score.reset();
  EXPECT_TRUE(Says(text(), WhyNoThreshold(60, 0.01)));
}

TEST(ReportPage, ExplainsNothingThatUndecidedImagesDoNotHave) {
  Results results = WithImages({Scored("a.png", 1), Scored("b.png", 2)});
  const std::string undecided = Page(results);
  EXPECT_TRUE(Says(undecided, "<span class=\"hint\">higher ="));
  for (const char* text : {"by verdict", "Regions:", "p-value:"}) EXPECT_FALSE(Says(undecided, text)) << text;
  results.images[0].verdict = "normal";
  results.images[0].p_value = 0.5;
  EXPECT_TRUE(Says(Page(results), "by verdict; higher ="));
  EXPECT_TRUE(Says(Page(results), "p-value:"));
  EXPECT_FALSE(Says(Page(results), "Regions:"));  // there is no pixel threshold
  results.images[0].regions.emplace();
  EXPECT_TRUE(Says(Page(results), "Regions:"));
}

TEST(ReportPage, DrawsTheThresholdIntoTheHistogram) {
  Results results = WithImages({Scored("a.png", 1), Scored("b.png", 5)});
  EXPECT_TRUE(DataOf(Page(results)).at("histogram").at("threshold").is_null());
  results.thresholds = Thresholds{Evidence::kEstimate, 0.01, 60, 2.5, std::nullopt, "the gallery"};
  EXPECT_EQ(DataOf(Page(results)).at("histogram").at("threshold"), 2.5);
}

// Each bin is on one side of the threshold: what is right of the line is what is called anomalous.
TEST(ReportPage, DividesTheHistogramAtTheThreshold) {
  Results results =
      WithImages({Scored("a.png", 1), Scored("b.png", 2.5), Scored("c.png", 2.6), Scored("d.png", 5)});
  results.thresholds = Thresholds{Evidence::kGuarantee, 0.01, 60, 2.5, std::nullopt, "good images"};
  const std::string page = Page(results);
  const Json histogram = DataOf(page).at("histogram");
  const double from = histogram.at("from"), step = histogram.at("step");
  const auto first_above = static_cast<std::size_t>(std::lround((2.5 - from) / step));
  const auto counts = histogram.at("series").at(0).at("counts").get<std::vector<int>>();
  EXPECT_EQ(std::accumulate(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(first_above), 0), 2);
  EXPECT_TRUE(Says(page, "<th scope=\"col\">score above</th><th scope=\"col\">to</th>"));
}

MetricsReport Evaluated() {
  MetricsReport metrics;
  MetricsGroup& group = metrics.objects["part"].overall;
  group.num_normal = 2;
  group.num_anomalous = 2;
  group.pixel.rocauc = {0.995, "", Interval{0.9512, 1}};
  group.au_pro["0.3"] = {std::nullopt, "there are no masks"};
  metrics.bootstrap.num_resamples = 500;
  return metrics;
}

TEST(ReportPage, ShowsIntervalsBelowTheirFigures) {
  const MetricsReport metrics = Evaluated();
  const std::string page = RenderReportPage(WithImages({Scored("a.png", 1)}), &metrics, NoPictures);
  EXPECT_TRUE(Says(page, "<td>99.50<small>95.1-100</small></td>"));
  EXPECT_TRUE(Says(page, "<td>-</td>"));
  EXPECT_TRUE(Says(page, "small: 95 % intervals, the images drawn anew 500 times"));
}

TEST(ReportPage, SaysWhatTheThresholdDidWhereTheTruthIsKnown) {
  const MetricsReport metrics = Evaluated();
  std::vector<ImageResult> images{Scored("a", 1), Scored("b", 4), Scored("c", 4, "dent"),
                                  Scored("d", 1, "dent")};
  for (ImageResult& image : images) image.verdict = *image.score > 2 ? "anomalous" : "normal";
  Results results = WithImages(images);
  results.thresholds = Thresholds{Evidence::kEstimate, 0.01, 60, 2.0, std::nullopt, "the gallery"};
  EXPECT_TRUE(Says(RenderReportPage(results, &metrics, NoPictures),
                   "1 of 2 good images called anomalous (50 %, 95 % interval 9.5-90.5), "
                   "1 of 2 defective ones found (50 %, 95 % interval 9.5-90.5)."));
  EXPECT_EQ(CountOf(Page(results), "Measured here"), 0);  // not evaluated
  results.images[3].verdict = "undecided";
  EXPECT_EQ(CountOf(RenderReportPage(results, &metrics, NoPictures), "Measured here"), 0);
}

TEST(ReportPage, MarksWhatWasMissedAndFalseAlarms) {
  const MetricsReport metrics = Evaluated();
  std::vector<ImageResult> images{Scored("a", 1), Scored("b", 4), Scored("c", 4, "dent"),
                                  Scored("d", 1, "dent")};
  for (ImageResult& image : images) image.verdict = *image.score > 2 ? "anomalous" : "normal";
  const Results results = WithImages(images);
  const std::string page = RenderReportPage(results, &metrics, NoPictures);
  EXPECT_EQ(CountOf(page, "<span class=\"wrong\">missed</span>"), 1);
  EXPECT_EQ(CountOf(page, "<span class=\"wrong\">false alarm</span>"), 1);
  EXPECT_EQ(CountOf(page, "data-outcome=\"right\""), 2);
  EXPECT_EQ(CountOf(page, "id=\"filter-outcome\""), 1);
  EXPECT_EQ(CountOf(Page(results), "id=\"filter-outcome\""), 0);
  EXPECT_EQ(CountOf(Page(results), "class=\"wrong\""), 0);
}

TEST(ReportPage, HasColumnsOfAuSproWhereThereAreSome) {
  MetricsReport metrics = Evaluated();
  const auto page = [&] { return RenderReportPage(WithImages({Scored("a.png", 1)}), &metrics, NoPictures); };
  EXPECT_EQ(CountOf(page(), "sPRO"), 0);
  metrics.objects["part"].per_defect["dent"] = metrics.objects["part"].overall;
  metrics.objects["part"].overall.au_spro["0.05"] = {0.4321, "", Interval{0.4, 0.5}};
  EXPECT_TRUE(Says(page(), "<th scope=\"col\">sPRO 0.05</th>"));
  EXPECT_TRUE(Says(page(), "<td>43.21<small>40.0-50.0</small></td></tr>"));
  EXPECT_EQ(CountOf(page(), "<td>-</td></tr>"), 1);  // of the defect, which has none
}

TEST(ReportPage, ExplainsTheColours) {
  Results results = WithImages({Scored("a.png", 1)});
  EXPECT_EQ(CountOf(Page(results), "linear-gradient(to right,"), 0);
  results.heatmap_scale = Interval{1449, 3864};
  EXPECT_TRUE(Says(Page(results), "on one scale for all images: 1449 <span"));
  EXPECT_EQ(CountOf(Page(results), "outlined in black and white"), 0);
  results.thresholds = Thresholds{Evidence::kEstimate, 0.01, 60, 2.0, 1932.0, "the gallery"};
  EXPECT_TRUE(Says(Page(results), "what lies above the pixel threshold, 1932."));
}

TEST(ReportPage, HasAColumnOnlyForWhatIsKnown) {
  Results results = WithImages({Scored("a.png", 1)});
  EXPECT_EQ(CountOf(Page(results), "data-key=\"p\""), 0);
  EXPECT_EQ(CountOf(Page(results), "data-key=\"regions\""), 0);
  results.images[0].p_value = 0.0123;
  results.images[0].regions = DefectRegions{{}, 7};
  const std::string page = Page(results);
  EXPECT_EQ(CountOf(page, "data-key=\"p\""), 1);
  EXPECT_TRUE(Says(page, "<td class=\"number minor\">0.0123</td>"));
  EXPECT_TRUE(Says(page, "<td class=\"number minor\">7</td>"));
}

TEST(ReportPage, SaysWhatRan) {
  const std::string page = Page(WithImages({Scored("a.png", 1)}));
  for (const std::string& value :
       {std::string(64, 'b'), std::string(64, 'c'), std::string("spade"), std::string("tiny")}) {
    EXPECT_TRUE(Says(Between(page, "<dl class=\"facts\">", "</dl>"), "<bdi>" + value + "</bdi>"));
  }
}

// Five hundred images with the largest pictures that thumbnails may be, masks, and long names.
TEST(ReportPage, OfFiveHundredImagesIsBelowFiveMegabytes) {
  std::vector<ImageResult> images;
  for (int i = 0; i < 500; ++i)
    images.push_back(
        Scored("category/defect/a_rather_long_name_" + std::to_string(i) + ".png", 1234.5678 + i, "defect"));
  for (ImageResult& image : images) {
    image.p_value = 0.0123456789;
    image.retrieval_score = 12.3456789;
    image.regions = DefectRegions{{}, 12};
  }
  const Bytes largest(ThumbnailBytes(500), 0xff), mask(450, 0xff);
  const std::string page = RenderReportPage(WithImages(images), nullptr, [&](const ImageResult&) {
    return ReportPictures{largest, largest, mask};
  });
  EXPECT_LT(page.size(), 5'000'000U);
  EXPECT_EQ(CountOf(page, "class=\"photo\""), 500);
}

TEST(ReportPage, OfThousandsOfImagesShowsTheWorstAndSaysSo) {
  std::vector<ImageResult> images;
  for (int i = 0; i < 5000; ++i) images.push_back(Scored(std::to_string(i) + ".png", i));
  for (int i = 0; i < 1000; ++i) images.push_back(Failed("failed" + std::to_string(i) + ".png", "is empty"));
  int num_asked = 0;
  const std::string page = RenderReportPage(WithImages(images), nullptr, [&](const ImageResult& image) {
    EXPECT_EQ(*image.score, 4999 - num_asked++);
    return ReportPictures{{1}, {2}, {}};
  });
  EXPECT_EQ(num_asked, 500);
  EXPECT_EQ(CountOf(page, "<tr data-path"), 2000);
  EXPECT_TRUE(Says(page, "the table lists the 2000 highest of 5000"));
  EXPECT_TRUE(Says(page, "The first 200 of 1000"));
  const Json counts = DataOf(page).at("histogram").at("series").at(0).at("counts");
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0,
                            [](int sum, const Json& n) { return sum + n.get<int>(); }),
            5000);
}

}  // namespace
}  // namespace touchstone
