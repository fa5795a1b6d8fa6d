#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "lastack/event/event.hpp"

using namespace lastack;
using namespace lastack::trace;

TEMPLATE_TEST_CASE("Names: each enumerator has its own, by which it is found", "[event]",
                   tcp::State, tcp::Timer, tcp::SendReason, tcp::StateReason, tcp::DiscardReason,
                   tcp::Error, LossReason, DropPlace, Call) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < count_of<TestType>; ++i) {
    const auto one = static_cast<TestType>(i);
    const std::string name{name_of(one)};
    CAPTURE(name);
    CHECK(seen.insert(name).second);
    CHECK(named<TestType>(name) == one);
  }
  CHECK(seen.count("?") == 0);
  CHECK(names_of<TestType>().size() == seen.size());
}

TEMPLATE_TEST_CASE("Names: none is left out behind the last", "[event]", tcp::State, tcp::Timer,
                   tcp::SendReason, tcp::StateReason, tcp::DiscardReason, tcp::Error, LossReason,
                   DropPlace, Call) {
  CHECK(name_of(static_cast<TestType>(count_of<TestType>)) == "?");
}

TEST_CASE("Names: a word that is no name finds nothing", "[event]") {
  CHECK_FALSE(named<tcp::StateReason>("boredom"));
  CHECK_FALSE(named<tcp::StateReason>(""));
  CHECK_FALSE(named<Call>("recv_eof"));  // it is said "recv eof"
}

TEST_CASE("DropReason: it is named as what it holds", "[event]") {
  CHECK(name_of(DropReason{LossReason::link_down}) == "link_down");
  CHECK(name_of(DropReason{tcp::DiscardReason::no_socket}) == "no_socket");
}

TEST_CASE("Who: one of several has a number, one alone has none", "[event]") {
  CHECK(text_of(Who{Who::Role::connect}) == "connect");
  CHECK(text_of(Who{Who::Role::connect, 2}) == "connect#2");
  CHECK(text_of(Who{Who::Role::accept, 1}) == "accept#1");
  CHECK(text_of(Who{Who::Role::listen}) == "listen");
  CHECK(text_of(Who{Who::Role::host}) == "host");
}

TEST_CASE("Result: a number, an errno or a word, of which only an errno is a failure", "[event]") {
  const auto both = [](const Result& result) {
    return text_of(result) + "|" + std::string{errno_of(result)};
  };
  CHECK(both({}) == "|");
  CHECK(both(std::uint64_t{20000}) == "20000|");
  CHECK(both(std::string{"write"}) == "write|");
  CHECK(both(tcp::Error::none) == "ok|");
  CHECK(both(tcp::Error::timed_out) == "ETIMEDOUT|ETIMEDOUT");
  CHECK(both(OtherErrno{"EPERM"}) == "EPERM|EPERM");
}
