// The two files an audit reads: the ledger, as a stream, and the key, as text. The descriptor is owned
// and closed here. Errors: `not_found` or `unavailable`, with the system's words.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "core/ledger/ledger_file.h"

namespace sallyport::audit {

class InputFile {
 public:
  [[nodiscard]] static Result<InputFile> open(const std::string& path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // 0 when it cannot be told (a pipe).
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // The file must outlive it. One thread at a time.
  [[nodiscard]] ByteSource source() const;

 private:
  InputFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
  std::uint64_t size_ = 0;
};

// From where the source stands to its end: at most so many bytes, added to `begun`.
[[nodiscard]] Result<std::string> read_rest(const ByteSource& source, std::string begun, std::size_t bytes_max);
// What was taken from the front, and then the rest.
[[nodiscard]] ByteSource put_back(std::string begun, ByteSource rest);

// A whole file of at most so many bytes.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);
// Without the newline at its end.
[[nodiscard]] Result<std::string> read_key_file(const std::string& path);

}  // namespace sallyport::audit
