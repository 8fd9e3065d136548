// What a witness remembers: the largest checkpoint of each log that it cosigned, a file for each origin. Held under a
// lock from reading to writing, so that of two requests at once the second sees what the first has left.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "core/ledger/note.h"

namespace sallyport::audit {

class WitnessMemory {
 public:
  // Waits for the lock. `folder` exists.
  [[nodiscard]] static Result<WitnessMemory> open(const std::string& folder, const std::string& origin);
  ~WitnessMemory();
  WitnessMemory(WitnessMemory&& other) noexcept;
  WitnessMemory& operator=(WitnessMemory&&) = delete;
  WitnessMemory(const WitnessMemory&) = delete;
  WitnessMemory& operator=(const WitnessMemory&) = delete;

  // Absent: none was cosigned yet. A file that cannot be read, or is no checkpoint, is a fault and never a beginning.
  [[nodiscard]] Result<std::optional<Checkpoint>> latest() const;
  // Returns when it is on the disk: file, name and folder.
  [[nodiscard]] Result<void> remember(const Checkpoint& checkpoint) const;

 private:
  WitnessMemory(std::string folder, std::string path, int lock);
  std::string folder_, path_;
  int lock_;
};

}  // namespace sallyport::audit
