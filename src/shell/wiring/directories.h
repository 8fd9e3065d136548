// Opens the directory that the executor's configuration names.
#pragma once

#include <memory>

#include "ports/directory.h"
#include "ports/entropy.h"
#include "shell/config/config.h"

namespace sallyport {

[[nodiscard]] Result<std::unique_ptr<Directory>> open_directory(const ExecutorConfig& config, Entropy& entropy);
[[nodiscard]] DirectoryId directory_id(const ExecutorConfig& config);

}  // namespace sallyport
