// `sallyport rebuild`: throws the views away and makes them again from the ledger. The daemon must not
// be running; the store's lock sees to that.
#include <cstdio>

#include "app/projection.h"
#include "base/text.h"
#include "shell/config/config.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/wiring/operate.h"
#include "shell/wiring/process.h"

namespace sallyport {
namespace {

Result<std::uint64_t> rebuild(const std::string& folder) {
  SP_TRY(const auto config, read_daemon_config(folder + "/sallyportd.yaml"));
  SP_TRY(auto seed, read_key_file(config.ledger_key_file));
  SP_TRY(const auto store, SqliteEventStore::open({config.store, config.origin, std::move(seed), [](const Fault&) {}}));
  ViewRebuilder views;
  std::uint64_t entries = 0;
  SP_CHECK(store->rebuild_view([&](const std::string&, const StoredEntry& entry) {
    if (++entries % 100'000 == 0) std::fprintf(stderr, "%llu entries\n", static_cast<unsigned long long>(entries));
    return views.rows_of(entry);
  }));
  return entries;
}

}  // namespace

int run_rebuild(const RebuildOptions& options) {
  const auto entries = rebuild(options.folder);
  if (!entries) return report_fault("sallyport rebuild", entries.error());
  std::printf("views made again from %llu entries\n", static_cast<unsigned long long>(*entries));
  return 0;
}

}  // namespace sallyport
