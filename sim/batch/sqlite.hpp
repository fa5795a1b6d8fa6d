#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace lastack::batch {

/// A prepared statement. Parameters and columns count from 0. Throws StoreError.
class Statement {
 public:
  Statement(sqlite3* database, std::string file, const std::string& sql);

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::optional<double> value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_bytes(int index, std::string_view value);

  /// The next row; false at the end, and the statement may be bound anew.
  bool step();
  /// Runs a statement without rows, which may then be bound anew.
  void run();

  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  std::optional<double> real(int column) const;
  std::string text(int column) const;
  /// Good until the next step.
  std::string_view bytes(int column) const;
  bool is_null(int column) const;

 private:
  void check(int result);

  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
  sqlite3* database_;
  std::string file_;
};

/// A connection to one file. Throws StoreError.
class Database {
 public:
  enum class Mode : std::uint8_t { read, write };
  Database(const std::string& file, Mode mode);

  const std::string& file() const { return file_; }
  void run(const std::string& sql);
  /// From now on it has a write-ahead log: readers and a writer do not wait for each other.
  void keep_write_ahead_log();
  /// The log's end goes into the file, which can then be read where nothing may be written. Stays
  /// as it is while others use the database.
  void keep_no_log();
  Statement prepare(const std::string& sql) const { return {handle_.get(), file_, sql}; }
  std::int64_t number(const std::string& sql) const;

 private:
  void distrust();

  std::string file_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
};

/// Takes back what was done since, unless it is committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_{database} {
    database_.run("BEGIN IMMEDIATE");
  }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// A name as SQL has it: in double quotes.
std::string sql_name(std::string_view name);

}  // namespace lastack::batch
