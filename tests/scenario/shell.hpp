#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Whether program and tests are built with a sanitizer that keeps memory of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool takes_memory_of_its_own = true;
#elif defined(__has_feature)
inline constexpr bool takes_memory_of_its_own =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool takes_memory_of_its_own = false;
#endif

/// A folder of its own in which a test keeps files and runs the program, as a user would.
class Shell {
 public:
  Shell();
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void file(const std::string& name, const std::string& text) const;

  /// Runs `lastack ARGUMENTS` in the folder; the arguments are the shell's to read.
  void lastack(const std::string& arguments) { run(LASTACK_BUILD_DIR "/lastack " + arguments); }
  /// Runs any command there; $LASTACK is the program.
  void run(const std::string& command);

  /// Runs `FILE STATEMENT` on a database.
  void sql(const std::string& arguments) {
    run("python3 " LASTACK_SOURCE_DIR "/tests/scenario/sql.py " + arguments);
  }

  /// Runs `lastack ARGUMENTS` and interrupts it once it catches SIGINT, bit 1 of the mask.
  void lastack_interrupted(const std::string& arguments) {
    run("$LASTACK " + arguments +
        " & until grep -q '^SigCgt:.*[2367abef]$' /proc/$!/status 2>/dev/null || ! kill -0 $!; "
        "do sleep 0.05; done; sleep 0.2; kill -INT $!; wait $!");
  }

  // What the last command answered.
  int exit_code() const { return exit_code_; }
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

  std::string read(const std::string& name) const;
  /// The names in the folder (or one below it) in order, hidden ones included.
  std::vector<std::string> files(const std::string& below = ".") const;

 private:
  std::filesystem::path folder_;  ///< holds `work`, and beside it what the commands print
  int exit_code_ = -1;
  std::string out_;
  std::string err_;
};
