#include "bin/sallyport-audit/witness_memory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "bin/sallyport-audit/files.h"
#include "crypto/hash.h"

namespace sallyport::audit {
namespace {

std::unexpected<Fault> failed(std::string_view doing, const std::string& path) {
  return fault(FaultKind::unavailable, concat(doing, " `", path, "`: ", std::generic_category().message(errno)));
}

Result<void> write_through(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return failed("creating", path);
  bool written = true;
  for (auto rest = text; written && !rest.empty();) {
    const auto put = ::write(fd, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    written = put > 0;
    if (written) rest.remove_prefix(static_cast<std::size_t>(put));
  }
  written = written && ::fsync(fd) == 0;
  auto result = written ? Result<void>() : failed("writing", path);
  ::close(fd);
  return result;
}

Result<void> sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("opening", folder);
  auto result = ::fsync(fd) == 0 ? Result<void>() : failed("writing", folder);
  ::close(fd);
  return result;
}

}  // namespace

WitnessMemory::WitnessMemory(std::string folder, std::string path, int lock)
    : folder_(std::move(folder)), path_(std::move(path)), lock_(lock) {}
WitnessMemory::WitnessMemory(WitnessMemory&& other) noexcept
    : folder_(std::move(other.folder_)), path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
WitnessMemory::~WitnessMemory() {
  if (lock_ >= 0) ::close(lock_);  // and with it the lock
}

Result<WitnessMemory> WitnessMemory::open(const std::string& folder, const std::string& origin) {
  const auto path = concat(folder, "/", to_hex(sha256(view_of(origin))));  // an origin is no file name
  const auto lock_path = path + ".lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return failed("opening", lock_path);
  WitnessMemory memory(folder, path, lock);
  while (::flock(lock, LOCK_EX) != 0)
    if (errno != EINTR) return failed("locking", lock_path);
  return memory;
}

Result<std::optional<Checkpoint>> WitnessMemory::latest() const {
  const auto text = read_text_file(path_, note_bytes_max);
  if (!text && text.error().kind == FaultKind::not_found) return std::nullopt;
  if (!text) return std::unexpected(text.error());
  auto checkpoint = parse_checkpoint_body(*text);
  if (!checkpoint) return with_context(concat("reading `", path_, "`"), std::move(checkpoint).error());
  return *std::move(checkpoint);
}

Result<void> WitnessMemory::remember(const Checkpoint& checkpoint) const {
  const auto draft = path_ + ".part";
  SP_CHECK(write_through(draft, checkpoint_body(checkpoint)));
  if (std::rename(draft.c_str(), path_.c_str()) != 0) return failed("creating", path_);
  return sync_folder(folder_);
}

}  // namespace sallyport::audit
