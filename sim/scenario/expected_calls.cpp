// Expectations about calls: who makes them, and what may come of them.
#include "expected_calls.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bounds.hpp"
#include "callers.hpp"

namespace lastack::scenario {

namespace {

using trace::Call;
using Names = std::vector<std::string_view>;

/// The name at `value`, which must be one of somebody who makes the call on this host.
std::string who_at(const Value& value, const ExpectCall& expect, const Apps& apps) {
  const std::string& who = value.string("a string such as \"connect\"");
  if (!apps.as_written) return who;
  const Callers& callers = apps.callers.of(apps.nodes.range(expect.host));
  std::vector<std::string> known;
  for (const trace::Who::Role role : roles_of(expect.call)) {
    if (callers.has(role, who)) return who;
    for (std::string& name : callers.names(role)) known.push_back(std::move(name));
  }
  const std::string wish = fmt::format("one who calls \"{}\" on \"{}\"", name_of(expect.call),
                                       apps.nodes.name(expect.host));
  if (known.empty()) value.fail(fmt::format("want {}, but nobody does; have {}", wish, shown(who)));
  value.unknown(wish, who, Names(known.begin(), known.end()));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

/// The words that may come of a call, errno names aside.
Names words_of(Call call) {
  if (call == Call::connected || call == Call::listen) return {"ok"};
  if (call == Call::shutdown) return {"read", "write", "both"};
  return {};
}

bool comes_to_nothing(Call call) {
  constexpr std::array silent{Call::connect,   Call::accepted, Call::close, Call::abort,
                              Call::power_off, Call::power_on, Call::reboot};
  return std::find(silent.begin(), silent.end(), call) != silent.end();
}

bool is_about_settings_or_links(Call call) {
  return call == Call::sysctl || call == Call::link_down || call == Call::link_up;
}

bool transfers(Call call) { return call == Call::send || trace::is_read(call); }

/// A result as the trace has it; it must be one that the call can have.
std::string result_at(const Value& value, Call call) {
  const std::string text = value.is_integer() ? std::to_string(value.unsigned_integer())
                                              : value.string(
                                                    "a number or a string such as \"ok\" or "
                                                    "\"ETIMEDOUT\"");
  if (is_about_settings_or_links(call) || (transfers(call) && is_number(text))) return text;
  if (comes_to_nothing(call)) {
    if (text.empty()) return text;
    value.fail(fmt::format("want no \"result\" for \"{}\", which has none, have {}", name_of(call),
                           shown(value.json())));
  }
  Names known = words_of(call);
  Names errors = names_of<tcp::Error>();
  std::erase(errors, name_of(tcp::Error::none));
  const bool like_errno = text.size() > 1 && text[0] == 'E' && text[1] >= 'A' && text[1] <= 'Z';
  if (like_errno) return std::string{name_of(named_at<tcp::Error>(value, "an errno name"))};
  if (std::find(known.begin(), known.end(), text) != known.end()) return text;
  known.insert(known.end(), errors.begin(), errors.end());
  value.unknown(fmt::format("a result of \"{}\"{}", name_of(call),
                            transfers(call) ? ", a number of bytes or an errno name" : ""),
                text, known);
}

}  // namespace

void read_window(const Value& value, SimTime& after, SimTime& until) {
  if (const auto v = value.find("after")) after = v->time();
  if (const auto v = value.find("until")) {
    until = v->time();
    if (until < after) v->want("a time that is not before \"after\"");
  }
}

ExpectCall call_of(const Value& value, const Apps& apps) {
  value.only_keys("an expected call", {"description", "call", "host", "who", "nth", "result",
                                       "after", "until", "count", "min", "max"});
  ExpectCall expect;
  expect.call = named_at<Call>(value.at("call"), "a call");
  expect.host = apps.nodes.host(value.at("host"));
  if (const auto v = value.find("who")) expect.who = who_at(*v, expect, apps);
  if (const auto v = value.find("result")) expect.result = result_at(*v, expect.call);
  read_window(value, expect.after, expect.until);
  if (value.has("count") || value.has("min") || value.has("max")) {
    if (const auto v = value.find("nth")) v->fail("want either \"nth\" or a count, have both");
    expect.count = bounds_of(value, "count");
  } else if (const auto v = value.find("nth")) {
    expect.nth = v->integer_as<std::uint32_t>(1);
  }
  return expect;
}

}  // namespace lastack::scenario
