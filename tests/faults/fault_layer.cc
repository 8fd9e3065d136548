// A file layer that fails: loaded into a daemon by LD_PRELOAD, between it and the C library.
//
// SALLYPORT_FAULTS names a file of sizeof(Control) bytes that is mapped before the process is confined. Whoever runs
// the test writes there what is to fail (tests/functional/framework/faults.py has the same layout), while the process
// runs: the n-th call of a kind on a kind of file gives an error, is cut short, waits, or kills the process before, in
// the middle of or after it. Calls are counted as they go. SALLYPORT_TRACE names a file that is given every change of a
// file of ours in the order in which they happened, over all processes: what a power cut may take away is made from it
// (tests/faults/power_cut.cc). Both do nothing when their variable is not set.
//
// Not thread-safe in one respect: what is armed while calls are under way counts from some call on.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

enum Call : unsigned {
  opening,
  writing,
  reading,
  syncing,
  cutting,
  renaming,
  unlinking,
  mapping,
  locking,
  chance,
  memory,
  tls_memory,
  sending,
  receiving,
  connecting,
  accepting,
  calls
};
enum Place : unsigned { ledger, clock_file, directory, elsewhere, places };
enum Effect : std::uint32_t { gives_error, is_cut_short, dies_before, dies_within, dies_after, waits };

struct Control {
  std::uint32_t call_bits, place_bits;
  std::int32_t left;  // the call that makes it zero fails; negative: nothing is armed
  std::uint32_t sticky, effect;
  std::int32_t error;
  std::uint32_t fired;
  std::uint32_t counted[calls][places];
};

struct Shared {  // at the beginning of the trace's own lock file
  std::uint32_t held;
};

Control* control = nullptr;
int trace = -1;
Shared* trace_lock = nullptr;
constexpr std::size_t descriptors_max = 4096;
std::array<std::atomic<std::uint8_t>, descriptors_max> place_of{};  // 0: not opened here
struct Range {
  std::uintptr_t from, to;
};
std::array<Range, 8> tls_libraries{};
std::size_t tls_library_count = 0;

Place place_named(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash != path.npos) path.remove_prefix(slash + 1);
  if (path.starts_with("ledger.sqlite") && !path.ends_with(".clock") && !path.ends_with(".clock.new")) return ledger;
  if (path.ends_with(".clock") || path.ends_with(".clock.new")) return clock_file;
  if (path.starts_with("directory.sallyport")) return directory;
  return elsewhere;
}

Place place_at(int descriptor) {
  if (descriptor < 0 || static_cast<std::size_t>(descriptor) >= descriptors_max) return elsewhere;
  const auto known = place_of[static_cast<std::size_t>(descriptor)].load(std::memory_order_relaxed);
  return known == 0 ? elsewhere : static_cast<Place>(known - 1);
}

// What this call is to suffer; nothing, mostly.
bool strikes(Call call, Place place) {
  if (control == nullptr) return false;
  __atomic_fetch_add(&control->counted[call][place], 1, __ATOMIC_RELAXED);
  if ((control->call_bits >> call & 1) == 0 || (control->place_bits >> place & 1) == 0) return false;
  if (__atomic_load_n(&control->left, __ATOMIC_ACQUIRE) < 0) return false;
  const auto left = __atomic_sub_fetch(&control->left, 1, __ATOMIC_ACQ_REL);
  const bool now = left == 0 || (left < 0 && control->sticky != 0);
  if (left < 0) __atomic_store_n(&control->left, control->sticky != 0 ? 1 : -1, __ATOMIC_RELEASE);
  if (now && left == 0) __atomic_store_n(&control->left, control->sticky != 0 ? 1 : -1, __ATOMIC_RELEASE);
  if (now) __atomic_fetch_add(&control->fired, 1, __ATOMIC_RELAXED);
  return now;
}

void wait_as_told() {  // `error` milliseconds
  const timespec left{control->error / 1000, control->error % 1000 * 1'000'000L};
  syscall(SYS_nanosleep, &left, nullptr);
}

