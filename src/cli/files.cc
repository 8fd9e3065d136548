#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

#include "base/text.h"

namespace sallyport::cli {
namespace {

std::unexpected<Fault> failed(std::string_view doing, const std::string& path, int error) {
  const auto kind = error == ENOENT ? FaultKind::not_found : FaultKind::invalid;
  return fault(kind, concat(doing, " `", path, "`: ", std::generic_category().message(error)));
}

std::string size_text(std::size_t bytes) {
  constexpr std::size_t kib = 1024;
  if (bytes % (kib * kib) == 0) return concat(bytes / kib / kib, " MiB");
  return bytes % kib == 0 ? concat(bytes / kib, " KiB") : concat(bytes, " bytes");
}

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] int close_now() {
    const int status = ::close(fd_);
    fd_ = -1;
    return status;
  }

 private:
  int fd_;
};

Result<std::string> read_all(const OpenFile& file, const std::string& path, std::size_t bytes_max) {
  std::string out;
  char buffer[4096];
  for (;;) {
    const auto got = ::read(file.fd(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("reading", path, errno);
    if (got == 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > bytes_max)
      return fault(FaultKind::invalid, concat("`", path, "` is larger than ", size_text(bytes_max)),
                   "see that it is the right file");
  }
  return out;
}

Result<void> write_all(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const auto put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("writing", path, errno);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_whole(const std::string& path, std::string_view text, mode_t mode, IfExists if_exists) {
  const auto draft = concat(path, ".", ::getpid(), ".new");
  OpenFile file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.fd() < 0) return failed("creating", draft, errno);
  auto written = write_all(file.fd(), draft, text);
  if (written && ::fsync(file.fd()) != 0) written = failed("writing", draft, errno);
  if (file.close_now() != 0 && written) written = failed("writing", draft, errno);
  // link(2) refuses an existing name, rename(2) replaces it; either way the file appears whole.
  if (written && if_exists == IfExists::refuse && ::link(draft.c_str(), path.c_str()) != 0)
    written = failed("creating", path, errno);
  if (written && if_exists == IfExists::replace && std::rename(draft.c_str(), path.c_str()) != 0)
    written = failed("replacing", path, errno);
  if (!written || if_exists == IfExists::refuse) ::unlink(draft.c_str());
  return written;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return failed("reading", path, errno);
  return read_all(file, path, bytes_max);
}

Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max) {
  // Opening a pipe would wait for whoever writes into it.
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd() < 0) return failed("reading", path, errno);
  struct stat info{};
  if (::fstat(file.fd(), &info) != 0) return failed("reading", path, errno);
  if (!S_ISREG(info.st_mode))
    return fault(FaultKind::invalid, concat("reading `", path, "`: it is no regular file"), "name a file");
  return read_all(file, path, bytes_max);
}

Result<SecretBytes> read_private_file(const std::string& path) {
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return failed("reading", path, errno);
  struct stat info{};
  if (::fstat(file.fd(), &info) != 0) return failed("reading", path, errno);
  if (S_ISREG(info.st_mode) && (info.st_mode & 077U) != 0)
    return fault(FaultKind::rejected, concat("others than you may read `", path, "`, and it holds a secret"),
                 concat("chmod 600 ", path));
  SP_TRY(auto text, read_all(file, path, small_file_bytes_max));
  return SecretBytes::take(std::move(text));
}

Result<void> write_private_file(const std::string& path, std::string_view text, IfExists if_exists) {
  return write_whole(path, text, 0600, if_exists);
}

Result<void> write_public_file(const std::string& path, std::string_view text, IfExists if_exists) {
  return write_whole(path, text, 0644, if_exists);
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return failed("removing", path, errno);
}

Result<void> make_private_folder(const std::string& path) {
  std::error_code error;
  const std::filesystem::path folder(path);
  if (std::filesystem::is_directory(folder, error)) return {};
  if (folder.has_parent_path()) {
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error) return failed("creating the folder", folder.parent_path().string(), error.value());
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("creating the folder", path, errno);
  return {};
}

}  // namespace sallyport::cli
