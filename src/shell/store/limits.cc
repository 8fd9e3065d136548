#include "shell/store/limits.h"

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

std::unexpected<Fault> refuse(std::string what) { return fault(FaultKind::invalid, std::move(what)); }

Result<void> check_rows(const std::vector<RowWrite>& rows) {
  for (const auto& row : rows) {
    if (row.key.empty() || row.key.size() > row_key_bytes_max) {
      return refuse(concat("a row's key is empty or longer than ", row_key_bytes_max, " bytes"));
    }
    if (row.value && row.value->size() > row_value_bytes_max) {
      return refuse(concat("a row's value is longer than ", row_value_bytes_max, " bytes"));
    }
  }
  return {};
}

std::size_t bytes_in(const std::vector<RowWrite>& rows) noexcept {
  std::size_t bytes = 0;
  for (const auto& row : rows) bytes += row.key.size() + (row.value ? row.value->size() : 0);
  return bytes;
}

}  // namespace

Result<void> check_batch(const Batch& batch) {
  if (batch.stream.empty() || batch.stream.size() > stream_name_bytes_max) {
    return refuse(concat("the stream's name is empty or longer than ", stream_name_bytes_max, " bytes"));
  }
  if (batch.entries.empty() || batch.entries.size() > batch_entries_max) {
    return refuse(concat("a batch carries 1 to ", batch_entries_max, " entries, not ", batch.entries.size()));
  }
  for (const auto& entry : batch.entries) {
    if (entry.empty() || entry.size() > entry_bytes_max) {
      return refuse(concat("an entry has 1 to ", entry_bytes_max, " bytes, not ", entry.size()));
    }
  }
  if (batch.view.size() + batch.secrets.size() > batch_rows_max) {
    return refuse(concat("a batch carries at most ", batch_rows_max, " rows"));
  }
  SP_CHECK(check_rows(batch.view));
  return check_rows(batch.secrets);
}

std::size_t bytes_in(const Batch& batch) noexcept {
  auto bytes = batch.stream.size() + bytes_in(batch.view) + bytes_in(batch.secrets);
  for (const auto& entry : batch.entries) bytes += entry.size();
  return bytes;
}

std::vector<Digest> leaf_hashes_of(const Batch& batch) {
  std::vector<Digest> leaves;
  leaves.reserve(batch.entries.size());
  for (const auto& entry : batch.entries) leaves.push_back(hash_leaf(view_of(entry)));
  return leaves;
}

std::unexpected<Fault> version_conflict(const std::string& stream, std::uint64_t expected, std::uint64_t stored) {
  return fault(FaultKind::conflict,
               concat("stream ", stream, " holds ", stored, " entries, ", expected, " were expected"),
               "read the stream again and decide anew");
}

Result<void> check_count(std::size_t asked, std::size_t max) {
  if (asked > max) return refuse(concat("a read of ", asked, " rows is more than the ", max, " given at once"));
  return {};
}

}  // namespace sallyport
