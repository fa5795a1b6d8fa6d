#include "lastack/fuzz/keep.hpp"

#include <filesystem>

#include "json.hpp"
#include "lastack/core/file_set.hpp"

namespace lastack::fuzz {

void keep(const std::string& folder, const std::string& name, const std::string& json,
          const std::string& recordings) {
  const std::string path = (std::filesystem::path{folder} / name).string();
  FileSet files;
  const auto write = [&](const char* ending, const std::string& text) {
    const auto file = files.add(path + ending);
    file->write(text);
    file->commit();
  };
  write(".json", json);
  write(".trace.json", recordings);
  files.commit();
}

std::string described(const Found& found) {
  const Json before = Json::parse(found.json);
  Json document;
  document["name"] = found.name;
  document["description"] = found.kind + ". " + found.text +
                            ". Reason: " + std::string{compare::name_of(found.why)} + ".";
  for (const auto& [key, value] : before.items()) {
    if (key != "name" && key != "description") document[key] = value;
  }
  return document.dump(1) + "\n";
}

}  // namespace lastack::fuzz
