#pragma once

#include <string>

#include "scene.hpp"

namespace lastack::explain {

/// How something ended and what decided it, in sentences.
struct Verdict {
  std::string outcome;
  std::string why;   ///< may be empty
  std::string rule;  ///< may be empty
};

/// Of connect. Requires a result.
Verdict verdict_on_connect(const Scene& scene);
/// Of an end that is CLOSED again.
Verdict verdict_on_end(const Scene& scene, const Life& life);
/// Of an end that still had a state when the run ended.
Verdict verdict_on_open_end(const Scene& scene, const Life& life);

}  // namespace lastack::explain
