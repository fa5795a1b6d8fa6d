#include "sqlite.hpp"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "lastack/batch/store.hpp"

namespace lastack::batch {

namespace {

/// Another program that writes is done within that, as a rule.
constexpr std::chrono::milliseconds busy_timeout{5000};

/// What people can do something about, in words of ours; else SQLite's own.
std::string reason(int result, sqlite3* database) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "is locked: another program is writing to it";
    case SQLITE_FULL: return "no space is left for it; what was stored before is kept";
    case SQLITE_NOTADB: return "is no SQLite database";
    case SQLITE_CORRUPT: return "is damaged (SQLite: database disk image is malformed)";
    case SQLITE_READONLY: return "may not be written";
    case SQLITE_CANTOPEN:
      return "cannot be opened, or its log beside it (-wal) cannot be read where nothing may be "
             "written";
    default: break;
  }
  return std::string{"SQLite: "} + (database != nullptr ? sqlite3_errmsg(database) : "no memory");
}

/// What SQLite is to open: to it names from a colon or `file:` on are none of files.
std::string name_of(const std::string& file) {
  if (file.empty()) return ":memory:";
  return file.starts_with(':') || file.starts_with("file:") ? "./" + file : file;
}

/// A URI of SQLite's under which nothing is written beside the file. One that has no write-ahead
/// log has no writer either, as a writer begins with the log: then the file stands still and needs
/// no locks, which takes no files of their own.
std::string read_only_uri(const std::string& file) {
  std::string uri = "file:";
  for (const char c : name_of(file)) {
    const bool plain = c != '?' && c != '#' && c != '%';
    uri += plain ? std::string{c} : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  std::error_code ignored;
  const bool has_log = std::filesystem::exists(file + "-wal", ignored);
  return uri + (has_log ? "?mode=ro" : "?mode=ro&immutable=1");
}

}  // namespace

Statement::Statement(sqlite3* database, std::string file, const std::string& sql)
    : statement_{nullptr, &sqlite3_finalize},
      database_{database},
      file_{std::move(file)} {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
  statement_.reset(statement);
  check(result);
}

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index + 1, value));
  return *this;
}

Statement& Statement::bind(int index, std::optional<double> value) {
  check(value ? sqlite3_bind_double(statement_.get(), index + 1, *value)
              : sqlite3_bind_null(statement_.get(), index + 1));
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  check(sqlite3_bind_text(statement_.get(), index + 1, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_bytes(int index, std::string_view value) {
  check(sqlite3_bind_blob(statement_.get(), index + 1, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (result != SQLITE_DONE) throw StoreError{file_, reason(result, database_)};
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

std::optional<double> Statement::real(int column) const {
  if (is_null(column)) return std::nullopt;
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(text), size};
}

std::string_view Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view{}
                          : std::string_view{static_cast<const char*>(bytes), size};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::check(int result) {
  if (result != SQLITE_OK) throw StoreError{file_, reason(result, database_)};
}

Database::Database(const std::string& file, Mode mode)
    : file_{file},
      handle_{nullptr, &sqlite3_close} {
  const bool reads = mode == Mode::read;
  const std::string name = reads ? read_only_uri(file) : name_of(file);
  const int flags =
      reads ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) throw StoreError{file, reason(result, handle)};
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  distrust();
}

/// Somebody may have sent it: no code in its schema is run, and cells are checked when read.
void Database::distrust() {
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_TRUSTED_SCHEMA}) {
    sqlite3_db_config(handle_.get(), option, 0, nullptr);
  }
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_exec(handle_.get(), "PRAGMA cell_size_check = ON", nullptr, nullptr, nullptr);
}

void Database::keep_no_log() {
  sqlite3_busy_timeout(handle_.get(), 0);
  sqlite3_exec(handle_.get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
}

void Database::run(const std::string& sql) {
  const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw StoreError{file_, reason(result, handle_.get())};
}

/// Two programs that begin a log at once would wait for each other for ever, so SQLite returns an
/// error to one of them at once, without its busy timeout; that one tries again.
void Database::keep_write_ahead_log() {
  constexpr std::chrono::milliseconds pause{5};
  const auto begin_log = [this] {
    return sqlite3_exec(handle_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
  };
  int result = begin_log();
  for (auto tries = busy_timeout / pause; tries > 0 && (result & 0xff) == SQLITE_BUSY; --tries) {
    std::this_thread::sleep_for(pause);
    result = begin_log();
  }
  if (result != SQLITE_OK) throw StoreError{file_, reason(result, handle_.get())};
}

std::int64_t Database::number(const std::string& sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const StoreError&) {  // it was taken back already, by what went wrong
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  open_ = false;
}

std::string sql_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? std::string{"\"\""} : std::string{c};
  return text + "\"";
}

}  // namespace lastack::batch
