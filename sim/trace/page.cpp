#include "lastack/trace/page.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "json_text.hpp"
#include "lastack/core/assert.hpp"
#include "lastack/trace/jsonl.hpp"

namespace lastack::trace {

extern const std::string_view page_template;

namespace {

/// Inside a script element `</` would end it.
std::string safe_in_html(std::string json) {
  for (std::size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at)) {
    json.insert(at + 1, "\\");
  }
  return json;
}

std::string member(std::string_view key, std::string_view text) {
  return fmt::format("\"{}\":\"{}\",", key, escaped(text));
}

std::string member(std::string_view key, std::span<const std::string> texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += fmt::format("{}\"{}\"", all.empty() ? "" : ",", escaped(text));
  }
  return fmt::format("\"{}\":[{}],", key, all);
}

}  // namespace

std::string page_with(std::string data) {
  constexpr std::string_view empty = R"(<script id="data" type="application/json">null</script>)";
  constexpr std::string_view null = "null";
  const std::size_t at = page_template.find(empty);
  LASTACK_ASSERT(at != std::string_view::npos);
  const std::size_t place = page_template.find(null, at);
  std::string page{page_template.substr(0, place)};
  page += safe_in_html(std::move(data));
  page += page_template.substr(place + null.size());
  return page;
}

PageSink::PageSink(std::unique_ptr<ByteWriter> out, std::uint64_t most_events)
    : out_{std::move(out)},
      most_{most_events},
      json_lines_{std::make_unique<JsonLinesSink>(std::make_unique<StringWriter>(lines_),
                                                  JsonLinesSink::DropNode::named)} {}

PageSink::~PageSink() = default;

void PageSink::begin(const Names& names) {
  const std::span<const std::string> nodes{names.hosts};
  head_ = R"({"kind":"run","format":1,)";
  head_ += member("scenario", names.scenario) + member("description", names.description);
  head_ += fmt::format("\"seed\":{},", names.seed);
  head_ += member("hosts", nodes.first(names.host_count));
  head_ += member("routers", nodes.subspan(names.host_count));
  json_lines_->begin(names);
}

void PageSink::event(const Event& event) {
  if (++events_ <= most_) json_lines_->event(event);
}

void PageSink::end(SimTime at) {
  ended_ = at;
  json_lines_->end(at);
}

void PageSink::finish(const PageFacts& facts) {
  std::string data = std::move(head_);
  data += member("version", facts.version) + member("command", facts.command);
  data += fmt::format("\"ended_ns\":{},\"events_left_out\":{},\"summary\":{},\"events\":[",
                      ended_.time_since_epoch().count(), events_ - std::min(events_, most_),
                      facts.summary_json);
  if (!lines_.empty()) lines_.pop_back();  // the last line's end
  std::replace(lines_.begin(), lines_.end(), '\n', ',');
  data += lines_;
  data += "]}";
  out_->write(page_with(std::move(data)));
  out_->commit();
}

}  // namespace lastack::trace
