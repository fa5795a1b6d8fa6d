#include "places.hpp"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace lastack::kernel {

struct Places::Document {
  nlohmann::json json;
};

Places::Places(const std::string& file) {
  std::ifstream in{file};
  document_ = std::make_unique<Document>(Document{nlohmann::json::parse(in, nullptr, false)});
}

Places::~Places() = default;

bool Places::has(const std::string& pointer) const {
  return document_->json.contains(nlohmann::json::json_pointer{pointer});
}

std::string Places::first_of(std::initializer_list<std::string> pointers) const {
  for (const std::string& pointer : pointers) {
    if (has(pointer)) return pointer;
  }
  return *std::prev(pointers.end());
}

std::string Places::nth_with(const std::string& array, const char* key, std::size_t nth) const {
  const nlohmann::json& json = document_->json;
  const auto found = json.find(array);
  if (found != json.end() && found->is_array()) {
    for (std::size_t i = 0; i < found->size(); ++i) {
      if ((*found)[i].contains(key) && nth-- == 0) return "/" + array + "/" + std::to_string(i);
    }
  }
  return "/" + array;
}

}  // namespace lastack::kernel
