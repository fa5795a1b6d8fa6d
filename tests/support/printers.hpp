#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "lastack/core/time.hpp"
#include "lastack/tcp/segment.hpp"
#include "lastack/tcp/seq.hpp"
#include "lastack/tcp/state.hpp"

namespace lastack::test {

/// "1.500000 s", without trailing zeros beyond the microsecond unless there are nanoseconds.
std::string text_of(SimDuration duration);

}  // namespace lastack::test

namespace Catch {

template <> struct StringMaker<lastack::tcp::State> {
  static std::string convert(lastack::tcp::State state) { return std::string{name_of(state)}; }
};
template <> struct StringMaker<lastack::tcp::Error> {
  static std::string convert(lastack::tcp::Error error) { return std::string{name_of(error)}; }
};
template <> struct StringMaker<lastack::tcp::SendReason> {
  static std::string convert(lastack::tcp::SendReason why) { return std::string{name_of(why)}; }
};
template <> struct StringMaker<lastack::tcp::Timer> {
  static std::string convert(lastack::tcp::Timer timer) { return std::string{name_of(timer)}; }
};
template <> struct StringMaker<lastack::tcp::Seq> {
  static std::string convert(lastack::tcp::Seq seq) { return std::to_string(seq.raw()); }
};
template <> struct StringMaker<lastack::tcp::Flags> {
  static std::string convert(lastack::tcp::Flags flags) { return "\"" + flags.text() + "\""; }
};
template <> struct StringMaker<lastack::SimDuration> {
  static std::string convert(lastack::SimDuration d) { return lastack::test::text_of(d); }
};
template <> struct StringMaker<lastack::SimTime> {
  static std::string convert(lastack::SimTime t) {
    return lastack::test::text_of(t - lastack::sim_start);
  }
};

}  // namespace Catch
