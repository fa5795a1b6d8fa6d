#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lastack::cli {

/// An option or an argument of a command. The functions of this file are CLI11's, by CLI11's names;
/// its headers alone take ten seconds to compile and run constructors at each start of the program,
/// so only few sources include them.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_{option} {}

  Option& required();
  Option& type_name(const std::string& name);    ///< what --help calls the value
  Option& option_text(const std::string& text);  ///< what --help says after the name
  Option& expected(int least, int most);         ///< values, all occurrences together
  Option& repeatable();                          ///< each occurrence brings one value
  Option& one_value_each();                      ///< an occurrence takes no more than one value
  Option& range(int least, int most);
  Option& range(double least, double most);
  Option& one_of(std::vector<std::string> words);
  Option& excludes(const Option& other);
  /// Of the text; says what is wrong with it, or nothing.
  Option& check(std::function<std::string(const std::string&)> check);
  /// The same; it may replace the text.
  Option& transform(std::function<std::string(std::string&)> transform);

 private:
  CLI::Option* option_;
};

/// The program or one of its commands. Copies are the same command.
class Command {
 public:
  explicit Command(CLI::App* app) : app_{app} {}

  Command add_subcommand(const std::string& name, const std::string& description);

  /// `Value` is std::string, double, unsigned, std::uint64_t, std::vector<std::string>,
  /// std::vector<std::size_t>, std::optional<int> or std::optional<std::uint64_t>.
  template <typename Value>
  Option add_option(const std::string& names, Value& value, const std::string& description);

  void add_flag(const std::string& names, bool& value, const std::string& description);
  void add_flag(const std::string& names, std::function<void()> when_given,
                const std::string& description);

  /// What the command does, once all its arguments are known.
  void callback(std::function<void()> work);

  /// For a command of commands: one of them has to be named. `footer` ends the help.
  void finish_group(const std::string& footer);

  /// Its -v, unless it has one of its own, its --help and the examples at the end of that. An empty
  /// argument is refused: it is mostly a variable of a shell that is not set, and to take it for an
  /// option that is not given would leave out silently what was asked for. Comes last.
  void finish(const std::string& examples);

 private:
  CLI::App* app_;
};

/// The bytes that "500M" or "2G" stands for, as digits in place of the text; K, M, G and T are
/// powers of 1024. False where the text says no such thing.
bool size_to_bytes(std::string& text);

}  // namespace lastack::cli
