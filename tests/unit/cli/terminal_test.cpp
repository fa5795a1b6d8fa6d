#include "support/terminal.hpp"

#include <catch2/catch.hpp>

using namespace lastack::cli;

TEST_CASE("wrapped: lines break at blanks and keep the indentation", "[cli]") {
  CHECK(wrapped("one two three", 9) == "one two\nthree\n");
  CHECK(wrapped("one two three", 9, 2) == "  one two\n  three\n");
}

TEST_CASE("wrapped: a word longer than the line stays whole", "[cli]") {
  CHECK(wrapped("a extraordinary b", 5) == "a\nextraordinary\nb\n");
}

TEST_CASE("wrapped: line breaks of the text stay, and nothing comes of nothing", "[cli]") {
  CHECK(wrapped("one\ntwo", 80) == "one\ntwo\n");
  CHECK(wrapped("", 80).empty());
}

TEST_CASE("wrapped: a character of several bytes takes one column", "[cli]") {
  CHECK(wrapped("→→→→ →→→→", 9) == "→→→→ →→→→\n");
}

TEST_CASE("Paint: colour off leaves text alone", "[cli]") {
  CHECK(Paint{Colour::off}.red("text") == "text");
  CHECK(Paint{Colour::on}.red("text") == "\x1b[31mtext\x1b[0m");
}

TEST_CASE("colour_for: a choice overrules what the stream is", "[cli]") {
  CHECK(colour_for(stdout, ColourChoice::always) == Colour::on);
  CHECK(colour_for(stdout, ColourChoice::never) == Colour::off);
}

TEST_CASE("cut: a line keeps so many columns, and no half character", "[cli]") {
  CHECK(cut("one two", 3) == "one");
  CHECK(cut("one", 3) == "one");
  CHECK(cut("→→→", 2) == "→→");
  CHECK(cut("one", 0).empty());
}
