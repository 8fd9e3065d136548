// The store's limits, with their reasons, and the check of a batch against them. Both stores, on
// disk and in memory, refuse the same batches.
#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ports/event_store.h"

namespace sallyport {

inline constexpr std::size_t batch_entries_max =
    256;           // one decision gives a handful; a mass recovery sends many batches
inline constexpr std::size_t batch_rows_max = 1024;             // view and secret rows: a few an entry
inline constexpr std::size_t stream_name_bytes_max = 128;       // "case/" and an id
inline constexpr std::size_t row_key_bytes_max = 512;           // a path of ids
inline constexpr std::size_t row_value_bytes_max = 1024 * 1024; // a case's whole state is some tens of KB

inline constexpr std::size_t queue_batches_max = 4096;  // half a second of work at one flush in 8 batches
inline constexpr std::size_t queue_bytes_max = 64 * 1024 * 1024;  // what we may lose unacknowledged, and hold in memory
inline constexpr std::size_t group_entries_max = 512;  // above this a commit takes longer and carries no more a second
inline constexpr std::size_t group_bytes_max = 8 * 1024 * 1024;  // keeps one commit's flush short
inline constexpr std::size_t stream_versions_cached_max = 64 * 1024;  // open cases of a large site, about 8 MB

inline constexpr std::size_t read_entries_max = 4096;  // 256 MiB of the longest entries
inline constexpr std::size_t read_hashes_max = 65'536;  // 2 MiB
inline constexpr std::size_t read_stream_max = 1'000'000;  // a stream is one case, or one organization's life
inline constexpr std::size_t list_rows_max = 10'000;  // a page of a list, with room
inline constexpr std::size_t read_connections_max = 4;  // reads are memory-bound; more only contend

// The level 0 tile and every eighth level above are stored: those are the tiles of C2SP tlog-tiles.
inline constexpr unsigned node_height_step = 8;

// Copied back in steps of 8 MB: copying costs two flushes, and pages written often are copied once a step.
inline constexpr int wal_pages_to_checkpoint = 2'000;
// The background checkpoint cannot restart the log while commits keep coming; above 64 MB the writer
// finishes the job itself (at 16 MB that took a third of the cases a second away, measured). After a crash
// the whole log is read again, in some 40 ms at the most; a store that closes leaves none.
inline constexpr int wal_pages_max = 16'384;

// `invalid` with the limit's name when the batch breaks one.
[[nodiscard]] Result<void> check_batch(const Batch& batch);
[[nodiscard]] std::size_t bytes_in(const Batch& batch) noexcept;
[[nodiscard]] std::vector<Digest> leaf_hashes_of(const Batch& batch);
[[nodiscard]] std::unexpected<Fault> version_conflict(const std::string& stream, std::uint64_t expected,
                                                      std::uint64_t stored);
// A read that asks for too much at once.
[[nodiscard]] Result<void> check_count(std::size_t asked, std::size_t max);

}  // namespace sallyport
