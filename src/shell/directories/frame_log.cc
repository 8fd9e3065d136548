#include "shell/directories/frame_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::string_view heading = "sallyport frames 1\n";
constexpr std::string_view frame_word = "frame ";

std::unexpected<Fault> failed(std::string_view doing, const std::string& path) {
  const int error = errno;
  return fault(FaultKind::unavailable, concat(doing, " ", path, ": ", std::strerror(error)));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string frame_of(std::string_view payload) {
  return concat(frame_word, payload.size(), ' ', to_hex(sha256(view_of(payload))), '\n', payload, '\n');
}

struct Frame {
  std::string_view payload;
  std::size_t end = 0;
};

// The whole and true frame at `at`, or nothing.
std::optional<Frame> frame_at(std::string_view file, std::size_t at) {
  const auto rest = file.substr(at);
  if (!rest.starts_with(frame_word)) return std::nullopt;
  const auto line_end = rest.find('\n');
  if (line_end == rest.npos || line_end > 100) return std::nullopt;
  const auto line = rest.substr(frame_word.size(), line_end - frame_word.size());
  const auto space = line.find(' ');
  if (space == line.npos) return std::nullopt;
  std::size_t size = 0;
  const auto [stop, error] = std::from_chars(line.data(), line.data() + space, size);
  if (error != std::errc{} || stop != line.data() + space) return std::nullopt;
  const auto body = rest.substr(line_end + 1);
  if (body.size() <= size || body[size] != '\n') return std::nullopt;
  const auto payload = body.substr(0, size);
  if (line.substr(space + 1) != to_hex(sha256(view_of(payload)))) return std::nullopt;
  return Frame{payload, at + line_end + 1 + size + 1};
}

bool good_frame_after(std::string_view file, std::size_t at) {
  for (auto next = file.find("\nframe ", at); next != file.npos; next = file.find("\nframe ", next + 1))
    if (frame_at(file, next + 1)) return true;
  return false;
}

Result<void> sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return failed("opening the folder", folder);
  const bool synced = ::fsync(opened) == 0;
  const int error = errno;
  ::close(opened);
  errno = error;
  if (!synced) return failed("syncing the folder", folder);
  return {};
}

}  // namespace

FrameLog::~FrameLog() {
  if (file_ >= 0) ::close(file_);
  ::close(lock_);
}

Result<FrameLog::Opened> FrameLog::open(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return failed("opening", lock_path);
  std::unique_ptr<FrameLog> log(new FrameLog(path, lock));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return fault(FaultKind::conflict, concat(path, " is in use by another process"), "stop the other process first");
  if (::access(path.c_str(), F_OK) != 0) {
    if (errno != ENOENT) return failed("opening", path);
    SP_CHECK(log->create());
    return Opened{std::move(log), {}};
  }
  SP_TRY(auto payloads, log->load());
  return Opened{std::move(log), std::move(payloads)};
}

Result<void> FrameLog::create() {
  const std::string fresh = path_ + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return failed("creating", fresh);
  file_ = file;
  size_ = heading.size();
  if (!write_all(file_, heading) || ::fsync(file_) != 0 || ::rename(fresh.c_str(), path_.c_str()) != 0)
    return failed("creating", path_);
  return sync_folder_of(path_);
}

Result<std::vector<std::string>> FrameLog::load() {
  file_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  struct stat status{};
  if (file_ < 0 || ::fstat(file_, &status) != 0) return failed("opening", path_);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > frame_log_bytes_max)
    return fault(FaultKind::corrupt, concat(path_, " is no regular file or is too large"));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  for (std::size_t have = 0; have < text.size();) {
    const auto got = ::pread(file_, text.data() + have, text.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return failed("reading", path_);
    have += static_cast<std::size_t>(got);
  }
  if (!text.starts_with(heading)) return fault(FaultKind::corrupt, concat(path_, " is not a file of ours"));
  std::vector<std::string> payloads;
  std::size_t at = heading.size();
  while (at < text.size()) {
    const auto frame = frame_at(text, at);
    if (!frame) break;
    payloads.emplace_back(frame->payload);
    at = frame->end;
  }
  if (at < text.size()) {
    if (good_frame_after(text, at))
      return fault(FaultKind::corrupt, concat(path_, " is damaged at byte ", at), "restore it from a backup");
    if (::ftruncate(file_, static_cast<off_t>(at)) != 0 || ::fsync(file_) != 0)
      return failed("cutting the torn end of", path_);
  }
  size_ = at;
  return payloads;
}

Result<std::vector<std::string>> FrameLog::read_again() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  broken_ = true;
  SP_TRY(auto payloads, load());
  broken_ = false;
  return payloads;
}

Result<void> FrameLog::append(std::string_view payload) {
  if (broken_)
    return fault(FaultKind::unavailable, concat("writing ", path_, " failed before"), "restart, to read it again");
  const auto frame = frame_of(payload);
  if (size_ + frame.size() > frame_log_bytes_max) return fault(FaultKind::unavailable, concat(path_, " is full"));
  broken_ = true;
  if (!write_all(file_, frame) || ::fdatasync(file_) != 0) return failed("writing", path_);
  broken_ = false;
  size_ += frame.size();
  return {};
}

Result<void> FrameLog::rewrite(std::string_view payload) {
  if (broken_)
    return fault(FaultKind::unavailable, concat("writing ", path_, " failed before"), "restart, to read it again");
  const std::string fresh = path_ + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return failed("creating", fresh);
  const auto frame = frame_of(payload);
  if (!write_all(file, heading) || !write_all(file, frame) || ::fsync(file) != 0) {
    const auto fault_seen = failed("writing", fresh);
    ::close(file);
    ::unlink(fresh.c_str());
    return fault_seen;  // the old file is untouched and still ours
  }
  broken_ = true;  // from here on, which of the two a crash would leave is not known
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    const auto fault_seen = failed("replacing", path_);
    ::close(file);
    return fault_seen;
  }
  ::close(file_);
  file_ = file;
  size_ = heading.size() + frame.size();
  SP_CHECK(sync_folder_of(path_));
  broken_ = false;
  return {};
}

}  // namespace sallyport
