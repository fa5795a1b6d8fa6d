#pragma once

#include <string>
#include <vector>

namespace lastack::cli {

/// The files that `paths` stand for: a folder for every *.json below it, in the order of their
/// names; anything else for itself, whether it exists or not (whoever reads it will say). Each file
/// once. Throws UsageError where a folder cannot be read.
std::vector<std::string> find_files(const std::vector<std::string>& paths);

}  // namespace lastack::cli
