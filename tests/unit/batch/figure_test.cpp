#include "lastack/batch/figure.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace lastack::batch {
namespace {

using Names = std::vector<std::string>;

const Names columns{"connect_ok",      "connect_time.p99", "connect_error.ETIMEDOUT",
                    "orphan_time.max", "syn_sent",         "peak.SYN_RCVD"};

TEST_CASE("figure: a family that was kept has every statistic", "[batch]") {
  CHECK(families_of(columns) == Names{"connect_time", "orphan_time"});
  const Figure p99 = find_figure(columns, "connect_time.p99").value();
  CHECK(p99.of == Figure::Of::times);
  CHECK(p99.index == 0);
  CHECK(p99.statistic == Statistic::p99);
  CHECK(find_figure(columns, "connect_time.p99.9")->statistic == Statistic::p99_9);
  CHECK(find_figure(columns, "orphan_time")->name == "orphan_time.mean");
  CHECK(find_figure(columns, "orphan_time")->index == 1);
  CHECK_FALSE(find_figure(columns, "close_time.p99"));
}

TEST_CASE("figure: a share is one of all connects", "[batch]") {
  CHECK(shares_of(columns) == Names{"connect_ok"});
  const Figure ok = find_figure(columns, "connect_ok").value();
  CHECK(ok.of == Figure::Of::share);
  CHECK(ok.column == 0);
  CHECK_FALSE(find_figure(columns, "connect_ok.p99"));
}

TEST_CASE("figure: one number a run has quantiles over runs", "[batch]") {
  const Figure sent = find_figure(columns, "syn_sent").value();
  CHECK(sent.of == Figure::Of::number);
  CHECK(sent.column == 4);
  CHECK(sent.is_mean());
  CHECK(find_figure(columns, "syn_sent.mean")->name == "syn_sent");
  const Figure peak = find_figure(columns, "peak.SYN_RCVD.p99").value();
  CHECK(peak.column == 5);
  CHECK(peak.statistic == Statistic::p99);
  CHECK_FALSE(find_figure(columns, "peak"));
  CHECK_FALSE(find_figure(columns, "syn_sent.p98"));
  CHECK_FALSE(find_figure(columns, ".max"));
}

}  // namespace
}  // namespace lastack::batch
