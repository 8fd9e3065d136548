// Property: any text is a configuration, or a fault that names its place in the file and what would be right; and a
// configuration that is read has no insecure hole: whoever listens without a certificate does so on loopback.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "shell/config/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static const int file = memfd_create("config", MFD_CLOEXEC);
  SALLYPORT_ASSERT(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto path = concat("/proc/self/fd/", file);
  const auto told = [&](const Fault& fault) {
    SALLYPORT_ASSERT(fault.what.find(path) != std::string::npos || fault.what.find("config") != std::string::npos);
  };
  if (const auto daemon = read_daemon_config(path)) {
    SALLYPORT_ASSERT(daemon->certificate.empty() == daemon->private_key.empty());
    SALLYPORT_ASSERT(!daemon->certificate.empty() || daemon->address.starts_with("127.") || daemon->address == "::1");
    SALLYPORT_ASSERT(!daemon->origin.empty() && !daemon->store.empty());
  } else {
    told(daemon.error());
  }
  if (const auto executor = read_executor_config(path)) {
    SALLYPORT_ASSERT(!executor->store.empty());
  } else {
    told(executor.error());
  }
  return 0;
}