[[noreturn]] void die() {
  for (;;) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

// The call of a thing that is done or not: what comes back when it does not go through, or nothing.
template <typename Does>
long with_faults(Call call, Place place, const Does& does) {
  if (!strikes(call, place)) return does();
  if (control->effect == dies_before || control->effect == dies_within) die();
  if (control->effect == dies_after) {
    does();
    die();
  }
  if (control->effect == waits) {
    wait_as_told();
    return does();
  }
  errno = control->error;
  return -1;
}

// -- the trace: records of {kind, inode, offset, length} and as many bytes
struct [[gnu::packed]] Record {
  char kind;  // Open (with its name), Write, Truncate, Flush, Rename (two names), Unlink, folder Durable, Sent
  std::uint64_t inode, offset;
  std::uint32_t length;
};

class Traced {
 public:
  Traced() {
    if (trace < 0) return;
    while (__atomic_exchange_n(&trace_lock->held, 1, __ATOMIC_ACQUIRE) != 0) sched_yield();
  }
  ~Traced() {
    if (trace >= 0) __atomic_store_n(&trace_lock->held, 0, __ATOMIC_RELEASE);
  }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;
  void note(char kind, std::uint64_t inode, std::uint64_t offset, const void* data, std::size_t length) const {
    if (trace < 0) return;
    const Record record{kind, inode, offset, static_cast<std::uint32_t>(length)};
    const std::array<iovec, 2> parts{
        {{const_cast<Record*>(&record), sizeof record}, {const_cast<void*>(data), length}}};
    const int before = errno;
    if (syscall(SYS_writev, trace, parts.data(), 2) != static_cast<long>(sizeof record + length)) die();
    errno = before;
  }
};

std::uint64_t inode_of(int descriptor) {
  struct stat is{};
  return fstat(descriptor, &is) == 0 ? is.st_ino : 0;
}
bool traced_file(int descriptor) { return trace >= 0 && place_at(descriptor) != elsewhere; }

// -- the beginning
void* mapped(const char* path, std::size_t size) {
  const int file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (file < 0 || syscall(SYS_ftruncate, file, size) != 0) die();
  auto* const at =
      reinterpret_cast<void*>(syscall(SYS_mmap, nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  syscall(SYS_close, file);
  if (at == MAP_FAILED) die();
  return at;
}

int note_tls_library(dl_phdr_info* library, std::size_t, void*) {
  const std::string_view name = library->dlpi_name;
  if (name.find("libcrypto") == name.npos && name.find("libssl") == name.npos) return 0;
  for (int i = 0; i < library->dlpi_phnum; ++i) {
    const auto& part = library->dlpi_phdr[i];
    if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0 && tls_library_count < tls_libraries.size()) {
      const auto from = library->dlpi_addr + part.p_vaddr;
      tls_libraries[tls_library_count++] = {from, from + part.p_memsz};
    }
  }
  return 0;
}

__attribute__((constructor)) void begin() {
  dl_iterate_phdr(note_tls_library, nullptr);
  if (const char* path = getenv("SALLYPORT_TRACE"); path != nullptr) {
    trace = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    std::array<char, 4096> lock_path{};
    if (trace < 0 || std::strlen(path) + 6 > lock_path.size()) die();
    std::strcpy(lock_path.data(), path);
    std::strcat(lock_path.data(), ".lock");
    trace_lock = static_cast<Shared*>(mapped(lock_path.data(), sizeof(Shared)));
  }
  if (const char* path = getenv("SALLYPORT_FAULTS"); path != nullptr)
    control = static_cast<Control*>(mapped(path, sizeof(Control)));
}

Call memory_of(const void* caller) {
  const auto at = reinterpret_cast<std::uintptr_t>(caller);
  for (std::size_t i = 0; i < tls_library_count; ++i)
    if (at >= tls_libraries[i].from && at < tls_libraries[i].to) return tls_memory;
  return memory;
}
bool no_memory(const void* caller) {
  if (control == nullptr || !strikes(memory_of(caller), elsewhere)) return false;
  if (control->effect >= dies_before) die();
  errno = ENOMEM;
  return true;
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
  const auto place = place_named(path);
  const Traced traced;
  const auto made = with_faults(opening, place, [&] { return syscall(SYS_openat, folder, path, flags, mode); });
  const auto descriptor = static_cast<int>(made);
  if (descriptor < 0) return descriptor;
  if (static_cast<std::size_t>(descriptor) < descriptors_max)
    place_of[static_cast<std::size_t>(descriptor)] = static_cast<std::uint8_t>(place + 1);
  if (traced_file(descriptor) && (flags & O_DIRECTORY) == 0)
    traced.note('O', inode_of(descriptor), (flags & O_TRUNC) != 0 ? 1 : 0, path, std::strlen(path));
  return descriptor;
}

// `at`: negative: where the descriptor stands.
ssize_t write_at(int descriptor, const void* data, std::size_t size, off_t at) {
  const auto place = place_at(descriptor);
  const auto does = [&](std::size_t count) -> ssize_t {
    return at < 0 ? syscall(SYS_write, descriptor, data, count) : syscall(SYS_pwrite64, descriptor, data, count, at);
  };
  if (!traced_file(descriptor)) {
    if (!strikes(writing, place)) return does(size);
  } else {
    const Traced traced;
    auto where = at;
    if (at < 0) {
      const bool appends = (syscall(SYS_fcntl, descriptor, F_GETFL) & O_APPEND) != 0;
      where = syscall(SYS_lseek, descriptor, 0, appends ? SEEK_END : SEEK_CUR);
    }
    if (!strikes(writing, place)) {
      const auto done = does(size);
      if (done > 0)
        traced.note('W', inode_of(descriptor), static_cast<std::uint64_t>(where), data, static_cast<std::size_t>(done));
      return done;
    }
  }
  switch (control->effect) {
    case is_cut_short: return size > 1 ? does(size / 2) : does(size);
    case dies_within: does(size / 2); die();
    case dies_after: does(size); die();
    case dies_before: die();
    case waits: wait_as_told(); return does(size);
    default: break;
  }
  errno = control->error;
  return -1;
}

int sync_file(int descriptor, long number) {
  const bool ours = traced_file(descriptor);
  const Traced traced;
  const auto done = with_faults(syncing, place_at(descriptor), [&] { return syscall(number, descriptor); });
  if (done == 0 && ours) traced.note('F', inode_of(descriptor), 0, nullptr, 0);
  struct stat is{};
  if (done == 0 && !ours && trace >= 0 && fstat(descriptor, &is) == 0 && S_ISDIR(is.st_mode))
    traced.note('D', is.st_ino, 0, nullptr, 0);
  return static_cast<int>(done);
}

void note_sent() {
  if (trace < 0) return;
  const Traced traced;
  traced.note('S', 0, 0, nullptr, 0);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = va_arg(more, mode_t);
  va_end(more);
  return open_at(folder, path, flags, mode);
}
int __open_2(const char* path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }

int close(int descriptor) {
  if (descriptor >= 0 && static_cast<std::size_t>(descriptor) < descriptors_max)
    place_of[static_cast<std::size_t>(descriptor)] = 0;
  return static_cast<int>(syscall(SYS_close, descriptor));
}

ssize_t write(int descriptor, const void* data, std::size_t size) { return write_at(descriptor, data, size, -1); }
ssize_t pwrite(int descriptor, const void* data, std::size_t size, off_t at) {
  return write_at(descriptor, data, size, at);
}
ssize_t pwrite64(int descriptor, const void* data, std::size_t size, off64_t at) {
  return write_at(descriptor, data, size, at);
}

ssize_t read(int descriptor, void* into, std::size_t size) {
  return with_faults(reading, place_at(descriptor), [&] { return syscall(SYS_read, descriptor, into, size); });
}
ssize_t __read_chk(int descriptor, void* into, std::size_t size, std::size_t) { return read(descriptor, into, size); }
ssize_t pread64(int descriptor, void* into, std::size_t size, off64_t at) {
  return with_faults(reading, place_at(descriptor), [&] { return syscall(SYS_pread64, descriptor, into, size, at); });
}
ssize_t pread(int descriptor, void* into, std::size_t size, off_t at) { return pread64(descriptor, into, size, at); }
ssize_t __pread_chk(int descriptor, void* into, std::size_t size, off_t at, std::size_t) {
  return pread64(descriptor, into, size, at);
}
ssize_t __pread64_chk(int descriptor, void* into, std::size_t size, off64_t at, std::size_t) {
  return pread64(descriptor, into, size, at);
}

int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

int ftruncate(int descriptor, off_t size) noexcept {
  const bool ours = traced_file(descriptor);
  const Traced traced;
  const auto done =
      with_faults(cutting, place_at(descriptor), [&] { return syscall(SYS_ftruncate, descriptor, size); });
  if (done == 0 && ours) traced.note('T', inode_of(descriptor), static_cast<std::uint64_t>(size), nullptr, 0);
  return static_cast<int>(done);
}
int ftruncate64(int descriptor, off64_t size) noexcept { return ftruncate(descriptor, size); }

int rename(const char* from, const char* to) noexcept {
  const Traced traced;
  const auto done =
      with_faults(renaming, place_named(to), [&] { return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); });
  if (done == 0 && trace >= 0) {
    std::array<char, 8192> names{};
    const auto first = std::min<std::size_t>(std::strlen(from), 4000);
    const auto second = std::min<std::size_t>(std::strlen(to), 4000);
    std::memcpy(names.data(), from, first);
    std::memcpy(names.data() + first + 1, to, second);
    traced.note('R', 0, 0, names.data(), first + 1 + second);
  }
  return static_cast<int>(done);
}
int unlink(const char* path) noexcept {
  const Traced traced;
  const auto done = with_faults(unlinking, place_named(path), [&] { return syscall(SYS_unlinkat, AT_FDCWD, path, 0); });
  if (done == 0 && trace >= 0 && place_named(path) != elsewhere) traced.note('U', 0, 0, path, std::strlen(path));
  return static_cast<int>(done);
}

void* mmap64(void* at, std::size_t size, int protection, int flags, int descriptor, off64_t offset) noexcept {
  const auto does = [&] { return syscall(SYS_mmap, at, size, protection, flags, descriptor, offset); };
  if (descriptor < 0 || place_at(descriptor) == elsewhere) return reinterpret_cast<void*>(does());
  return reinterpret_cast<void*>(with_faults(mapping, place_at(descriptor), does));
}
void* mmap(void* at, std::size_t size, int protection, int flags, int descriptor, off_t offset) noexcept {
  return mmap64(at, size, protection, flags, descriptor, offset);
}

int fcntl64(int descriptor, int command, ...) {
  va_list more;
  va_start(more, command);
  auto* const argument = va_arg(more, void*);
  va_end(more);
  const auto does = [&] { return syscall(SYS_fcntl, descriptor, command, argument); };
  // To give a lock back does not fail on a disk of one's own.
  const bool takes = command == F_SETLK && static_cast<struct flock*>(argument)->l_type != F_UNLCK;
  return static_cast<int>(takes ? with_faults(locking, place_at(descriptor), does) : does());
}

ssize_t getrandom(void* into, std::size_t size, unsigned flags) {
  return with_faults(chance, elsewhere, [&] { return syscall(SYS_getrandom, into, size, flags); });
}

ssize_t send(int descriptor, const void* data, std::size_t size, int flags) {
  note_sent();
  return with_faults(sending, elsewhere,
                     [&] { return syscall(SYS_sendto, descriptor, data, size, flags, nullptr, 0); });
}
ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  note_sent();
  return with_faults(sending, elsewhere, [&] { return syscall(SYS_sendmsg, descriptor, message, flags); });
}
ssize_t recv(int descriptor, void* into, std::size_t size, int flags) {
  return with_faults(receiving, elsewhere,
                     [&] { return syscall(SYS_recvfrom, descriptor, into, size, flags, nullptr, nullptr); });
}
ssize_t __recv_chk(int descriptor, void* into, std::size_t size, std::size_t, int flags) {
  return recv(descriptor, into, size, flags);
}
ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  return with_faults(receiving, elsewhere, [&] { return syscall(SYS_recvmsg, descriptor, message, flags); });
}
int connect(int descriptor, const sockaddr* address, socklen_t size) {
  return static_cast<int>(
      with_faults(connecting, elsewhere, [&] { return syscall(SYS_connect, descriptor, address, size); }));
}
int accept4(int descriptor, sockaddr* address, socklen_t* size, int flags) {
  return static_cast<int>(
      with_faults(accepting, elsewhere, [&] { return syscall(SYS_accept4, descriptor, address, size, flags); }));
}

void* malloc(std::size_t size) noexcept {
  return no_memory(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  return no_memory(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) noexcept {
  return size != 0 && no_memory(__builtin_return_address(0)) ? nullptr : __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return no_memory(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

}  // extern "C"
