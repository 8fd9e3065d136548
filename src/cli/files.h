// Files of the command line: bounded reading, and writing that is whole or not at all. What holds a
// secret is written with mode 0600 and refused when others may read it, as ssh does with its keys.
//
// Faults name the path and what the system said. Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"

namespace sallyport::cli {

inline constexpr std::size_t small_file_bytes_max = 256 * 1024;  // policies, keys, tokens and certificates

[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t bytes_max = small_file_bytes_max);
// A pipe or a device is refused at once, and not waited for.
[[nodiscard]] Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max);
// `rejected` when group or others have any right to the file.
[[nodiscard]] Result<SecretBytes> read_private_file(const std::string& path);

enum class IfExists { replace, refuse };
// Mode 0600; replaced by renaming, so a reader sees the old text or the new one.
[[nodiscard]] Result<void> write_private_file(const std::string& path, std::string_view text, IfExists if_exists);
// Mode 0644 less the umask.
[[nodiscard]] Result<void> write_public_file(const std::string& path, std::string_view text, IfExists if_exists);
[[nodiscard]] Result<void> remove_file(const std::string& path);  // one that is not there is removed
[[nodiscard]] Result<void> make_private_folder(const std::string& path);  // with its parents, mode 0700

}  // namespace sallyport::cli
