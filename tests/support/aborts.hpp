#pragma once

#include <csignal>
#include <cstdio>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

namespace lastack::test {

/// Whether `call` ends in a failed assertion. It runs in a process of its own, since a failed
/// assertion ends one (SIGABRT); what it prints and changes there is lost.
template <typename Call> bool aborts(Call call) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 would report a failed test
    const rlimit no_core{};
    setrlimit(RLIMIT_CORE, &no_core);
    close(STDERR_FILENO);
    call();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace lastack::test
