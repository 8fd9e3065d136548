// The file the ledger lives in: made with mode 0600, held by one writer, with our tables in it.
// Internal to shell/store.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "shell/store/sqlite.h"

namespace sallyport {

// Held for as long as it lives; a second writer of the same ledger, in this or any process, gets
// `unavailable`. The lock dies with the process.
class WriterLock {
 public:
  [[nodiscard]] static Result<WriterLock> take(const std::string& database_path);
  ~WriterLock();
  WriterLock(WriterLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  WriterLock& operator=(WriterLock&&) = delete;

 private:
  explicit WriterLock(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_;
};

// Makes the file when it is missing. Refuses a file that others than its owner may read.
[[nodiscard]] Result<void> ensure_private_file(const std::string& path);
// Opens for writing (WAL, synchronous=FULL, no automatic checkpoints) and makes the tables in a new
// file. A file of another program or another version is refused.
[[nodiscard]] Result<std::unique_ptr<Connection>> open_for_writing(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<Connection>> open_for_reading(const std::string& path);

}  // namespace sallyport
