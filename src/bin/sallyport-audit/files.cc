#include "bin/sallyport-audit/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace sallyport::audit {
namespace {

constexpr std::size_t key_file_bytes_max = 4096;  // a key name of 255 bytes and 44 of base64, with room for ten

std::unexpected<Fault> failed(std::string_view doing, const std::string& path) {
  const auto kind = errno == ENOENT ? FaultKind::not_found : FaultKind::unavailable;
  return fault(kind, concat(doing, " `", path, "`: ", std::generic_category().message(errno)));
}

}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  InputFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path);
  if (file.fd_ < 0) return failed("opening", path);
  struct stat status{};
  if (::fstat(file.fd_, &status) != 0) return failed("opening", path);
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return failed("opening", path);
  }
  if (S_ISREG(status.st_mode)) file.size_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

InputFile::InputFile(InputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), size_(other.size_) {}

ByteSource InputFile::source() const {
  return [this](std::span<std::uint8_t> target) -> Result<std::size_t> {
    for (;;) {
      const auto got = ::read(fd_, target.data(), target.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return failed("reading", path_);
    }
  };
}

namespace {

// At most one byte more than asked for, so that the caller sees when there is more.
Result<std::string> beginning_of(const std::string& path, std::size_t bytes_max) {
  SP_TRY(const auto file, InputFile::open(path));
  const auto source = file.source();
  std::string text(bytes_max + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    SP_TRY(const auto got, source({reinterpret_cast<std::uint8_t*>(text.data()) + filled, text.size() - filled}));
    if (got == 0) break;
    filled += got;
  }
  text.resize(filled);
  return text;
}

}  // namespace

Result<std::string> read_rest(const ByteSource& source, std::string begun, std::size_t bytes_max) {
  constexpr std::size_t step = 1024 * 1024;
  auto text = std::move(begun);
  for (auto filled = text.size(); filled <= bytes_max;) {
    text.resize(filled + step);
    SP_TRY(const auto got, source({reinterpret_cast<std::uint8_t*>(text.data()) + filled, step}));
    filled += got;
    text.resize(filled);
    if (got == 0) return text;
  }
  return fault(FaultKind::invalid, concat("the file is larger than ", bytes_max, " bytes"));
}

ByteSource put_back(std::string begun, ByteSource rest) {
  return [begun = std::move(begun), rest = std::move(rest),
          at = std::size_t{0}](std::span<std::uint8_t> target) mutable -> Result<std::size_t> {
    if (at == begun.size()) return rest(target);
    const auto count = std::min(target.size(), begun.size() - at);
    std::copy_n(begun.begin() + static_cast<std::ptrdiff_t>(at), count, target.begin());
    at += count;
    return count;
  };
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  SP_TRY(auto text, beginning_of(path, bytes_max));
  if (text.size() > bytes_max)
    return fault(FaultKind::invalid, concat("`", path, "` is larger than ", bytes_max, " bytes"));
  return text;
}

Result<std::string> read_key_file(const std::string& path) {
  SP_TRY(auto text, beginning_of(path, key_file_bytes_max));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace sallyport::audit
