#pragma once

#include "lastack/explain/explain.hpp"
#include "scene.hpp"

namespace lastack::explain {

/// What became of the scene's connection.
Story tell(const Scene& scene);

}  // namespace lastack::explain
