#include "lastack/core/text.hpp"

#include <catch2/catch.hpp>

using namespace lastack;

TEST_CASE("text: what a terminal would obey is shown", "[core][text]") {
  CHECK(printable("plain ä € 𝄞 \\ 'text'") == "plain ä € 𝄞 \\ 'text'");
  CHECK(printable("\x1b[31m\a\x7f") == "\\x1b[31m\\x07\\x7f");
  CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(printable(std::string_view{"a\0b", 3}) == "a\\x00b");
  CHECK(printable("\u0085 \u202e \u2028 \ufeff \uffff \U0001fffe") ==
        "\\u0085 \\u202e \\u2028 \\ufeff \\uffff \\U0001fffe");
}

TEST_CASE("text: bytes that are no UTF-8 are shown one by one", "[core][text]") {
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xc3") == "\\xc3");                      // cut short
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");             // overlong
  CHECK(printable("\xed\xa0\x80x") == "\\xed\\xa0\\x80x");  // a surrogate
}

TEST_CASE("text: what is shown already stays as it is", "[core][text]") {
  const std::string once = printable("\x1b\n\xff\u202e");
  CHECK(printable(once) == once);
}

TEST_CASE("text: of a description the line feeds stay, and nothing else", "[core][text]") {
  CHECK(printable_lines("a\nb\r\n\x1b") == "a\nb\\r\n\\x1b");
}

TEST_CASE("text: a word of a shell holds no control character", "[core][text]") {
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("a\x1b[2J'\n") == "$'a\\033[2J\\047\\012'");
}

TEST_CASE("text: a field of CSV is no formula of a table calculator", "[core][text]") {
  CHECK(csv_field("=HYPERLINK(1)") == "'=HYPERLINK(1)");
  CHECK(csv_field("=a,\"b\"") == "\"'=a,\"\"b\"\"\"");
  CHECK(csv_field("@SUM(A1)") == "'@SUM(A1)");
  CHECK(csv_field("+cmd") == "'+cmd");
  CHECK(csv_field("-cmd") == "'-cmd");
  CHECK(csv_field("\t=1") == "'\t=1");
  CHECK(csv_field("\r=1") == "\"'\r=1\"");
}

TEST_CASE("text: a number stays one in CSV, whatever its sign", "[core][text]") {
  for (const char* number : {"-5", "+5", "-0.25", "-1e-310", "1e+308", "0"}) {
    CHECK(csv_field(number) == number);
  }
  CHECK(csv_field("a-b") == "a-b");
  CHECK(csv_field("") == "");
}
