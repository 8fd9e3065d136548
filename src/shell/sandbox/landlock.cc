#include "shell/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/text.h"

namespace sallyport::landlock {
namespace {

// What a version handles is refused wherever no rule allows it.
enum Files : std::uint64_t {
  execute = 1U << 0,
  write_file = 1U << 1,
  read_file = 1U << 2,
  read_folder = 1U << 3,
  remove_folder = 1U << 4,
  remove_file = 1U << 5,
  make_character_device = 1U << 6,
  make_folder = 1U << 7,
  make_file = 1U << 8,
  make_socket = 1U << 9,
  make_fifo = 1U << 10,
  make_block_device = 1U << 11,
  make_symlink = 1U << 12,
  refer = 1U << 13,     // version 2: link and rename from one folder to another
  truncate = 1U << 14,  // version 3
  ioctl_device = 1U << 15,  // version 5
};
constexpr std::uint64_t of_first_version = (1U << 13) - 1;
enum Ports : std::uint64_t { bind_tcp = 1U << 0, connect_tcp = 1U << 1 };    // version 4
enum Scopes : std::uint64_t { abstract_sockets = 1U << 0, signals = 1U << 1 };  // version 6

struct Ruleset {
  std::uint64_t files, ports, scopes;
};
struct [[gnu::packed]] FolderRule {
  std::uint64_t allowed;
  std::int32_t folder;
};
struct PortRule {
  std::uint64_t allowed, port;
};
constexpr int rule_of_folder = 1, rule_of_port = 2;

// Where libraries, certificates and the names of hosts are kept. What is not there is left out.
constexpr std::array read_by_all = {"/usr",
                                    "/lib",
                                    "/lib64",
                                    "/etc",
                                    "/run/systemd/resolve",
                                    "/proc/self",
                                    "/proc/sys/kernel/random",
                                    "/dev/null",
                                    "/dev/urandom",
                                    "/dev/random",
                                    "/sys/devices/system/cpu"};

std::uint64_t files_of(int version) {
  std::uint64_t out = of_first_version;
  if (version >= 2) out |= refer;
  if (version >= 3) out |= truncate;
  if (version >= 5) out |= ioctl_device;
  return out;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

std::unexpected<Fault> failed(std::string_view what) {
  return fault(FaultKind::unavailable, concat("cannot confine the process: ", what, ": ", std::strerror(errno)),
               "check the folders of the configuration; `sandbox: none` does without");
}

Result<void> allow(int ruleset, const std::string& path, std::uint64_t wanted, bool may_be_missing) {
  const Descriptor at(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (at.get() < 0 && may_be_missing && (errno == ENOENT || errno == EACCES)) return {};
  struct stat is{};
  if (at.get() < 0 || fstat(at.get(), &is) != 0) return failed(path);
  // Of a file only what a file can be asked.
  if (!S_ISDIR(is.st_mode)) wanted &= execute | write_file | read_file | truncate | ioctl_device;
  const FolderRule rule{wanted, at.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, rule_of_folder, &rule, 0) != 0) return failed(path);
  return {};
}

Result<void> allow_port(int ruleset, std::uint16_t port, std::uint64_t wanted) {
  const PortRule rule{wanted, port};
  if (syscall(SYS_landlock_add_rule, ruleset, rule_of_port, &rule, 0) != 0) return failed(concat("port ", port));
  return {};
}

}  // namespace

int version() noexcept {
  constexpr unsigned ask_for_version = 1;
  const auto out = syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_for_version);
  return out < 0 ? 0 : static_cast<int>(out);
}

Result<void> restrict_self(const Confinement& confinement, int version) {
  const bool ports = version >= first_with_ports;
  const Ruleset handled{files_of(version), ports ? bind_tcp | connect_tcp : std::uint64_t{0},
                        version >= first_with_signals ? abstract_sockets | signals : std::uint64_t{0}};
  const std::size_t known = version >= first_with_signals ? 24 : ports ? 16 : 8;  // as much as that version reads
  const Descriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, known, 0)));
  if (ruleset.get() < 0) return failed("Landlock");

  for (const auto* path : read_by_all) SP_CHECK(allow(ruleset.get(), path, read_file | read_folder, true));
  SP_CHECK(allow(ruleset.get(), "/dev/null", read_file | write_file, true));
  for (const auto& path : confinement.readable) SP_CHECK(allow(ruleset.get(), path, read_file | read_folder, false));
  const auto may_write =
      handled.files & (read_file | read_folder | write_file | remove_file | make_file | make_socket | truncate | refer);
  for (const auto& path : confinement.writable) SP_CHECK(allow(ruleset.get(), path, may_write, false));
  if (ports) {
    if (confinement.listens_on) SP_CHECK(allow_port(ruleset.get(), *confinement.listens_on, bind_tcp));
    for (const auto port : confinement.connects_to) SP_CHECK(allow_port(ruleset.get(), port, connect_tcp));
  }
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("Landlock");
  return {};
}

}  // namespace sallyport::landlock
