// A file of frames that survives a crash: each append is one frame, durable when append() returns,
// and there again whole or not at all after a power cut.
//
//   sallyport frames 1\n
//   frame <payload bytes> <SHA-256 of the payload, hex>\n<payload>\n      ...
//
// Only the last frame can be torn, because each is synced before the next begins. So at opening a
// bad frame with nothing readable behind it is cut off (nobody was told it was stored); a bad frame
// with a good one behind it is damage, and a fault.
//
// One process at a time (flock on PATH.lock). Mode 0600. Not thread-safe. After a failed write or
// sync the log stays broken until it is read again and rewritten, or opened again: what the kernel says
// of the old file afterwards means nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sallyport {

inline constexpr std::uint64_t frame_log_bytes_max = 1ULL << 30;  // it is read into memory at opening

class FrameLog {
 public:
  ~FrameLog();
  FrameLog(const FrameLog&) = delete;
  FrameLog& operator=(const FrameLog&) = delete;

  struct Opened {
    std::unique_ptr<FrameLog> log;
    std::vector<std::string> payloads;
  };
  [[nodiscard]] static Result<Opened> open(const std::string& path);

  // Payloads must not contain a line that begins with "frame ".
  [[nodiscard]] Result<void> append(std::string_view payload);
  // Replaces the whole content by one frame: all or nothing, durable on return.
  [[nodiscard]] Result<void> rewrite(std::string_view payload);
  // After a write that failed: what the file holds. It is written again by a rewrite() that succeeds, and not before.
  [[nodiscard]] Result<std::vector<std::string>> read_again();
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  FrameLog(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  [[nodiscard]] Result<std::vector<std::string>> load();
  [[nodiscard]] Result<void> create();

  std::string path_;
  int lock_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  bool broken_ = false;
};

}  // namespace sallyport
