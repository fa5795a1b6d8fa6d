#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lastack/core/file_set.hpp"
#include "lastack/event/event.hpp"

namespace lastack::trace {

/// The kinds of trace files.
enum class Format { json_lines, pcapng, ladder, ladder_svg, ladder_mermaid, page };

/// The endings of trace files, for messages: ".jsonl, .pcapng, .txt, .svg, .mmd, .html".
std::string_view known_endings();

/// The format that a file's ending names. "-", /dev/stdout and other special files without a known
/// ending get JSON Lines. Throws OutputError for every other ending.
Format format_of(const std::string& path);

/// A sink that writes `path` in the format its ending names. Throws OutputError when the ending is
/// unknown or the file cannot be made. Requires another format than `page`, which takes more than
/// a trace: see PageSink.
std::unique_ptr<Sink> make_sink(const std::string& path);
/// The same into a file of a set, which gives it its name. Must not outlive the set.
std::unique_ptr<Sink> make_sink(const std::string& path, FileSet& files);

}  // namespace lastack::trace
