#include "shell/ipc/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

namespace sallyport::ipc {
namespace {

constexpr int backlog = 64;

std::unexpected<Fault> failed(std::string_view doing, int error_number) {
  return fault(FaultKind::unavailable, concat(doing, ": ", error_text(error_number)));
}

// Whoever may write in the folder may put another socket in the place of ours.
Result<void> check_folder(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("making the socket's folder", errno);
  struct stat found{};
  if (::lstat(folder.c_str(), &found) != 0) return failed("looking at the socket's folder", errno);
  const bool ours = found.st_uid == ::geteuid() || found.st_uid == 0;
  if (!S_ISDIR(found.st_mode) || !ours || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return fault(FaultKind::invalid, concat("others may write in the socket's folder ", folder),
                 "use a folder of this user's own, with mode 0700, that is not a symbolic link");
  return {};
}

Result<Descriptor> lock_beside(const std::string& path) {
  Descriptor lock(::open(concat(path, ".lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock.is_open()) return failed("opening the socket's lock file", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("locking beside the socket", errno);
    return fault(FaultKind::conflict, concat("another process already serves ", path), "stop it first");
  }
  return lock;
}

// What stands at the path must be a socket on which nobody listens.
Result<void> remove_leftover(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return failed("looking for an old socket", errno);
  }
  if (!S_ISSOCK(found.st_mode))
    return fault(FaultKind::conflict, concat(path, " exists and is not a socket"),
                 "choose another path, or move the file away");
  SP_TRY(const Descriptor probe, new_socket());
  const int connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (connected == 0 || errno != ECONNREFUSED)
    return fault(FaultKind::conflict, concat("another process already serves ", path), "stop it first");
  if (::unlink(path.c_str()) != 0) return failed("removing an old socket", errno);
  return {};
}

}  // namespace

Result<Listener> Listener::open(const std::string& path, mode_t socket_mode) {
  SP_TRY(const sockaddr_un address, address_of(path));
  SP_CHECK(check_folder(path));
  SP_TRY(Descriptor lock, lock_beside(path));
  SP_CHECK(remove_leftover(path, address));
  SP_TRY(Descriptor socket, new_socket());
  // The mode before bind() is the mode the file is born with (less the umask), so it is never wider.
  if (::fchmod(socket.get(), socket_mode) != 0) return failed("setting the socket's mode", errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed("making the socket file", errno);
  Listener listener(path, std::move(lock), std::move(socket));
  if (::chmod(path.c_str(), socket_mode) != 0) return failed("setting the socket file's mode", errno);
  if (::listen(listener.socket_.get(), backlog) != 0) return failed("listening on the socket", errno);
  return listener;
}

Listener::~Listener() {
  if (socket_.is_open()) ::unlink(path_.c_str());
}

}  // namespace sallyport::ipc
