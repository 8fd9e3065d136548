// What the tests of both stores share: a folder of their own, a key, and appends that wait.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "crypto/secret.h"
#include "ports/event_store.h"
#include "shell/store/ledger_export.h"

namespace sallyport::store_test {

inline constexpr const char* origin = "sallyport.example.com/ledger";

inline SecretBytes seed(std::uint8_t fill = 7) { return SecretBytes::copy_of(Bytes(32, fill)); }

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "sallyport-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const char* name = "ledger.db") const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Batch batch_of(std::string stream, std::uint64_t version, std::vector<std::string> entries) {
  return {std::move(stream), version, std::move(entries), {}, {}};
}

[[nodiscard]] inline Result<Appended> append_and_wait(EventStore& store, Batch batch) {
  auto answer = std::make_shared<std::promise<Result<Appended>>>();
  auto future = answer->get_future();
  store.append(std::move(batch), [answer](Result<Appended> result) { answer->set_value(std::move(result)); });
  return future.get();
}

inline Bytes exported(const EventReader& reader, const CheckpointHistory* history) {
  Bytes file;
  const auto size = export_ledger_file(reader, history, [&](ByteView bytes) -> Result<void> {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return {};
  });
  EXPECT_TRUE(size) << (size ? "" : size.error().what);
  return file;
}

inline LedgerReport audit(const Bytes& file, const VerifierKey& trusted) {
  LedgerFileReader reader([&file, at = std::size_t{0}](std::span<std::uint8_t> target) mutable -> Result<std::size_t> {
    const auto count = std::min(target.size(), file.size() - at);
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), count, target.begin());
    at += count;
    return count;
  });
  return verify_ledger_file(reader, trusted).value();
}

}  // namespace sallyport::store_test
